"""The painter: the same picture for the same pass everywhere, and every parameter does to it what it should."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from webuiapi.server.engine import Pass, Stop
from webuiapi.server.painter import Painter
from webuiapi.server.painter_figures import FIGURES
from webuiapi.server.painter_scenes import SCENES
from webuiapi.server.painter_words import FIGURES as FIGURE_WORDS
from webuiapi.server.painter_words import SCENES as SCENE_WORDS
from webuiapi.server.painter_words import read

from .painting import PROMPTS, detail, distance, paint, photo, pixels, work

# Determinism


def test_the_same_bytes_in_another_process() -> None:
    prompts = ["snowy mountains", "red rose", "woman at the sea"]
    code = (
        "import hashlib; from webuiapi.server.engine import Pass; from webuiapi.server.painter import Painter\n"
        f"for prompt in {prompts!r}:\n"
        f"    work = Pass([prompt], ['blue'], [3], [4], 0.25, 96, 64, 9, 5.5, 'DDIM', 'Karras', 'model')\n"
        "    print(hashlib.sha256(Painter().paint(work, lambda done, preview: None)[0].tobytes()).hexdigest())\n"
    )
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    here = [Pass([p], ["blue"], [3], [4], 0.25, 96, 64, 9, 5.5, "DDIM", "Karras", "model") for p in prompts]
    assert other == [hashlib.sha256(paint(of).tobytes()).hexdigest() for of in here]


def test_the_bytes_known_from_elsewhere() -> None:
    """Changes of the painter change these; changes of Python, NumPy, Pillow or the machine must not."""
    known = {
        "snowy mountains": "e246febdb4466bbf",
        "abstract marble": "9a2ac9199a32ad54",
        "galaxy": "115b4e4574d8f2e4",
        "cat in the city": "2d98b07052bd0bea",
    }
    assert known == {p: hashlib.sha256(paint(work(p, width=96, height=64)).tobytes()).hexdigest()[:16] for p in known}


def test_numpy_is_loaded_by_the_painter_alone() -> None:
    code = "import sys, webuiapi.server.engine; assert 'numpy' not in sys.modules and 'PIL' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_batch_holds_what_each_alone_would_be() -> None:
    batch = replace(work(), prompts=["cat", "sea"], negative_prompts=["", "red"], seeds=[1, 7], subseeds=[2, 8])
    pictures = Painter().paint(batch, lambda done, preview: None)
    assert [p.mode for p in pictures] == ["RGB", "RGB"]
    assert pictures[0] == paint(work("cat", negative_prompts=[""], seeds=[1]))
    assert pictures[1] == paint(work("sea", negative_prompts=["red"], seeds=[7], subseeds=[8]))


# Words, seeds, names


def test_every_scene_and_figure_of_the_vocabulary_exists() -> None:
    assert set(SCENE_WORDS) == set(SCENES)
    assert set(FIGURE_WORDS) == set(FIGURES)


@pytest.mark.parametrize(
    ("prompt", "scene", "figure"),
    [
        ("a squirrel", "forest", "squirrel"),
        ("two (cats:1.2) by the OCEAN", "sea", "cat"),
        ("1girl, city street, neon", "city", "woman"),
        ("red roses", "bloom", None),
        ("galaxy", "space", None),
    ],
)
def test_known_words_choose_what_is_painted(prompt: str, scene: str, figure: str | None) -> None:
    idea = read(prompt, "")
    assert (idea.scene, idea.figure) == (scene, figure)


def test_words_of_the_negative_prompt_are_not_followed() -> None:
    assert read("cat in a forest", "cats").figure is None
    assert read("a garden", "").ramps != read("a garden", "red").ramps


def test_colours_are_followed() -> None:
    red, blue = (pixels(paint(work(f"{colour} hills"))).mean(axis=(0, 1)) for colour in ("red", "blue"))
    assert red[0] - red[2] > 40
    assert blue[2] - blue[0] > 20
    black, white = (pixels(paint(work(f"{colour} cat"))).mean() for colour in ("black", "white"))
    assert white - black > 3


@pytest.mark.parametrize("prompt", PROMPTS)
def test_another_seed_is_another_picture(prompt: str) -> None:
    one, other, third = (paint(work(prompt, seeds=[seed])) for seed in (1, 2, 2**63 + 5))
    assert distance(one, other) > 4
    assert distance(other, third) > 4


def test_other_prompts_are_other_pictures() -> None:
    pictures = [paint(work(prompt)) for prompt in PROMPTS]
    assert len({picture.tobytes() for picture in pictures}) == len(PROMPTS)
    assert distance(paint(work("a cat")), paint(work("a cat, masterpiece"))) > 1


@pytest.mark.parametrize(
    "changes", [{"negative_prompts": ["blurry"]}, {"sampler": "DDIM"}, {"scheduler": "Karras"}, {"model": "other"}]
)
def test_other_names_change_a_little(changes: dict[str, Any]) -> None:
    assert 0.1 < distance(paint(work()), paint(work(**changes))) < 40


def test_the_subseed_strength_moves_from_one_seed_to_the_other() -> None:
    seed, subseed = paint(work("mountains")), paint(work("mountains", seeds=[2]))
    mixes = [paint(work("mountains", subseed_strength=s)) for s in (0, 0.1, 0.4, 0.7, 1)]
    assert mixes[0] == seed
    assert mixes[-1] == subseed
    away = [distance(mix, seed) for mix in mixes]
    assert away == sorted(away)
    assert 0 < away[1] < away[-1] / 2
    near = [distance(mix, subseed) for mix in mixes]
    assert near == sorted(near, reverse=True)


# Steps and guidance


@pytest.mark.parametrize("prompt", ["mountains", "city at night", "squirrel", "rose", "galaxy", "marble"])
def test_more_steps_refine_until_there_is_no_more_to_refine(prompt: str) -> None:
    pictures = [paint(work(prompt, steps=steps, width=256, height=256)) for steps in (1, 3, 6, 20, 60, 70)]
    sharp = [detail(picture) for picture in pictures]
    assert sharp[:4] == sorted(sharp[:4])
    assert sharp[0] < sharp[3] * 0.75
    changes = [distance(one, other) for one, other in pairwise(pictures)]
    assert changes[-1] < changes[0] / 4
    assert pictures[-1] == pictures[-2]


def test_guidance_strengthens_the_colours() -> None:
    def strong(image: Image.Image) -> tuple[float, float]:
        values = pixels(image)
        return float((values.max(axis=2) - values.min(axis=2)).mean()), float(values.mean(axis=2).std())

    measured = [strong(paint(work("ocean at sunset", cfg_scale=cfg))) for cfg in (1, 4, 7, 12, 30)]
    for series in zip(*measured, strict=True):
        assert list(series) == sorted(series)
        assert series[-1] > series[0] * 1.5


def test_steps_are_counted_and_previews_painted_only_when_looked_at() -> None:
    seen: dict[int, Image.Image] = {}
    calls: list[int] = []

    def step(done: int, preview: Callable[[], Image.Image]) -> None:
        calls.append(done)
        if done in (2, 10, 20):
            seen[done] = preview()

    finished = Painter().paint(work(), step)[0]
    assert calls == list(range(1, 21))
    assert seen[20] == finished
    left = [distance(picture, finished) for picture in seen.values()]
    assert left == sorted(left, reverse=True)
    assert left[1] > 10


def test_a_stop_leaves_the_picture_of_that_step() -> None:
    previews: list[Image.Image] = []

    def step(done: int, preview: Callable[[], Image.Image]) -> None:
        if done == 5:
            previews.append(preview())
            raise Stop

    unfinished = Painter().paint(
        replace(work(), prompts=["cat"] * 2, negative_prompts=[""] * 2, seeds=[1, 2], subseeds=[1, 2]), step
    )
    assert unfinished[0] == previews[0]
    assert all(
        distance(picture, paint(work("cat", seeds=[seed]))) > 10
        for picture, seed in zip(unfinished, (1, 2), strict=True)
    )


def test_no_steps_at_all_still_give_a_picture() -> None:
    assert paint(work(steps=0)).size == (128, 128)
    assert paint(work(steps=0, images=[photo()], denoising_strength=0.0)) == photo()


# Sizes


@given(
    prompt=st.sampled_from(PROMPTS),
    width=st.integers(1, 12).map(lambda n: n * 8),
    height=st.integers(1, 12).map(lambda n: n * 8),
    steps=st.sampled_from((1, 7, 20)),
    tiling=st.booleans(),
    seed=st.integers(-(2**70), 2**70),
)
@settings(max_examples=120, deadline=None)
def test_any_size_can_be_painted(prompt: str, width: int, height: int, steps: int, *, tiling: bool, seed: int) -> None:
    picture = paint(work(prompt, width=width, height=height, steps=steps, tiling=tiling, seeds=[seed]))
    assert (picture.mode, picture.size) == ("RGB", (width, height))


@pytest.mark.parametrize("size", [(2048, 8), (8, 2048), (4096, 512)])
def test_long_pictures_can_be_painted(size: tuple[int, int]) -> None:
    assert paint(work(width=size[0], height=size[1])).size == size


@pytest.mark.parametrize("prompt", ["mountains", "squirrel", "rose"])
def test_a_picture_is_the_same_in_another_size(prompt: str) -> None:
    small, large = (paint(work(prompt, width=n, height=n)) for n in (128, 384))
    assert distance(small, large.resize(small.size, Image.Resampling.BOX)) < 6


def test_it_says_what_it_is() -> None:
    assert "stand-in" in Painter.notice
    assert "not diffusion" in Painter.notice
