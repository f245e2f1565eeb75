"""What comes back: pictures with everything that belongs to them.

The received bytes are kept, the base64 and the rest of the body are not. Pictures are opened when first looked at and
decoded when first used, as Pillow does; `load` decodes them all at once.
"""

from __future__ import annotations

import base64
import warnings
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from .checks import users_level
from .png import MEDIA_TYPES, VIDEOS, kind_of

if TYPE_CHECKING:
    import os
    from pathlib import Path

    from PIL.Image import Image
    from typing_extensions import Self

Info = TypeVar("Info")


class PartProblem:
    """One part of an answer that is no picture that can be shown: where it stood, why, and its bytes."""

    def __init__(self, index: int, problem: str, content: bytes) -> None:
        self.index = index
        """Its place in the answer's list, from 0."""
        self.problem = problem
        self.content = content
        """What was received, decoded as far as it could be."""

    @property
    def kind(self) -> str | None:
        """`png`, `mp4`, ... by the first bytes; None when unknown."""
        return kind_of(self.content)

    def __str__(self) -> str:
        return f"image {self.index} of the answer {self.problem}"

    def __repr__(self) -> str:
        return f"PartProblem({self})"


class Result(Generic[Info]):
    """Pictures as they were received, and what the server said about them."""

    def __init__(
        self,
        content: Sequence[Any],
        info: Info,
        parameters: dict[str, Any] | None = None,
        *,
        errors: Sequence[PartProblem] = (),
        rest: Mapping[str, Any] | None = None,
    ) -> None:
        self.held: list[Any] = list(content)
        """What holds each picture in `images`: its bytes, or a `disk.Stored` for those that went to files."""
        self.info = info
        self.parameters: dict[str, Any] = parameters if parameters is not None else {}
        """What the server understood: the request with its defaults; empty for servers that do not say."""
        self.errors: list[PartProblem] = list(errors)
        """Parts of the answer that are no whole pictures."""
        self._rest: dict[str, Any] = dict(rest or {})

    @property
    def content(self) -> list[bytes]:
        """The received bytes of each picture in `images`: whole files with the generation parameters inside.

        Of pictures that went to files (`save_to`) they are read at each use.
        """
        return self.held if not self.files else [_bytes(held) for held in self.held]

    @property
    def files(self) -> list[Path]:
        """The files that the pictures went to, with `save_to`; else empty."""
        return [held.path for held in self.held if not isinstance(held, bytes)]

    @property
    def _origins(self) -> list[int]:
        """The place in the answer of each of `content`: parts that are no pictures are left out of it."""
        left_out = {error.index for error in self.errors}
        places = (place for place in range(len(self.held) + len(left_out)) if place not in left_out)
        return [place for place, _ in zip(places, self.held, strict=False)]

    @cached_property
    def images(self) -> list[Image]:
        """Every picture received, in order, as Pillow images; grids, masks and maps included.

        They are opened here and decoded by Pillow when first used. One that Pillow cannot open moves to `errors`.
        """
        from .encoding import opened

        images: list[Image] = []
        kept: list[Any] = []
        for index, held in zip(self._origins, self.held, strict=True):
            data = _bytes(held)
            try:
                images.append(opened(data))
                kept.append(held)
            except ValueError as error:
                self.errors.append(PartProblem(index, f"can't be opened: {error}", data))
                warnings.warn(str(self.errors[-1]), stacklevel=users_level())
        if len(kept) < len(self.held):
            self.held = kept
            for name in ("infotexts", "_pictures", "_grids"):
                self.__dict__.pop(name, None)
        return images

    @property
    def image(self) -> Image:
        """The first picture. Raises `LookupError` when the answer held none."""
        images = self.images
        if not images:
            raise NoImage(self._why_empty())
        return images[0]

    def _why_empty(self) -> str:
        return "the answer holds no pictures"

    @property
    def seeds(self) -> list[int | None]:
        """The seed of each picture; None where there is none (grids, masks, maps) or the server did not say."""
        return [None] * len(self.held)

    @cached_property
    def infotexts(self) -> list[str | None]:
        """The generation parameters of each picture as the webui writes them; None where there are none."""
        return [_infotext(held) for held in self.held]

    @property
    def json(self) -> dict[str, Any]:
        """The answer as it was received, made anew at each call: keep it only as long as needed."""
        images = [base64.b64encode(data).decode() for data in self.content]
        if "image" in self._rest and len(images) == 1:
            return {**self._rest, "image": images[0]}
        return {**self._rest, "images": images} if images else dict(self._rest)

    def load(self) -> Self:
        """Decode all pictures now, several at a time. Raises `OSError` for one whose content is damaged."""
        todo = [image for image in self.images if getattr(image, "tile", None)]
        if len(todo) < 2:
            for image in todo:
                image.load()
            return self
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(min(len(todo), 8)) as pool:
            list(pool.map(lambda image: image.load(), todo))
        return self

    def save(
        self, path: str | os.PathLike[str] = "{date}-{time}-{index}", *, overwrite: bool = False, **options: Any
    ) -> list[Path]:
        """Write the pictures and return their paths.

        `path` may hold the fields `{index}` (from 0), `{seed}`, `{date}`, `{time}`, `{prompt}`, `{model}`, `{sampler}`,
        `{width}`, `{height}`; a folder takes them under such names. Without a suffix, that of the received format is
        used, and the received bytes are written as they are, generation parameters inside. Another format's suffix
        converts, carries the parameters over, and passes `options` on to Pillow (`quality=90`). Folders are made. An
        existing file is never written over unless `overwrite` says so: the new one gets a number behind its name.
        Every file appears whole or not at all.
        """
        from .saving import save

        return save(self, path, overwrite=overwrite, options=options)

    def __len__(self) -> int:
        return len(self.held)

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        sizes = sorted({_size_text(held) for held in self.held})
        what = f"{len(self.held)} image{'' if len(self.held) == 1 else 's'}"
        parts = [what + (f" of {', '.join(sizes)}" if sizes else "")]
        seeds = [seed for seed in self.seeds if seed is not None]
        if seeds:
            parts.append("seeds " + ", ".join(map(str, seeds[:4])) + (", ..." if len(seeds) > 4 else ""))
        videos = sum(part.kind in VIDEOS for part in self.errors)
        if videos:
            parts.append(f"{videos} video{'' if videos == 1 else 's'}")
        if len(self.errors) > videos:
            parts.append(f"{len(self.errors) - videos} unreadable")
        return f"<{type(self).__name__}: {'; '.join(parts)}>"

    def _repr_png_(self) -> bytes | None:
        only = self.content[0] if len(self.content) == 1 else None
        return only if only is not None and kind_of(only) == "png" else None

    def _repr_html_(self) -> str:
        from .gallery import fragment

        return fragment(self)


