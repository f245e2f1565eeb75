"""ReActor: puts a face into the pictures, from a picture or a saved face model.

The server's own default of `select_source` is the text of a radio button, which matches nothing: an argument list that
ends before it leaves the picture as it is, without a word to the client. So does whatever fails here.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..processing.pictures import decode, decode_all, encode
from ..processing.scripts import Script
from .base import Extension, argument, field

if TYPE_CHECKING:
    from PIL.Image import Image

    from ..processing.generation import Generation
    from ..processing.info import Processed
    from ..routing import Call
    from ..state import State

reactor = Extension(
    "reactor",
    repository="Gourieff/sd-webui-reactor",
    also=["Gourieff/sd-webui-reactor-sfw", "Gourieff/sd-webui-reactor-force"],
    commit="2c6a6e63527dc0e8ba9e620a324cb817306cea4b",
    date=1728345600,
)

MODELS = ("inswapper_128.onnx", "reswapper_128.onnx", "reswapper_256.onnx")
FROM_IMAGE, FROM_MODEL = 0, 1
_ENDING = ".safetensors"


def _models(state: State) -> list[str]:
    listed = state.catalog.data.get("reactor/models") or {"models": list(MODELS)}
    found: list[str] = listed["models"]
    return found


def face_models(state: State) -> dict[str, Any]:
    """The saved faces, by name without the ending of their files; None for those that came with the catalogue."""
    listed = state.catalog.data.get("reactor/facemodels") or {"facemodels": []}
    found: dict[str, Any] = state.memory("reactor", lambda: dict.fromkeys(listed["facemodels"]))
    return found


@reactor.get("/reactor/models")
def models(call: Call) -> dict[str, Any]:
    """The installed models."""
    return {"models": _models(call.state)}


@reactor.get("/reactor/upscalers")
def upscalers(call: Call) -> dict[str, Any]:
    """The upscalers."""
    return {"upscalers": [item["name"] for item in call.state.catalog.upscalers]}


@reactor.get("/reactor/facemodels")
def list_face_models(call: Call) -> dict[str, Any]:
    """The saved faces."""
    return {"facemodels": list(face_models(call.state))}


@reactor.post(
    "/reactor/facemodels",
    {
        "source_images": field("array", [""], items="string"),
        "name": field("string", ""),
        "compute_method": field("integer", 0),
    },
    optional=True,
)
def build_face_model(call: Call) -> dict[str, Any]:
    """Save the face of pictures under a name."""
    from PIL import Image as pil

    from .vision.faces import cut_out, find_faces

    pictures = [one.convert("RGB") for one in decode_all(call.fields["source_images"], call.state.options)]
    faces = [cut_out(one, face).resize((256, 320)) for one in pictures for face in find_faces(one)[:1]]
    if faces and call.fields["name"]:
        mixed = faces[0]
        for number, face in enumerate(faces[1:], 2):
            mixed = pil.blend(mixed, face, 1 / number)
        face_models(call.state)[call.fields["name"]] = mixed
    return {"facemodels": list(face_models(call.state))}


@reactor.post(
    "/reactor/image",
    {
        "source_image": field("string", ""),
        "target_image": field("string", ""),
        "source_faces_index": field("array", [0], items="integer"),
        "face_index": field("array", [0], items="integer"),
        "upscaler": field("string", "None"),
        "scale": field("number", 1),
        "upscale_visibility": field("number", 1),
        "face_restorer": field("string", "None"),
        "restorer_visibility": field("number", 1),
        "codeformer_weight": field("number", 0.5),
        "restore_first": field("integer", 1),
        "model": field("string", MODELS[0]),
        "gender_source": field("integer", 0),
        "gender_target": field("integer", 0),
        "save_to_file": field("integer", 0),
        "result_file_path": field("string", ""),
        "device": field("string", "CPU"),
        "mask_face": field("integer", 0),
        "select_source": field("integer", 0),
        "face_model": field("string", "None"),
        "source_folder": field("string", ""),
        "random_image": field("integer", 0),
        "upscale_force": field("integer", 0),
        "det_thresh": field("number", 0.5),
        "det_maxnum": field("integer", 0),
    },
    optional=True,
)
def image(call: Call) -> dict[str, Any]:
    """One picture with the face of another. An unknown model is not reported, the picture stays as it is."""
    from ._swapping import After, finished, swapped

    state, fields = call.state, call.fields
    target = decode(fields["target_image"], state.options)
    source: Image | None = None
    if fields["select_source"] == FROM_IMAGE:
        source = decode(fields["source_image"], state.options)
    elif fields["select_source"] == FROM_MODEL:
        source = _face_model(state, fields["face_model"])
    after = After(
        fields["face_restorer"],
        fields["restorer_visibility"],
        fields["upscaler"],
        fields["scale"],
        fields["upscale_visibility"],
        bool(fields["restore_first"]),
    )
    result = target
    if source is not None and fields["model"] in _models(state):
        first = next(iter(fields["source_faces_index"]), 0)
        result = swapped(target, source, fields["face_index"], first, state, after)
    if result is target and fields["upscale_force"]:
        result = finished(target, state, after)
    return {"image": encode(result, state.options)}


def _face_model(state: State, name: Any) -> Image | None:
    found: Image | None = face_models(state).get(str(name or "").removesuffix(_ENDING))
    return found


def _arguments(data: Mapping[str, Any], tab: str) -> list[dict[str, Any]]:
    del tab
    restorers = [item["name"] for item in data["face-restorers"]]
    upscaler_names = [item["name"] for item in data["upscalers"]]
    genders = ["No", "Female Only", "Male Only"]
    return [
        argument(None, None),
        argument("Enable", False),
        argument("Comma separated face number(s); Example: 0,2,1", "0"),
        argument("Comma separated face number(s); Example: 1,0,2", "0"),
        argument("Model", MODELS[0], choices=MODELS),
        argument("Restore Face", next(iter(restorers), "None"), choices=["None", *restorers]),
        argument("Restore Face Visibility", 1, 0, 1, 0.05),
        argument("1. Restore Face -> 2. Upscale (-Uncheck- if you want vice versa)", True),
        argument("Upscaler", "None", choices=upscaler_names),
        argument("Scale by", 1, 1, 8, 0.1),
        argument("Upscaler Visibility (if scale = 1)", 1, 0, 1, 0.1),
        argument("Swap in source image", False),
        argument("Swap in generated image", True),
        argument("Console Log Level", "Minimum", choices=["No log", "Minimum", "Default"]),
        argument("Gender Detection (Source)", "No", choices=genders),
        argument("Gender Detection (Target)", "No", choices=genders),
        argument("Save Original", False),
        argument("CodeFormer Weight (Fidelity)", 0.5, 0, 1, 0.05),
        argument("Source Image Hash Check", True),
        argument("Target Image Hash Check", False),
        argument("Execution Provider", "CPU", choices=["CPU", "CUDA"]),
        argument("Face Mask Correction", False),
        argument("Select Source", "Image(s)", choices=["Image(s)", "Face Model", "Folder"]),
        argument("Choose Face Model", "None", choices=["None"]),
        argument("Source Folder", ""),
        argument("Multiple Source Images", None),
        argument("Random Image", False),
        argument("Force Upscale", False),
        argument("Threshold", 0.5, 0.1, 1.0, 0.1),
        argument("Max Faces", 0, 0, 20, 1),
        argument("Selected Tab", "tab_single"),
    ]


@reactor.script(of=_arguments)
class ReActor(Script):
    """The script."""

    title = "ReActor"
    always_on = True

    def before_process(self, run: Generation, args: Sequence[Any]) -> None:
        """The face in the pictures to start from."""
        if args[1] and args[11] and run.kind == "img2img":
            given: list[Image] = run.init_images  # type: ignore[attr-defined]  # there in img2img
            run.init_images = [self._swapped(run, args, one.convert("RGB")) for one in given]  # type: ignore[attr-defined]

    def postprocess_image(self, run: Generation, args: Sequence[Any], image: Image) -> Image | None:
        """The face in each picture, unless the originals are kept."""
        return self._swapped(run, args, image) if args[1] and args[12] and not args[16] else None

    def postprocess(self, run: Generation, args: Sequence[Any], processed: Processed) -> None:
        """Where the originals are kept: the swapped ones behind them, and a sheet of more than two before all."""
        if not (args[1] and args[12] and args[16]):
            return
        originals = processed.images[processed.index_of_first_image :]
        for original in originals:
            changed = self._swapped(run, args, original)
            if changed is not original:
                changed.info.update(original.info)
                processed.images.append(changed)
        pictures = processed.images[processed.index_of_first_image :]
        if len(pictures) > 2 and run.options["return_grid"]:
            from ..processing.grids import grid

            sheet = grid(pictures, run.options)
            processed.images.insert(0, sheet)
            processed.infotexts.insert(0, processed.text)
            processed.index_of_first_image += 1

    def _swapped(self, run: Generation, args: Sequence[Any], image: Image) -> Image:
        from ._swapping import After, finished, numbers, swapped

        source: Image | None = None
        if args[22] == FROM_IMAGE and args[22] is not False and args[30] == "tab_single" and args[0]:
            source = decode(args[0], run.options)
        elif args[22] == FROM_MODEL:
            source = _face_model(run.state, args[23])
        targets, sources = numbers(args[3]), numbers(args[2])
        after = After(args[5], args[6], args[8], args[9], args[10], bool(args[7]))
        if source is None or posixpath.basename(str(args[4]).replace("\\", "/")) not in _models(run.state):
            return image
        result = swapped(image, source, targets, sources[0], run.state, after)
        return finished(image, run.state, after) if result is image and args[27] else result
