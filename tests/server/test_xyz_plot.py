"""The X/Y/Z plot: values, axes, grids, texts and failures."""

from __future__ import annotations

from typing import Any

import pytest

from contract.compare import CATALOG
from webuiapi.server.catalog import Catalog
from webuiapi.server.processing import limits
from webuiapi.server.processing.axes import AXES

from .studio import Reply, Studio, colour_of, extended

TABS = {
    bool(info["is_img2img"]): info["args"][0]["choices"]
    for info in Catalog.of(CATALOG).script_info
    if info["name"] == "x/y/z plot"
}


@pytest.fixture
def studio() -> Studio:
    return Studio()


def arguments(img2img: bool = False, **given: Any) -> list[Any]:
    """The 18 arguments; axes as pairs of their name and their values."""
    args: list[Any] = []
    for letter in "xyz":
        name, values = given.pop(letter, ("Nothing", ""))
        args += [
            TABS[img2img].index(name),
            values if isinstance(values, str) else "",
            values if isinstance(values, list) else [],
        ]
    more = {
        "legend": True, "lone": False, "sub": False, "keep": False, "vary_x": False, "vary_y": False, "vary_z": False,
        "margin": 0, "csv": False,
    }  # fmt: skip
    flags = {**more, **{key: given[key] for key in more.keys() & given.keys()}}
    return [*args, *flags.values()]


def plot(studio: Studio, img2img: bool = False, fields: dict[str, Any] | None = None, **given: Any) -> Reply:
    call = studio.img2img if img2img else studio.txt2img
    reply = call(script_name="x/y/z plot", script_args=arguments(img2img, **given), **(fields or {}))
    assert reply.status == 200, reply.body
    return reply


def test_every_axis_of_the_catalogue_is_known() -> None:
    assert {*TABS[False], *TABS[True]} == AXES.keys()


# --- grids


def test_cells_are_painted_in_order(studio: Studio) -> None:
    reply = plot(studio, x=("Seed", "1,2,3"), y=("Steps", "1,2"), lone=True, legend=False)
    grid, *cells = reply.images
    assert grid.size == (192, 128)
    assert [(work.seeds, work.steps) for work in studio.engine.passes] == [
        ([1], 1), ([2], 1), ([3], 1), ([1], 2), ([2], 2), ([3], 2),
    ]  # fmt: skip
    assert grid.getpixel((70, 5)) == cells[1].getpixel((0, 0)) == colour_of(2)
    assert reply.info["all_seeds"] == [1, 2, 3, 1, 2, 3]
    assert reply.info["index_of_first_image"] == 1


def test_three_axes(studio: Studio) -> None:
    reply = plot(studio, x=("Seed", "1,2"), y=("Steps", "1,2"), z=("CFG Scale", "3,4,5"), lone=True, sub=True)
    images, info = reply.images, reply.info
    assert len(images) == 1 + 3 + 12
    sub = images[1].size
    assert images[0].width == 3 * sub[0]
    assert images[0].height > sub[1]
    assert len(info["infotexts"]) == 16
    assert len(info["all_prompts"]) == len(info["all_seeds"]) == 15
    texts = info["infotexts"]
    axes = 'X Type: Seed, X Values: "1,2", Fixed X Values: "1, 2", Y Type: Steps, Y Values: "1,2"'
    assert f'Script: X/Y/Z plot, {axes}, Z Type: CFG Scale, Z Values: "3,4,5"' in texts[0]
    assert [("CFG scale: 3.0" in text, axes in text, "Z Type" in text) for text in texts[1:3]] == [
        (True, True, False),
        (False, True, False),
    ]
    assert "Script" not in texts[4]
    assert "Script" not in info["extra_generation_params"]
    assert [("parameters" in image.info) for image in images] == [False] * 4 + [True] * 12


