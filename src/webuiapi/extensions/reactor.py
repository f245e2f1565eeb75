"""ReActor: puts a face into the pictures. As an always-on script, and by endpoints of its own.

Facts are of 0.7.1. The script's list has grown at its end since 0.4.1, so that one list serves all later versions. It
is sent at least as far as `select_source`, whose default on the server is a text that the script itself does not know:
the picture would come back unchanged. What goes wrong (no face found, no such model) is not said: the answer is a 200
with the picture as it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Generic

from ..api.known import spelled
from ..checks import Problem, within
from ..request import Answer, Flow, endpoint, replaced
from ._endpoints import SEVERAL, ExtensionResult, GetNames, PictureRequest, names_in, read_pictures
from .base import PICTURE, PICTURE_URI, Client_co, Interface, PositionalUnit, Slot, arg, numbers, only, within_arg

if TYPE_CHECKING:
    from ..api.generate import Generation
    from ..images import ImageInput

SOURCES = ("Image(s)", "Face Model", "Folder")
GENDERS = ("No", "Female Only", "Male Only")


@dataclass(frozen=True, eq=False)
class ReActor(PositionalUnit):
    """Swap faces (Gourieff/sd-webui-reactor). What is not said is the extension's own default."""

    title: ClassVar[str] = "ReActor"
    source: ClassVar[str] = "Gourieff/sd-webui-reactor-sfw"

    img: ImageInput | None = arg(0, **PICTURE_URI)
    """The picture with the face to be put in."""
    enable: bool | None = arg(1, False, default=True)
    """Switch it on; true unless said otherwise."""
    source_faces_index: str | int | Sequence[int] | None = arg(2, "0", convert=numbers)
    """Which faces of `img` are used, counted from 0: `"0,1"`. Default 0."""
    faces_index: str | int | Sequence[int] | None = arg(3, "0", convert=numbers)
    """Which faces of the painted picture are replaced, counted from 0: `"0,2"`. Default 0."""
    model: str | None = arg(4, "inswapper_128.onnx")
    """File name of the model. Default: the first that the server has."""
    face_restorer_name: str | None = arg(5, "CodeFormer", choices=())
    """`CodeFormer`, `GFPGAN` or `None`. Default: the first that the server has."""
    face_restorer_visibility: float | None = arg(6, 1, **within_arg(0, 1))
    """How much of the restored face shows, 0 to 1. Default 1."""
    restore_first: bool | None = arg(7, True)
    """Restore the face before upscaling. Default true."""
    upscaler_name: str | None = arg(8, "None", choices=())
    """An upscaler, as get_upscalers() names it. Default "None"."""
    upscaler_scale: float | None = arg(9, 1, **within_arg(1, 8))
    """Factor, 1 to 8. Default 1."""
    upscaler_visibility: float | None = arg(10, 1, **within_arg(0, 1))
    """How much of the upscaled picture shows, 0 to 1. Default 1."""
    swap_in_source: bool | None = arg(11, False)
    """img2img: swap in the init image, before painting. Default false."""
    swap_in_generated: bool | None = arg(12, True)
    """Swap in the painted picture. Default true."""
    console_logging_level: int | None = arg(13, 1, **within_arg(0, 2))
    """How much the server's console shows: 0 least, 2 most. Default 1."""
    gender_source: int | str | None = arg(14, 0, choices=GENDERS, numbered=True)
    """Which faces of `img` count: 0 all (default), 1 `Female Only`, 2 `Male Only`."""
    gender_target: int | str | None = arg(15, 0, choices=GENDERS, numbered=True)
    """Which faces of the painted picture count: 0 all (default), 1 `Female Only`, 2 `Male Only`."""
    save_original: bool | None = arg(16, False)
    """Send the picture before the swap too, the swapped ones behind. Default false."""
    codeFormer_weight: float | None = arg(17, 0.5, **within_arg(0, 1))  # noqa: N815 - as webuiapi 0.9 spells it
    """CodeFormer's weight, 0 (strongest) to 1. Default 0.5."""
    source_hash_check: bool | None = arg(18, True)
    """Look at `img` again only when it is another picture than before. Default true."""
    target_hash_check: bool | None = arg(19, False)
    """The same for the target. Default false."""
    device: str | None = arg(20, choices=())
    """`CUDA` or `CPU`. Default: the server's setting."""
    mask_face: bool | None = arg(21, False)
    """Keep what covers the face, and its outline. Default false."""
    select_source: int | str | None = arg(22, 0, choices=SOURCES, numbered=True, always=True)
    """Where the face comes from: 0 `img` (default), 1 `face_model`, 2 `source_folder`."""
    face_model: str | None = arg(23, "None")
    """A saved face: a file name such as `x.safetensors`."""
    source_folder: str | None = arg(24, "")
    """A folder on the server with pictures of the face."""
    random_image: bool | None = arg(26, False)
    """Take one picture of the folder by chance. Default false."""
    upscale_force: bool | None = arg(27, False)
    """Upscale even where no face was found. Default false."""
    det_thresh: float | None = arg(28, 0.5, **within_arg(0.1, 1))
    """Least confidence of a detected face, 0.1 to 1. Default 0.5."""
    det_maxnum: int | None = arg(29, 0, **within_arg(0, 20))
    """Most faces that are detected, to 20; 0 (default) is all."""
    selected_tab: str | None = arg(30, "tab_single", choices=("tab_single", "tab_multiple"))
    """`tab_single` (default), which is the one that uses `img`, or `tab_multiple`."""

    @classmethod
    def arguments(cls, units: Sequence[Any], slot: Slot) -> Flow[list[Any]]:
        unit = only(units)
        if unit.active and unit.model is not None:
            model = yield from spelled("ReActor model", unit.model, lambda: iter(GetReActorModels()))
            unit = replaced(unit, model=model)
        return (yield from super().arguments([unit], slot))

    def contradictions(self) -> Iterator[Problem]:
        chosen = self.select_source or 0
        folded = [source.casefold() for source in SOURCES]
        text = chosen.casefold() if isinstance(chosen, str) else ""
        number = folded.index(text) if text in folded else chosen
        name = {0: "img", 1: "face_model", 2: "source_folder"}.get(number) if isinstance(number, int) else None
        if self.active and name and getattr(self, name) is None:
            yield Problem(
                f"ReActor: select_source={chosen!r} needs {name}=: the pictures stay as they are", fatal=False
            )
        if self.img is not None and self.selected_tab not in (None, "tab_single"):
            yield Problem(f"ReActor: selected_tab={self.selected_tab!r} makes the server ignore img", fatal=False)

    def pitfalls(self, request: Generation) -> Iterator[Problem]:
        if self.swap_in_source and not hasattr(request, "images"):
            yield Problem("ReActor: swap_in_source has an effect in img2img only", fatal=False)


