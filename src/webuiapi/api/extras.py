"""Upscaling and the other things done to finished pictures: extras, png-info, interrogate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from .. import images as pictures
from ..answers import read_extras
from ..checks import Problem, number_of, within
from ..request import LOCAL, Answer, Flow, Request, replaced, said
from ..results import ExtrasResult, InterrogateResult, PngInfoResult
from .files import ToFiles
from .known import upscaler

if TYPE_CHECKING:
    from typing_extensions import Self

    from ..images import ImageInput


@dataclass(frozen=True, eq=False)
class ExtrasOptions:
    """What both extras calls have in common, in the order in which webuiapi 0.9 takes them."""

    resize_mode: int | None = field(default=None, metadata=within(0, 1))
    """0 (default): by the factor upscaling_resize. 1: to upscaling_resize_w x upscaling_resize_h."""
    show_extras_results: bool | None = None
    """Without effect: kept for completeness."""
    gfpgan_visibility: float | None = field(default=None, metadata=within(0, 1))
    """0 (default) to 1: how much of GFPGAN's restored faces shows."""
    codeformer_visibility: float | None = field(default=None, metadata=within(0, 1))
    """0 (default) to 1: how much of CodeFormer's restored faces shows."""
    codeformer_weight: float | None = field(default=None, metadata=within(0, 1))
    """0 (default; strongest effect) to 1."""
    upscaling_resize: float | None = field(default=None, metadata=within(above=0))
    """Factor for resize_mode 0, above 0. Default 2."""
    upscaling_resize_w: int | None = field(default=None, metadata=within(1))
    """Width in pixels for resize_mode 1, from 1. Default 512."""
    upscaling_resize_h: int | None = field(default=None, metadata=within(1))
    """Height in pixels for resize_mode 1, from 1. Default 512."""
    upscaling_crop: bool | None = None
    """For resize_mode 1: crop to exactly that size. Default true."""
    upscaler_1: str | None = None
    """Name as get_upscalers() gives it. Default "None": the picture stays as it is. Unknown: `UnknownName`."""
    upscaler_2: str | None = None
    """A second upscaler, blended with the first."""
    extras_upscaler_2_visibility: float | None = field(default=None, metadata=within(0, 1))
    """0 (default) to 1: how much of the second upscaler's picture shows."""
    upscale_first: bool | None = None
    """Upscale before restoring faces. Default false."""
    _: KW_ONLY
    extra: Mapping[str, Any] | None = field(default=None, metadata=LOCAL)
    """Fields that are not listed here, sent as they are."""

    def preparation(self) -> Flow[Self] | None:
        """The operation that finds the upscalers among the server's; None where none is named."""
        named = [name for name in ("upscaler_1", "upscaler_2") if getattr(self, name) not in (None, "", "None")]
        return self._spelled(named) if named else None

    def _spelled(self, named: Sequence[str]) -> Flow[Self]:
        changes: dict[str, Any] = {}
        for name in named:
            changes[name] = yield from upscaler(getattr(self, name))
        return replaced(self, **changes)

    def contradictions(self) -> Iterator[Problem]:
        """What keeps the server from doing anything, without a word."""
        restored = number_of(self.gfpgan_visibility) or number_of(self.codeformer_visibility)
        if self.upscaler_1 in (None, "None") and not restored and not self.extra:
            second = "" if self.upscaler_2 in (None, "None") else ", without which upscaler_2 is not used"
            yield Problem(f"upscaler_1= is missing{second}: the picture comes back as it is", fatal=False)


@dataclass(frozen=True, eq=False)
class OnePicture:
    """The picture that is worked on."""

    image: ImageInput
    """The picture."""


@dataclass(frozen=True, eq=False)
class SeveralPictures:
    """The pictures that are worked on."""

    images: ImageInput | Sequence[ImageInput] = field(metadata=LOCAL)
    """One picture or several."""
    name_list: Sequence[str] | None = field(default=None, metadata=LOCAL)
    """A name for each. Default image00001, image00002, ..."""