def test_only_the_grid(studio: Studio) -> None:
    reply = plot(studio, x=("Seed", "1,2"), z=("Steps", "1,2"))
    assert len(reply.images) == 1
    assert len(reply.info["infotexts"]) == 1 + 4
    assert len(reply.info["all_prompts"]) == 4
    assert len(plot(studio, x=("Seed", "1,2"), z=("Steps", "1,2"), sub=True).images) == 3


def test_the_dearest_axis_changes_least_often(studio: Studio) -> None:
    models = ["random-sd15", "tiny-random-sd15"]
    plot(studio, x=("Checkpoint name", models), y=("Seed", "1,2"), z=("VAE", ["None", "tiny-vae.safetensors"]))
    assert [work.model for work in studio.engine.passes] == ["random-sd15"] * 4 + ["tiny-random-sd15"] * 4
    assert studio.txt2img().info["sd_model_name"] == "tiny-random-sd15"


def test_margin_and_legend(studio: Studio) -> None:
    bare = plot(studio, x=("Seed", "1,2"), y=("Seed", "3,4"), legend=False, margin=10).images[0]
    legend = plot(studio, x=("Seed", "1,2"), y=("Seed", "3,4"), margin=10).images[0]
    assert bare.size == (128, 128)
    assert legend.width == 128 + 48 + 10


def test_progress_of_cells(studio: Studio) -> None:
    seen: list[tuple[int, int, str]] = []
    progress = studio.app.state.progress
    studio.engine.on_step = lambda done: seen.append((progress.job_count, progress.job_no, progress.job))
    plot(studio, x=("Seed", "1,2"), fields={"steps": 1})
    assert seen == [(2, 0, "1 out of 2"), (2, 1, "2 out of 2")]


# --- seeds


def test_seeds_left_to_chance_are_the_same_in_all_cells(studio: Studio) -> None:
    info = plot(studio, x=("Steps", "1,2"), y=("CFG Scale", "1,2"), fields={"seed": -1}).info
    assert len(set(info["all_seeds"])) == 1
    assert info["all_seeds"][0] >= 0


def test_seeds_can_stay_left_to_chance(studio: Studio) -> None:
    info = plot(studio, x=("Steps", "1,2,3"), keep=True, fields={"seed": -1}).info
    assert len(set(info["all_seeds"])) == 3


def test_a_seed_of_the_axis_left_to_chance(studio: Studio) -> None:
    reply = plot(studio, x=("Seed", "-1,5"), y=("Steps", "1,2"))
    drawn = reply.info["all_seeds"]
    assert drawn[0] == drawn[2] >= 0
    assert drawn[1] == drawn[3] == 5
    assert f'X Values: "-1,5", Fixed X Values: "{drawn[0]}, 5"' in reply.infotext


def test_varied_seeds(studio: Studio) -> None:
    plot(studio, x=("Steps", "1,2"), y=("CFG Scale", "1,2,3"), z=("Eta", "0,1"), vary_x=True, vary_z=True)
    assert [work.seeds[0] for work in studio.engine.passes] == [20, 21] * 3 + [22, 23] * 3


# --- axes