# -- endpoints --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class ReActorImage(PictureRequest[ExtensionResult]):
    """Put a face into a finished picture: POST /reactor/image."""

    path: ClassVar[str] = "/reactor/image"
    generation: ClassVar[bool] = True

    source_image: ImageInput | None = field(default=None, metadata=PICTURE)
    """The picture with the face to be put in. Not needed with a face model or a folder."""
    target_image: ImageInput | None = field(default=None, metadata=PICTURE)
    """The picture that is changed."""
    source_faces_index: Sequence[int] | None = None
    """Which faces of the source are used, counted from 0. Default [0]."""
    face_index: Sequence[int] | None = None
    """Which faces of the target are replaced, counted from 0. Default [0]."""
    upscaler: str | None = None
    """An upscaler. Default "None"."""
    scale: float | None = field(default=None, metadata=within(1, 8))
    """Factor. Default 1."""
    upscale_visibility: float | None = field(default=None, metadata=within(0, 1))
    """How much of the upscaled picture shows. Default 1."""
    face_restorer: str | None = None
    """`CodeFormer`, `GFPGAN` or `None` (default)."""
    restorer_visibility: float | None = field(default=None, metadata=within(0, 1))
    """How much of the restored face shows. Default 1."""
    codeformer_weight: float | None = field(default=None, metadata=within(0, 1))
    """CodeFormer's weight, 0 (strongest) to 1. Default 0.5."""
    restore_first: bool | None = None
    """Restore the face before upscaling. Default true."""
    model: str | None = None
    """File name of the model. Default "inswapper_128.onnx"; an unknown one is not reported."""
    gender_source: int | None = field(default=None, metadata=within(0, 2))
    """Which faces of the source count: 0 all (default), 1 female, 2 male."""
    gender_target: int | None = field(default=None, metadata=within(0, 2))
    """Which faces of the target count: 0 all (default), 1 female, 2 male."""
    save_to_file: bool | None = None
    """Save the result on the server too. Default false."""
    result_file_path: str | None = None
    """Where it is saved."""
    device: str | None = None
    """`CUDA` or `CPU`. Default "CPU", on servers with a graphics card too."""
    mask_face: bool | None = None
    """Keep what covers the face, and its outline. Default false."""
    select_source: int | None = field(default=None, metadata=within(0, 2))
    """Where the face comes from: 0 `source_image` (default), 1 `face_model`, 2 `source_folder`."""
    face_model: str | None = None
    """A saved face, as `facemodels()` names it."""
    source_folder: str | None = None
    """A folder on the server with pictures of the face."""
    random_image: bool | None = None
    """Take one picture of the folder by chance. Default false."""
    upscale_force: bool | None = None
    """Upscale even where no face was found. Default false."""
    det_thresh: float | None = field(default=None, metadata=within(0.1, 1))
    """Least confidence of a detected face. Default 0.5."""
    det_maxnum: int | None = field(default=None, metadata=within(0, 20))
    """Most faces that are detected; 0 (default) is all."""

    def payload(self) -> dict[str, Any]:
        return {name: int(value) if isinstance(value, bool) else value for name, value in super().payload().items()}

    def parse(self, answer: Answer) -> ExtensionResult:
        return read_pictures(answer, answer.json(), "image")


