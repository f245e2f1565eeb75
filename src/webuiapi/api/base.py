"""The shapes that most calls of the API have: a list, an object, an order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from ..errors import AnswerError
from ..items import Item
from ..request import Answer, Request

I = TypeVar("I", bound=Item)  # noqa: E741 - an item


def read_list(answer: Answer, kind: type[I]) -> list[I]:
    """The items of an answer that is a list. Raises `AnswerError` when it is none."""
    value = answer.json()
    if not isinstance(value, list):
        raise _other_than(answer, value, "a list")
    return [kind.read(item) for item in value]


def read_item(answer: Answer, kind: type[I]) -> I:
    """The item of an answer that is an object. Raises `AnswerError` when it is none."""
    value = answer.json()
    if not isinstance(value, dict):
        raise _other_than(answer, value, "an object")
    return kind(value)


def _other_than(answer: Answer, value: Any, wanted: str) -> AnswerError:
    return answer.error(f" answered {type(value).__name__} where {wanted} was expected")


@dataclass(frozen=True, eq=False)
class GetList(Request[list[I]], Generic[I]):
    """A list of the server's; subclasses say which, and what it holds."""

    method: ClassVar[str] = "GET"
    kind: ClassVar[type[Any]]

    def parse(self, answer: Answer) -> list[I]:
        return read_list(answer, self.kind)


@dataclass(frozen=True, eq=False)
class GetItem(Request[I], Generic[I]):
    """An object of the server's; subclasses say which."""

    method: ClassVar[str] = "GET"
    kind: ClassVar[type[Any]]

    def parse(self, answer: Answer) -> I:
        found: I = read_item(answer, self.kind)
        return found


@dataclass(frozen=True, eq=False)
class Order(Request[Any]):
    """A call without parameters. Gives what the server answers: `{}`, None."""

    def payload(self) -> None:
        return None

    def parse(self, answer: Answer) -> Any:
        return answer.json()
