"""ReActor, roop and FaceSwapLab: endpoints, argument lists, and the face in the picture."""

from __future__ import annotations

import base64
import io
from typing import Any

import pytest
from PIL import Image

from webuiapi.server.extensions.vision.faces import find_faces

from ..studio import opened, text_of
from .shop import Painted, Shop, apart, painted


def owl() -> Image.Image:
    """The picture whose face is taken."""
    return painted("an owl portrait, blue", 5, 192)


@pytest.fixture
def plain(shop: Shop) -> Painted:
    return shop.txt2img()


@pytest.fixture
def target() -> Image.Image:
    return painted("a fox in a forest", 7, 128)


def only_the_face(before: Image.Image, after: Image.Image) -> None:
    """The picture differs in the face by far more than outside."""
    (face,) = find_faces(before)
    left, top, right, bottom = (round(value) for value in (face.left, face.top, face.right, face.bottom))
    assert apart(before, after, (left, top, right, bottom)) > 10
    assert apart(before, after, (0, 0, before.width, max(top - 20, 8))) < 1
    assert apart(before, after, (0, bottom + 30, before.width, before.height)) < 1


# --- ReActor


def reactor_args(shop: Shop, **places: Any) -> list[Any]:
    """All 31 arguments as they are by default, switched on and with a picture."""
    (info,) = (one for one in shop.app.catalog.script_info if one["name"] == "reactor" and not one["is_img2img"])
    args = [argument["value"] for argument in info["args"]]
    args[0], args[1], args[22] = text_of(owl()), True, 0
    for place, value in places.items():
        args[int(place[1:])] = value
    return args


def test_reactor_puts_the_face_in(shop: Shop, plain: Painted) -> None:
    reply = shop.txt2img({"ReActor": reactor_args(shop)})
    assert len(reply.images) == 1
    assert reply.extra == {}
    only_the_face(plain.images[0], reply.images[0])


def test_reactor_with_less_than_all_arguments_does_nothing(shop: Shop, plain: Painted) -> None:
    """The default of `select_source` is the text of a radio button, and matches nothing."""
    assert shop.txt2img({"reactor": reactor_args(shop)[:22]}).result == plain.result
    assert shop.txt2img({"reactor": reactor_args(shop)[:23]}).result != plain.result


@pytest.mark.parametrize(
    "places",
    [
        {"_1": False}, {"_0": None}, {"_4": "unknown.onnx"}, {"_12": False}, {"_22": "Image(s)"}, {"_22": 2},
        {"_22": 1, "_23": "nobody"}, {"_3": "4"}, {"_2": "3"}, {"_30": "tab_multi"},
    ],
)  # fmt: skip
def test_reactor_leaves_the_picture(shop: Shop, plain: Painted, places: Any) -> None:
    assert shop.txt2img({"ReActor": reactor_args(shop, **places)}).result == plain.result


@pytest.mark.parametrize("places", [{"_0": "no picture"}, {"_3": [0]}])
def test_reactor_fails_silently(shop: Shop, plain: Painted, places: Any) -> None:
    reply = shop.txt2img({"ReActor": reactor_args(shop, **places)})
    assert (reply.status, reply.result) == (200, plain.result)


def test_reactor_keeps_originals(shop: Shop, plain: Painted) -> None:
    reply = shop.txt2img({"ReActor": reactor_args(shop, _16=True)})
    original, changed = reply.images
    assert apart(original, plain.images[0]) == 0
    only_the_face(original, changed)
    assert len(reply.info["infotexts"]) == 1


def test_reactor_keeps_originals_and_makes_a_sheet_of_more_than_two(shop: Shop) -> None:
    reply = shop.txt2img({"ReActor": reactor_args(shop, _16=True)}, batch_size=2)
    sizes = [image.size for image in reply.images]
    assert sizes[-4:] == [(128, 128)] * 4
    assert sizes[0] == (256, 256)
    assert reply.info["index_of_first_image"] == len(sizes) - 4


def test_reactor_upscales(shop: Shop) -> None:
    assert shop.txt2img({"ReActor": reactor_args(shop, _8="Lanczos", _9=2)}).images[0].size == (256, 256)
    forced = reactor_args(shop, _8="Lanczos", _9=2, _3="5", _27=True)
    assert shop.txt2img({"ReActor": forced}).images[0].size == (256, 256)
    assert shop.txt2img({"ReActor": [*forced[:27], False, *forced[28:]]}).images[0].size == (128, 128)