@dataclass(frozen=True, eq=False)
class ExtraSingleImage(ExtrasOptions, OnePicture, ToFiles[ExtrasResult]):
    """Upscale a picture, restore its faces: POST /sdapi/v1/extra-single-image."""

    path: ClassVar[str] = "/sdapi/v1/extra-single-image"
    generation: ClassVar[bool] = True

    def payload(self) -> dict[str, Any]:
        return {**said(self), "image": pictures.outgoing(self.image, "image")}

    def parse(self, answer: Answer) -> ExtrasResult:
        return read_extras(answer)


@dataclass(frozen=True, eq=False)
class ExtraBatchImages(ExtrasOptions, SeveralPictures, ToFiles[ExtrasResult]):
    """Upscale several pictures, restore their faces: POST /sdapi/v1/extra-batch-images."""

    path: ClassVar[str] = "/sdapi/v1/extra-batch-images"
    generation: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.name_list is not None and len(self.name_list) != len(pictures.items(self.images)):
            raise BatchNames("len(images) != len(name_list)", len(pictures.items(self.images)), len(self.name_list))

    def contradictions(self) -> Iterator[Problem]:
        if not pictures.items(self.images):
            yield Problem("images: none are given, and none will come back", fatal=False)
            return
        yield from super().contradictions()

    def payload(self) -> dict[str, Any]:
        ready = pictures.several(self.images, "images")
        names = self.name_list or [f"image{number:05}" for number in range(1, len(ready) + 1)]
        return {
            **said(self),
            "imageList": [{"data": data, "name": name} for data, name in zip(ready, names, strict=True)],
        }

    def parse(self, answer: Answer) -> ExtrasResult:
        return read_extras(answer)


class BatchNames(RuntimeError, ValueError):
    """`name_list` has another length than `images` (webuiapi 0.9 raised a RuntimeError)."""

    def __init__(self, message: str, images: int, names: int) -> None:
        super().__init__(message)
        self._counts = f"{images} images and {names} names: a name for each picture is needed"

    def __str__(self) -> str:
        return f"{self.args[0]}: {self._counts}"


@dataclass(frozen=True, eq=False)
class PngInfo(Request[PngInfoResult]):
    """Read the generation parameters out of a picture, by the server: POST /sdapi/v1/png-info."""

    path: ClassVar[str] = "/sdapi/v1/png-info"
    sends_pictures: ClassVar[bool] = True

    image: ImageInput
    """The picture; its file goes out as it is, whatever the format."""

    def payload(self) -> dict[str, Any]:
        return {"image": pictures.outgoing(self.image, "image", any_format=True)}

    def parse(self, answer: Answer) -> PngInfoResult:
        fields = _object(answer)
        info, parameters = fields.get("info"), fields.get("parameters")
        return PngInfoResult(
            (),
            info if isinstance(info, str) else "",
            parameters if isinstance(parameters, dict) else {},
            rest=fields,
        )


@dataclass(frozen=True, eq=False)
class Interrogate(Request[InterrogateResult]):
    """Describe a picture in words: POST /sdapi/v1/interrogate. Raises `AnswerError` for a caption with `<error>`."""

    path: ClassVar[str] = "/sdapi/v1/interrogate"
    generation: ClassVar[bool] = True

    image: ImageInput
    """The picture."""
    model: str | None = None
    """`clip` (default) or `deepdanbooru`. Unknown: an error."""

    def payload(self) -> dict[str, Any]:
        return {**said(self), "image": pictures.outgoing(self.image, "image")}

    def parse(self, answer: Answer) -> InterrogateResult:
        fields = _object(answer)
        caption = fields.get("caption")
        if not isinstance(caption, str):
            raise answer.error(" answered without a caption")
        if "<error>" in caption:  # the webui answers 200 all the same
            raise answer.error(
                ": the interrogator failed on the server (its console says why; usually weights are missing). "
                f"It gave {caption!r}"
            )
        return InterrogateResult((), caption, rest=fields)


def _object(answer: Answer) -> dict[str, Any]:
    value = answer.json()
    if isinstance(value, dict):
        return value
    raise answer.error(f" answered {answer.status} without a result")
