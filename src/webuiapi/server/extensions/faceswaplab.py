"""FaceSwapLab: faces swapped by endpoints of its own, or in a generation by one flat list of arguments.

The list has 37 values a unit, for three units, and 14 for what is done afterwards. Endpoints take the same as objects.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pybase64

from ..errors import HTTPError
from ..processing.pictures import decode, decode_all, encode
from ..processing.scripts import Script
from .base import Extension, argument, field

if TYPE_CHECKING:
    from PIL.Image import Image

    from ..processing.generation import Generation
    from ..routing import Call
    from ..state import State
    from ._swapping import After

VERSION = "1.2.7"
UNITS = 3
UNIT_VALUES = 37
_ENABLE, _SOURCE, _CHECKPOINT, _INDEX, _IN_SOURCE, _IN_GENERATED = 4, 0, 1, 11, 13, 14
_RESTORER = 22
"""Where some of a unit's values stand; the restorer's name is the first of three."""
_FACE_FILE = "data:application/face;base64,"
_WHEN = ["Never", "Before Upscaling/all", "After Upscaling/Before Restore Face", "After All"]

faceswaplab = Extension(
    "faceswaplab",
    repository="glucauze/sd-webui-faceswaplab",
    commit="42d1c75b68bb7fdb55e2b3753eda65189f82b56d",
    date=1694304000,
    options={"faceswaplab_units_count": UNITS},
)

_INPAINTING = {
    "inpainting_denoising_strengh": field("number", 0, ge=0, lt=1),
    "inpainting_prompt": field("string", "Portrait of a [gender]"),
    "inpainting_negative_prompt": field("string", ""),
    "inpainting_steps": field("integer", 20, ge=1, le=150),
    "inpainting_sampler": field("string", "Euler"),
    "inpainting_model": field("string", "Current"),
    "inpainting_seed": field("integer", -1, ge=-1),
}
_SWAPPING = {
    "face_restorer_name": field("string", "CodeFormer"),
    "restorer_visibility": field("number", 1, ge=0, le=1),
    "codeformer_weight": field("number", 1, ge=0, le=1),
    "upscaler_name": field("string", None, nullable=True),
    "improved_mask": field("boolean", False),
    "color_corrections": field("boolean", False),
    "sharpen": field("boolean", False),
    "erosion_factor": field("number", 1, ge=0, le=10),
}
_AFTER = {
    "face_restorer_name": field("string", None, nullable=True),
    "restorer_visibility": field("number", 1, ge=0, le=1),
    "codeformer_weight": field("number", 1, ge=0, le=1),
    "upscaler_name": field("string", None, nullable=True),
    "scale": field("number", 1, ge=0, le=10),
    "upscaler_visibility": field("number", 1, ge=0, le=1),
    "inpainting_when": {**field("string", "Never"), "enum": _WHEN},
    "inpainting_options": field("object", None, nullable=True, fields=_INPAINTING),
}
_UNIT = {
    "source_img": field("string", None, nullable=True),
    "source_face": field("string", None, nullable=True),
    "batch_images": field("array", None, nullable=True, items="string"),
    "blend_faces": field("boolean", True),
    "same_gender": field("boolean", False),
    "sort_by_size": field("boolean", False),
    "check_similarity": field("boolean", False),
    "compute_similarity": field("boolean", False),
    "min_sim": field("number", 0.0),
    "min_ref_sim": field("number", 0.0),
    "faces_index": field("array", [0], items="integer"),
    "reference_face_index": field("integer", 0),
    "pre_inpainting": field("object", None, nullable=True, fields=_INPAINTING),
    "swapping_options": field("object", None, nullable=True, fields=_SWAPPING),
    "post_inpainting": field("object", None, nullable=True, fields=_INPAINTING),
}
_AFTERWARDS = {"postprocessing": field("object", None, nullable=True, fields=_AFTER)}


@faceswaplab.get("/faceswaplab/version")
def version(_: Call) -> dict[str, str]:
    """The extension's version."""
    return {"version": VERSION}


