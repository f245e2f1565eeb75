"""The selectable scripts but for the X/Y/Z plot: their pictures, grids, infotexts and failures."""

from __future__ import annotations

from typing import Any

import pytest

from .studio import Reply, Studio, colour_of


@pytest.fixture
def studio() -> Studio:
    return Studio()


def run(studio: Studio, name: str, *args: Any, **fields: Any) -> Reply:
    call = studio.img2img if fields.pop("img2img", False) else studio.txt2img
    reply = call(script_name=name, script_args=list(args), **fields)
    assert reply.status == 200, reply.body
    return reply


# --- prompt matrix


def matrix(studio: Studio, *args: Any, **fields: Any) -> Reply:
    return run(studio, "Prompt matrix", *(args or (False, False, "positive", "comma", 0)), **fields)


def test_matrix_pictures(studio: Studio) -> None:
    reply = matrix(studio, prompt="a hut| red ,|tall", batch_size=2)
    assert reply.info["all_prompts"] == ["a hut", "a hut, red ", "a hut, tall", "a hut, red , tall"]
    assert reply.info["all_seeds"] == [20] * 4
    assert reply.info["index_of_first_image"] == 1
    assert len(reply.images) == len(reply.info["infotexts"]) == 5
    assert reply.info["infotexts"][0] == reply.info["infotexts"][1]
    assert reply.images[0].info == {}
    assert reply.images[1].info["parameters"] == reply.info["infotexts"][1]
    assert [work.prompts for work in studio.engine.passes] == [
        ["a hut", "a hut, red "],
        ["a hut, tall", "a hut, red , tall"],
    ]


def test_matrix_of_the_negative_prompt_with_other_seeds(studio: Studio) -> None:
    reply = matrix(studio, True, True, "negative", "space", 4, negative_prompt="fog|rain")
    assert reply.info["all_negative_prompts"] == ["fog", "rain fog"]
    assert reply.info["all_prompts"] == ["a house"] * 2
    assert reply.info["all_seeds"] == [20, 21]


@pytest.mark.parametrize(("parts", "columns", "rows"), [(0, 1, 1), (1, 2, 1), (2, 2, 2), (3, 4, 2), (4, 4, 4)])
def test_matrix_grid(studio: Studio, parts: int, columns: int, rows: int) -> None:
    reply = matrix(studio, prompt="|".join(["a", *"bcde"[:parts]]), steps=1)
    grid = reply.images[0]
    left = 48 if parts > 1 else 0
    assert grid.width == left + 64 * columns
    assert 64 * rows <= grid.height <= 64 * rows + 24
    assert len(reply.images) == 1 + 2**parts


def test_matrix_margin(studio: Studio) -> None:
    plain, wide = matrix(studio, prompt="a|b|c"), matrix(studio, False, False, "positive", "comma", 10, prompt="a|b|c")
    assert (wide.images[0].width, wide.images[0].height) == (plain.images[0].width + 10, plain.images[0].height + 10)


def test_an_interrupted_matrix_has_a_grid_of_what_there_is(studio: Studio) -> None:
    studio.during("interrupt", number=3)
    assert [image.size for image in matrix(studio, prompt="a|b|c").images] == [(128, 128), *[(64, 64)] * 3]


@pytest.mark.parametrize(
    ("args", "text"),
    [
        ([False, False, "both", "comma", 0], "Unknown prompt type both"),
        ([False, False, "positive", "tab", 0], "Unknown variations delimiter tab"),
        ([], "Unknown prompt type start"),
    ],
)
def test_matrix_errors(studio: Studio, args: list[Any], text: str) -> None:
    failed = studio.failing("txt2img", script_name="prompt matrix", script_args=args)
    assert failed == (500, "ValueError", text)


def test_a_matrix_of_too_many(studio: Studio) -> None:
    args = [False, False, "positive", "comma", 0]
    assert studio.failing("txt2img", script_name="prompt matrix", script_args=args, prompt="|" * 60)[1] == "MemoryError"


# --- prompts from file or textbox


def lines(studio: Studio, text: str, *how: Any, **fields: Any) -> Reply:
    return run(studio, "prompts from file or textbox", *(how or (False, False, "start")), text, **fields)


def test_a_picture_for_each_line(studio: Studio) -> None:
    reply = lines(studio, "a cow\n\n  a pig  \n", prompt="")
    assert reply.info["all_prompts"] == ["a cow", "a pig"]
    assert [text.split("\n")[0] for text in reply.info["infotexts"]] == ["a cow", "a pig"]
    assert reply.info["index_of_first_image"] == 0
    assert [image.info["parameters"] for image in reply.images] == reply.info["infotexts"]
    assert reply.info["sd_model_name"] is None
    assert reply.info["seed"] == 20


@pytest.mark.parametrize(("place", "prompt"), [("start", "a cow in the rain"), ("end", "in the rain a cow")])
def test_where_lines_are_put(studio: Studio, place: str, prompt: str) -> None:
    lines(studio, "a cow\n--negative_prompt sun fog", False, False, place, prompt="in the rain", negative_prompt="wet")
    assert studio.engine.passes[0].prompts == [prompt]
    assert studio.engine.passes[1].prompts == ["in the rain"]
    assert studio.last.negative_prompts == ["sun fog wet" if place == "start" else "wet sun fog"]


