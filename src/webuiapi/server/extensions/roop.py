"""roop: puts the face of a given picture into the pictures. Here it is laid softly over where a face is taken to be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..processing.pictures import decode, encode
from ..processing.scripts import Script
from .base import Extension, argument, field

if TYPE_CHECKING:
    from PIL.Image import Image

    from ..processing.generation import Generation
    from ..routing import Call

roop = Extension("roop", repository="s0md3v/sd-webui-roop", commit="868f7d1", date=1701648000)

MODEL = "inswapper_128.onnx"


@roop.get("/roop/models")
def models(call: Call) -> dict[str, Any]:
    """The installed models."""
    listed: dict[str, Any] = call.state.catalog.data.get("roop/models") or {"models": [MODEL]}
    return listed


@roop.post(
    "/roop/image",
    {
        "source_image": field("string", ""),
        "target_image": field("string", ""),
        "face_index": field("array", [0], items="integer"),
        "scale": field("integer", 1),
        "upscale_visibility": field("number", 1),
        "face_restorer": field("string", "None"),
        "restorer_visibility": field("number", 1),
        "model": field("string", MODEL),
    },
    optional=True,
)
def image(call: Call) -> dict[str, Any]:
    """One picture with the face of another. An unknown model is not reported, the picture stays as it is."""
    from ._swapping import After, swapped

    state, fields = call.state, call.fields
    source = decode(fields["source_image"], state.options)
    target = decode(fields["target_image"], state.options)
    if fields["model"] in models(call)["models"]:
        after = After(fields["face_restorer"], fields["restorer_visibility"])
        target = swapped(target, source, fields["face_index"], 0, state, after)
    return {"image": encode(target, state.options)}


def _arguments(data: Mapping[str, Any], tab: str) -> list[dict[str, Any]]:
    del tab
    restorers = [item["name"] for item in data["face-restorers"]]
    upscalers = [item["name"] for item in data["upscalers"]]
    path = f"{data['cmd-flags'].get('data_dir') or '/srv/stable-diffusion-webui'}/models/roop/{MODEL}"
    return [
        argument(None, None),
        argument("Enable", False),
        argument("Comma separated face number(s)", "0"),
        argument("Model", path, choices=[path]),
        argument("Restore Face", next(iter(restorers), "None"), choices=["None", *restorers]),
        argument("Restore visibility", 1, 0, 1, 0.1),
        argument("Upscaler", None, choices=upscalers),
        argument("Upscaler scale", 1, 1, 8, 0.1),
        argument("Upscaler visibility (if scale = 1)", 1, 0, 1, 0.1),
        argument("Swap in source image", False),
        argument("Swap in generated image", True),
    ]


@roop.script(of=_arguments)
class Roop(Script):
    """The script."""

    title = "roop"
    always_on = True

    def before_process(self, run: Generation, args: Sequence[Any]) -> None:
        """The face in the pictures to start from."""
        if args[1] and args[0] and args[9] and run.kind == "img2img":
            given: list[Image] = run.init_images  # type: ignore[attr-defined]  # there in img2img
            run.init_images = [self._swapped(run, args, one.convert("RGB")) for one in given]  # type: ignore[attr-defined]

    def postprocess_image(self, run: Generation, args: Sequence[Any], image: Image) -> Image | None:
        """The face in each picture."""
        return self._swapped(run, args, image) if args[1] and args[0] and args[10] else None

    def _swapped(self, run: Generation, args: Sequence[Any], image: Image) -> Image:
        from ._swapping import After, numbers, swapped

        if not str(args[3]).replace("\\", "/").endswith(MODEL):
            return image
        source = decode(args[0], run.options)
        after = After(args[4], args[5], args[6], args[7], args[8])
        return swapped(image, source, numbers(args[2]), 0, run.state, after)
