"""ControlNet's endpoints: lists, preprocessors, poses."""

from __future__ import annotations

import base64
import io
import zipfile
from typing import Any

import numpy as np
import pytest
from PIL import Image

from webuiapi.server.app import App
from webuiapi.server.limits import Limits

from ..conftest import ask
from ..studio import opened
from .shop import Shop, apart, disc, flower, share, squirrel, text_of


def detected(shop: Shop, module: str, *images: Image.Image, **fields: Any) -> Any:
    given = {f"controlnet_{name}": value for name, value in fields.items()}
    pictures = [text_of(image) for image in images or (disc(),)]
    answer = shop.post(
        "/controlnet/detect", {"controlnet_module": module, "controlnet_input_images": pictures, **given}
    )
    assert answer.status == 200, answer.body
    return answer.body


def map_of(shop: Shop, module: str, image: Image.Image, **fields: Any) -> Image.Image:
    return opened(detected(shop, module, image, **fields)["images"][0])


ALL = Shop().get("/controlnet/module_list").body["module_list"]
MASKED = ("inpaint_only", "inpaint_only+lama", "inpaint")
REFUSED = ("clip_vision", "revision_clipvision", "revision_ignore_prompt", "ip-adapter-auto")


@pytest.mark.parametrize("module", ALL)
def test_every_module(shop: Shop, module: str) -> None:
    picture = squirrel().resize((96, 64))
    body = {
        "controlnet_module": module,
        "controlnet_input_images": [text_of(picture)],
        "controlnet_processor_res": 64,
        "controlnet_masks": [text_of(Image.new("L", picture.size, 255))] if module in MASKED else [],
    }
    first, second = (shop.post("/controlnet/detect", body) for _ in range(2))
    assert first.body == second.body
    if module in REFUSED:
        assert (first.status, first.body["detail"]) == (422, "Module not supported")
        return
    assert first.status == 200
    assert ("poses" in first.body) == ("openpose" in module)
    if "tensor" in first.body:
        assert set(first.body) == {"info", "tensor"}
        return
    assert first.body["info"] == "Success"
    (image,) = (opened(text) for text in first.body["images"])
    assert (image.mode, image.size) == ("RGB", (96, 64))


def test_canny_draws_the_outline(shop: Shop) -> None:
    edges = np.asarray(map_of(shop, "canny", disc(96, 24), processor_res=96).convert("L")) > 128
    rows, columns = np.nonzero(edges)
    distance = np.hypot(rows - 47.5, columns - 47.5)
    assert 22 < distance.min() < distance.max() < 27
    assert 2 * np.pi * 24 * 0.7 < len(rows) < 2 * np.pi * 24 * 1.5
    assert not np.asarray(map_of(shop, "canny", Image.new("RGB", (64, 64), "red"))).any()


def test_canny_by_its_thresholds(shop: Shop) -> None:
    thresholds = ((20, 40), (100, 200), (250, 255))
    shares = [share(map_of(shop, "canny", squirrel(), threshold_a=low, threshold_b=high)) for low, high in thresholds]
    assert shares[0] > shares[1] > shares[2] > 0


@pytest.mark.parametrize("module", ["lineart", "lineart_anime", "hed", "pidinet", "scribble_hed", "mlsd"])
def test_lines_lie_on_the_outline(shop: Shop, module: str) -> None:
    box = Image.new("RGB", (128, 128), (30, 40, 90))
    box.paste((230, 200, 90), (32, 32, 96, 96))
    found = map_of(shop, module, box, processor_res=128)
    assert share(found, (28, 40, 36, 88)) > 0.1
    assert share(found, (50, 50, 78, 78)) < 0.02
    assert share(found, (2, 2, 20, 20)) < 0.02


def test_simple_ones(shop: Shop) -> None:
    image = flower()
    assert apart(map_of(shop, "none", image), image) == 0
    inverted = np.asarray(map_of(shop, "invert (from white bg & black line)", image)).astype(int)
    assert (inverted + np.asarray(image) == 255).all()
    bits = np.asarray(map_of(shop, "threshold", image, threshold_a=100))
    assert set(np.unique(bits)) == {0, 255}
    wide = map_of(shop, "blur_gaussian", image, threshold_a=40, processor_res=256)
    assert apart(wide, image) > apart(map_of(shop, "blur_gaussian", image, threshold_a=2, processor_res=256), image) > 0
    grid = np.asarray(map_of(shop, "color", image))
    assert (grid[:64, :64] == grid[0, 0]).all()
    grey = np.asarray(map_of(shop, "recolor_luminance", image))
    assert (grey[..., 0] == grey[..., 2]).all()
    assert map_of(shop, "tile_resample", image, threshold_a=4, processor_res=256).size == (64, 64)


