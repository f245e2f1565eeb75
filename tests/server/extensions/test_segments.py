"""rembg and Segment Anything: mattes, masks by points and words, and what they are answered with."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PIL import Image

from ..studio import opened, text_of
from .shop import Shop, apart, disc, share, squirrel

INSIDE, OUTSIDE = (36, 36, 60, 60), (0, 0, 96, 16)
"""In and above the disc of `disc()`."""


# --- rembg


def test_rembg(shop: Shop) -> None:
    cut = opened(shop.post("/rembg", {"input_image": text_of(disc())}).body["image"])
    assert (cut.mode, cut.size) == ("RGBA", (96, 96))
    assert share(cut.getchannel("A"), INSIDE) > 0.98
    assert share(cut.getchannel("A"), OUTSIDE) < 0.02
    assert apart(cut, disc()) == 0


def test_rembg_on_a_painted_picture(shop: Shop) -> None:
    mask = opened(shop.post("/rembg", {"input_image": text_of(squirrel()), "return_mask": True}).body["image"])
    assert mask.mode == "L"
    assert share(mask, (88, 180, 120, 216)) > 0.9
    assert share(mask, (170, 0, 256, 70)) < 0.1


def test_alpha_matting_softens_the_outline(shop: Shop) -> None:
    body = {"input_image": text_of(disc()), "return_mask": True}
    hard = np.asarray(opened(shop.post("/rembg", body).body["image"]))
    soft = np.asarray(opened(shop.post("/rembg", {**body, "alpha_matting": True}).body["image"]))
    between = [int(((mask > 10) & (mask < 245)).sum()) for mask in (hard, soft)]
    assert between[1] > between[0] * 2
    assert soft[48, 48] == 255
    assert soft[4, 4] == 0


@pytest.mark.parametrize("model", ["", "None"])
def test_rembg_without_a_model(shop: Shop, model: str) -> None:
    answer = shop.post("/rembg", {"input_image": text_of(disc()), "model": model})
    assert (answer.status, answer.body) == (200, None)


def test_rembg_with_any_other_model(shop: Shop) -> None:
    usual = shop.post("/rembg", {"input_image": text_of(disc())}).body
    assert shop.post("/rembg", {"input_image": text_of(disc()), "model": "of my own"}).body == usual


def test_rembg_refuses(shop: Shop) -> None:
    assert shop.post("/rembg").body["detail"] == "Invalid encoded image"
    assert shop.post("/rembg", {"input_image": "x"}).status == 500
    wrong = shop.post("/rembg", {"return_mask": "perhaps"})
    assert (wrong.status, wrong.body["detail"][0]["loc"]) == (422, ["body", "return_mask"])


def test_rembg_follows_the_format_of_samples(shop: Shop) -> None:
    shop.post("/sdapi/v1/options", {"samples_format": "jpg"})
    image = opened(shop.post("/rembg", {"input_image": text_of(disc())}).body["image"])
    assert (image.format, image.mode) == ("JPEG", "RGB")


# --- Segment Anything


def predicted(shop: Shop, image: Image.Image, **fields: Any) -> Any:
    answer = shop.post("/sam/sam-predict", {"input_image": text_of(image), **fields})
    assert answer.status == 200, answer.body
    return answer.body


def test_heartbeat_and_models(shop: Shop) -> None:
    assert shop.get("/sam/heartbeat").body == {"msg": "Success!"}
    models = shop.get("/sam/sam-model").body
    assert "sam_vit_h_4b8939.pth" in models
    own = Shop({**shop.app.catalog.data, "sam/sam-model": ["own.pth"]})
    assert own.get("/sam/sam-model").body == ["own.pth"]
    unknown = own.post("/sam/sam-predict", {"input_image": text_of(disc()), "sam_positive_points": [[48, 48]]})
    assert (unknown.status, unknown.body["error"]) == (500, "Exception")


def test_a_point(shop: Shop) -> None:
    body = predicted(shop, disc(), sam_positive_points=[[48, 48]])
    assert body["msg"] == "SAM inference with 0 box, 1 positive prompts, 0 negative prompts done."
    assert set(body) == {"msg", "blended_images", "masks", "masked_images"}
    masks, blended, cut = (
        [opened(text) for text in body[name]] for name in ("masks", "blended_images", "masked_images")
    )
    assert len(masks) == len(blended) == len(cut) == 3
    areas = [share(mask) for mask in masks]
    assert areas == sorted(areas)
    for mask, shown, part in zip(masks, blended, cut, strict=True):
        assert share(mask, INSIDE) > 0.95
        assert share(mask, OUTSIDE) < 0.05
        assert apart(shown, disc(), INSIDE) > 20
        assert apart(shown, disc(), OUTSIDE) < 3
        assert part.mode == "RGBA"
        assert apart(part.getchannel("A"), mask) < 1


def test_points_of_the_ground_and_outside(shop: Shop) -> None:
    ground = opened(predicted(shop, disc(), sam_positive_points=[[5, 5]])["masks"][1])
    assert share(ground, INSIDE) < 0.05
    assert share(ground, OUTSIDE) > 0.9
    both = opened(predicted(shop, disc(), sam_positive_points=[[48, 48]], sam_negative_points=[[5, 5]])["masks"][2])
    assert share(both, INSIDE) > 0.95
    assert share(both, OUTSIDE) == 0
    only_outside = predicted(shop, disc(), sam_negative_points=[[5, 5]])
    assert only_outside["msg"] == "SAM inference with 0 box, 0 positive prompts, 1 negative prompts done."


def test_shares_of_the_size_are_taken_for_pixels(shop: Shop) -> None:
    one = predicted(shop, disc(), sam_positive_points=[[0.5, 0.5]])["masks"]
    assert one == predicted(shop, disc(), sam_positive_points=[[0, 0]])["masks"]


@pytest.mark.parametrize(
    "fields",
    [{}, {"dino_enabled": True}, {"dino_enabled": True, "dino_text_prompt": "violet", "dino_box_threshold": 0.99},
     {"dino_text_prompt": "red"}],
)  # fmt: skip
def test_nothing_to_segment(shop: Shop, fields: Any) -> None:
    expected = "You neither added point prompts nor enabled GroundingDINO. Segmentation cannot be generated."
    assert predicted(shop, disc(), **fields) == {"msg": expected}


def test_a_box_by_words(shop: Shop) -> None:
    body = predicted(shop, disc(), dino_enabled=True, dino_text_prompt="red disc")
    assert body["msg"] == "SAM inference with 1 box, 0 positive prompts, 0 negative prompts done."
    mask = opened(body["masks"][1])
    assert share(mask, INSIDE) > 0.95
    assert share(mask, OUTSIDE) == 0
    combined = predicted(shop, disc(), dino_enabled=True, dino_text_prompt="red", sam_positive_points=[[48, 48]])
    assert combined["msg"].startswith("SAM inference with 1 box, 1 positive prompts")


def test_several_boxes_discard_points(shop: Shop) -> None:
    fields = {"dino_enabled": True, "dino_text_prompt": "red. blue", "sam_positive_points": [[48, 48]]}
    body = predicted(shop, disc(), **fields)
    assert body["msg"] == "SAM inference with 2 boxes, point prompts discarded done."
    chosen = predicted(shop, disc(), **fields, dino_preview_checkbox=True, dino_preview_boxes_selection=[0, 9])
    assert chosen["msg"].startswith("SAM inference with 1 box, 1 positive")
    again = predicted(shop, disc(), **fields, dino_preview_checkbox=True, dino_preview_boxes_selection=[0, 1] * 100_000)
    assert again["msg"] == body["msg"]
    unused = predicted(shop, disc(), **fields, dino_preview_boxes_selection=[0])
    assert unused["msg"] == body["msg"]
    none = predicted(shop, disc(), dino_enabled=True, dino_text_prompt="x. y", dino_preview_checkbox=True,
                     dino_box_threshold=0.99)  # fmt: skip
    assert none["msg"].startswith("It seems that you are using a high box threshold")


def test_points_that_are_none(shop: Shop) -> None:
    def answer(points: Any) -> Any:
        return shop.post("/sam/sam-predict", {"input_image": text_of(disc()), "sam_positive_points": points})

    assert answer([[1, 2, 3]]).body["error"] == "ValueError"
    assert answer([5]).body["detail"][0]["loc"] == ["body", "sam_positive_points", 0]
    assert answer([["a", 1]]).body["detail"][0]["loc"] == ["body", "sam_positive_points", 0, 0]
    assert shop.post("/sam/sam-predict", {}).body["detail"][0]["loc"] == ["body", "input_image"]


def test_dino(shop: Shop) -> None:
    def answer(**fields: Any) -> Any:
        return shop.post("/sam/dino-predict", {"input_image": text_of(disc()), **fields})

    found = answer(text_prompt="red").body
    assert found["msg"] == "Done"
    red = np.asarray(opened(found["image_with_box"])) == (255, 0, 0)
    rows, columns = np.nonzero(red.all(2))
    ends = (columns.min(), rows.min(), columns.max(), rows.max())
    assert ends == pytest.approx((24, 24, 71, 71), abs=4)
    none = opened(answer(text_prompt="red", box_threshold=0.99).body["image_with_box"])
    assert apart(none, disc()) == 0
    assert answer(text_prompt="").body == {"msg": "GroundingDINO requires text prompt.", "image_with_box": None}
    assert answer().body["detail"][0]["loc"] == ["body", "text_prompt"]


def test_dilated_masks(shop: Shop) -> None:
    mask = Image.new("L", (96, 96))
    mask.paste(255, (40, 40, 56, 56))

    def answer(mask: Image.Image, **fields: Any) -> Any:
        return shop.post("/sam/dilate-mask", {"input_image": text_of(disc()), "mask": text_of(mask), **fields}).body

    usual, wide = (opened(answer(mask, **fields)["mask"]) for fields in ({}, {"dilate_amount": 40}))
    assert share(mask) < share(usual) < share(wide)
    assert share(usual, (36, 40, 60, 56)) > 0.95
    assert set(answer(mask)) == {"blended_image", "mask", "masked_image"}
    kept = answer(mask, dilate_amount=0)
    assert apart(opened(kept["mask"]), mask) == 0
    assert answer(mask.resize((48, 48)))["error"] == "IndexError"


# --- segments


def segmented(shop: Shop, path: str = "controlnet-seg", auto: Any = None, **payload: Any) -> Any:
    body = {"payload": {"input_image": text_of(squirrel()), **payload}, "autosam_conf": auto or {}}
    return shop.post(f"/sam/{path}", body)


@pytest.mark.parametrize(
    ("processor", "which"),
    [("seg_ofade20k", "Oneformer semantic segmentation of ade20k"),
     ("seg_ofcoco", "Oneformer semantic segmentation of coco"),
     ("seg_ufade20k", "Uniformer semantic segmentation of ade20k")],
)  # fmt: skip
def test_semantic_segments(shop: Shop, processor: str, which: str) -> None:
    body = segmented(shop, processor=processor, processor_res=128).body
    assert body["msg"] == f"{which} done. Left is segmentation before SAM, right is segmentation after SAM."
    assert list(body)[1:] == ["sem_presam", "sem_postsam", "blended_presam", "blended_postsam"]
    assert {opened(body[name]).size for name in list(body)[1:]} == {(128, 128)}


def test_random_segments(shop: Shop) -> None:
    body = segmented(shop, processor="random").body
    assert list(body) == ["msg", "blended_images", "random_seg", "edit_anything_control"]
    assert body["msg"].startswith("Random segmentation done. ")
    control = np.asarray(opened(body["edit_anything_control"]))
    assert len(np.unique(control[..., 0])) >= 3
    assert not control[..., 2].any()


def test_segments_need_controlnet() -> None:
    alone = Shop(without=["controlnet"])
    assert segmented(alone).body == {"msg": "ControlNet extension not found."}
    assert segmented(alone, processor="random").status == 200
    assert segmented(alone, "category-mask", category="126").body["error"] == "ValueError"


def test_pixel_perfect(shop: Shop) -> None:
    perfect = segmented(shop, pixel_perfect=True, target_W=512, target_H=384).body
    assert opened(perfect["sem_presam"]).size == (512, 512)
    fill = segmented(shop, pixel_perfect=True, target_W=512, target_H=384, resize_mode=2).body
    assert opened(fill["sem_presam"]).size == (384, 384)
    assert segmented(shop, pixel_perfect=True, target_W=512).body["error"] == "TypeError"


def test_masks_of_categories(shop: Shop) -> None:
    body = segmented(shop, "category-mask", category="126", processor_res=256).body
    assert list(body) == ["msg", "blended_image", "mask", "masked_image", "resized_input"]
    assert body["msg"] == "Done"
    mask = opened(body["mask"])
    assert share(mask, (88, 180, 120, 216)) > 0.9
    assert share(mask, (170, 0, 256, 70)) < 0.1
    more = opened(segmented(shop, "category-mask", category="126+4", processor_res=256).body["mask"])
    assert share(more) > share(mask)
    coco = opened(
        segmented(shop, "category-mask", category="16", processor="seg_ofcoco", processor_res=256).body["mask"]
    )
    assert apart(coco, mask) == 0
    assert share(opened(segmented(shop, "category-mask", category="149").body["mask"])) == 0


@pytest.mark.parametrize("category", ["", "animal", "1,2", "1++2"])
def test_categories_that_are_none(shop: Shop, category: str) -> None:
    answer = segmented(shop, "category-mask", category=category)
    assert (answer.status, answer.body["error"]) == (500, "ValueError")


def test_both_bodies_are_needed(shop: Shop) -> None:
    for path in ("controlnet-seg", "category-mask"):
        answer = shop.post(f"/sam/{path}", {"payload": {"input_image": "x", "category": "1"}})
        assert [error["loc"] for error in answer.body["detail"]] == [["body", "autosam_conf"]]
        none = shop.post(f"/sam/{path}", {})
        assert [error["loc"] for error in none.body["detail"]] == [["body", "payload"], ["body", "autosam_conf"]]
    wrong = segmented(shop, auto={"points_per_batch": "many"})
    assert wrong.body["detail"][0]["loc"] == ["body", "autosam_conf", "points_per_batch"]


def test_the_script_can_do_nothing_from_afar(shop: Shop) -> None:
    assert shop.txt2img({"Segment Anything": []}).result == shop.txt2img().result
