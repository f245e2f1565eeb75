"""What type checkers say of interfaces and methods in both colours. Checked by mypy with the rest; never run."""

from __future__ import annotations

from typing import Any

from typing_extensions import assert_type

import webuiapi
from webuiapi.extensions.tagger import Interrogators


class Mine(webuiapi.WebUIApi):
    """A client of somebody's own."""


def plain(api: webuiapi.WebUIApi, mine: Mine, image: bytes) -> None:
    """The plain colour gives results."""
    assert_type(webuiapi.RemBGInterface(api).rembg(image, model="u2net"), webuiapi.ExtensionResult)
    assert_type(webuiapi.RemBGInterface(mine).rembg(image), webuiapi.ExtensionResult)
    sam = webuiapi.SegmentAnythingInterface(api)
    assert_type(sam, webuiapi.SegmentAnythingInterface[webuiapi.WebUIApi])
    assert_type(sam.sam_predict(image, sam_positive_points=[(0.5, 0.5)]), webuiapi.SegmentAnythingSamResult)
    assert_type(sam.dilate_mask(image, image), webuiapi.SegmentAnythingDilationResult)
    assert_type(sam.get_sam_models(), list[str])
    assert_type(
        sam.generate_semantic_segmentation(image),
        webuiapi.SegmentAnythingControlNetSegNotRandomResult | webuiapi.SegmentAnythingControlNetSegRandomResult,
    )
    assert_type(webuiapi.ModelKeywordInterface(api).get_keywords(), webuiapi.ModelKeywordResult)
    assert_type(webuiapi.TaggerInterface(api).tagger_interrogators(), Interrogators)
    assert_type(webuiapi.InstructPix2PixInterface(api).img2img(), webuiapi.WebUIApiResult)
    assert_type(webuiapi.ControlNetInterface(api).txt2img("a"), webuiapi.WebUIApiResult)
    assert_type(webuiapi.ControlNetInterface(api).model_list(), list[str])
    assert_type(webuiapi.DeforumInterface(api).wait("x", timeout=1), webuiapi.DeforumJob)
    assert_type(webuiapi.FaceSwapLabInterface(api).compare(image, image), float)
    assert_type(api.controlnet_version(), int)
    assert_type(api.controlnet_detect([image], module="canny"), webuiapi.DetectResult)
    assert_type(api.controlnet_control_types(), dict[str, Any])
    assert_type(api.prompt_gen(text="a"), list[str])
    assert_type(api.list_prompt_gen_models(), list[str])
    assert_type(api.txt2img("a", scripts=[webuiapi.FreeU(b1=1.2)]).videos, list[bytes])


async def awaitable(api: webuiapi.AsyncWebUIApi, image: bytes) -> None:
    """The awaitable colour gives what is to be awaited."""
    assert_type(await webuiapi.RemBGInterface(api).rembg(image), webuiapi.ExtensionResult)
    sam = webuiapi.SegmentAnythingInterface(api)
    assert_type(sam, webuiapi.SegmentAnythingInterface[webuiapi.AsyncWebUIApi])
    assert_type(await sam.sam_predict(image), webuiapi.SegmentAnythingSamResult)
    assert_type(await sam.dino_predict(image, "cat"), webuiapi.SegmentAnythingGinoResult)
    assert_type(await webuiapi.ReActorInterface(api).models(), list[str])
    assert_type(await webuiapi.ControlNetInterface(api).txt2img("a"), webuiapi.WebUIApiResult)
    assert_type(await webuiapi.DeforumInterface(api).wait("x"), webuiapi.DeforumJob)
    assert_type(await api.controlnet_model_list(), list[str])
    assert_type(await api.prompt_gen(text="a"), list[str])