def test_options_of_lines(studio: Studio) -> None:
    line = '--prompt "a cow" by night --steps 2 --cfg_scale 3 --width 128 --seed 5 --sampler_name k_heun --tiling true'
    lines(studio, f"{line}\na pig\n--sd_model random-sd15 --prompt x", prompt="")
    first, second, third = studio.engine.passes
    assert (first.prompts, first.steps, first.cfg_scale, first.width) == (["a cow by night"], 2, 3.0, 128)
    assert (first.seeds, first.sampler, first.tiling) == ([5], "Heun", True)
    assert (second.prompts, second.steps, second.seeds, second.sampler) == (["a pig"], 3, [20], "Euler")
    assert (third.model, second.model) == ("random-sd15", "tiny-random-sd15")


@pytest.mark.parametrize("line", ["--nothing 3", "--steps", "--steps many", 'a -- "b', "--steps 2 a cow"])
def test_a_line_that_cannot_be_read_is_a_prompt(studio: Studio, line: str) -> None:
    assert lines(studio, line, prompt="").info["all_prompts"] == [line]


def test_seeds_of_lines(studio: Studio) -> None:
    lines(studio, "a\nb", True, False, "start", n_iter=2)
    assert [work.seeds for work in studio.engine.passes] == [[20], [21], [22], [23]]
    lines(studio, "a\nb", False, True, "start", seed=-1)
    assert studio.engine.passes[-1].seeds == studio.engine.passes[-2].seeds
    lines(studio, "a\nb", False, False, "start", seed=-1)
    assert studio.engine.passes[-1].seeds != studio.engine.passes[-2].seeds


def test_lines_and_progress(studio: Studio) -> None:
    seen: list[tuple[int, str]] = []
    progress = studio.app.state.progress
    studio.engine.on_step = lambda done: seen.append((progress.job_count, progress.job))
    lines(studio, "a\n--n_iter 2 --prompt b", steps=1)
    assert seen == [(3, "1 out of 2"), (3, "Batch 1 out of 2"), (3, "Batch 2 out of 2")]


def test_no_lines(studio: Studio) -> None:
    reply = lines(studio, " \n", seed=-1)
    assert reply.body["images"] == []
    assert (reply.info["seed"], reply.info["all_seeds"], reply.info["infotexts"]) == (-1, [-1], [])


# --- loopback


def loop(studio: Studio, *args: Any, **fields: Any) -> Reply:
    return run(studio, "Loopback", *args, img2img=True, **fields)


def test_loopback(studio: Studio) -> None:
    reply = loop(studio, 3, 0.2, "Linear", "None", denoising_strength=0.6)
    grid, *pictures = reply.images
    assert grid.size == (192, 64)
    assert grid.info == {}
    assert [image.getpixel((0, 0)) for image in pictures] == [colour_of(seed) for seed in (20, 21, 22)]
    assert [work.denoising_strength for work in studio.engine.passes] == pytest.approx([0.6, 0.4, 0.2])
    info = reply.info
    assert info["index_of_first_image"] == 0
    assert (info["seed"], info["all_seeds"], info["subseed"]) == (20, [22], -1)
    assert len(set(info["infotexts"])) == 1
    assert len(info["infotexts"]) == 4
    assert "Final denoising strength: 0.2, Denoising curve: Linear" in info["infotexts"][0]


def test_each_loop_starts_from_the_last(studio: Studio) -> None:
    loop(studio, 2, 0.5, "Linear", "None", inpainting_fill=2)
    second = studio.last
    assert second.images is not None
    assert second.images[0].getpixel((0, 0)) == colour_of(20)


@pytest.mark.parametrize(
    ("curve", "strengths"),
    [("Aggressive", [0.2, 0.7656854, 1.0]), ("Lazy", [0.2, 0.4343146, 1.0]), ("Odd", [0.2, 0.6, 1.0])],
)
def test_curves(studio: Studio, curve: str, strengths: list[float]) -> None:
    loop(studio, 3, 1.0, curve, "None", denoising_strength=0.2)
    assert [work.denoising_strength for work in studio.engine.passes] == pytest.approx(strengths)


def test_one_loop_keeps_its_strength_and_has_no_grid(studio: Studio) -> None:
    assert len(loop(studio, 1, 0.9, "Linear", "None", denoising_strength=0.3).images) == 1
    assert studio.last.denoising_strength == 0.3


def test_loops_in_batches(studio: Studio) -> None:
    reply = loop(studio, 2, 0.5, "Linear", "None", n_iter=3, batch_size=4)
    assert [image.size for image in reply.images] == [(192, 64), *[(64, 64)] * 3]
    assert [work.seeds for work in studio.engine.passes] == [[seed] for seed in range(20, 26)]
    starts = [work.images[0].getpixel((0, 0)) for work in studio.engine.passes if work.images]
    assert starts[::2] == [(128, 128, 128)] * 3


def test_loops_without_grid(studio: Studio) -> None:
    studio.setting(return_grid=False)
    assert len(loop(studio, 2, 0.5, "Linear", "None").images) == 2


@pytest.mark.parametrize(("kind", "words"), [("CLIP", "grey"), ("DeepBooru", "no humans"), ("Other", "")])
def test_loops_that_look_at_the_picture(studio: Studio, kind: str, words: str) -> None:
    loop(studio, 1, 0.5, "Linear", kind)
    assert studio.last.prompts[0].startswith("a house, ")
    assert words in studio.last.prompts[0]


def test_an_interrupted_loop(studio: Studio) -> None:
    studio.during("interrupt", number=3)
    assert [image.size for image in loop(studio, 5, 0.5, "Linear", "None").images] == [(128, 64), (64, 64), (64, 64)]


def test_a_skipped_loop_ends_its_batch(studio: Studio) -> None:
    studio.during("skip", number=2)
    assert len(loop(studio, 3, 0.5, "Linear", "None").images) == 1
    assert len(studio.engine.passes) == 2