@pytest.mark.parametrize(
    ("name", "values", "pairs"),
    [
        ("Sampler", ["Heun", "LMS"], ["Sampler: Heun", "Sampler: LMS"]),
        ("Schedule type", ["Karras", "Beta"], ["Schedule type: Karras", "Schedule type: Beta"]),
        ("Clip skip", "2,3", ["Clip skip: 2", "Clip skip: 3"]),
        ("Var. strength", "0.1,0.2", ["Variation seed strength: 0.1", "Variation seed strength: 0.2"]),
        ("Size", "64x72, 80x64, 9", ["Size: 64x72", "Size: 80x64", "Size: 64x64"]),
        ("UniPC Order", "1,9", ["Sampler: Euler", "Sampler: Euler"]),
        ("VAE", ["tiny-vae.safetensors", "Automatic"], ["VAE: tiny-vae.safetensors", "Size: 64x64"]),
        ("Face restore", "gfpgan, no", ["Face restoration: GFPGAN", "Seed: 20, Size"]),
        ("RNG source", ["CPU", "NV"], ["RNG: CPU", "RNG: NV"]),
        ("Checkpoint name", ["random-sd15"], ["Model: random-sd15"]),
        ("Refiner checkpoint", ["None", "random-sd15"], ["Model: tiny-random-sd15", "Refiner: random-sd15"]),
        ("Always discard next-to-last sigma", ["True", "False"], ["Discard penultimate sigma: True", "Version"]),
        ("Negative Guidance minimum sigma", "1,2", ["NGMS: 1.0", "NGMS: 2.0"]),
        ("[Hypertile] Unet First pass Enabled", ["True"], ["Hypertile U-Net: True"]),
    ],
)
def test_axes(studio: Studio, name: str, values: Any, pairs: list[str]) -> None:
    texts = plot(studio, x=(name, values)).info["infotexts"][1:]
    assert len(texts) == len(pairs)
    assert all(pair in text for pair, text in zip(pairs, texts, strict=True))
    assert studio.txt2img().pairs == Studio().txt2img().pairs


def test_prompt_search_and_replace(studio: Studio) -> None:
    reply = plot(studio, x=("Prompt S/R", 'house,"barn, red",fog'), fields={"negative_prompt": "house in fog"})
    assert reply.info["all_prompts"] == ["a house", "a barn, red", "a fog"]
    assert [work.negative_prompts[0] for work in studio.engine.passes][1] == "barn, red in fog"


def test_prompt_order(studio: Studio) -> None:
    plot(studio, x=("Prompt order", "red,tall"), fields={"prompt": "a red and tall tree"})
    assert [work.prompts[0] for work in studio.engine.passes] == ["a red and tall tree", "a tall and red tree"]


def test_styles_axis(studio: Studio) -> None:
    plot(studio, x=("Styles", ["Watercolor", "Cinematic,Watercolor"]))
    assert studio.engine.passes[0].prompts == ["a house, watercolor"]
    assert studio.last.prompts == ["cinematic still of a house, film grain, watercolor"]


def test_hires_axes(studio: Studio) -> None:
    fields = {"enable_hr": True, "denoising_strength": 0.5, "steps": 1}
    texts = plot(studio, x=("Hires steps", "1,2"), y=("Hires upscaler", ["Latent", "tiny-4x"]), fields=fields).info[
        "infotexts"
    ]
    assert "Hires steps: 2, Hires upscaler: tiny-4x" in texts[-1]
    assert plot(studio, x=("Hires sampler", ["LMS"]), fields=fields).infotext.count("Hires sampler: LMS") == 1


def test_an_axis_of_an_extension_changes_nothing() -> None:
    catalog = extended()
    for info in catalog["script-info"]:
        if info["name"] == "x/y/z plot":
            info["args"][0]["choices"].append("Theirs")
    args = arguments(x=("Seed", "1"), y=("Seed", "1"))
    args[:2] = [len(TABS[False]), "one,two"]
    reply = Studio(catalog).txt2img(script_name="x/y/z plot", script_args=args)
    assert 'X Type: Theirs, X Values: "one,two"' in reply.infotext
    assert len(reply.info["all_seeds"]) == 2


def test_axes_of_img2img(studio: Studio) -> None:
    reply = plot(studio, img2img=True, x=("Denoising", "0.2,0.4"), y=("Cond. Image Mask Weight", "1"), legend=False)
    assert [work.denoising_strength for work in studio.engine.passes] == [0.2, 0.4]
    assert reply.images[0].size == (128, 64)


def test_values_as_text_where_there_is_a_list(studio: Studio) -> None:
    assert plot(studio, x=("Sampler", "Heun, LMS")).body["images"] == []
    reply = plot(studio, x=("Sampler", "Heun, LMS"), csv=True)
    assert [work.sampler for work in studio.engine.passes] == ["Heun", "LMS"]
    assert 'X Type: Sampler, X Values: "Heun, LMS"' in reply.infotext
    assert 'X Values: "Heun,LMS"' in plot(studio, x=("Sampler", ["Heun", "LMS"])).infotext


