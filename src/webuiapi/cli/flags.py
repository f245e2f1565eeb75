"""Fields of a request as flags: named with dashes, typed by the annotation, explained by the docstring."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

import click

from .fields import Field, fields_of
from .values import PairsType, PictureType, SizeType, json_or_text

OTHER_NAMES: dict[str, tuple[str, ...]] = {
    "negative_prompt": ("-n", "--negative"),
    "steps": ("-s",),
    "width": ("-W",),
    "height": ("-H",),
    "batch_size": ("-b", "--batch"),
    "n_iter": ("--batches",),
    "sampler_name": ("--sampler",),
    "cfg_scale": ("--cfg",),
    "denoising_strength": ("-d", "--denoise"),
    "enable_hr": ("--hires/--no-hires",),
    "mask_image": ("-m", "--mask"),
    "upscaler_1": ("--upscaler",),
}
"""Shorter names for what people type often, and those that they expect."""
MOST_USED = (
    "negative_prompt",
    "seed",
    "steps",
    "sampler_name",
    "scheduler",
    "model",
    "cfg_scale",
    "width",
    "height",
    "size",
    "batch_size",
    "n_iter",
    "denoising_strength",
    "mask_image",
    "images",
    "enable_hr",
    "upscaler_1",
)
"""They come first in the help."""
OF_NO_USE = frozenset({"save_to", "progress", "left_out", "firstpass_image", "latent_mask", "comments"})
"""Fields without a flag: `save_to` is `--out`, and `progress` is shown without `--quiet`; the others are this package's
or the server's own, or can't be sent."""
_SIMPLE: dict[str, click.ParamType[Any]] = {"int": click.INT, "float": click.FLOAT, "str": click.STRING}


class Flag(click.Option):
    """A flag that stands in a section of the help."""

    def __init__(self, names: list[str], *, section: str, **settings: Any) -> None:
        super().__init__(names, **settings)
        self.section = section


def flags_of(kind: Any, *, skip: Container[str] = ()) -> list[Flag]:
    """A flag for each field of a request but `skip` and `OF_NO_USE`; most used ones first. What is not said gives None.

    Units of extensions, which are values of classes, have none: `--alwayson-scripts` takes what they become.
    """
    fields = [field for field in fields_of(kind) if field.name not in skip and field.name not in OF_NO_USE]
    flags = [_flag(field) for field in fields if "Unit" not in field.types]
    return sorted(flags, key=lambda flag: MOST_USED.index(flag.name) if flag.name in MOST_USED else len(MOST_USED))


def _flag(field: Field) -> Flag:
    section = "Most used" if field.name in MOST_USED else "Everything else that the server takes"
    dashed = "--" + field.name.replace("_", "-")
    settings: dict[str, Any] = {"help": field.doc, "section": section, "default": None}
    first = field.types[0]
    if first == "bool":
        dashed = f"{dashed}/--no-{dashed[2:]}"
    elif first.startswith("Mapping["):
        settings |= {"type": PairsType(), "multiple": True, "callback": one_mapping, "metavar": "NAME=VALUE|JSON"}
    elif first == "Sequence[Any]":
        settings |= {"type": click.STRING, "multiple": True, "callback": _values, "metavar": "VALUE|JSON"}
    elif any(member.startswith("Sequence[") for member in field.types):
        settings |= {"type": _simple(field, first.removeprefix("Sequence[").removesuffix("]")), "multiple": True}
    elif "tuple[int, int]" in field.types:
        settings["type"] = SizeType(*_words(field))
    else:
        settings["type"] = _simple(field, first)
    if settings.get("multiple"):
        settings["help"] = f"{field.doc} Repeatable.".strip()
    return Flag([*OTHER_NAMES.get(field.name, ()), dashed, field.name], **settings)


def _simple(field: Field, name: str) -> click.ParamType[Any]:
    if name == "ImageInput":
        return PictureType()
    if name in _SIMPLE:
        return _SIMPLE[name]
    raise TypeError(f"no flag can be made of the field {field.name}: {' | '.join(field.types)}")


def _words(field: Field) -> list[str]:
    """The texts that a `Literal[...]` among the field's types allows."""
    literals = [member[8:-1] for member in field.types if member.startswith("Literal[")]
    return [word.strip().strip("'\"") for literal in literals for word in literal.split(",")]


def one_mapping(ctx: click.Context, param: click.Parameter, value: tuple[dict[str, Any], ...]) -> Any:
    """What a repeated flag of `PairsType` gives, as one dict; None when it was not given."""
    del ctx, param
    return {name: item for given in value for name, item in given.items()} if value else None


def _values(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> Any:
    """Values, each JSON or text; one JSON list alone is all of them."""
    del ctx, param
    values = [json_or_text(text) for text in value]
    if len(values) == 1 and isinstance(values[0], list):
        return values[0]
    return values or None


def said(values: dict[str, Any]) -> dict[str, Any]:
    """The flags that were given."""
    return {name: value for name, value in values.items() if value is not None and value != ()}
