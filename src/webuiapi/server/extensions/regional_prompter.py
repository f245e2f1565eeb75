"""Regional Prompter: the parts of a picture follow the parts of a prompt, between BREAK and its like.

Nothing happens without one of these words in the prompt. Here every part is painted with its own words and put into its
place.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..processing.scripts import Script
from .base import Extension, argument

if TYPE_CHECKING:
    from PIL.Image import Image

    from ..processing.generation import Batch, Generation
    from ._regions import Shares

regional_prompter = Extension(
    "regional-prompter",
    repository="hako-mikan/sd-webui-regional-prompter",
    commit="be623452203b396ed87b85583a3cfd56e8157214",
    date=1750636800,
)

OPTIONS = (
    "disable convert 'AND' to 'BREAK'", "Use LoHa or other", "Use BREAK to change chunks", "Flip prompts",
    "Comment Out `#`", "Enabled only in Hires Fix", "Disabled in Hires Fix", "debug", "debug2",
)  # fmt: skip
_WORDS = ("BREAK", "ADDCOL", "ADDROW", "ADDBASE", "ADDCOMM", "ADDP", "AND")
_SPLIT = re.compile(r"\s*\b(?:BREAK|ADDCOL|ADDROW|ADDP|AND)\b\s*")
_KEYS = re.compile(r"\b(?:ADDCOL|ADDROW|ADDBASE|ADDCOMM|ADDP|AND)\b")
_MOST_REGIONS = 64


@regional_prompter.script(
    argument("Regional Prompter", False),
    argument(None, False),
    argument(None, "Matrix"),
    argument("Main Splitting", "Columns", choices=["Columns", "Rows", "Random"]),
    argument("Mask mode", "Mask", choices=["Mask"]),
    argument("Prompt mode", "Prompt", choices=["Prompt", "Prompt-Ex"]),
    argument("Divide Ratio", "1,1"),
    argument("Base Ratio", "0.2"),
    argument("Use base prompt", False),
    argument("Use common prompt", False),
    argument("Use common negative prompt", False),
    argument("Generation Mode", "Attention", choices=["Attention", "Latent"]),
    argument("Options", False, choices=OPTIONS),
    argument("LoRA in negative textencoder", "0"),
    argument("LoRA in negative U-net", "0"),
    argument("threshold", "0.4"),
    argument("Do not upload here until bugfix", None),
    argument("LoRA stop step", "0"),
    argument("LoRA Hires stop step", "0"),
    argument('flip "," and ";"', False),
)
class RegionalPrompter(Script):
    """The script."""

    title = "Regional Prompter"
    always_on = True

    def process(self, run: Generation, args: Sequence[Any]) -> None:
        """Its pairs, and one word in place of all that part the prompt."""
        if not _is_on(run, args):
            return
        tab, *modes = args[2:6]
        ratios, base_ratios, base, common, negative_common, calculation = args[6:12]
        run.extra.update({
            "RP Active": args[0],
            "RP Divide mode": tab,
            "RP Matrix submode": modes[0],
            "RP Mask submode": modes[1],
            "RP Prompt submode": modes[2],
            "RP Calc Mode": calculation,
            "RP Ratios": ratios,
            "RP Base Ratios": base_ratios,
            "RP Use Base": base,
            "RP Use Common": common,
            "RP Use Ncommon": negative_common,
            "RP Options": ",".join(_options(args)),
            "RP LoRA Neg Te Ratios": args[13],
            "RP LoRA Neg U Ratios": args[14],
            "RP threshold": args[15],
            "RP LoRA Stop Step": args[17],
            "RP LoRA Hires Stop Step": args[18],
            "RP Flip": args[19],
        })  # fmt: skip
        run.all_prompts = [_KEYS.sub("BREAK", prompt) for prompt in run.all_prompts]

    def postprocess_batch(
        self, run: Generation, args: Sequence[Any], batch: Batch, images: list[Image]
    ) -> list[Image] | None:
        """Each part painted with its words, and put where the ratios say."""
        if "RP Active" not in run.extra:
            return None
        from PIL import Image as pil

        from ._regions import mask_of, paint

        columns_first = args[3] in ("Columns", "Horizontal")
        boxes = regions(str(args[6]), columns=columns_first, flipped=bool(args[19]))
        texts = [_parts(prompt, base=bool(args[8]), common=bool(args[9])) for prompt in batch.prompts]
        for number, box in enumerate(boxes):
            prompts = [parts[min(number, len(parts) - 1)] for parts in texts]
            painted = paint(run, batch, prompts)
            mask = mask_of(images[0].size, box, 0.08)
            images = [pil.composite(own, image, mask) for own, image in zip(painted, images, strict=True)]
        return images


def _is_on(run: Generation, args: Sequence[Any]) -> bool:
    prompt = run.prompt[0] if isinstance(run.prompt, list) else run.prompt
    return bool(args[0]) and any(word in prompt for word in _WORDS)


def _options(args: Sequence[Any]) -> list[str]:
    """The options in any of the forms in which they come; unknown ones are dropped."""
    given = args[12]
    if isinstance(given, bool):
        given = [OPTIONS[0]] if given else []
    elif isinstance(given, str):
        given = given.split(",")
    found = [option for option in given if option in OPTIONS]
    return [*found, "debug"] if args[1] is True and "debug" not in found else found


def _parts(prompt: str, *, base: bool, common: bool) -> list[str]:
    """The words of each region: the common ones before them, the base's own left out."""
    parts = _SPLIT.split(prompt)
    head: list[str] = []
    if common and len(parts) > 1:
        head = [parts.pop(0)]
    if base and len(parts) > 1:
        parts.pop(0)
    return [", ".join(part for part in (*head, text) if part) for text in parts]


def regions(text: str, *, columns: bool, flipped: bool) -> list[Shares]:
    """The boxes of ratios such as `1,1` or `1,2;3`: rows (or columns) between `;`, their parts between `,`.

    With several, the first number of each is its own share, as there.
    """
    if flipped:
        text = text.translate(str.maketrans(",;", ";,"))
    outer = [[_number(part) for part in line.split(",")] for line in text.split(";")]
    lines = [(1.0, outer[0])] if len(outer) == 1 else [(line[0], line[1:] or [1.0]) for line in outer]
    boxes: list[Shares] = []
    down = 0.0
    total = sum(share for share, _ in lines)
    for share, parts in lines:
        across, row = 0.0, share / total
        for part in parts:
            width = part / sum(parts)
            boxes.append((across, down, across + width, down + row))
            across += width
        down += row
    if not columns:
        boxes = [(top, left, bottom, right) for left, top, right, bottom in boxes]
    return boxes[:_MOST_REGIONS]


def _number(text: str) -> float:
    value = float(text.strip() or 1)
    if not value > 0:
        raise ValueError(f"a ratio is {text!r}")
    return value
