"""`GenerationParameters`: what a picture was made with, as a value."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from os import PathLike
from types import MappingProxyType
from typing import TYPE_CHECKING, BinaryIO

from ..wording import a_kind
from . import text as form

if TYPE_CHECKING:
    from PIL.Image import Image


@dataclass(frozen=True)
class Hires:
    """The second pass of a picture (hires fix); None is what the text does not say."""

    upscale: float | None = None
    resize: tuple[int, int] | None = None
    steps: int | None = None
    upscaler: str | None = None
    sampler: str | None = None
    schedule_type: str | None = None
    checkpoint: str | None = None
    prompt: str | None = None
    negative_prompt: str | None = None


@dataclass(frozen=True)
class Mask:
    """How a mask was used (inpainting); None is what the text does not say."""

    blur: int | None = None
    mode: str | None = None
    """`Inpaint not masked` if the mask was inverted."""
    area: str | None = None
    """`Only masked`, else the whole picture."""
    padding: int | None = None
    content: str | None = None
    """`fill`, `latent noise` or `latent nothing`, else the original."""


class GenerationParameters(Mapping[str, str]):
    """Prompt, negative prompt, and the pairs of the last line; a mapping over these pairs.

    `str(parameters)` is the text in the webui's form; of parameters that `parse` read it is that text to the letter.
    To change something make a new one: `GenerationParameters(p.prompt, p.negative_prompt, {**p, "Steps": 30})`.
    """

    __slots__ = ("_negative_prompt", "_pairs", "_prompt", "_source")

    def __init__(self, prompt: str = "", negative_prompt: str = "", pairs: Mapping[str, object] | None = None) -> None:
        """`pairs` in the order to write them; values become texts as `str` gives them, and None leaves a pair out."""
        self._prompt = prompt
        self._negative_prompt = negative_prompt
        self._pairs = {key: str(value) for key, value in (pairs or {}).items() if value is not None}
        self._source: str | None = None

    @classmethod
    def from_image(cls, image: str | PathLike[str] | bytes | BinaryIO | Image) -> GenerationParameters:
        """The parameters inside a picture: a path, the bytes of a file, an open file, or a PIL image.

        Reads PNG text, the EXIF UserComment of JPEG, WebP, AVIF and PNG, comments of GIF and JPEG, and NovelAI's form.
        Raises `ValueError` if there are none, `TypeError` for anything else, `OSError` for a file that can't be read.
        """
        from .images import image_text

        return parse(image_text(image))

    @property
    def prompt(self) -> str:
        """The prompt, as the webui reads it: without blanks at either end of a line."""
        return self._prompt

    @property
    def negative_prompt(self) -> str:
        """The negative prompt, read in the same way."""
        return self._negative_prompt

    @property
    def pairs(self) -> Mapping[str, str]:
        """The pairs in their order, values as they were before quoting."""
        return MappingProxyType(self._pairs)

    @property
    def steps(self) -> int | None:
        """Sampling steps."""
        return self._int("Steps")

    @property
    def sampler(self) -> str | None:
        """Name of the sampler; in texts of old versions with the schedule type at its end."""
        return self.get("Sampler")

    @property
    def schedule_type(self) -> str | None:
        """Label of the scheduler."""
        return self.get("Schedule type")

    @property
    def cfg_scale(self) -> float | None:
        """How strictly the picture follows the prompt."""
        return self._float("CFG scale")

    @property
    def seed(self) -> int | None:
        """The seed of this picture."""
        return self._int("Seed")

    @property
    def size(self) -> tuple[int, int] | None:
        """Width and height that were asked for, of the first pass if there are two."""
        return self._size("Size")

    @property
    def model(self) -> str | None:
        """Name of the checkpoint."""
        return self.get("Model")

    @property
    def model_hash(self) -> str | None:
        """The first 10 digits of the checkpoint's SHA-256 (8 of another hash in old texts)."""
        return self.get("Model hash")

    @property
    def vae(self) -> str | None:
        """File name of the VAE."""
        return self.get("VAE")

    @property
    def vae_hash(self) -> str | None:
        """Its hash."""
        return self.get("VAE hash")

    @property
    def denoising_strength(self) -> float | None:
        """How much of the input was painted anew, by img2img or by the second pass."""
        return self._float("Denoising strength")

    @property
    def clip_skip(self) -> int | None:
        """At which layer from the end CLIP stopped; the webui leaves out a 1."""
        return self._int("Clip skip")

    @property
    def version(self) -> str | None:
        """Version of the webui."""
        return self.get("Version")

    @property
    def lora_hashes(self) -> dict[str, str]:
        """Hash by name of each LoRA in use."""
        return self._hashes("Lora hashes")

    @property
    def ti_hashes(self) -> dict[str, str]:
        """Hash by name of each embedding (textual inversion) in use."""
        return self._hashes("TI hashes")

    @property
    def variation_seed(self) -> int | None:
        """The second seed."""
        return self._int("Variation seed")

    @property
    def variation_seed_strength(self) -> float | None:
        """0 to 1: how far the noise went from the seed's towards the second seed's."""
        return self._float("Variation seed strength")

    @property
    def seed_resize_from(self) -> tuple[int, int] | None:
        """The size whose noise was imitated."""
        return self._size("Seed resize from")

    @property
    def refiner(self) -> str | None:
        """The checkpoint that took over."""
        return self.get("Refiner")

    @property
    def refiner_switch_at(self) -> float | None:
        """0 to 1: after which part of the steps it did."""
        return self._float("Refiner switch at")

    @property
    def hires(self) -> Hires | None:
        """The second pass."""
        hires = Hires(
            upscale=self._float("Hires upscale"),
            resize=self._size("Hires resize"),
            steps=self._int("Hires steps"),
            upscaler=self.get("Hires upscaler"),
            sampler=self.get("Hires sampler"),
            schedule_type=self.get("Hires schedule type"),
            checkpoint=self.get("Hires checkpoint"),
            prompt=self.get("Hires prompt"),
            negative_prompt=self.get("Hires negative prompt"),
        )
        return None if hires == Hires() else hires

    @property
    def mask(self) -> Mask | None:
        """The use of a mask."""
        mask = Mask(
            blur=self._int("Mask blur"),
            mode=self.get("Mask mode"),
            area=self.get("Inpaint area"),
            padding=self._int("Masked area padding"),
            content=self.get("Masked content"),
        )
        return None if mask == Mask() else mask

    def _int(self, key: str) -> int | None:
        try:
            return int(self._pairs[key])
        except (KeyError, ValueError):
            return None

    def _float(self, key: str) -> float | None:
        try:
            value = float(self._pairs[key])
        except (KeyError, ValueError):
            return None
        return value if math.isfinite(value) else None

    def _size(self, key: str) -> tuple[int, int] | None:
        sides = form.split_size(self._pairs.get(key, ""))
        try:
            return (int(sides[0]), int(sides[1])) if sides else None
        except ValueError:  # more digits than Python reads as a number
            return None

    def _hashes(self, key: str) -> dict[str, str]:
        entries = (entry.rpartition(": ") for entry in self._pairs.get(key, "").split(", "))
        return {name: digest for name, colon, digest in entries if colon}

    def __getitem__(self, key: str) -> str:
        return self._pairs[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._pairs)

    def __len__(self) -> int:
        return len(self._pairs)

    def __bool__(self) -> bool:
        return bool(self._prompt or self._negative_prompt or self._pairs)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, GenerationParameters):
            return NotImplemented
        return (
            self._prompt == other._prompt
            and self._negative_prompt == other._negative_prompt
            and self._pairs == other._pairs
        )

    def __hash__(self) -> int:
        return hash((self._prompt, self._negative_prompt, frozenset(self._pairs.items())))

    def __str__(self) -> str:
        if self._source is not None:
            return self._source
        return form.write(self._prompt, self._negative_prompt, self._pairs)

    def __repr__(self) -> str:
        return f"GenerationParameters({self._prompt!r}, {self._negative_prompt!r}, {self._pairs!r})"


def parse(text: str) -> GenerationParameters:
    """The parameters in a text, read by the webui's rules; any text can be read, at worst it is all prompt.

    Where other programs write a JSON object or list without quotes as a value, it is kept whole (the webui cuts it at
    its first comma). Raises `TypeError` for what is no text.
    """
    if not isinstance(text, str):
        raise TypeError(
            f"parameters are read from a str, not from {a_kind(text)}; those inside a picture (a path, its bytes, a "
            "PIL image) by GenerationParameters.from_image"
        )
    prompt, negative_prompt, line = form.cut(text)
    pairs = {key: form.unquote(value) for key, value in form.read_pairs(line, whole_json=True)}
    parameters = GenerationParameters(prompt, negative_prompt, pairs)
    # What the webui would not have written in this way (odd blanks, needless quotes, repeated keys) is kept.
    if str(parameters) != text:
        parameters._source = text
    return parameters