def test_depth_has_what_is_in_front_near(shop: Shop) -> None:
    depth = map_of(shop, "depth", squirrel())
    body = share(depth, (160, 360, 260, 440))
    assert body > 0.6
    assert body > share(depth, (0, 0, 512, 120)) * 1.5


def test_segmentation_is_in_the_colours_of_ade20k(shop: Shop) -> None:
    found = {tuple(colour) for colour in np.asarray(map_of(shop, "segmentation", squirrel())).reshape(-1, 3).tolist()}
    assert {(255, 0, 122), (4, 200, 3)} <= found
    assert len(found) < 12


def test_several_pictures_and_data_uris(shop: Shop) -> None:
    body = detected(shop, "canny", disc(), flower(), processor_res=64)
    assert len(body["images"]) == 2
    pictures = ["data:image/png;base64," + text_of(disc())]
    again = shop.post(
        "/controlnet/detect",
        {"controlnet_module": "canny", "controlnet_input_images": pictures, "controlnet_processor_res": 64},
    )
    assert again.body["images"][0] == body["images"][0]


def test_order_of_the_checks(shop: Shop) -> None:
    def refusal(**fields: Any) -> tuple[int, str]:
        answer = shop.post("/controlnet/detect", {f"controlnet_{name}": value for name, value in fields.items()})
        return answer.status, answer.body["detail"]

    assert refusal(module="nope") == (422, "Module not available")
    assert refusal(module="clip_vision") == (422, "Module not supported")
    assert refusal(module="canny") == (422, "No image selected")
    needs = "Preprocessor inpaint_only+lama requires `controlnet_masks` param."
    assert refusal(module="inpaint_only+lama", input_images=["xxx"]) == (422, needs)
    assert refusal(module="canny", input_images=["xxx"]) == (500, "Invalid encoded image")
    assert shop.post("/controlnet/detect").body["detail"] == "No image selected"
    assert shop.post("/controlnet/detect", {"controlnet_processor_res": "x"}).body["detail"][0]["loc"] == [
        "body",
        "controlnet_processor_res",
    ]


def test_masks(shop: Shop) -> None:
    mask = Image.new("L", (96, 96))
    mask.paste(255, (0, 0, 48, 96))
    cut = map_of(shop, "inpaint_only", disc(), masks=[text_of(mask)])
    assert not np.asarray(cut)[:, :48].any()
    assert apart(cut, disc(), (48, 0, 96, 96)) == 0
    filled = map_of(shop, "inpaint_only+lama", disc(), masks=[text_of(mask)])
    assert share(filled, (0, 0, 48, 96)) > 0.1


def test_tensors_have_the_form_of_saved_ones(shop: Shop) -> None:
    (text,) = detected(shop, "ip-adapter_clip_sd15", flower())["tensor"]
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(text))) as archive:
        assert archive.namelist() == ["archive/data.pkl", "archive/data/0", "archive/version"]
        numbers = np.frombuffer(archive.read("archive/data/0"), "<f4")
        assert b"_rebuild_tensor_v2" in archive.read("archive/data.pkl")
    assert numbers.shape == (768,)
    assert np.abs(numbers).max() <= 1
    used = {"enabled": True, "module": "ip-adapter_clip_sd15", "model": "ip-adapter_sd15", "ipadapter_input": text}
    reply = shop.txt2img({"ControlNet": [{**used, "image": text_of(flower())}]})
    assert len(reply.images) == 2


# --- poses


def test_poses_can_be_drawn_again(shop: Shop) -> None:
    body = detected(shop, "openpose_full", squirrel())
    (pose,) = body["poses"]
    (person,) = pose["people"]
    assert (pose["canvas_width"], pose["canvas_height"], pose["animals"]) == (512, 512, [])
    assert len(person["pose_keypoints_2d"]) == 18 * 3
    assert len(person["face_keypoints_2d"]) == 70 * 3
    assert len(person["hand_left_keypoints_2d"]) == len(person["hand_right_keypoints_2d"]) == 21 * 3
    drawn = shop.post("/controlnet/render_openpose_json", [pose]).body
    assert drawn["info"] == "Success"
    assert drawn["images"] == body["images"]