class NoImage(IndexError):
    """`image` of a result without pictures (webuiapi 0.9 raised an IndexError)."""


class WebUIApiResult(Result[dict[str, Any]]):
    """What txt2img and img2img give.

    `info` is the server's account as a dict: `seed`, `all_seeds`, `infotexts`, `sampler_name`, `sd_model_name`,
    `width`, `height`, ... (A1111; empty for servers that send none). `parameters` is the request as the server
    understood it.
    """

    _seed_sent: int | None = None

    @property
    def seeds(self) -> list[int | None]:
        """The seed of each picture; None for grids, masks and maps, and where the server did not say."""
        all_seeds = self.info.get("all_seeds")
        grids = max(self._first_picture, len(self._grids))
        found: list[int | None] = []
        for index, (origin, text) in enumerate(zip(self._origins, self.infotexts, strict=True)):
            if index in self._grids or (text is None and index not in self._pictures):
                found.append(None)
                continue
            seed, number = _seed_in(text), (origin - grids) // self._stride
            if seed is None and isinstance(all_seeds, list) and 0 <= number < len(all_seeds):
                seed = all_seeds[number] if isinstance(all_seeds[number], int) else None
            elif seed is None and self._seed_sent is not None:
                seed = self._seed_sent + number
            found.append(seed)
        return found

    @cached_property
    def infotexts(self) -> list[str | None]:
        """The generation parameters of each picture as the webui writes them; None for masks and maps."""
        inside = [_infotext(held) for held in self.held]
        listed, first = self._listed, self._first_picture
        if any(inside):
            return [
                text if text is not None else listed[origin] if origin < min(first, len(listed)) else None
                for origin, text in zip(self._origins, inside, strict=True)
            ]
        # Nothing is written into the files (a script composed them, or the server's enable_pnginfo is off): by place.
        at = dict(zip(self._places(len(listed)), listed, strict=True))
        return [at.get(origin) for origin in self._origins]

    @property
    def _listed(self) -> list[str]:
        texts = self.info.get("infotexts")
        return [text for text in texts if isinstance(text, str)] if isinstance(texts, list) else []

    @property
    def _first_picture(self) -> int:
        first = self.info.get("index_of_first_image")
        return first if isinstance(first, int) and first >= 0 else 0

    def _places(self, count: int) -> list[int]:
        """Where the texts of `info` belong: grids first, then the pictures, each followed by its mask and composite."""
        first, stride = self._first_picture, self._stride
        return [index if index < first else first + (index - first) * stride for index in range(count)]

    @property
    def _stride(self) -> int:
        """How many parts of the answer there are for each picture."""
        settings = self.parameters.get("override_settings")
        names = ("return_mask", "return_mask_composite")
        return 1 + (sum(bool(settings.get(name)) for name in names) if isinstance(settings, dict) else 0)

    @cached_property
    def _pictures(self) -> frozenset[int]:
        """The places of the pictures proper: those that have generation parameters and are no grid."""
        found = {index for index, text in enumerate(self.infotexts) if text is not None}
        if not found and not self._listed:  # a server that writes no parameters: all that came are pictures
            found = set(range(len(self.held)))
        return frozenset(found - self._grids)

    @cached_property
    def _grids(self) -> frozenset[int]:
        first = sum(origin < self._first_picture for origin in self._origins)
        if self._first_picture == 0 and len(self.held) > 2 and len(self._listed) == len(self.held):
            # Loopback puts its grid first but counts from 0: only the grid has no parameters in its file.
            inside = [_infotext(held) is not None for held in self.held]
            if inside == [False] + [True] * (len(inside) - 1):
                first = 1
        return frozenset(range(first))

    @property
    def grid(self) -> Image | None:
        """The grid of all pictures, where the server made one (with `save_images`, and by scripts)."""
        return self.images[0] if self._grids else None

    @property
    def extra_images(self) -> list[Image]:
        """What is neither a picture nor a grid: masks, composites, maps of ControlNet."""
        proper = self._pictures | self._grids
        return [image for index, image in enumerate(self.images) if index not in proper]

    @property
    def videos(self) -> list[bytes]:
        """The videos of the answer (MP4, WEBM), as AnimateDiff makes them, whole files; `errors` has their kinds."""
        return [part.content for part in self.errors if part.kind in VIDEOS]

    def _why_empty(self) -> str:
        if self.parameters.get("send_images") is False:
            return "the answer holds no pictures: send_images=False asked for none"
        if self.videos:
            return "the answer holds no pictures, but videos: they are in `videos`"
        return "the answer holds no pictures (interrupted before the first, or a script found nothing to do)"


