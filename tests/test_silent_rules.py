"""What the servers would take and quietly not do: said once, before it is sent."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy
import pytest
from PIL import Image

import webuiapi
from conftest import Connect
from support.callers import Caller
from support.pictures import file_of
from support.samples import PNG
from support.scripted import Scripted
from webuiapi import ADetailer, ExtraBatchImages, ExtraSingleImage, FreeU, Img2Img, Roop, Sag, Txt2Img
from webuiapi.checks import ParameterWarning

SIZE = (16, 16)
BLACK, WHITE, GREY = (Image.new("L", SIZE, value) for value in (0, 255, 60))
MARKED = BLACK.copy()
MARKED.putpixel((3, 4), 255)
NOTHING_ONLY = "so nothing is masked: the server paints the whole picture anew"
NOTHING_WHOLE = "so nothing is masked: the picture stays as it is"


def said(request: webuiapi.Request[Any]) -> list[str]:
    found = list(request.problems())
    assert not any(problem.fatal for problem in found)
    return [problem.text for problem in found]


def masked(mask: Any, **fields: Any) -> list[str]:
    return said(Img2Img(PNG, "a", mask_image=mask, **fields))


# -- masks ------------------------------------------------------------------------------------------------------------


def with_alpha(alpha: Image.Image, colour: str = "white") -> Image.Image:
    found = Image.new("RGBA", SIZE, colour)
    found.putalpha(alpha)
    return found


@pytest.mark.parametrize(
    ("mask", "fields", "text"),
    [
        (BLACK, {}, f"mask_image is all black, {NOTHING_ONLY}"),
        (BLACK, {"inpaint_full_res": False}, f"mask_image is all black, {NOTHING_WHOLE}"),
        (BLACK.convert("RGB"), {}, f"mask_image is all black, {NOTHING_ONLY}"),
        (BLACK.convert("1"), {}, f"mask_image is all black, {NOTHING_ONLY}"),
        (BLACK.convert("P"), {}, f"mask_image is all black, {NOTHING_ONLY}"),
        (WHITE, {"inpainting_mask_invert": 1},
         f"mask_image is all white with inpainting_mask_invert=1, {NOTHING_ONLY}"),
        (with_alpha(BLACK), {}, f"mask_image is all transparent, {NOTHING_ONLY}"),
        (with_alpha(GREY), {}, f"mask_image is all transparent, {NOTHING_ONLY}"),
    ],
)  # fmt: skip
def test_a_mask_that_masks_nothing(mask: Image.Image, fields: dict[str, Any], text: str, tmp_path: Path) -> None:
    path = tmp_path / "mask.png"
    mask.save(path)
    assert masked(mask, **fields) == [text]
    assert masked(path, **fields) == [text]
    assert masked(str(path), **fields) == [text]
    assert masked(path.read_bytes(), **fields) == [text]
    if mask.mode in ("L", "RGB", "RGBA"):
        assert masked(numpy.asarray(mask), **fields) == [text]


@pytest.mark.parametrize(
    ("mask", "fields"),
    [
        (MARKED, {}),
        (WHITE, {}),
        (GREY, {}),
        (BLACK, {"inpainting_mask_invert": 1}),
        (with_alpha(WHITE), {}),
        (with_alpha(WHITE, "black").convert("RGB"), {"inpainting_mask_invert": 1}),
        (with_alpha(MARKED, "black"), {}),
        (with_alpha(GREY), {"mask_round": False}),
        ("https://example.com/mask.png", {}),
        (Image.new("L", (2049, 2048)), {"inpaint_full_res": False, "width": 16, "height": 16}),
    ],
)
def test_a_mask_that_masks_something_or_can_not_be_told(mask: Any, fields: dict[str, Any]) -> None:
    assert [text for text in masked(mask, **fields) if "nothing is masked" in text] == []


def test_a_look_at_a_mask_changes_nothing_about_how_it_is_sent(connect: Connect, scripted: Scripted) -> None:
    data = file_of(MARKED, "PNG", compress_level=9)
    connect(url=scripted.url).img2img(PNG, "a", mask_image=Image.open(io.BytesIO(data)))
    assert scripted.last.json["mask"] == webuiapi.b64_img(data)


def test_a_mask_of_another_size() -> None:
    text = "mask_image is 8x16 and the picture 16x16: the server paints another part than the mask shows"
    assert masked(MARKED.crop((0, 0, 8, 16))) == [text]
    assert masked(MARKED.crop((0, 0, 8, 16)), inpaint_full_res=False, size="input") == [text]
    half = MARKED.crop((0, 0, 8, 8))
    assert masked(half) == [text.replace("8x16", "8x8")]
    assert masked(half, inpaint_full_res=False, size="input") == []  # both are brought to one size
    assert said(Img2Img("https://example.com/a.png", mask_image=half)) == []


def test_parameters_for_a_mask_without_one() -> None:
    assert said(Img2Img(PNG, inpainting_fill=1)) == ["inpainting_fill=1 does nothing without mask_image="]
    assert said(Img2Img(PNG, inpaint_full_res=True, mask_blur=8, inpainting_fill=0)) == [
        "inpaint_full_res=True, mask_blur=8 do nothing without mask_image="
    ]
    assert said(Img2Img(PNG, inpainting_fill=1, extra={"mask": PNG})) == []
    assert said(Img2Img(PNG, inpainting_fill=0, inpainting_mask_invert=0, inpaint_full_res=False)) == []


# -- extras -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [ExtraSingleImage, ExtraBatchImages])
def test_extras_that_do_nothing(kind: Any) -> None:
    text = "upscaler_1= is missing: the picture comes back as it is"
    assert said(kind(PNG)) == said(kind(PNG, upscaling_resize=4)) == said(kind(PNG, upscaler_1="None")) == [text]
    assert said(kind(PNG, upscaler_2="Lanczos")) == [
        "upscaler_1= is missing, without which upscaler_2 is not used: the picture comes back as it is"
    ]
    for something in ({"upscaler_1": "Lanczos"}, {"codeformer_visibility": 1}, {"gfpgan_visibility": "0.5"}):
        assert said(kind(PNG, **something)) == []
    assert said(kind(PNG, extra={"upscaler_1": "Lanczos"})) == []


def test_no_pictures_at_all() -> None:
    assert said(ExtraBatchImages([], upscaler_1="Lanczos")) == ["images: none are given, and none will come back"]


# -- switches that were forgotten -------------------------------------------------------------------------------------


def test_a_hires_pass_that_is_not_on() -> None:
    assert said(Txt2Img("a", hr_scale=2, hr_upscaler="Latent")) == [
        "hr_scale, hr_upscaler without enable_hr=True: no effect"
    ]
    assert said(Txt2Img("a", hr_scale=2, enable_hr=True)) == []
    assert said(Txt2Img("a", hr_scale=2, enable_hr=False)) == []
    assert said(Txt2Img("a", hr_scale=2, infotext="a")) == said(Txt2Img("a", hr_scale=2, extra={"enable_hr": 1})) == []


def test_adetailers_switches() -> None:
    def told(**fields: Any) -> list[str]:
        return said(Txt2Img("a", adetailer=ADetailer("face_yolov8n.pt", **fields)))

    assert told(ad_steps=30, ad_sampler="Euler", ad_scheduler="Karras") == [
        "ADetailer: ad_steps without ad_use_steps=True: no effect",
        "ADetailer: ad_sampler, ad_scheduler without ad_use_sampler=True: no effect",
    ]
    assert told(ad_steps=30, ad_use_steps=True) == told(ad_steps=30, ad_use_steps=False) == []


# -- units in the wrong place -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"controlnet_units": [ADetailer("a.pt")]}, "controlnet_units: ADetailer is not for it: give adetailer="),
        ({"roop": Sag()}, "roop: Sag is not for it: give sag="),
        ({"reactor": Roop(PNG)}, "reactor: Roop is not for it: give roop="),
        ({"adetailer": FreeU()}, "adetailer: FreeU is not for it: give scripts="),
    ],
)
def test_a_unit_of_another_extension(caller: Caller, scripted: Scripted, fields: dict[str, Any], text: str) -> None:
    with pytest.raises(TypeError, match=f"^{text}"):
        caller.txt2img("a", **fields)
    assert scripted.seen == []


def test_units_in_their_places_and_in_scripts() -> None:
    units = [ADetailer("a.pt"), Sag(), webuiapi.ControlNetUnit(PNG, model="x")]
    assert said(Txt2Img("a", scripts=units)) == []
    assert said(Txt2Img("a", adetailer=units[0], sag=units[1], controlnet_units=units[2])) == []


# -- what is said once, and sent all the same -------------------------------------------------------------------------


def test_it_is_sent_all_the_same(connect: Connect, scripted: Scripted) -> None:
    with pytest.warns(ParameterWarning, match="^inpainting_fill=1 does nothing") as caught:
        connect(url=scripted.url).img2img(PNG, "a", inpainting_fill=1)
    assert len(caught) == 1
    assert scripted.last.json["inpainting_fill"] == 1


def test_strictly_it_is_not_sent(connect: Connect, scripted: Scripted) -> None:
    with pytest.raises(ValueError, match=r"^mask_image is all black"):
        connect(url=scripted.url, checks="strict").img2img(PNG, "a", mask_image=BLACK)
    assert scripted.seen == []
