"""The endpoints of Segment Anything: what is sent, and the pictures of an answer."""

from __future__ import annotations

import base64

import pytest
from PIL import Image

import webuiapi
from support.callers import Caller
from support.pictures import file_of
from webuiapi.checks import ParameterWarning

from ..bench import PICTURE, PNG, RAW, URI, Bench, Bound, Json, pixels

MASK = Image.new("L", (8, 4), 255)
MASK_RAW = base64.b64encode(file_of(MASK)).decode()


@pytest.fixture
def sam(client: Caller) -> Bound:
    return Bound(client, webuiapi.SegmentAnythingInterface)


def test_sam_says_it_is_there(bench: Bench, sam: Bound) -> None:
    bench.answers |= {"/sam/heartbeat": {"msg": "Success!"}, "/sam/sam-model": ["a.pth", "b.pth"]}
    assert sam.heartbeat() == {"msg": "Success!"}
    assert sam.heartbeat().msg == "Success!"
    assert sam.get_sam_models() == ["a.pth", "b.pth"]


def test_sam_predict(bench: Bench, sam: Bound) -> None:
    bench.answers["/sam/sam-predict"] = {
        "msg": "done", "blended_images": [RAW] * 3, "masks": [MASK_RAW] * 3, "masked_images": [URI] * 3,
    }  # fmt: skip
    result = sam.sam_predict(PNG, "m.pth", [(0.5, 0.25), (2, 3)], [[7.0, 1.5]], True, "d", "a cat", 0.4, True, [0, 2])
    assert bench.last == {
        "input_image": RAW, "sam_model_name": "m.pth", "sam_positive_points": [[4, 1], [2, 3]],
        "sam_negative_points": [[7.0, 1.5]], "dino_enabled": True, "dino_model_name": "d",
        "dino_text_prompt": "a cat", "dino_box_threshold": 0.4, "dino_preview_checkbox": True,
        "dino_preview_boxes_selection": [0, 2],
    }  # fmt: skip
    assert isinstance(result, webuiapi.SegmentAnythingSamResult)
    assert result.message == "done"
    assert [len(found) for found in (result.blended_images, result.masks, result.masked_images)] == [3, 3, 3]
    assert pixels(result.blended_images[0]) == PICTURE.tobytes()
    assert result.masks[2].mode == "L"


def test_sam_finds_nothing(bench: Bench, sam: Bound) -> None:
    bench.answers["/sam/sam-predict"] = {"msg": "You neither added point prompts nor enabled GroundingDINO."}
    with pytest.warns(ParameterWarning, match="neither points nor dino_enabled=True"):
        result = sam.sam_predict(image=PNG)
    assert bench.last == {"input_image": RAW}
    assert result.message.startswith("You neither added")
    assert (result.blended_images, result.masks, result.masked_images) == ([], [], [])
    with pytest.warns(ParameterWarning, match="without dino_text_prompt= looks for nothing"):
        sam.sam_predict(image=PNG, dino_enabled=True)


def test_sams_pictures_are_looked_at_on_arrival(bench: Bench, sam: Bound) -> None:
    bench.answers["/sam/sam-predict"] = {"msg": "", "masks": [RAW, RAW[:60]]}
    with pytest.raises(webuiapi.ImageError, match="/sam/sam-predict: 'masks' is cut off"):
        sam.sam_predict(PNG, sam_positive_points=[(1, 1)])
    bench.answers["/sam/sam-predict"] = []
    with pytest.raises(webuiapi.AnswerError, match="answered list where an object was expected"):
        sam.sam_predict(PNG, sam_positive_points=[(1, 1)])


def test_sams_boxes(bench: Bench, sam: Bound) -> None:
    bench.answers["/sam/dino-predict"] = {"msg": "Done", "image_with_box": RAW}
    result = sam.dino_predict(PNG, "cat", "d", 0.5)
    assert bench.last == {"input_image": RAW, "text_prompt": "cat", "dino_model_name": "d", "box_threshold": 0.5}
    assert (result.message, pixels(result.image_with_box)) == ("Done", PICTURE.tobytes())
    bench.answers["/sam/dino-predict"] = {"msg": "Please add text prompts", "image_with_box": None}
    assert sam.dino_predict(PNG, "") == webuiapi.SegmentAnythingGinoResult("Please add text prompts", None)


