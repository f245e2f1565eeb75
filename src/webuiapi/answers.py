"""From an answer to a result: the pictures out of the body, the parts that are none aside, nothing lost."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from . import wire
from .checks import users_level
from .errors import ImageError
from .png import VIDEOS, kind_of, problem_with
from .request import Answer, preview
from .results import CustomResult, ExtrasResult, PartProblem, Result, WebUIApiResult

if TYPE_CHECKING:
    from .arriving import Arriving


def read_generation(answer: Answer, seed: int | None = None) -> WebUIApiResult:
    """The result of a generation. Raises `AnswerError`, and `ImageError` when none of its pictures is whole.

    `seed` is the one that was sent, for servers that do not say which they used.
    """
    parts, rest = _split(answer)
    content, errors = sort_out(parts)
    parameters = rest.get("parameters")
    info = rest.get("info")
    result = WebUIApiResult(
        content,
        read_info(info),
        parameters if isinstance(parameters, dict) else {},
        errors=errors,
        rest=rest,
    )
    if seed is not None and seed >= 0:
        result._seed_sent = seed
    return checked(result, answer)


def read_arrived(reader: Arriving) -> WebUIApiResult:
    """The pictures that have come whole, of an answer that broke off."""
    content, errors = sort_out(reader.arrived())
    return WebUIApiResult(content, {}, {}, errors=errors)


def read_info(info: Any) -> dict[str, Any]:
    """`info` as a dict: it is JSON in a string, or an object, or empty, or free text."""
    if isinstance(info, dict):
        return info
    if isinstance(info, str) and info.startswith("{"):
        try:
            value = wire.parse_json(info)
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}
    return {}


def _split(answer: Answer) -> tuple[list[wire.Part], dict[str, Any]]:
    parts: list[wire.Part] = []
    rest: Any = None
    try:
        if answer.arriving is not None:
            parts, rest = answer.arriving.parts()
        elif answer.body:
            parts, rest = wire.split_images(answer.body)
    except ValueError as error:
        answer.json()  # raises the error that shows what came, unless only the pictures were the trouble
        raise answer.error(f": {error}") from error
    if not isinstance(rest, dict):
        shown = preview(answer.whole()) if answer.whole() else "no body"
        raise answer.error(f" answered {answer.status} without a result: {shown}")
    return parts, rest


def read_extras(answer: Answer) -> ExtrasResult:
    """The result of an extras call: `image` or `images`, and `html_info`."""
    parts, rest = _split(answer)
    single = rest.get("image")
    if single is not None:
        parts = [wire.decode_image(single)]
        rest["image"] = ""
    content, errors = sort_out(parts)
    info = rest.get("html_info")
    return checked(ExtrasResult(content, info if isinstance(info, str) else "", errors=errors, rest=rest), answer)


def read_custom(answer: Answer) -> CustomResult:
    """The result of a call that the package does not know: pictures where there are some, and all the JSON."""
    if not bytes(answer.body[:64]).lstrip().startswith(b"{"):  # a list, null, a text: the JSON is all there is
        value = answer.json()
        if not isinstance(value, dict):
            return CustomResult((), "" if value is None else value)
    parts, rest = _split(answer)
    single = rest.get("image")
    if isinstance(single, str) and not parts:
        parts = [wire.decode_image(single)]
        rest["image"] = ""
    content, errors = sort_out(parts)
    info = next((rest[name] for name in ("info", "html_info", "caption") if rest.get(name)), "")
    parameters = rest.get("parameters")
    return CustomResult(
        content,
        read_info(info) or info,
        parameters if isinstance(parameters, dict) else {},
        errors=errors,
        rest=rest,
    )


def sort_out(parts: Sequence[wire.Part]) -> tuple[list[Any], list[PartProblem]]:
    """The whole pictures, as what holds them, and the parts that are none."""
    content: list[Any] = []
    errors = []
    for index, part in enumerate(parts):
        in_file = not isinstance(part.content, bytes)
        problem = part.problem or (part.content.problem() if in_file else problem_with(part.content))
        kind = kind_of(part.content.head() if in_file else part.content)
        if not problem and kind in VIDEOS:
            problem = f"is a video ({kind})"
        if problem:
            errors.append(PartProblem(index, problem, part.content.taken() if in_file else part.content))
        else:
            content.append(part.content)
    return content, errors


R = TypeVar("R", bound="Result[Any]")


def checked(result: R, answer: Answer) -> R:
    """The result, with a warning for parts that are no pictures; `ImageError` when nothing else came.

    Videos of a generation are no trouble: they were asked for, and stand in `videos`.
    """
    expected = len(getattr(result, "videos", ()))
    if len(result.errors) == expected:
        return result
    problems = "; ".join(map(str, result.errors[:3])) + ("; ..." if len(result.errors) > 3 else "")
    if not result.content and not any(error.kind in VIDEOS for error in result.errors):
        error = answer.error(f": no picture in the answer is whole: {problems}", ImageError)
        error.result = result
        raise error
    warnings.warn(f"{problems}; see `errors` of the result", stacklevel=users_level())
    return result
