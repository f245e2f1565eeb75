"""Ultimate SD upscale: sizes, tiles and seams."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from webuiapi.server.extensions.ultimate_upscale import BAND, CHESS, HALF_TILE, HALF_TILE_AND_CORNERS, LINEAR, Tiles

from ..studio import FlatEngine, text_of
from .shop import Painted, Shop, apart, painted

FACTOR, CUSTOM, REQUEST = 2, 1, 0


def start() -> Image.Image:
    return painted("a fox in a forest", 7, 128)


def upscaled(
    shop: Shop, image: Image.Image | None = None, scripts: Any = None, fields: Any = None, **args: Any
) -> Painted:
    """With the arguments of the contract's table, by name."""
    values = {
        "info": None, "tile_width": 128, "tile_height": 0, "mask_blur": 8, "padding": 16, "seams_fix_width": 32,
        "seams_fix_denoise": 0.35, "seams_fix_padding": 16, "upscaler_index": 1, "save_upscaled_image": True,
        "redraw_mode": 0, "save_seams_fix_image": False, "seams_fix_mask_blur": 4, "seams_fix_type": 0,
        "target_size_type": FACTOR, "custom_width": 192, "custom_height": 192, "custom_scale": 2, **args,
    }  # fmt: skip
    body = {"script_name": "Ultimate SD upscale", "script_args": list(values.values()), "denoising_strength": 0.3}
    return shop.img2img(start(), scripts, **body, **(fields or {}))


# --- places


