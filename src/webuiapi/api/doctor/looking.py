"""One exchange looked at: its answer or why there is none, and how long it took. Never an exception."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Generic, TypeVar, cast

from ...address import Address
from ...errors import MissingExtra, StatusError, WebUIApiError, status_error
from ...request import Answer, Flow, Request
from ...wire import parse_json

R = TypeVar("R")


@dataclass(frozen=True, eq=False)
class Look(Request[Answer]):
    """A request whose exchange is looked at: the answer as it came, whatever its status."""

    examines: ClassVar[bool] = True

    request: Request[Any]
    """What is asked."""
    at: Address | None = None
    """Another address than the client's; neither credentials nor the client's headers go there."""

    @property
    def method(self) -> str:  # type: ignore[override]  # those of the request that is looked at
        """As the request says."""
        return self.request.method

    @property
    def path(self) -> str:  # type: ignore[override]
        """As the request says."""
        return self.request.path

    def destination(self, own: Address) -> Address:
        return self.at or own

    def query(self) -> dict[str, Any]:
        return self.request.query()

    def payload(self) -> Any:
        return self.request.payload()

    def parse(self, answer: Answer) -> Answer:
        return answer


@dataclass
class Sight(Generic[R]):
    """What was seen of an exchange."""

    seconds: float
    answer: Answer | None = None
    """What came, whatever its status; None where no whole answer did."""
    error: WebUIApiError | None = None
    """Why there is no value: no answer, an error status, or an answer other than promised."""
    result: R | None = None

    @property
    def value(self) -> R:
        """The result. Raises the error where there is none."""
        if self.error is not None:
            raise self.error
        return cast("R", self.result)

    @property
    def status(self) -> int:
        """The answer's status; 0 where no whole answer came."""
        return self.answer.status if self.answer is not None else 0

    @property
    def headers(self) -> dict[str, str]:
        """The answer's headers by lower-case names."""
        return dict(self.answer.headers) if self.answer is not None else {}

    @property
    def json(self) -> Any:
        """The answer's JSON, whatever its status; None where it is none."""
        try:
            return parse_json(self.answer.body) if self.answer is not None and self.answer.body else None
        except ValueError:
            return None

    @property
    def page(self) -> str | None:
        """The title of an HTML page, "" for one without; None where the answer is no page."""
        if self.answer is None:
            return None
        text = bytes(self.answer.body[:20_000]).decode("utf-8", "replace")
        if "html" not in self.headers.get("content-type", "") and "<html" not in text[:500].lower():
            return None
        title = re.search(r"<title[^>]*>(.*?)</title>", text, re.IGNORECASE | re.DOTALL)
        return " ".join(title.group(1).split()) if title else ""


def look(request: Request[R], at: Address | None = None) -> Flow[Sight[R]]:
    """Do an exchange and see what comes of it. Raises nothing but `MissingExtra`."""
    begin = time.monotonic()
    try:
        answer = yield from Look(request, at)
    except MissingExtra:  # it is this side that can't
        raise
    except WebUIApiError as error:
        return Sight(time.monotonic() - begin, error=error)
    sight: Sight[R] = Sight(time.monotonic() - begin, answer)
    if answer.status >= 300:
        sight.error = _error_of(sight, answer)
        return sight
    try:
        sight.result = request.parse(answer)
    except WebUIApiError as error:
        sight.error = error
    return sight


def _error_of(sight: Sight[Any], answer: Answer) -> StatusError:
    text = bytes(answer.body).decode("utf-8", "replace")
    return status_error(answer.status, text, sight.json, method=answer.method, url=answer.url, sent_credentials=False)


def hasty(flow: Flow[R]) -> Flow[R]:
    """An operation whose requests are all looked at: one attempt each, and little time."""
    step: Callable[[], Any] = partial(next, cast("Generator[Any, Any, R]", flow))
    while True:
        try:
            todo = step()
        except StopIteration as end:
            return cast("R", end.value)
        if isinstance(todo, Request):
            sight = yield from look(todo)
            step = partial(flow.throw, sight.error) if sight.error is not None else partial(flow.send, sight.result)
        else:
            step = partial(flow.send, (yield todo))