@pytest.mark.parametrize(
    ("module", "body", "face", "hands"),
    [
        ("openpose", True, False, False),
        ("openpose_face", True, True, False),
        ("openpose_faceonly", False, True, False),
        ("openpose_hand", True, False, True),
        ("dw_openpose_full", True, True, True),
    ],
)
def test_parts_of_poses(shop: Shop, module: str, body: bool, face: bool, hands: bool) -> None:
    (person,) = detected(shop, module, squirrel())["poses"][0]["people"]
    assert any(person["pose_keypoints_2d"]) == body
    assert (person["face_keypoints_2d"] is not None) == face
    assert (person["hand_left_keypoints_2d"] is not None) == hands


def test_animals(shop: Shop) -> None:
    (pose,) = detected(shop, "animal_openpose", squirrel())["poses"]
    assert (pose["people"], len(pose["animals"])) == ([], 1)
    lost = shop.post("/controlnet/render_openpose_json", [pose]).body
    assert share(opened(lost["images"][0])) == 0  # the schema has no animals


def test_points_below_confidence_are_absent(shop: Shop) -> None:
    points = [0.0] * 54
    points[0:3], points[3:6] = [10, 10, 1], [50, 50, 0.9]
    pose = {"people": [{"pose_keypoints_2d": points}], "canvas_width": 64, "canvas_height": 80}
    (image,) = (opened(text) for text in shop.post("/controlnet/render_openpose_json", [pose]).body["images"])
    assert image.size == (64, 80)
    assert share(image, (5, 5, 16, 16)) > 0
    assert share(image, (20, 20, 64, 80)) == 0


@pytest.mark.parametrize(
    ("value", "loc"),
    [
        ({}, ["body"]),
        ([{"people": []}], ["body", 0, "canvas_width"]),
        ([{"people": [{}], "canvas_width": 8, "canvas_height": 8}], ["body", 0, "people", 0, "pose_keypoints_2d"]),
        ([{"people": [5], "canvas_width": 8, "canvas_height": 8}], ["body", 0, "people", 0]),
    ],
)
def test_what_is_no_pose(shop: Shop, value: Any, loc: list[Any]) -> None:
    answer = shop.post("/controlnet/render_openpose_json", value)
    assert answer.status == 422
    assert answer.body["detail"][0]["loc"] == loc


def test_no_poses_at_all(shop: Shop) -> None:
    assert shop.post("/controlnet/render_openpose_json", []).body == {"info": "No pose data detected."}
    assert shop.post("/controlnet/render_openpose_json").body == {"info": "No pose data detected."}


# --- lists


def test_models_and_types(shop: Shop) -> None:
    models = shop.get("/controlnet/model_list").body["model_list"]
    assert models[0] == "None"
    types = shop.get("/controlnet/control_types").body["control_types"]
    assert next(iter(types)) == "All"
    assert types["All"]["model_list"] == models
    assert types["Canny"]["default_model"] == "control_v11p_sd15_canny [d14c016b]"
    assert types["IP-Adapter"]["model_list"][1:] == [name for name in models if name.startswith("ip-adapter")]
    assert types["Revision"]["default_model"] == "None"
    assert shop.get("/controlnet/model_list?update=false").body["model_list"] == models
    assert shop.get("/controlnet/model_list?update=maybe").status == 422


def test_settings_follow_the_option(shop: Shop) -> None:
    shop.post("/sdapi/v1/options", {"control_net_unit_count": 5})
    assert shop.get("/controlnet/settings").body == {"control_net_unit_count": 5}


def test_more_pictures_than_the_server_holds() -> None:
    with App(limits=Limits(pictures=2, megapixels=4)) as app:

        def error(path: str, body: Any) -> str | None:
            answer = ask(app, "POST", f"/controlnet/{path}", body).body
            found: str | None = answer.get("error")
            return found

        for count, wanted in ((2, None), (3, "MemoryError")):
            pictures = {"controlnet_input_images": [text_of(disc())] * count}
            assert error("detect", pictures) == wanted
            canvas = {"people": [], "canvas_width": 8, "canvas_height": 8}
            assert error("render_openpose_json", [canvas] * count) == wanted
    with App() as app:
        large = {"people": [], "canvas_width": 8000, "canvas_height": 8000}
        assert error("render_openpose_json", [large] * 5) == "OutOfMemoryError"
