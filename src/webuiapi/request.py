"""Requests as values, operations as generators, and both as methods of a client.

- A `Request` is a frozen dataclass: its fields are the parameters, `payload` makes what is sent, `parse` makes the
  result of what comes back. It is the only place where a parameter is written down.
- An operation of several calls is a generator (`Flow`) that yields requests and other steps (`Sleep`, `Watch`,
  `Remember`, `Setting`), and returns its result. It cannot block an event loop: it has nothing to block with.
- `endpoint(...)` makes either of the two a method, plain on `WebUIApi` and awaitable on `AsyncWebUIApi`.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Coroutine, Generator, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Generic, ParamSpec, TypeAlias, TypeVar, cast, overload

from .checks import Problem, field_problems, in_stages

if TYPE_CHECKING:
    from typing_extensions import Self

    from .address import Address
    from .arriving import Arriving
    from .client import AsyncWebUIApi, WebUIApi
    from .errors import AnswerError
    from .extensions.base import Interface
    from .pool import AsyncPool, Pool

P = ParamSpec("P")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)
E = TypeVar("E", bound="AnswerError")

LOCAL: Mapping[str, Any] = {"local": True}
"""Metadata of a field that is for this package only and never sent."""


def sent_as(name: str) -> Mapping[str, Any]:
    """Metadata of a field whose name on the wire is another."""
    return {"wire": name}


@dataclass(frozen=True)
class ClientDefaults:
    """What a client adds to a generation that does not say it."""

    sampler: str | None = None
    scheduler: str | None = None
    steps: int | None = None


@dataclass
class Answer:
    """What came back for a request: a status below 400 and a body."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes | bytearray
    method: str
    url: str
    arriving: Arriving | None = None
    """What has read the body while it came; `body` is empty then."""

    def whole(self) -> bytes | bytearray:
        """The body, put together again if it was read while it came."""
        if self.arriving is not None and not self.body:
            self.body = self.arriving.body()
        return self.body

    def json(self) -> Any:
        """The body's JSON; None for an empty body. Raises `NoJSON` for anything else."""
        from .errors import NoJSON
        from .wire import parse_json

        body = self.whole()
        if not body:
            return None
        try:
            return parse_json(body)
        except ValueError as error:
            kind = self.headers.get("content-type") or "no content type"
            raise self.error(
                f" answered {self.status} with something that is not JSON ({kind}): {preview(body)}", NoJSON
            ) from error

    def error(self, what: str, kind: type[E] | None = None) -> E:
        """The `AnswerError` (or another of its kind) for this answer; `what` goes on behind the method and URL."""
        from .errors import AnswerError

        made: Any = (kind or AnswerError)(
            f"{self.method} {self.url}{what}", method=self.method, url=self.url, content=bytes(self.whole())
        )
        return cast("E", made)


def preview(body: bytes | bytearray, length: int = 120) -> str:
    """The beginning of a body for a message."""
    text = bytes(body[: length * 4]).decode("utf-8", "replace")
    return repr(text if len(text) <= length else text[:length] + "...")


@dataclass(frozen=True, eq=False)
class Request(Generic[R_co]):
    """One call of the API. Subclass it with fields for the parameters, and say how the answer is read."""

    method: ClassVar[str] = "POST"
    path: ClassVar[str]
    """Below the server's address, with a leading slash."""
    generation: ClassVar[bool] = False
    """It makes pictures: it may take minutes, and is never sent twice."""
    reads_arriving: ClassVar[bool] = False
    """Its answers begin with pictures, and `parse` takes one that was read while it arrived."""
    may_break: ClassVar[bool] = False
    """The server may close the connection instead of answering."""
    examines: ClassVar[bool] = False
    """The exchange itself is looked at: one attempt, a few seconds, and the answer whatever its status."""

    @property
    def to_files(self) -> str | None:
        """The template of the files that its pictures go to; None where they stay in memory."""
        return None

    def __post_init__(self) -> None:
        for name in _field_names(cast("Any", type(self))):
            value = getattr(self, name)
            if isinstance(value, (list, tuple, Mapping)) or hasattr(value, "read"):
                object.__setattr__(self, name, plain(value))

    sends_pictures: ClassVar[bool] = False
    """Its parameters hold pictures, which take a while to encode."""

    @property
    def slow(self) -> bool:
        """It may take minutes, so that the limit for ordinary calls is not for it."""
        return self.generation

    def problems(self) -> Iterator[Problem]:
        """What is wrong with the parameters, as far as can be told without asking the server."""
        return in_stages(field_problems(self), self.contradictions())

    def contradictions(self) -> Iterator[Problem]:
        """What is wrong beyond types and ranges: asked where those are right, so that values can be reckoned with."""
        return iter(())

    def preparation(self) -> Flow[Self] | None:
        """What has to be found out before sending: an operation that gives the request to be sent; None for nothing."""
        return None

    def review(self, result: Any) -> Iterator[str]:
        """What in a result speaks for something having been silently ignored, a sentence each."""
        del result
        return iter(())

    def destination(self, own: Address) -> Address:
        """Where it goes: the client's address. To any other, neither credentials nor the client's headers go along."""
        return own

    def query(self) -> dict[str, Any]:
        """The query by name; values are sent as `str` gives them."""
        return {}

    def payload(self) -> Any:
        """What is sent as JSON: the fields that were said under their wire names; None sends no body.

        Values may still be pictures, which the client encodes.
        """
        return said(self)

    def parse(self, answer: Answer) -> R_co:
        """The result made from the answer."""
        raise NotImplementedError

    def with_defaults(self, defaults: ClientDefaults) -> Self:
        """The same request with what the client adds to it."""
        del defaults
        return self

    def __iter__(self) -> Generator[Request[Any], Any, R_co]:
        """`result = yield from request`, inside an operation."""
        return cast("R_co", (yield self))