@faceswaplab.post(
    "/faceswaplab/swap_face",
    {"image": field("string", None, nullable=True), "units": field("array", items=_UNIT), **_AFTERWARDS},
)
def swap_face(call: Call) -> dict[str, Any]:
    """One picture, all units one after the other."""
    from ._swapping import After, finished, swapped

    fields, state = call.fields, call.state
    if fields["image"] is None:
        return {"images": [], "infos": []}
    image = decode(fields["image"], state.options)
    for unit in fields["units"]:
        source = _source(unit["source_img"], unit["source_face"], state)
        options = unit["swapping_options"]
        after = After(options["face_restorer_name"], options["restorer_visibility"]) if options else After()
        if source is not None:
            image = swapped(image, source, unit["faces_index"], unit["reference_face_index"], state, after)
    if fields["postprocessing"]:
        image = finished(image, state, _after(fields["postprocessing"]))
    return {"images": [encode(image, state.options)], "infos": []}


@faceswaplab.post(
    "/faceswaplab/compare",
    {"image1": field("string", None, nullable=True), "image2": field("string", None, nullable=True)},
)
def compare(call: Call) -> float:
    """How alike the first faces of two pictures are."""
    from .vision.faces import cut_out, find_faces, likeness

    pictures = [_picture(call.fields[name], call.state) for name in ("image1", "image2")]
    faces = [[cut_out(one, face) for face in find_faces(one)[:1]] for one in pictures if one is not None]
    if len(faces) < 2 or not all(faces):
        return -1.0
    return likeness(faces[0][0], faces[1][0])


@faceswaplab.post(
    "/faceswaplab/extract", {"images": field("array", None, nullable=True, items="string"), **_AFTERWARDS}
)
def extract(call: Call) -> dict[str, Any]:
    """All faces of the pictures, cut out."""
    from ._swapping import finished
    from .vision.faces import cut_out, find_faces

    state, after = call.state, call.fields["postprocessing"]
    if call.fields["images"] is None:
        raise TypeError("'NoneType' object is not iterable")
    pictures = [one.convert("RGB") for one in decode_all(call.fields["images"], state.options)]
    faces = [cut_out(one, face) for one in pictures for face in find_faces(one)]
    if after:
        faces = [finished(face, state, _after(after)) for face in faces]
    return {"images": [encode(face, state.options) for face in faces]}


@faceswaplab.post("/faceswaplab/build", each="string")
def build(call: Call) -> str | None:
    """A face checkpoint of pictures: here it holds the mean of their faces."""
    import io

    from PIL import Image as pil

    from .vision.faces import cut_out, find_faces

    pictures = [one.convert("RGB") for one in decode_all(call.fields["body"], call.state.options)]
    faces = [cut_out(one, face).resize((256, 320)) for one in pictures for face in find_faces(one)[:1]]
    if not faces:
        return None
    mixed = faces[0]
    for number, face in enumerate(faces[1:], 2):
        mixed = pil.blend(mixed, face, 1 / number)
    out = io.BytesIO()
    mixed.save(out, "PNG")
    return _FACE_FILE + pybase64.b64encode(out.getvalue()).decode("ascii")


def _picture(text: Any, state: State) -> Image | None:
    return decode(text, state.options).convert("RGB") if text else None


def _source(text: Any, checkpoint: Any, state: State) -> Image | None:
    """The picture to take the face from: a given one, or what `build` has made of some."""
    if isinstance(checkpoint, str) and checkpoint.startswith(_FACE_FILE):
        try:
            return decode(checkpoint.removeprefix(_FACE_FILE), state.options).convert("RGB")
        except HTTPError:
            return None
    return _picture(text, state)


def _after(options: Mapping[str, Any]) -> After:
    from ._swapping import After

    return After(
        options["face_restorer_name"],
        options["restorer_visibility"],
        options["upscaler_name"],
        options["scale"],
        options["upscaler_visibility"],
        restore_first=False,
    )


def _inpainting_arguments(samplers: list[str]) -> list[dict[str, Any]]:
    return [
        argument("Denoising strength", 0, 0, 1, 0.01),
        argument("Inpainting prompt use [gender] instead of men or woman", "Portrait of a [gender]"),
        argument("Inpainting negative prompt use [gender] instead of men or woman", ""),
        argument("Inpainting steps", 20, 1, 150, 1),
        argument("Inpainting Sampler", samplers[:1], choices=samplers),
        argument("sd model (experimental)", "Current", choices=["Current"]),
        argument("Inpainting seed", -1),
    ]


