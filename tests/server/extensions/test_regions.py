"""Regional Prompter, Tiled Diffusion with its relatives, IC-Light and LayerDiffuse: parts, sizes, light and alpha."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PIL import Image

from webuiapi.server.extensions.ic_light import FBC, FC
from webuiapi.server.extensions.regional_prompter import regions
from webuiapi.server.extensions.tiled_diffusion import one_tile

from ..studio import text_of
from .shop import SIDE, Painted, Shop, apart, disc, painted, share

LEFT, RIGHT = (0, 0, SIDE // 2 - 8, SIDE), (SIDE // 2 + 8, 0, SIDE, SIDE)


@pytest.fixture
def plain(shop: Shop) -> Painted:
    return shop.txt2img()


# --- Regional Prompter


def test_columns_of_a_prompt(shop: Shop) -> None:
    reply = shop.txt2img({"Regional Prompter": [True]}, prompt="sunset over the sea BREAK snow at night")
    sunset = shop.txt2img(prompt="sunset over the sea").images[0]
    night = shop.txt2img(prompt="snow at night").images[0]
    assert apart(reply.images[0], sunset, LEFT) < apart(reply.images[0], night, LEFT) / 4
    assert apart(reply.images[0], night, RIGHT) < apart(reply.images[0], sunset, RIGHT) / 4


def test_pairs_of_regions(shop: Shop) -> None:
    options = ["debug", "Flip prompts", "something else"]
    args = [True, False, "Matrix", "Rows", "Mask", "Prompt", "1,2", "0.3", False, True, False, "Latent", options]
    reply = shop.txt2img({"Regional Prompter": args}, prompt="calm ADDCOMM sea ADDROW night")
    assert list(reply.extra) == [
        "RP Active", "RP Divide mode", "RP Matrix submode", "RP Mask submode", "RP Prompt submode", "RP Calc Mode",
        "RP Ratios", "RP Base Ratios", "RP Use Base", "RP Use Common", "RP Use Ncommon", "RP Options",
        "RP LoRA Neg Te Ratios", "RP LoRA Neg U Ratios", "RP threshold", "RP LoRA Stop Step", "RP LoRA Hires Stop Step",
        "RP Flip",
    ]  # fmt: skip
    assert reply.extra["RP Options"] == "debug,Flip prompts"
    assert (reply.extra["RP Ratios"], reply.extra["RP Matrix submode"]) == ("1,2", "Rows")
    assert reply.info["all_prompts"] == ["calm BREAK sea BREAK night"]
    assert 'RP Ratios: "1,2"' in reply.infotext


@pytest.mark.parametrize(
    ("given", "told"),
    [(True, "disable convert 'AND' to 'BREAK'"), (False, ""), ("debug,debug2,x", "debug,debug2"), ([], "")],
)
def test_forms_of_the_options(shop: Shop, given: Any, told: str) -> None:
    args = [True, False, "Matrix", "Columns", "Mask", "Prompt", "1,1", "0.2", False, False, False, "Attention", given]
    assert shop.txt2img({"Regional Prompter": args}, prompt="a BREAK b").extra["RP Options"] == told


def test_without_a_word_that_parts_nothing_happens(shop: Shop, plain: Painted) -> None:
    assert shop.txt2img({"Regional Prompter": [True]}).result == plain.result
    lower = shop.txt2img({"Regional Prompter": [True]}, prompt="a break b")
    assert lower.extra == {}
    off = shop.txt2img({"Regional Prompter": [False]}, prompt="a ADDROW b")
    assert (off.extra, off.info["all_prompts"]) == ({}, ["a ADDROW b"])


def test_ratios() -> None:
    half = [(0, 0, 0.5, 1), (0.5, 0, 1, 1)]
    assert regions("1,1", columns=True, flipped=False) == half
    assert regions("1,1", columns=False, flipped=False) == [(0, 0, 1, 0.5), (0, 0.5, 1, 1)]
    assert regions("1;1", columns=True, flipped=True) == half
    boxes = regions("1,1,1;3,1", columns=True, flipped=False)
    assert boxes == [(0, 0, 0.5, 0.25), (0.5, 0, 1, 0.25), (0, 0.25, 1, 1)]
    assert regions("1,3", columns=True, flipped=False)[1] == (0.25, 0, 1, 1)


def test_ratios_that_are_none_fail_silently(shop: Shop) -> None:
    usual = shop.txt2img(prompt="a BREAK b").images[0]
    reply = shop.txt2img(
        {"Regional Prompter": [True, False, "Matrix", "Columns", "Mask", "Prompt", "wide"]}, prompt="a BREAK b"
    )
    assert reply.status == 200
    assert apart(reply.images[0], usual) == 0


# --- Tiled Diffusion


@pytest.mark.parametrize(
    ("size", "tile", "overlap", "one"),
    [((512, 512), (96, 96), 48, True), ((1024, 1024), (96, 96), 48, False), ((1024, 512), (128, 96), 48, True),
     ((520, 520), (64, 64), 0, False), ((64, 64), (16, 16), 200, True)],
)  # fmt: skip
def test_one_tile(size: tuple[int, int], tile: tuple[int, int], overlap: int, one: bool) -> None:
    assert one_tile(*size, *tile, overlap) is one


TILES = [True, "MultiDiffusion", False, True, 1024, 1024, 16, 16, 4, 2]
"""As a list of arguments begins; a picture of 128 pixels is one tile, one of 192 four."""


def test_tiled_diffusion(shop: Shop, plain: Painted) -> None:
    reply = shop.txt2img({"Tiled Diffusion": TILES}, width=192, height=192)
    usual = shop.txt2img(width=192, height=192)
    assert reply.extra["Tiled Diffusion"] == {
        "Method": "MultiDiffusion", "Tile tile width": 16, "Tile tile height": 16, "Tile Overlap": 4,
        "Tile batch size": 2,
    }  # fmt: skip
    assert 'Tiled Diffusion: {"Method": "MultiDiffusion", "Tile tile width": 16' in reply.infotext
    assert apart(reply.images[0], usual.images[0]) > 0.2
    assert shop.txt2img({"Tiled Diffusion": TILES}).result == plain.result
    assert shop.txt2img({"Tiled Diffusion": [False, *TILES[1:]]}).result == plain.result


def test_tiled_diffusion_in_another_size(shop: Shop) -> None:
    reply = shop.txt2img({"Tiled Diffusion": [True, "MultiDiffusion", True, True, 256, 320, *TILES[6:]]})
    assert reply.images[0].size == (256, 320)
    assert "Size: 256x320" in reply.infotext


def test_tiled_diffusion_upscales_in_img2img(shop: Shop) -> None:
    args = [*TILES, "Lanczos", 1.5]
    reply = shop.img2img(disc(128), {"Tiled Diffusion": args}, width=64, height=64)
    assert reply.images[0].size == (192, 192)
    told = reply.extra["Tiled Diffusion"]
    assert (told["Upscaler"], told["Upscale factor"]) == ("Lanczos", 1.5)
    inverted = [*args, True, 5]
    assert shop.img2img(disc(128), {"Tiled Diffusion": inverted}).extra["Tiled Diffusion"]["NoiseInv Steps"] == 5


@pytest.mark.parametrize("args", [[True, "Other", *TILES[2:]], [*TILES, "Nothing installed"], [*TILES[:6], "wide"]])
def test_tiled_diffusion_fails_silently(shop: Shop, args: list[Any]) -> None:
    reply = shop.img2img(disc(192), {"Tiled Diffusion": args}, width=192, height=192)
    usual = shop.img2img(disc(192), width=192, height=192)
    assert (reply.status, reply.result) == (200, usual.result)


def test_regions_of_tiled_diffusion(shop: Shop, plain: Painted) -> None:
    region = [True, 0.5, 0, 0.5, 1, "snow at night", "", "Foreground", 0.1, 3]
    args = [*TILES, "None", 2, False, 10, 1, 1, 64, False, True, False, False, *region]
    reply = shop.txt2img({"Tiled Diffusion": args})
    assert apart(reply.images[0], plain.images[0], LEFT) == 0
    assert apart(reply.images[0], plain.images[0], RIGHT) > 10
    assert reply.extra["Tiled Diffusion"]["Region 1"] == {
        "enable": True, "x": 0.5, "y": 0, "w": 0.5, "h": 1, "prompt": "snow at night", "neg_prompt": "",
        "blend_mode": "Foreground", "feather_ratio": 0.1, "seed": 3,
    }  # fmt: skip
    same = shop.txt2img({"Tiled Diffusion": args}, seed=8)
    assert apart(same.images[0], reply.images[0], RIGHT) < apart(same.images[0], reply.images[0], LEFT) / 4


def test_demofusion_and_tiled_vae(shop: Shop, plain: Painted) -> None:
    reply = shop.txt2img({"demofusion": [True]})
    assert reply.images[0].size == (2 * SIDE, 2 * SIDE)
    assert reply.extra["DemoFusion"]["Window Size"] == 128
    kept = shop.img2img(disc(SIDE), {"demofusion": [True, "DemoFusion", True]})
    assert kept.images[0].size == (SIDE, SIDE)
    assert shop.txt2img({"demofusion": [False]}).result == plain.result
    assert apart(shop.txt2img({"Tiled VAE": [True, 960, 64]}).images[0], plain.images[0]) < 2


# --- IC-Light


def light(image: Image.Image, box: tuple[int, int, int, int]) -> float:
    return share(image.convert("L"), box)


@pytest.mark.parametrize(
    ("source", "bright", "dark"),
    [("Left Light", LEFT, RIGHT), ("Right Light", RIGHT, LEFT),
     ("Top Light", (0, 0, SIDE, 40), (0, 88, SIDE, SIDE)), ("Bottom Light", (0, 88, SIDE, SIDE), (0, 0, SIDE, 40))],
)  # fmt: skip
def test_light_comes_from_a_side(shop: Shop, source: str, bright: Any, dark: Any) -> None:
    subject = text_of(disc(SIDE))
    unit = {"enabled": True, "model_type": FC, "input_fg": subject, "bg_source_fc": source}
    lit = shop.txt2img({"IC Light": [unit]}).images[0]
    ambient = shop.txt2img({"IC Light": [{**unit, "bg_source_fc": "Ambient"}]}).images[0]
    gain = [light(lit, box) - light(ambient, box) for box in (bright, dark)]
    assert gain[0] > gain[1] + 0.05


def test_ic_light_keeps_the_subject(shop: Shop) -> None:
    unit = {"enabled": True, "model_type": FC, "input_fg": text_of(disc(SIDE, 32))}
    image = np.asarray(shop.txt2img({"IC Light": [unit]}).images[0].convert("RGB"), np.float32)
    middle = image[56:72, 56:72].reshape(-1, 3).mean(0)
    assert middle[0] > middle[2] + 40


@pytest.mark.parametrize(
    "args",
    [[{"enabled": False}], [{"enabled": True}], [{"enabled": True, "model_type": "FC", "input_fg": text_of(disc())}],
     [{"enabled": True, "nonsense": 1}], [{"enabled": True, "model_type": FC, "input_fg": "no picture"}], [True], [5]],
)  # fmt: skip
def test_ic_light_does_nothing_silently(shop: Shop, plain: Painted, args: Any) -> None:
    reply = shop.txt2img({"IC Light": args})
    assert (reply.status, reply.body["images"]) == (200, plain.body["images"])


def slope() -> Image.Image:
    """Dark on the left, bright on the right."""
    return Image.linear_gradient("L").rotate(90).resize((SIDE, SIDE)).convert("RGB")


def lean(image: Image.Image) -> float:
    """How much brighter a picture is on the right."""
    return light(image, RIGHT) - light(image, LEFT)


def newer_line(shop: Shop) -> Shop:
    """A server with the line that takes 13 values."""
    infos = [dict(info) for info in shop.app.catalog.script_info]
    for info in infos:
        if info["name"] == "ic light":
            info["args"] = [{**info["args"][0], "value": value} for value in NEWER]
    return Shop({**shop.app.catalog.data, "script-info": infos})


def test_the_older_line_starts_from_the_light_map(shop: Shop) -> None:
    unit = {"enabled": True, "model_type": FC, "input_fg": text_of(disc(SIDE, 32))}
    lit = shop.img2img(slope(), {"IC Light": [unit]}).images[0]
    even = shop.img2img(Image.new("RGB", (SIDE, SIDE), "white"), {"IC Light": [unit]}).images[0]
    assert lean(lit) > lean(even) + 0.1


def test_the_newer_line_starts_from_the_subject(shop: Shop) -> None:
    newer, subject = newer_line(shop), disc(SIDE, 32)
    lit, cut = newer.img2img(subject, {"IC Light": [True, FC, text_of(slope())]}).images
    even = newer.img2img(subject, {"IC Light": [True, FC, text_of(Image.new("RGB", (8, 8), "white"))]}).images[0]
    assert lean(lit) > lean(even) + 0.05
    assert apart(cut, subject) < 1
    usual = newer.img2img(subject).body["images"]
    for args in ([True, FC, None], [{"enabled": True}], [False, FC, text_of(slope())]):
        assert newer.img2img(subject, {"IC Light": args}).body["images"] == usual


NEWER = [False, FC, None, None, True, "u2net", 225, 16, 16, False, False, 3, False]
"""The values of the newer line."""


def test_a_given_background(shop: Shop) -> None:
    unit = {"enabled": True, "model_type": FBC, "input_fg": text_of(disc(SIDE, 20)), "uploaded_bg": text_of(slope())}
    given = shop.txt2img({"IC Light": [unit]}).images[0]
    flipped = {**unit, "bg_source_fbc": "Use Flipped Background Image"}
    assert lean(given) > 0.2
    assert lean(shop.txt2img({"IC Light": [flipped]}).images[0]) < -0.2


def test_pictures_of_ic_light(shop: Shop) -> None:
    unit = {"enabled": True, "model_type": FC, "input_fg": text_of(disc(SIDE)), "detail_transfer": True}
    lit, detailed, cut = shop.txt2img({"IC Light": [unit]}).images
    assert 0 < apart(lit, detailed) < 20
    assert apart(cut, disc(SIDE)) < 1


# --- LayerDiffuse


@pytest.mark.parametrize("kind", ["Attention Injection", "Conv Injection"])
def test_a_transparent_picture(shop: Shop, plain: Painted, kind: str) -> None:
    reply = shop.txt2img({"LayerDiffuse": [True, f"(SDXL) Only Generate Transparent Image ({kind})"]})
    origin, image = reply.images
    assert apart(origin, plain.images[0]) == 0
    assert image.mode == "RGBA"
    alpha = image.getchannel("A")
    assert alpha.getextrema() == (0, 255)
    assert 0.02 < share(alpha) < 0.8
    assert reply.extra["layerdiffusion_weight"] == 1


@pytest.mark.parametrize(
    "args",
    [[False], [True, "no method"], [True, "(SDXL) From Foreground to Blending", 1, 1, text_of(disc())],
     [True, "(SD1.5) From Background to Foreground (need batch size 2)"]],
)  # fmt: skip
def test_layerdiffuse_does_nothing_silently(shop: Shop, plain: Painted, args: Any) -> None:
    """A picture that comes as a text is not decoded there; so only the methods without one work."""
    reply = shop.txt2img({"LayerDiffuse": args})
    assert (reply.status, [image.mode for image in reply.images]) == (200, ["RGB"])
    assert apart(reply.images[0], plain.images[0]) == 0


def test_everything_together(shop: Shop) -> None:
    method = "(SD1.5) Generate Everything Together (need batch size 3)"
    usual = shop.txt2img(batch_size=3).images[-3:]
    *_, front, back, both, cut = shop.txt2img({"LayerDiffuse": [True, method]}, batch_size=3).images
    assert apart(front, usual[0]) == apart(back, usual[1]) == 0
    assert cut.mode == "RGBA"
    box = cut.getchannel("A").getbbox()
    assert box is not None
    assert 0 < apart(both, back) < apart(both, back, box)


def test_one_painted_subject_is_cut_out_well(shop: Shop) -> None:
    method = "(SDXL) Only Generate Transparent Image (Attention Injection)"
    reply = shop.txt2img({"LayerDiffuse": [True, method]}, prompt="a squirrel on a branch in a forest", seed=1)
    alpha = reply.images[1].getchannel("A")
    before = painted("a squirrel on a branch in a forest", 1)
    assert before.size == alpha.size
    assert share(alpha, (36, 90, 60, 110)) > share(alpha, (0, 0, SIDE, 24)) + 0.3