def test_reactor_in_the_source_image(shop: Shop, target: Image.Image) -> None:
    usual = shop.img2img(target, denoising_strength=0.1)
    reply = shop.img2img(target, {"ReActor": reactor_args(shop, _11=True, _12=False)}, denoising_strength=0.1)
    only_the_face(usual.images[0], reply.images[0])


def test_reactor_image(shop: Shop, target: Image.Image) -> None:
    body = {"source_image": text_of(owl()), "target_image": text_of(target)}
    only_the_face(target, opened(shop.post("/reactor/image", body).body["image"]))
    for change in ({"model": "nope.onnx"}, {"face_index": [7]}, {"source_faces_index": [1]}, {"select_source": 1}):
        answer = shop.post("/reactor/image", {**body, **change})
        assert apart(opened(answer.body["image"]), target) == 0
    large = shop.post("/reactor/image", {**body, "upscaler": "Lanczos", "scale": 1.5, "face_restorer": "CodeFormer"})
    assert opened(large.body["image"]).size == (192, 192)
    assert shop.post("/reactor/image", {**body, "target_image": "x"}).status == 500
    assert shop.post("/reactor/image").status == 500
    assert shop.post("/reactor/image", {"face_index": "a"}).body["detail"][0]["loc"] == ["body", "face_index"]


def test_reactor_lists(shop: Shop) -> None:
    assert shop.get("/reactor/models").body["models"][0] == "inswapper_128.onnx"
    assert shop.get("/reactor/upscalers").body["upscalers"][:2] == ["None", "Lanczos"]
    assert shop.get("/reactor/facemodels").body == {"facemodels": []}


def test_reactor_face_models(shop: Shop, plain: Painted, target: Image.Image) -> None:
    built = shop.post("/reactor/facemodels", {"source_images": [text_of(owl()), text_of(owl())], "name": "owl"})
    assert built.body == {"facemodels": ["owl"]}
    assert shop.get("/reactor/facemodels").body == {"facemodels": ["owl"]}
    for name in ("owl", "owl.safetensors"):
        reply = shop.txt2img({"ReActor": reactor_args(shop, _0=None, _22=1, _23=name)})
        only_the_face(plain.images[0], reply.images[0])
    body = {"target_image": text_of(target), "select_source": 1, "face_model": "owl"}
    only_the_face(target, opened(shop.post("/reactor/image", body).body["image"]))
    bare = Image.new("RGB", (64, 64), "grey")
    assert shop.post("/reactor/facemodels", {"source_images": [text_of(bare)], "name": ""}).body == built.body


# --- roop


def roop_args(**places: Any) -> list[Any]:
    args: list[Any] = [
        text_of(owl()),
        True,
        "0",
        "models/roop/inswapper_128.onnx",
        "None",
        1,
        "None",
        1,
        1,
        False,
        True,
    ]
    for place, value in places.items():
        args[int(place[1:])] = value
    return args


def test_roop(shop: Shop, plain: Painted, target: Image.Image) -> None:
    only_the_face(plain.images[0], shop.txt2img({"roop": roop_args()}).images[0])
    for places in ({"_1": False}, {"_0": None}, {"_10": False}, {"_2": "3"}, {"_3": "/models/other.onnx"}):
        assert shop.txt2img({"roop": roop_args(**places)}).result == plain.result
    assert shop.txt2img({"roop": roop_args(_6="Lanczos", _7=2)}).images[0].size == (256, 256)
    usual = shop.img2img(target, denoising_strength=0.1)
    reply = shop.img2img(target, {"roop": roop_args(_9=True, _10=False)}, denoising_strength=0.1)
    only_the_face(usual.images[0], reply.images[0])


def test_roop_endpoints(shop: Shop, target: Image.Image) -> None:
    assert shop.get("/roop/models").body == {"models": ["inswapper_128.onnx"]}
    body = {"source_image": text_of(owl()), "target_image": text_of(target)}
    only_the_face(target, opened(shop.post("/roop/image", body).body["image"]))
    unchanged = shop.post("/roop/image", {**body, "model": "nope"})
    assert apart(opened(unchanged.body["image"]), target) == 0
    larger = shop.post("/roop/image", {**body, "scale": "2.5"})
    assert larger.body["detail"][0]["msg"] == "value is not a valid integer"


# --- FaceSwapLab


