"""Any script of the server's, by title and labels, for those that have no file of their own; and the check of
`script_name` with `script_args`, which the server takes without counting them."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..errors import UnknownName, WebUIApiError
from ..images import is_picture, outgoing
from ..request import Flow, answered
from .base import Slot, Unit, bare, choice, only

if TYPE_CHECKING:
    from ..api.lists import ScriptArg, ScriptInfo


@dataclass(frozen=True, eq=False, init=False)
class Script(Unit):
    """A script by its title, its arguments by their labels: `Script("Loopback", loops=4)`.

    Labels are those of the web page (`get_script_info()` lists them), with or without their capitals, blanks and
    signs: `Script("SD upscale", tile_overlap=64)`, or `Script("SD upscale", **{"Tile overlap": 64})`. The rest are the
    server's defaults. Whether it is selectable or always on is looked up.
    """

    name: str = ""
    """The title."""
    values: dict[str, Any] = field(default_factory=dict)
    """The arguments by label."""

    def __init__(self, title: str, /, **values: Any) -> None:
        object.__setattr__(self, "name", title)
        object.__setattr__(self, "values", values)
        self.__post_init__()

    @property
    def called(self) -> str:
        return self.name

    def chosen(self, info: ScriptInfo | None) -> bool:
        return info is not None and not info.is_alwayson

    @classmethod
    def arguments(cls, units: Sequence[Any], slot: Slot) -> Flow[list[Any]]:
        script = only(units)
        if slot.info is None:
            raise WebUIApiError(f"the server does not describe its script {script.name!r}: its arguments are not known")
        return answered(by_label(script.values, slot.info))


def by_label(values: dict[str, Any], info: ScriptInfo) -> list[Any]:
    """The complete argument list of a script. Raises `UnknownName` for a label or a choice that it does not have."""
    arguments = [item.value for item in info.args]
    for label, value in values.items():
        at = _find(label, info)
        arguments[at] = (
            outgoing(value, label, uri=False) if is_picture(value) else choice(label, value, info.args[at].choices)
        )
    return arguments


def _find(label: str, info: ScriptInfo) -> int:
    wanted = bare(label)
    found = [index for index, item in enumerate(info.args) if bare(item.label or "") == wanted]
    labels = [item.label for item in info.args if item.label]
    if len(found) == 1:
        return found[0]
    near = difflib.get_close_matches(label, labels, 3) or labels
    raise UnknownName(f"argument of {info.name!r}", label, near, ambiguous=len(found) > 1, known=labels)


def described(args: Sequence[ScriptArg]) -> str:
    """The arguments of a script in one line, for an error."""
    return ", ".join(f"{item.label or '(text)'}={item.value!r}" for item in args)


def counted(info: ScriptInfo, given: Sequence[Any]) -> list[Any]:
    """The arguments given by place, if they are as many as the script has. Raises `ValueError` listing the right ones.

    The server puts a wrong number in place all the same: the arguments of other scripts shift, without a word.
    """
    if len(given) == len(info.args):
        return list(given)
    raise ValueError(
        f"script_args: {info.name!r} has {len(info.args)} arguments on this server and {len(given)} are given. "
        f"They are: {described(info.args)}"
    )
