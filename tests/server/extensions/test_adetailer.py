"""ADetailer: its endpoints, the forms of its arguments, what it tells and what it paints again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageChops

from webuiapi.server.extensions.adetailer import DETECTORS, FIELDS, units_of
from webuiapi.server.extensions.adetailer.passes import find
from webuiapi.server.extensions.vision.faces import find_faces

from ..studio import text_of
from .shop import SIDE, Painted, Shop, apart, painted

FACE = {"ad_model": "face_yolov8n.pt"}
LEAST = {"ADetailer model", "ADetailer confidence", "ADetailer dilate erode", "ADetailer mask blur",
         "ADetailer denoising strength", "ADetailer inpaint only masked", "ADetailer inpaint padding",
         "ADetailer version"}  # fmt: skip
"""What is told of a unit that has nothing but a detector."""


@pytest.fixture
def plain(shop: Shop) -> Painted:
    return shop.txt2img()


def where(one: Image.Image, other: Image.Image) -> tuple[int, int, int, int] | None:
    """The box of what differs between two pictures."""
    return ImageChops.difference(one.convert("RGB"), other.convert("RGB")).getbbox()


# --- endpoints


def test_version_and_models(shop: Shop) -> None:
    assert shop.get("/adetailer/v1/version").body == {"version": "25.3.0"}
    assert shop.get("/adetailer/v1/ad_model").body == {"ad_model": list(DETECTORS)}


def test_models_of_the_catalogue(shop: Shop) -> None:
    data = {**shop.app.catalog.data, "adetailer/v1/ad_model": {"ad_model": ["face_own.pt"]}}
    other = Shop(data)
    assert other.get("/adetailer/v1/ad_model").body == {"ad_model": ["face_own.pt"]}
    assert "ADetailer model" in other.txt2img({"ADetailer": [True, {"ad_model": "face_own.pt"}]}).extra


def test_schema(shop: Shop) -> None:
    schema = shop.get("/adetailer/v1/schema").body
    assert schema["additionalProperties"] is False
    properties = schema["properties"]
    assert list(properties) == list(FIELDS)
    assert properties["ad_confidence"] == {
        "title": "Ad Confidence", "default": 0.3, "type": "number", "minimum": 0.0, "maximum": 1.0,
    }  # fmt: skip
    assert properties["ad_inpaint_width"]["exclusiveMinimum"] == 0
    assert properties["ad_mask_merge_invert"]["enum"] == ["None", "Merge", "Merge and Invert"]


# --- forms of the arguments


@pytest.mark.parametrize(
    "units",
    [[False, False, FACE], [True, False, {"ad_prompt": "x"}], [True, False, {**FACE, "ad_tab_enable": False}]],
)
def test_nothing_to_do(plain: Painted, shop: Shop, units: Any) -> None:
    assert shop.txt2img({"ADetailer": units}).result == plain.result


def test_a_unit_for_each_picture_alone_runs_besides_the_default_one() -> None:
    four = [{**FACE}, {"ad_model": "None"}, {"ad_model": "None"}, {"ad_model": "None"}]
    assert [unit["ad_model"] for unit in units_of([True, False, *four], 4)] == ["face_yolov8n.pt"]
    assert len(units_of([True, FACE, *four], 4)) == 2
    assert units_of([False, FACE], 4) == []
    assert len(units_of([FACE, FACE], 4)) == 2
    assert len(units_of([True, *[FACE] * 6], 4)) == 4


def test_a_list_with_two_units_runs_twice(shop: Shop) -> None:
    """`[True, unit]`: the unit stands where the second switch would, and the tabs behind it keep their defaults."""
    once = shop.txt2img({"ADetailer": [True, False, FACE]})
    twice = shop.txt2img({"ADetailer": [True, FACE]})
    assert once.extra.keys() == LEAST
    second = {key for key in twice.extra if key.endswith(" 2nd")}
    assert second == {f"{key} 2nd" for key in LEAST - {"ADetailer version"}}


def test_it_paints_the_face_and_leaves_the_rest(plain: Painted, shop: Shop) -> None:
    reply = shop.txt2img({"ADetailer": [True, False, FACE]})
    (face,) = find_faces(plain.images[0])
    box = where(plain.images[0], reply.images[0])
    assert box is not None
    assert box[0] >= face.left - 24
    assert box[2] <= face.right + 24
    assert box[1] >= face.top - 24
    assert box[3] <= face.bottom + 24
    again = shop.txt2img({"ADetailer": [True, False, FACE]})
    assert again.body["images"] == reply.body["images"]


@pytest.mark.parametrize(
    "unit",
    [
        {**FACE, "nonsense": 1},
        {**FACE, "ad_confidence": 1.5},
        {**FACE, "ad_mask_k": -1},
        {**FACE, "ad_inpaint_width": 0},
        {**FACE, "ad_mask_merge_invert": "Sometimes"},
        {**FACE, "ad_clip_skip": 13},
        {**FACE, "ad_noise_multiplier": 0.4},
        {**FACE, "ad_steps": "many"},
    ],
)
def test_one_mistake_and_the_whole_unit_is_skipped_silently(plain: Painted, shop: Shop, unit: Any) -> None:
    assert shop.txt2img({"ADetailer": [True, False, unit]}).result == plain.result


def test_numbers_may_come_as_texts(shop: Shop) -> None:
    reply = shop.txt2img({"ADetailer": [True, False, {**FACE, "ad_confidence": "0.5", "ad_mask_blur": 6.0}]})
    assert reply.extra["ADetailer confidence"] == 0.5
    assert reply.extra["ADetailer mask blur"] == 6


def test_an_unknown_detector_is_told_but_fails_silently(plain: Painted, shop: Shop) -> None:
    reply = shop.txt2img({"ADetailer": [True, False, {"ad_model": "face_yolov9.pt"}]})
    assert reply.status == 200
    assert apart(reply.images[0], plain.images[0]) == 0
    assert reply.extra["ADetailer model"] == "face_yolov9.pt"


# --- what is told


def test_pairs(shop: Shop) -> None:
    unit = {**FACE, "ad_prompt": "a cat, close", "ad_mask_k": 1, "ad_use_steps": True, "ad_steps": 9, "ad_x_offset": 2}
    reply = shop.txt2img({"ADetailer": [True, False, unit, {"ad_model": "hand_yolov8n.pt"}]})
    told = reply.extra
    assert told["ADetailer model"] == "face_yolov8n.pt"
    assert told["ADetailer prompt"] == "a cat, close"
    assert told["ADetailer mask only top k"] == 1
    assert told["ADetailer method to decide top k masks"] == "Area"
    assert (told["ADetailer use separate steps"], told["ADetailer steps"]) == (True, 9)
    assert told["ADetailer model 2nd"] == "hand_yolov8n.pt"
    assert "ADetailer prompt 2nd" not in told
    assert list(told)[-1] == "ADetailer version"
    assert 'ADetailer prompt: "a cat, close"' in reply.infotext
    assert "ADetailer x offset: 2" in reply.infotext


# --- the masks


@pytest.fixture
def changed(plain: Painted, shop: Shop) -> Callable[..., tuple[int, int, int, int] | None]:
    def box(**unit: Any) -> tuple[int, int, int, int] | None:
        reply = shop.txt2img({"ADetailer": [True, False, {**FACE, "ad_mask_blur": 0, **unit}]})
        return where(plain.images[0], reply.images[0])

    return box


def test_offsets_dilation_and_merging(changed: Callable[..., Any]) -> None:
    usual, moved = changed(), changed(ad_x_offset=10, ad_y_offset=6)
    assert moved[0] - usual[0] == pytest.approx(10, abs=3)
    assert usual[1] - moved[1] == pytest.approx(6, abs=3)
    wide, narrow = changed(ad_dilate_erode=20), changed(ad_dilate_erode=-8)
    assert wide[2] - wide[0] > usual[2] - usual[0] > narrow[2] - narrow[0]
    assert changed(ad_mask_merge_invert="Merge and Invert", ad_inpaint_only_masked=False) == (0, 0, SIDE, SIDE)
    assert changed(ad_dilate_erode=-120) is None


def test_confidence_and_ratios(changed: Callable[..., Any]) -> None:
    assert changed(ad_confidence=0.99) is None
    assert changed(ad_mask_min_ratio=0.9) is None
    assert changed(ad_mask_max_ratio=0.0001) is None
    assert changed(ad_confidence=0.5) is not None


def test_what_detectors_find() -> None:
    image = painted("a cat portrait", 3, 256)
    faces, hands = find(image, "face_yolov8n.pt"), find(image, "hand_yolov8n.pt")
    eyes, persons = find(image, "mediapipe_face_mesh_eyes_only"), find(image, "person_yolov8n-seg.pt")
    assert (len(faces), len(hands), len(eyes), len(persons)) == (1, 2, 2, 1)
    assert eyes[0].area < faces[0].area < persons[0].area < 0.9
    assert all(0 < one.confidence < 1 for one in (*faces, *hands, *eyes, *persons))


def test_prompts_by_separators(plain: Painted, shop: Shop) -> None:
    def images(prompt: str, model: str = "mediapipe_face_mesh_eyes_only") -> Image.Image:
        unit = {"ad_model": model, "ad_prompt": prompt, "ad_denoising_strength": 0.9, "ad_mask_blur": 0}
        return shop.txt2img({"ADetailer": [True, False, unit]}).images[0]

    assert apart(images("[SKIP]"), plain.images[0]) == 0
    both, left = images("a fire"), images("a fire [SEP] [SKIP]")
    right = images("[SKIP][SEP]a fire")
    assert where(left, plain.images[0])[2] <= where(right, plain.images[0])[0]  # type: ignore[index]
    assert 0 < apart(left, plain.images[0]) < apart(both, plain.images[0])
    own, same, other = images(""), images("[PROMPT]"), images("[PROMPT], a fire")
    assert apart(own, same) == 0
    assert apart(own, other) > 0


# --- img2img


def test_skipping_img2img(shop: Shop) -> None:
    start = painted("a cat portrait", 3)
    detailed = shop.img2img(start, {"ADetailer": [True, True, FACE]}, denoising_strength=0.9)
    assert detailed.extra["ADetailer skip img2img"] is True
    box = where(detailed.images[0], start)
    assert box is not None
    assert np.prod([box[2] - box[0], box[3] - box[1]]) < SIDE * SIDE / 3
    masked = shop.img2img(
        start,
        {"ADetailer": [True, True, FACE]},
        denoising_strength=0.9,
        mask=text_of(Image.new("L", (SIDE, SIDE), 255)),
    )
    assert "ADetailer skip img2img" not in masked.extra
    assert where(masked.images[0], start) == (0, 0, SIDE, SIDE)


def test_each_picture_of_a_batch(shop: Shop) -> None:
    usual = shop.txt2img(batch_size=2)
    reply = shop.txt2img({"ADetailer": [True, False, FACE]}, batch_size=2)
    for one, other in zip(usual.images[-2:], reply.images[-2:], strict=True):
        assert apart(one, other) > 0