def replaced(request: R, /, **changes: Any) -> R:
    """The request with other values in some fields."""
    return cast("R", replace(cast("Any", request), **changes))


def said(request: Any) -> dict[str, Any]:
    """The fields of a dataclass that were said (are not None) under their wire names, checked for what JSON lacks."""
    payload: dict[str, Any] = {}
    check_numbers("extra", getattr(request, "extra", None))
    for name, wire in _wire_names(cast("Any", type(request))):
        value = getattr(request, name)
        if value is not None:
            check_numbers(name, value)
            payload[wire] = value
    extra = getattr(request, "extra", None)
    if extra:
        payload.update(extra)
    return payload


@cache
def _wire_names(kind: Any) -> tuple[tuple[str, str], ...]:
    return tuple(
        (field.name, field.metadata.get("wire", field.name))
        for field in fields(kind)
        if not field.metadata.get("local") and field.name != "extra"
    )


@cache
def _field_names(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


def plain(value: Any) -> Any:
    """Lists and dicts copied, as plain ones, and files read: nothing that the caller does later changes a request."""
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if type(value) in (list, tuple):
        return [plain(item) for item in value]
    if isinstance(value, (list, tuple)):  # a named tuple, or the list of a result's pictures
        return [plain(item) for item in list(value)]
    return _content(value) if hasattr(value, "read") else value


def _content(file: Any) -> Any:
    """What a binary file holds from its position on, where it stays; so that a request can be sent again."""
    if isinstance(file, io.TextIOBase) or hasattr(file, "tobytes"):
        return file
    back = file.tell() if getattr(file, "seekable", bool)() else None
    data = file.read()
    if back is not None:
        file.seek(back)
    return data if isinstance(data, bytes) else file


def check_numbers(name: str, value: Any) -> None:
    """Refuse what JSON has no form for, naming where it stands."""
    if getattr(value, "ndim", None) == 0:  # a NumPy scalar
        value = value.item()
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{name}={value!r} can't be sent: JSON has no such number")
    elif isinstance(value, dict):
        for key, item in value.items():
            check_numbers(f"{name}[{key!r}]", item)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            check_numbers(f"{name}[{index}]", item)


# -- operations -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sleep:
    """Yielded by an operation that wants to wait."""

    seconds: float


@dataclass(frozen=True)
class Watch(Generic[R]):
    """Yielded by an operation that wants something done beside a running call.

    `beside` is made when the call is on its way and is driven until the call ends; what it raises ends the operation
    only after the call has ended. `result = yield from Watch(request, beside)`.
    """

    request: Request[R]
    beside: Callable[[], Generator[Any, Any, None]]
    placed: bool = False
    """The operation has a place among those in flight already."""

    def __iter__(self) -> Generator[Watch[Any], Any, R]:
        return cast("R", (yield self))


class NotKept(Exception):
    """A fact that is not to be remembered: what it was found from may be otherwise in a moment."""

    def __init__(self, value: Any) -> None:
        super().__init__(value)
        self.value = value


@dataclass(frozen=True)
class Remember(Generic[R]):
    """Yielded by an operation that needs a fact about the server: found once, then kept by the client.

    `value = yield from Remember("samplers", get_samplers)`; `refresh` asks again.
    """

    key: str
    find: Callable[[], Flow[R]]
    """May raise `NotKept` with a value that is good for now only: the server had trouble answering."""
    refresh: bool = False

    def __iter__(self) -> Generator[Remember[Any], Any, R]:
        return cast("R", (yield self))


@dataclass(frozen=True)
class Setting(Generic[R]):
    """Yielded by an operation that depends on a setting of the client: `checks = yield from Setting("checks")`."""

    name: str

    def __iter__(self) -> Generator[Setting[Any], Any, R]:
        return cast("R", (yield self))


Step: TypeAlias = Request[Any] | Sleep | Watch[Any] | Remember[Any] | Setting[Any]
Flow: TypeAlias = Generator[Step, Any, R]


def answered(value: R) -> Flow[R]:
    """The operation that has nothing to ask: it gives the value."""
    yield from ()
    return value


# -- methods ----------------------------------------------------------------------------------------------------------


class remembered(Generic[R]):  # noqa: N801 - used like `property`
    """A fact about the server as a property: the value on `WebUIApi`, to be awaited on `AsyncWebUIApi`."""

    def __init__(self, fact: Callable[[], Remember[R]]) -> None:
        self._fact = fact
        self.__doc__ = fact.__doc__

    @overload
    def __get__(self, obj: None, owner: Any) -> remembered[R]: ...
    @overload
    def __get__(self, obj: WebUIApi, owner: Any) -> R: ...
    @overload
    def __get__(self, obj: AsyncWebUIApi, owner: Any) -> Coroutine[Any, Any, R]: ...
    def __get__(self, obj: Any, owner: Any) -> Any:
        return self if obj is None else obj.run(_value(self._fact()))


def _value(fact: Remember[R]) -> Flow[R]:
    return (yield from fact)


class endpoint(Generic[P, R]):  # noqa: N801 - used like `property`
    """A request or an operation as a method of both clients, and of interfaces bound to one, with its own signature."""

    def __init__(self, build: Callable[P, Request[R] | Flow[R]]) -> None:
        self._load: Callable[[], Callable[P, Request[R] | Flow[R]]] = lambda: build

    def __set_name__(self, owner: type, name: str) -> None:
        self.__name__ = name
        self.__qualname__ = f"{owner.__qualname__}.{name}"

    @property
    def build(self) -> Callable[P, Request[R] | Flow[R]]:
        """What makes the request or the operation."""
        return self._load()

    @overload
    def __get__(self, obj: None, owner: Any) -> Callable[P, Request[R] | Flow[R]]: ...
    @overload
    def __get__(self, obj: WebUIApi | Pool | Interface[WebUIApi], owner: Any) -> Callable[P, R]: ...
    @overload
    def __get__(
        self, obj: AsyncWebUIApi | AsyncPool | Interface[AsyncWebUIApi], owner: Any
    ) -> Callable[P, Coroutine[Any, Any, R]]: ...
    def __get__(self, obj: Any, owner: Any) -> Any:
        build = self.build
        if obj is None:  # asked of the class: what it makes, with its own help and signature
            return build

        def call(*args: P.args, **kwargs: P.kwargs) -> Any:
            try:
                return obj.perform(build, args, kwargs)
            except TypeError as error:
                better = _misnamed(self.__name__, build, kwargs)
                if better is None:
                    raise
                raise better from error

        call.__name__, call.__qualname__, call.__doc__ = self.__name__, self.__qualname__, build.__doc__
        call.__wrapped__ = build  # type: ignore[attr-defined]  # `inspect.signature` and notebooks show its parameters
        return call


def _misnamed(name: str, build: Callable[..., Any], given: Mapping[str, Any]) -> TypeError | None:
    """What to say of a parameter that a method does not have; None when it has all of them."""
    import difflib
    import inspect

    known = inspect.signature(build).parameters
    unknown = [word for word in given if word not in known]
    if not unknown or any(parameter.kind is parameter.VAR_KEYWORD for parameter in known.values()):
        return None
    wrong = unknown[0]
    near = [word for word in known if word.startswith(f"{wrong}_")]
    near += [word for word in difflib.get_close_matches(wrong, known, 3) if word not in near]
    hint = f": similar {'is' if len(near) == 1 else 'are'} {', '.join(near[:4])}" if near else ""
    return TypeError(f"{name}() has no parameter {wrong!r}{hint}")


def loaded_late(load: Callable[[], Callable[P, Request[R] | Flow[R]]]) -> endpoint[P, R]:
    """An `endpoint` whose request or operation is looked up when the method is first used."""
    found = endpoint[P, R](_not_loaded)
    found._load = load
    return found


def _not_loaded(*args: Any, **kwargs: Any) -> Any:
    raise AssertionError(f"replaced by `loaded_late`: {args}, {kwargs}")