@given(st.integers(64, 2048), st.integers(64, 2048), st.integers(16, 600), st.integers(16, 600))
def test_tiles_cover_the_picture(width: int, height: int, tile_width: int, tile_height: int) -> None:
    tiles = Tiles(width, height, tile_width, tile_height)
    linear, chess = ([part.box for part in tiles.redrawn(mode)] for mode in (LINEAR, CHESS))
    assert len(linear) == tiles.columns * tiles.rows
    assert sorted(linear) == sorted(chess)
    assert sorted({box[0] for box in linear}) == [
        column * tile_width for column in range(math.ceil(width / tile_width))
    ]
    assert max(box[2] for box in linear) >= width
    assert max(box[3] for box in linear) >= height
    colours = [(box[0] // tile_width + box[1] // tile_height) % 2 for box in chess]
    assert colours == sorted(colours)


@pytest.mark.parametrize(("kind", "count"), [(BAND, 1 + 2), (HALF_TILE, 2 * 2 + 3 * 1), (HALF_TILE_AND_CORNERS, 9)])
def test_seams(kind: int, count: int) -> None:
    parts = list(Tiles(128, 192, 64, 64).seams(kind, 32))
    assert len(parts) == count
    boxes = [part.box for part in parts]
    if kind == BAND:
        assert boxes == [(48, 0, 80, 192), (0, 48, 128, 80), (0, 112, 128, 144)]
    else:
        assert (0, 32, 64, 96) in boxes
        assert (32, 0, 96, 64) in boxes
        assert ((32, 32, 96, 96) in boxes) == (kind == HALF_TILE_AND_CORNERS)


# --- pictures


@pytest.mark.parametrize(
    ("args", "size"),
    [
        ({}, (256, 256)),
        ({"custom_scale": 1.6}, (256, 256)),
        ({"custom_scale": 1.5}, (192, 192)),
        ({"target_size_type": CUSTOM, "custom_width": 192, "custom_height": 320}, (192, 320)),
        ({"target_size_type": REQUEST}, (128, 128)),
    ],
)
def test_sizes(shop: Shop, args: Any, size: tuple[int, int]) -> None:
    reply = upscaled(shop, **args)
    assert [image.size for image in reply.images] == [size]


def test_the_picture_is_the_same_but_larger(shop: Shop) -> None:
    plain = upscaled(shop, redraw_mode=2).images[0]
    redrawn = upscaled(shop).images[0]
    assert apart(plain, start().resize((256, 256), Image.Resampling.LANCZOS)) < 3
    assert 1 < apart(redrawn, plain) < 30
    assert apart(redrawn.resize((128, 128)), start()) < 25
    assert apart(upscaled(shop, redraw_mode=1).images[0], redrawn) < 10


def test_what_is_told(shop: Shop) -> None:
    reply = upscaled(shop)
    assert reply.extra == {
        "Ultimate SD upscale upscaler": "Lanczos", "Ultimate SD upscale tile_width": 128,
        "Ultimate SD upscale tile_height": 128, "Ultimate SD upscale mask_blur": 8, "Ultimate SD upscale padding": 16,
    }  # fmt: skip
    assert "Ultimate SD upscale padding: 16" in reply.infotext
    assert reply.info["width"] == 256


@pytest.mark.parametrize("kind", [1, 2, 3])
def test_fixed_seams_are_a_second_picture(shop: Shop, kind: int) -> None:
    first, second = upscaled(shop, seams_fix_type=kind).images
    assert first.size == second.size == (256, 256)
    change = np.abs(np.asarray(first, np.float32) - np.asarray(second, np.float32)).mean(2)
    seam, off = change[:, 124:132].mean(), change[:40, :40].mean()
    assert seam > off + 0.5
    assert off == 0


def test_a_tile_without_height_is_square(shop: Shop) -> None:
    one = upscaled(shop, tile_width=0, tile_height=128)
    assert one.body["images"] == upscaled(shop).body["images"]
    assert upscaled(shop, tile_width=0).body["error"] == "ZeroDivisionError"


def test_one_picture_whatever_the_batch(shop: Shop) -> None:
    reply = upscaled(shop, fields={"batch_size": 2, "n_iter": 3})
    assert [image.size for image in reply.images] == [(256, 256)]


@pytest.mark.parametrize(("mode", "kind", "passes"), [(0, 0, 4), (1, 0, 4), (2, 0, 0), (0, 1, 6), (0, 2, 8), (2, 3, 5)])
def test_each_tile_and_seam_is_a_pass(mode: int, kind: int, passes: int) -> None:
    engine = FlatEngine()
    upscaled(Shop(engine=engine), redraw_mode=mode, seams_fix_type=kind)
    assert len(engine.passes) == passes
    tiles = engine.passes[: 4 if mode < 2 else 0]
    assert [(work.width, work.height, work.denoising_strength) for work in tiles] == [(144, 144, 0.3)] * len(tiles)
    seams = engine.passes[len(tiles) :]
    assert [work.denoising_strength for work in seams] == [0.35] * (passes - len(tiles))


@pytest.mark.parametrize("count", [0, 17])
def test_all_18_arguments(shop: Shop, count: int) -> None:
    body: Any = {"script_name": "Ultimate SD upscale", "script_args": [0] * count}
    answer = shop.img2img(start(), **body)
    assert (answer.status, answer.body["error"]) == (500, "TypeError")


def test_an_upscaler_by_name_or_out_of_range(shop: Shop) -> None:
    assert upscaled(shop, upscaler_index="Lanczos").body["error"] == "TypeError"
    assert upscaled(shop, upscaler_index=99).body["error"] == "IndexError"


def test_only_in_img2img(shop: Shop) -> None:
    reply = shop.txt2img(script_name="Ultimate SD upscale", script_args=[0] * 18)
    assert (reply.status, reply.body["detail"]) == (422, "Script 'Ultimate SD upscale' not found")


def test_together_with_controlnet(shop: Shop) -> None:
    unit = {"enabled": True, "module": "canny", "model": "control_v11p_sd15_canny", "image": text_of(start())}
    reply = upscaled(shop, scripts={"ControlNet": [unit]})
    assert reply.images[0].size == (256, 256)
    assert apart(reply.images[0], upscaled(shop).images[0]) > 0.5
