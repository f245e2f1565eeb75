"""The painter with pictures in: img2img, masks, the second pass of hires fix, tiling, and the upscalers."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFilter

from webuiapi.server.painter import Painter

from .painting import PROMPTS, detail, distance, fine, paint, photo, pixels, work


def disc(size: int = 128, *, soft: float = 0) -> Image.Image:
    y, x = np.mgrid[:size, :size]
    inside = (x - size * 0.45) ** 2 + (y - size * 0.55) ** 2 < (size * 0.3) ** 2
    mask = Image.fromarray((inside * 255).astype(np.uint8))
    return mask.filter(ImageFilter.GaussianBlur(soft)) if soft else mask


# From pictures


def test_the_denoising_strength_is_the_share_that_is_new() -> None:
    source = photo()
    of = work("hills", images=[source])
    steps = [paint(replace(of, denoising_strength=s)) for s in (0, 0.1, 0.3, 0.5, 0.75, 0.9, 1)]
    assert steps[0] == source
    assert steps[-1] == paint(work("hills"))
    away = [distance(step, source) for step in steps]
    assert all(one + 0.5 < other for one, other in pairwise(away))
    near = [distance(step, steps[-1]) for step in steps]
    assert near == sorted(near, reverse=True)
    assert paint(replace(of, denoising_strength=2.0)) == steps[-1]


def test_at_half_strength_the_light_and_shade_of_the_input_remain() -> None:
    source = photo()

    def likeness(image: Image.Image) -> float:
        one, other = (pixels(im.convert("L").resize((16, 16), Image.Resampling.BOX)).ravel() for im in (image, source))
        return float(np.corrcoef(one, other)[0, 1])

    guided, free = (paint(work("hills", images=[source], denoising_strength=s)) for s in (0.6, 1.0))
    assert likeness(guided) > 0.8 > likeness(free) + 0.2


def test_a_second_pass_adds_detail_and_changes_nothing_large() -> None:
    of = work("snowy mountains", width=256, height=256)
    first = paint(replace(of, width=128, height=128))
    enlarged = first.resize((256, 256), Image.Resampling.LANCZOS)
    second = paint(replace(of, images=[enlarged], denoising_strength=0.7))
    assert fine(second) > fine(enlarged) * 1.5
    assert distance(second, enlarged) < 8


@given(strength=st.floats(0, 1), fill=st.integers(0, 3), soft=st.sampled_from((0, 3)))
@settings(max_examples=30, deadline=None)
def test_only_the_masked_part_changes(strength: float, fill: int, soft: int) -> None:
    source, mask = photo(), disc(soft=soft)
    picture = paint(work("rose", images=[source], mask=mask, denoising_strength=strength, fill=fill))
    kept = pixels(mask) == 0
    assert (pixels(picture)[kept] == pixels(source)[kept]).all()
    if strength > 0.5:
        assert np.abs(pixels(picture) - pixels(source))[pixels(mask) == 255].mean() > 4


def test_a_soft_mask_blends() -> None:
    source, mask = photo(), Image.new("L", (128, 128), 128)
    of = work("rose", images=[source], denoising_strength=1.0)
    whole, half = paint(of), paint(replace(of, mask=mask))
    assert abs(distance(half, source) - distance(whole, source) / 2) < 1


def test_what_the_masked_part_starts_from() -> None:
    source = Image.new("RGB", (128, 128), (20, 90, 200))
    source.paste((250, 250, 0), (40, 40, 80, 80))
    mask = Image.new("L", (128, 128), 0)
    mask.paste(255, (40, 40, 80, 80))
    fill, original, noise, nothing = (
        pixels(paint(work(images=[source], mask=mask, denoising_strength=0.0, fill=fill)))[40:80, 40:80]
        for fill in range(4)
    )
    assert (original == (250, 250, 0)).all()
    assert np.abs(fill - (20, 90, 200)).max() < 12
    assert (nothing == nothing[0, 0]).all()
    assert noise.std() > 20


def test_an_empty_mask_changes_nothing_and_a_tiny_one_next_to_nothing() -> None:
    source, mask = photo(), Image.new("L", (128, 128), 0)
    of = work(images=[source], mask=mask, denoising_strength=1.0)
    assert paint(of) == source
    mask.putpixel((127, 3), 255)
    assert set(zip(*np.nonzero((pixels(paint(of)) != pixels(source)).any(axis=2)), strict=True)) <= {(3, 127)}


@pytest.mark.parametrize("stop", [2, 10])
def test_an_unfinished_picture_after_another_is_noisy(stop: int) -> None:
    of = work("hills", images=[photo()], denoising_strength=0.6)
    assert distance(paint(of, stop), paint(of)) > 8


@given(
    prompt=st.sampled_from(PROMPTS),
    left=st.integers(0, 31),
    top=st.integers(0, 31),
    wide=st.integers(1, 9),
    high=st.integers(1, 9),
)
@settings(max_examples=40, deadline=None)
def test_masks_of_any_size_can_be_painted(prompt: str, left: int, top: int, wide: int, high: int) -> None:
    mask = Image.new("L", (40, 40), 0)
    mask.paste(255, (left, top, left + wide, top + high))
    source = Image.new("RGB", (40, 40), (9, 99, 199))
    picture = paint(work(prompt, width=40, height=40, images=[source], mask=mask, denoising_strength=0.8, fill=0))
    assert picture.crop((0, 0, 40, top)) == source.crop((0, 0, 40, top))


# Tiling


def seams(image: Image.Image) -> tuple[float, float]:
    """How much more the pixels differ across the borders than between neighbours inside, at most."""
    values = pixels(image)
    across = np.abs(values[:, 0] - values[:, -1]).mean() / max(
        np.abs(np.diff(values, axis=1)).mean(axis=(0, 2)).max(), 1
    )
    down = np.abs(values[0] - values[-1]).mean() / max(np.abs(np.diff(values, axis=0)).mean(axis=(1, 2)).max(), 1)
    return float(across), float(down)


@pytest.mark.parametrize("steps", [2, 20])
@pytest.mark.parametrize("prompt", ["blue and gold marble", "a cat at the sea", "rose"])
def test_tiling_makes_the_edges_meet(prompt: str, steps: int) -> None:
    for size in ((128, 128), (192, 64)):
        assert max(seams(paint(work(prompt, tiling=True, steps=steps, width=size[0], height=size[1])))) <= 1
    assert max(seams(paint(work("hills")))) > 1


def test_tiling_after_a_picture_makes_the_edges_meet() -> None:
    source = paint(work("hills"))
    assert max(seams(source)) > 1
    for strength in (0.2, 0.8):
        assert max(seams(paint(work("marble", tiling=True, images=[source], denoising_strength=strength)))) <= 1
    assert paint(work("marble", tiling=True, images=[source], denoising_strength=0.0)) == source


# Upscaling


def edges() -> Image.Image:
    return paint(work("city at night", width=96, height=64))


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L"])
@pytest.mark.parametrize(
    "upscaler",
    ["", "None", "Nearest", "Lanczos", "Latent", "Latent (nearest)", "Latent (bicubic antialiased)", "ESRGAN_4x"],
)
def test_upscalers_keep_the_mode_and_give_the_size(mode: str, upscaler: str) -> None:
    for size in ((192, 128), (250, 31), (40, 40)):
        enlarged = Painter().upscale(edges().convert(mode), *size, upscaler)
        assert (enlarged.mode, enlarged.size) == (mode, size)


def test_each_family_of_upscalers_has_its_manner() -> None:
    source = edges()

    def up(name: str) -> Image.Image:
        return Painter().upscale(source, 192, 128, name)

    plain = source.resize((192, 128), Image.Resampling.LANCZOS)
    assert up("None") == up("") == up("Lanczos") == plain
    assert up("Nearest") == source.resize((192, 128), Image.Resampling.NEAREST)
    assert detail(up("Latent")) < detail(up("Latent (antialiased)")) < detail(plain)
    models = [up(name) for name in ("ESRGAN_4x", "R-ESRGAN 4x+", "SwinIR 4x", "LDSR", "ScuNET PSNR")]
    assert all(detail(model) > detail(plain) * 1.1 for model in models)
    assert len({model.tobytes() for model in models}) == len(models)
    assert up("ESRGAN_4x") == models[0]