class GetReActorModels(GetNames):
    """The models for swapping: GET /reactor/models."""

    path, key = "/reactor/models", "models"


class GetReActorUpscalers(GetNames):
    """The upscalers that ReActor knows: GET /reactor/upscalers."""

    path, key = "/reactor/upscalers", "upscalers"


class GetReActorFaceModels(GetNames):
    """The saved faces, without suffix: GET /reactor/facemodels (March 2024 and newer)."""

    path, key = "/reactor/facemodels", "facemodels"


@dataclass(frozen=True, eq=False)
class BuildReActorFaceModel(PictureRequest[list[str]]):
    """Save a face from pictures under a name: POST /reactor/facemodels (April 2024 and newer). Gives all saved ones."""

    path: ClassVar[str] = "/reactor/facemodels"
    generation: ClassVar[bool] = True

    source_images: ImageInput | Sequence[ImageInput] = field(metadata=SEVERAL)
    """Pictures of the face."""
    name: str
    """The name it gets."""
    compute_method: int | None = field(default=None, metadata=within(0, 2))
    """How the pictures are combined: 0 mean (default), 1 median, 2 mode."""

    def parse(self, answer: Answer) -> list[str]:
        return names_in(answer, "facemodels")


class ReActorInterface(Interface[Client_co], Generic[Client_co]):
    """ReActor's endpoints."""

    image = endpoint(ReActorImage)
    models = endpoint(GetReActorModels)
    upscalers = endpoint(GetReActorUpscalers)
    facemodels = endpoint(GetReActorFaceModels)
    build_facemodel = endpoint(BuildReActorFaceModel)