def lab_args(shop: Shop, unit: int = 0, **places: Any) -> list[Any]:
    """All 125 arguments with one unit switched on; `places` are those of the unit."""
    (info,) = (one for one in shop.app.catalog.script_info if one["name"] == "faceswaplab" and not one["is_img2img"])
    args = [argument["value"] for argument in info["args"]]
    start = 37 * unit
    args[start], args[start + 4], args[start + 11] = text_of(owl()), True, "0"
    for place, value in places.items():
        args[start + int(place[1:])] = value
    return args


@pytest.mark.parametrize("unit", [0, 1, 2])
def test_faceswaplab(shop: Shop, plain: Painted, unit: int) -> None:
    only_the_face(plain.images[0], shop.txt2img({"faceswaplab": lab_args(shop, unit)}).images[0])
    for places in ({"_4": False}, {"_0": None}, {"_14": False}, {"_11": "2"}, {"_12": 3}):
        assert shop.txt2img({"faceswaplab": lab_args(shop, unit, **places)}).result == plain.result


def test_faceswaplab_afterwards(shop: Shop, target: Image.Image) -> None:
    args = lab_args(shop)
    args[114:116] = ["Lanczos", 2]
    assert shop.txt2img({"faceswaplab": args}).images[0].size == (256, 256)
    usual = shop.img2img(target, denoising_strength=0.1)
    reply = shop.img2img(target, {"faceswaplab": lab_args(shop, _13=True, _14=False)}, denoising_strength=0.1)
    only_the_face(usual.images[0], reply.images[0])


def test_faceswaplab_endpoints(shop: Shop, target: Image.Image) -> None:
    assert list(shop.get("/faceswaplab/version").body) == ["version"]
    unit = {"source_img": text_of(owl()), "faces_index": [0]}
    swapped = shop.post("/faceswaplab/swap_face", {"image": text_of(target), "units": [unit]}).body
    assert swapped["infos"] == []
    only_the_face(target, opened(swapped["images"][0]))
    after = {"upscaler_name": "Lanczos", "scale": 2}
    body = {"image": text_of(target), "units": [unit], "postprocessing": after}
    assert opened(shop.post("/faceswaplab/swap_face", body).body["images"][0]).size == (256, 256)
    assert shop.post("/faceswaplab/swap_face", {"units": []}).body == {"images": [], "infos": []}
    assert shop.post("/faceswaplab/swap_face", {}).body["detail"][0]["loc"] == ["body", "units"]
    wrong = {"units": [{"pre_inpainting": {"inpainting_steps": 0}}]}
    place = ["body", "units", 0, "pre_inpainting", "inpainting_steps"]
    assert shop.post("/faceswaplab/swap_face", wrong).body["detail"][0]["loc"] == place


def test_faceswaplab_compares(shop: Shop) -> None:
    def alike(one: Image.Image, other: Image.Image) -> float:
        body = {"image1": text_of(one), "image2": text_of(other)}
        value: float = shop.post("/faceswaplab/compare", body).body
        return value

    fox = painted("a fox in a forest", 7, 128)
    assert alike(owl(), owl()) == pytest.approx(1)
    assert alike(owl(), fox) < 0.99
    assert shop.post("/faceswaplab/compare", {}).body == -1


def test_faceswaplab_cuts_out_and_builds(shop: Shop, plain: Painted) -> None:
    faces = shop.post("/faceswaplab/extract", {"images": [text_of(owl()), text_of(owl())]}).body["images"]
    assert len(faces) == 2
    (face,) = find_faces(owl())
    width, height = opened(faces[0]).size
    assert abs(width - face.width) < face.width * 0.5
    assert height < owl().height
    larger = {"images": [text_of(owl())], "postprocessing": {"upscaler_name": "Lanczos", "scale": 2}}
    assert opened(shop.post("/faceswaplab/extract", larger).body["images"][0]).width == 2 * width // 8 * 8
    assert shop.post("/faceswaplab/extract", {}).body["error"] == "TypeError"
    built = shop.post("/faceswaplab/build", [text_of(owl())]).body
    assert built.startswith("data:application/face;base64,")
    assert Image.open(io.BytesIO(base64.b64decode(built.partition(",")[2]))).size == (256, 320)
    reply = shop.txt2img({"faceswaplab": lab_args(shop, _0=None, _1=built)})
    only_the_face(plain.images[0], reply.images[0])
    broken = lab_args(shop, _0=None, _1="data:application/face;base64,xxxx")
    assert shop.txt2img({"faceswaplab": broken}).result == plain.result
    assert shop.post("/faceswaplab/build", []).body is None