class ExtrasResult(Result[str]):
    """What extra_single_image and extra_batch_images give. `info` is the server's `html_info`."""

    @property
    def html_info(self) -> str:
        """What was done, as the server says it, in HTML."""
        return self.info

    @property
    def seeds(self) -> list[int | None]:
        """The seed of each picture where its file names one: an upscaled picture keeps those of its source."""
        return [_seed_in(text) for text in self.infotexts]


class CustomResult(Result[Any]):
    """What a call gives that the package does not know. `info` is a dict or a text, `json` is all of the answer."""


class TextResult(Result[str]):
    """An answer without pictures whose `info` is a text."""

    def __str__(self) -> str:
        return self.info

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.info[:80]!r}{'...' if len(self.info) > 80 else ''}>"

    def _repr_html_(self) -> str:
        import html

        return f"<pre>{html.escape(self.info)}</pre>"


class PngInfoResult(TextResult):
    """What png_info gives: `info` is the infotext, `parameters` its fields as the server reads them."""

    @property
    def items(self) -> dict[str, Any]:
        """The picture's other metadata."""
        items = self._rest.get("items")
        return items if isinstance(items, dict) else {}


class InterrogateResult(TextResult):
    """What interrogate gives: `info` is the caption."""

    @property
    def caption(self) -> str:
        """The description of the picture."""
        return self.info


# -- small readings of picture files ----------------------------------------------------------------------------------


def _bytes(held: Any) -> bytes:
    data: bytes = held if isinstance(held, bytes) else held.read()
    return data


def _infotext(held: Any) -> str | None:
    from .infotext import read_image_text

    return read_image_text(held if isinstance(held, bytes) else held.head())


def _seed_in(text: str | None) -> int | None:
    if text is None:
        return None
    from .infotext import parse

    return parse(text).seed


def _size_text(held: Any) -> str:
    from .encoding import opened

    data = held if isinstance(held, bytes) else held.head()
    try:
        width, height = opened(data).size
    except ValueError:
        return MEDIA_TYPES.get(kind_of(data) or "", "unknown kind")
    return f"{width}x{height}"
