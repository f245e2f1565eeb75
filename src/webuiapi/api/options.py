"""The server's settings."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from ..checks import Checks, Problem, number_of, object_to, report
from ..errors import UnknownName
from ..items import Item, text
from ..request import Answer, Flow, Remember, Request, Setting, check_numbers, replaced
from .base import read_item
from .known import accepted_checkpoint, readable, vae_name

if TYPE_CHECKING:
    from typing_extensions import Self

_LOADING = frozenset({"sd_model_checkpoint", "sd_vae", "sd_unet", "sd_checkpoints_limit", "forge_additional_modules"})
"""Options whose change waits for the queue and loads something."""


class Options(Item):
    """All options of a server by name."""

    sd_model_checkpoint = text()
    """Title of the checkpoint in use."""
    sd_vae = text()
    samples_format = text()


@dataclass(frozen=True, eq=False)
class GetOptions(Request[Options]):
    """All options: GET /sdapi/v1/options."""

    method: ClassVar[str] = "GET"
    path: ClassVar[str] = "/sdapi/v1/options"

    def parse(self, answer: Answer) -> Options:
        return read_item(answer, Options)


@dataclass(frozen=True, eq=False)
class SetOptions(Request[Any]):
    """Set some options, for everyone and for good: POST /sdapi/v1/options.

    Send only those to be changed. The webui takes any value without checking it (one of a wrong type breaks it), so
    names and types are held against those that it has now. A change of the checkpoint waits for the queue and returns
    when the model is loaded. Raises `UnknownName`, also for a checkpoint or a VAE.
    """

    path: ClassVar[str] = "/sdapi/v1/options"

    options: Mapping[str, Any]
    """Names and new values."""

    def __post_init__(self) -> None:
        if not isinstance(self.options, Mapping):
            raise TypeError(f"options={self.options!r:.80} must be a dict of names and values")
        super().__post_init__()
        check_numbers("options", self.options)

    @property
    def slow(self) -> bool:
        return any(name in _LOADING for name in self.options)

    def preparation(self) -> Flow[Self] | None:
        return self._prepared()

    def _prepared(self) -> Flow[Self]:
        return replaced(self, options=(yield from checked_options(self.options, "options")))

    def payload(self) -> dict[str, Any]:
        return dict(self.options)

    def parse(self, answer: Answer) -> Any:
        return answer.json()


class KnownOptions(SetOptions):
    """The same with names and values that the server has given itself: there is nothing to be found out."""

    def preparation(self) -> None:
        return None


def checked_options(given: Mapping[str, Any], where: str) -> Flow[dict[str, Any]]:
    """Options as the server spells their values. Raises `UnknownName`, and `ValueError` for a type that is another.

    What is wrong is treated as `checks` wants it. Options that can't be read check nothing.
    """
    checks: Checks = yield from Setting("checks")
    found = dict(given)
    if checks == "off" or not given:
        return found
    types = yield from Remember("option types", partial(readable, _types, {}))
    if not given.keys() <= types.keys():  # an extension may have come
        types = yield from Remember("option types", partial(readable, _types, {}), refresh=True)
    if types:
        for name in given.keys() - types.keys():
            near = difflib.get_close_matches(name, types, 5)
            object_to(UnknownName("option", name, near, known=list(types)), checks)
        report(_of_other_types(given, types, where), checks)
    if isinstance(found.get("sd_model_checkpoint"), str):
        found["sd_model_checkpoint"] = yield from accepted_checkpoint(found["sd_model_checkpoint"])
    if isinstance(found.get("sd_vae"), str):
        found["sd_vae"] = yield from vae_name(found["sd_vae"])
    return found


_TYPES: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (bool, "True or False"),
    ((int, float), "a number"),
    (str, "a text"),
    (list, "a list"),
    (dict, "a dict"),
)


def _type(value: Any) -> str:
    """What a value is, in words; "" for None, which any option may be."""
    return next((words for kind, words in _TYPES if isinstance(value, kind)), "")


def _types() -> Flow[dict[str, str]]:
    return {name: _type(value) for name, value in (yield from GetOptions()).items()}


def _of_other_types(given: Mapping[str, Any], types: Mapping[str, str], where: str) -> Iterator[Problem]:
    for name, value in given.items():
        wanted, is_number = types.get(name, ""), not isinstance(value, str) and number_of(value) is not None
        right = is_number if wanted == "a number" else _type(value) == wanted
        if wanted and value is not None and not right and not (wanted == "True or False" and value in (0, 1)):
            yield Problem(f"{where}[{name!r}]={value!r:.60} must be {wanted}, as it is on the server")
