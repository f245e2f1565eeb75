"""The parameters of a text as the webui 1.10.1 answers them to png-info: with all that it adds and converts."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from ..wording import a_kind
from . import text as form
from .parameters import GenerationParameters

_AFTER_PROMPT: dict[str, Any] = {
    "Hires resize-1": 0,
    "Hires resize-2": 0,
    "Hires sampler": "Use same sampler",
    "Hires schedule type": "Use same scheduler",
    "Hires checkpoint": "Use same checkpoint",
    "Hires prompt": "",
    "Hires negative prompt": "",
    "Mask mode": "Inpaint masked",
    "Masked content": "original",
    "Inpaint area": "Whole picture",
    "Masked area padding": 32,
}
_AFTER_FIRST_PASS: dict[str, Any] = {
    "RNG": "GPU",
    "Schedule type": "Automatic",
    "Schedule max sigma": 0,
    "Schedule min sigma": 0,
    "Schedule rho": 0,
    "VAE Encoder": "Full",
    "VAE Decoder": "Full",
    "FP8 weight": "Disable",
}
_ATTENTION = re.compile(r"\\[\\()\[\]]|\\|[()\[\]]|:\s*([+-]?[.\d]+)\s*\)|[^\\()\[\]:]+|:")
_VERSION = re.compile(r"v?(\d{1,9}(?:\.\d{1,9})*)(?:-(\d{1,9})|[-.]?(?:rc|a|b|alpha|beta)[-.]?(\d*))?$", re.IGNORECASE)

_HIRES_STYLES = ((1, 8), 139)
"""After this version styles are part of the second pass's prompts too."""


def with_defaults(
    parameters: GenerationParameters | str,
    *,
    known_styles: Iterable[Mapping[str, Any]] = (),
    infotext_styles: str = "Apply if any",
    auto_backcompat: bool = True,
    skip: Collection[str] = (),
) -> dict[str, Any]:
    """What png-info answers as `parameters`, and what the request field `infotext` is read as.

    `known_styles` are the server's styles (`name`, `prompt`, `negative_prompt`), found ones are cut out of the prompts;
    `infotext_styles`, `auto_backcompat` and `skip` (`infotext_skip_pasting`) are the options of the server. Raises
    `TypeError` for what is neither parameters nor a text.
    """
    if not isinstance(parameters, (str, GenerationParameters)):
        raise TypeError(f"parameters: a str or GenerationParameters is needed, not {a_kind(parameters)}")
    prompt, negative_prompt, line = form.cut(str(parameters))
    # The webui drops a pair without a value.
    pairs = ((key, form.unquote(written)) for key, written in form.read_pairs(line) if written)
    result: dict[str, Any] = {**form.with_sides(pairs)}
    if infotext_styles != "Ignore":
        prompt, negative_prompt = _cut_styles(result, prompt, negative_prompt, list(known_styles), infotext_styles)
    result["Prompt"] = form.with_hypernet(prompt, result)
    result["Negative prompt"] = negative_prompt
    result.setdefault("Clip skip", "1")
    for key, default in _AFTER_PROMPT.items():
        result.setdefault(key, default)
    result.update(first_pass(result))
    for key, default in _AFTER_FIRST_PASS.items():
        result.setdefault(key, default)
    if result["FP8 weight"] != "Disable":
        result.setdefault("Cache FP16 weight for LoRA", False)
    if uses_emphasis(prompt) or uses_emphasis(negative_prompt):
        result.setdefault("Emphasis", "Original")
    result.setdefault("Refiner switch by sampling steps", False)
    if auto_backcompat:
        result.update(_of_old_versions(result))
    return {key: value for key, value in result.items() if key not in skip}


def first_pass(values: Mapping[str, Any]) -> dict[str, int]:
    """The sizes of a text of 2022, which calls the first pass "First pass size" and the whole picture "Size"."""
    try:
        width, height = int(values["First pass size-1"]), int(values["First pass size-2"])
        whole_width, whole_height = int(values.get("Size-1", 512)), int(values.get("Size-2", 512))
    except (KeyError, ValueError):
        return {}
    if (not width or not height) and whole_width and whole_height:
        # 0 stood for as many pixels as 512x512 has, in the same shape, rounded up to 64.
        try:
            scale = math.sqrt(512 * 512 / (whole_width * whole_height))
            width, height = (math.ceil(scale * side / 64) * 64 for side in (whole_width, whole_height))
        except OverflowError:  # hundreds of digits, which are the size of no picture
            return {}
    return {"Size-1": width, "Size-2": height, "Hires resize-1": whole_width, "Hires resize-2": whole_height}