def test_sams_dilation(bench: Bench, sam: Bound) -> None:
    bench.answers["/sam/dilate-mask"] = {"blended_image": RAW, "mask": MASK_RAW, "masked_image": RAW}
    result = sam.dilate_mask(PNG, MASK, 30)
    assert bench.last["dilate_amount"] == 30
    assert bench.last["input_image"] == RAW
    assert pixels(result.mask) == MASK.convert("RGB").tobytes()
    assert pixels(result.blended_image) == pixels(result.masked_image) == PICTURE.tobytes()


def test_sams_segmentation(bench: Bench, sam: Bound) -> None:
    keys = ("sem_presam", "sem_postsam", "blended_presam", "blended_postsam")
    bench.answers["/sam/controlnet-seg"] = {"msg": "ok", **dict.fromkeys(keys, RAW)}
    result = sam.generate_semantic_segmentation(
        PNG, "m.pth", "SEG_ofcoco", 256, True, 2, 64, 72, points_per_side=16, crop_overlap_ratio=0.25,
        min_mask_region_area=3,
    )  # fmt: skip
    assert bench.last == {
        "payload": {
            "input_image": RAW, "sam_model_name": "m.pth", "processor": "seg_ofcoco", "processor_res": 256,
            "pixel_perfect": True, "resize_mode": 2, "target_W": 64, "target_H": 72,
        },
        "autosam_conf": {"points_per_side": 16, "crop_overlap_ratio": 0.25, "min_mask_region_area": 3},
    }  # fmt: skip
    assert isinstance(result, webuiapi.SegmentAnythingControlNetSegNotRandomResult)
    assert all(pixels(getattr(result, key)) == PICTURE.tobytes() for key in keys)


def test_sams_random_segmentation(bench: Bench, sam: Bound) -> None:
    answer: Json = {"msg": "ok", "blended_images": RAW, "random_seg": RAW, "edit_anything_control": RAW}
    bench.answers["/sam/controlnet-seg"] = answer
    result = sam.generate_semantic_segmentation(PNG, processor="random")
    assert bench.last == {"payload": {"input_image": RAW, "processor": "random"}, "autosam_conf": {}}
    assert isinstance(result, webuiapi.SegmentAnythingControlNetSegRandomResult)
    assert pixels(result.blended_image) == pixels(result.random_seg) == PICTURE.tobytes()
    bench.answers["/sam/controlnet-seg"] = {"msg": "ControlNet extension not found."}
    nothing = sam.generate_semantic_segmentation(PNG, processor="random")
    assert nothing == webuiapi.SegmentAnythingControlNetSegRandomResult(
        "ControlNet extension not found.", None, None, None
    )
    nothing = sam.generate_semantic_segmentation(PNG)
    assert nothing == webuiapi.SegmentAnythingControlNetSegNotRandomResult(
        "ControlNet extension not found.", None, None, None, None
    )


def test_sams_categories(bench: Bench, sam: Bound) -> None:
    keys = ("blended_image", "mask", "masked_image", "resized_input")
    bench.answers["/sam/category-mask"] = {"msg": "Done", **dict.fromkeys(keys, RAW)}
    result = sam.sam_and_semantic_seg_with_cat_id(PNG, "1+2+3", "m.pth")
    assert bench.last == {
        "payload": {"input_image": RAW, "category": "1+2+3", "sam_model_name": "m.pth"},
        "autosam_conf": {},
    }
    assert result.message == "Done"
    assert all(pixels(getattr(result, key)) == PICTURE.tobytes() for key in keys)


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ({"category": "cat"}, "category='cat' must be numbers joined with \\+: \"1\\+2\\+3\""),
        ({"category": "1", "pixel_perfect": True}, "pixel_perfect=True needs target_width= and target_height="),
        ({"category": "1", "processor": "seg"}, "'seg_ufade20k', 'seg_ofade20k', 'seg_ofcoco'"),
        ({"category": "1", "processor_res": 32}, "processor_res=32 must be from 64 to 2048"),
    ],
)
def test_sams_wrong_values(sam: Bound, bench: Bench, said: Json, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        sam.sam_and_semantic_seg_with_cat_id(PNG, **said)
    assert bench.posts == []