def _arguments(data: Mapping[str, Any], tab: str) -> list[dict[str, Any]]:
    del tab
    restorers = ["None", *(item["name"] for item in data["face-restorers"])]
    upscalers = [item["name"] for item in data["upscalers"]]
    samplers = [item["name"] for item in data["samplers"]]
    found: list[dict[str, Any]] = []
    for unit in range(UNITS):
        found += [
            argument("Reference", None),
            argument("Face Checkpoint (precedence over reference face)", "None", choices=["None"]),
            argument("Batch Sources Images", None),
            argument("Blend Faces", True),
            argument("Enable", False),
            argument("Same Gender", False),
            argument("Sort by size", False),
            argument("Check similarity", False),
            argument("Compute similarity", False),
            argument("Min similarity", 0, 0, 1, 0.01),
            argument("Min reference similarity", 0, 0, 1, 0.01),
            argument("Comma separated face number(s)", str(unit)),
            argument("Reference source face (start from 0)", 0),
            argument("Swap in source image (blended face)", False),
            argument("Swap in generated image", True),
            *_inpainting_arguments(samplers),
            argument("Restore Face", restorers[0], choices=restorers),
            argument("Restore visibility", 1, 0, 1, 0.001),
            argument("codeformer weight", 1, 0, 1, 0.001),
            argument("Upscaler", "None", choices=upscalers),
            argument("Use improved segmented mask (use pastenet to mask only the face)", False),
            argument("Use color corrections", False),
            argument("sharpen face", False),
            argument("Upscaled swapper mask erosion factor, 1 = default behaviour.", 1, 0, 10, 0.1),
            *_inpainting_arguments(samplers),
        ]
    found += [
        argument("Restore Face", restorers[0], choices=restorers),
        argument("Restore visibility", 1, 0, 1, 0.001),
        argument("codeformer weight", 1, 0, 1, 0.001),
        argument("Upscaler", "None", choices=upscalers),
        argument("Upscaler scale", 1, 1, 8, 0.1),
        argument("Upscaler visibility (if scale = 1)", 1, 0, 1, 0.1),
        argument("Enable/When", _WHEN[:1], choices=_WHEN),
        *_inpainting_arguments(samplers),
    ]
    return found


@faceswaplab.script(of=_arguments)
class FaceSwapLab(Script):
    """The script."""

    title = "faceswaplab"
    always_on = True

    def before_process(self, run: Generation, args: Sequence[Any]) -> None:
        """The faces in the pictures to start from."""
        units = [unit for unit in _units(args) if unit[_IN_SOURCE]]
        if units and run.kind == "img2img":
            given: list[Image] = run.init_images  # type: ignore[attr-defined]  # there in img2img
            run.init_images = [_swapped(run, units, one.convert("RGB")) for one in given]  # type: ignore[attr-defined]

    def postprocess_image(self, run: Generation, args: Sequence[Any], image: Image) -> Image | None:
        """The faces in each picture, and what is done afterwards."""
        from ._swapping import After, finished

        units = [unit for unit in _units(args) if unit[_IN_GENERATED]]
        if not units:
            return None
        changed = _swapped(run, units, image)
        restorer, visibility, _, upscaler, scale, upscaler_visibility = args[UNITS * UNIT_VALUES :][:6]
        after = After(restorer, visibility, upscaler, scale, upscaler_visibility, restore_first=False)
        return finished(changed, run.state, after)


def _units(args: Sequence[Any]) -> list[Sequence[Any]]:
    """The values of each unit that is on."""
    every = [args[unit * UNIT_VALUES : (unit + 1) * UNIT_VALUES] for unit in range(UNITS)]
    return [unit for unit in every if unit[_ENABLE]]


def _swapped(run: Generation, units: Sequence[Sequence[Any]], image: Image) -> Image:
    from ._swapping import After, numbers, swapped

    for unit in units:
        source = _source(unit[_SOURCE], unit[_CHECKPOINT], run.state)
        if source is not None:
            after = After(unit[_RESTORER], unit[_RESTORER + 1])
            image = swapped(image, source, numbers(str(unit[_INDEX])), int(unit[_INDEX + 1]), run.state, after)
    return image