def _cut_styles(
    result: dict[str, Any], prompt: str, negative: str, styles: list[Mapping[str, Any]], infotext_styles: str
) -> tuple[str, str]:
    names, bare, bare_negative = _find_styles(prompt, negative, styles)
    version = _version(result.get("Version"))
    has_hires_prompts = "Hires prompt" in result or "Hires negative prompt" in result
    if has_hires_prompts and (version is None or version > _HIRES_STYLES):
        hires_names, hires, hires_negative = _find_styles(
            result.get("Hires prompt", prompt), result.get("Hires negative prompt", negative), styles
        )
        if hires_names != names:
            return prompt, negative
        result["Hires prompt"] = "" if hires == bare else hires
        result["Hires negative prompt"] = "" if hires_negative == bare_negative else hires_negative
    if infotext_styles == "Apply" or (infotext_styles == "Apply if any" and names):
        result["Styles array"] = names
    return bare, bare_negative


def _find_styles(prompt: str, negative: str, styles: list[Mapping[str, Any]]) -> tuple[list[str], str, str]:
    """The styles in a pair of prompts, in the order in which they were applied, and the prompts without them."""
    left = list(styles)
    names: list[str] = []
    while True:
        for style in left:
            own, own_negative = style.get("prompt") or "", style.get("negative_prompt") or ""
            bare, bare_negative = _without(own, prompt), _without(own_negative, negative)
            if (own or own_negative) and bare is not None and bare_negative is not None:
                break
        else:
            return names[::-1], prompt, negative
        left.remove(style)
        names.append(style["name"])
        prompt, negative = bare, bare_negative


def _without(style: str, prompt: str) -> str | None:
    """The prompt before a style was put around it or behind it; None if it was not."""
    prompt, style = prompt.strip(), style.strip()
    if "{prompt}" in style:
        before, _, after = style.partition("{prompt}")
        if len(prompt) < len(before) + len(after) or not (prompt.startswith(before) and prompt.endswith(after)):
            return None
        return prompt[len(before) : len(prompt) - len(after)]
    if not prompt.endswith(style):
        return None
    return prompt[: len(prompt) - len(style)].removesuffix(", ")


def uses_emphasis(prompt: str) -> bool:
    """Whether some part of a prompt has another weight than 1, by `(...)`, `[...]` or `(...:1.2)`."""
    weights: list[float] = []
    open_round: list[int] = []
    open_square: list[int] = []

    def weigh(start: int, factor: float) -> None:
        weights[start:] = [weight * factor for weight in weights[start:]]

    for match in _ATTENTION.finditer(prompt):
        part = match.group()
        if part == "(":
            open_round.append(len(weights))
        elif part == "[":
            open_square.append(len(weights))
        elif part.endswith(")") and part != r"\)" and open_round:
            weigh(open_round.pop(), _weight(match.group(1)))
        elif part == "]" and open_square:
            weigh(open_square.pop(), 1 / 1.1)
        else:
            weights.append(1.0)
    # What is never closed reaches to the end.
    for start in open_round:
        weigh(start, 1.1)
    for start in open_square:
        weigh(start, 1 / 1.1)
    return any(weight != 1.0 for weight in weights)


def _weight(number: str | None) -> float:
    try:
        return float(number) if number else 1.1
    except ValueError:
        return 1.1


def _version(text: str | None) -> tuple[tuple[int, ...], int] | None:
    """A version like `v1.7.0-225-g1234567` as something to compare: its numbers, and how many commits later."""
    match = _VERSION.match("-".join((text or "").split("-")[:2]))
    if match is None:
        return None
    numbers = [int(number) for number in match.group(1).split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    commits = match.group(2)
    return tuple(numbers), int(commits) if commits else 0 if match.group(3) is None else -1


def _of_old_versions(values: Mapping[str, Any]) -> dict[str, Any]:
    """What has to be switched on to paint as an old version did."""
    version = _version(values.get("Version"))
    if version is None:
        return {}
    old: dict[str, Any] = {}
    if version < ((1, 6), 0):
        if "[" in values["Prompt"]:
            old["Old prompt editing timelines"] = True
        if values.get("Sampler") in ("DDIM", "PLMS"):
            old["Pad conds v0"] = True
    if version < ((1, 7), 225):
        old["Downcast alphas_cumprod"] = True
    if version < ((1, 8), 0) and values.get("Refiner"):
        old["Refiner switch by sampling steps"] = True
    return old