# --- what fails


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"x": ("Sampler", ["nobody"])}, "RuntimeError"),
        ({"x": ("Checkpoint name", ["nobody"])}, "RuntimeError"),
        ({"x": ("Refiner checkpoint", ["None", "nobody"])}, "RuntimeError"),
        ({"x": ("Prompt S/R", "barn,hut")}, "RuntimeError"),
        ({"x": ("Steps", "many")}, "ValueError"),
    ],
)
def test_errors(studio: Studio, given: dict[str, Any], error: str) -> None:
    failed = studio.failing("txt2img", script_name="x/y/z plot", script_args=arguments(**given))
    assert failed[:2] == (500, error)


def test_a_grid_that_is_too_large(studio: Studio) -> None:
    args = arguments(x=("Seed", "1-400"))
    failed = studio.failing("txt2img", script_name="x/y/z plot", script_args=args, width=1024, height=1024)
    assert failed[:2] == (500, "AssertionError")
    assert "419 megapixels" in failed[2]
    assert studio.engine.passes == []


def test_sizes_of_an_axis_that_are_too_large_together(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_TOTAL", 20_000)
    args = arguments(x=("Size", "64x64,128x96,64x64"))
    assert studio.failing("txt2img", script_name="x/y/z plot", script_args=args)[1] == "OutOfMemoryError"
    assert len(studio.engine.passes) == 3


@pytest.mark.parametrize("args", [[], [4, "2,3", [], 6], ["Steps", *([None] * 17)]])
def test_wrong_arguments(studio: Studio, args: list[Any]) -> None:
    assert studio.failing("txt2img", script_name="x/y/z plot", script_args=args)[:2] == (500, "TypeError")


def test_null_for_types_and_lists(studio: Studio) -> None:
    args = arguments(x=("Steps", "1,2"))
    args[3] = args[6] = args[5] = None
    assert studio.txt2img(script_name="x/y/z plot", script_args=args).status == 200
    args = arguments(x=("Sampler", []))
    args[2] = None
    assert studio.failing("txt2img", script_name="x/y/z plot", script_args=args)[0] == 500


def test_a_cell_that_fails_is_blank(studio: Studio, caplog: pytest.LogCaptureFixture) -> None:
    reply = plot(studio, x=("Steps", "2,0,3"), lone=True, legend=False)
    assert [image.getpixel((0, 0)) for image in reply.images[1:]] == [colour_of(20), (0, 0, 0), colour_of(20)]
    assert reply.info["infotexts"][2] is None
    assert "a cell of an X/Y/Z plot failed" in caplog.text


def test_the_first_cell_fails(studio: Studio) -> None:
    reply = plot(studio, x=("Steps", "0,2"), lone=True, legend=False)
    assert [image.mode for image in reply.images] == ["RGB", "P", "RGB"]
    assert reply.images[0].getpixel((70, 5)) == colour_of(20)
    assert "X Type: Steps" in reply.infotext


def test_all_cells_fail(studio: Studio) -> None:
    reply = plot(studio, x=("Steps", "0"))
    assert reply.body["images"] == []
    assert reply.info["seed"] == -1


def test_interrupted(studio: Studio) -> None:
    studio.during("interrupt", number=2)
    reply = plot(studio, x=("Seed", "1,2,3,4"), lone=True, legend=False)
    colours = [image.getpixel((0, 0)) for image in reply.images[1:]]
    assert colours == [colour_of(1), colour_of(2), (0, 0, 0), (0, 0, 0)]


def test_without_grid_option_one_picture_a_cell(studio: Studio) -> None:
    studio.setting(return_grid=False)
    plot(studio, x=("Seed", "1,2"), fields={"batch_size": 3})
    assert [len(work.prompts) for work in studio.engine.passes] == [1, 1]
