"""How much one request may make of itself: second passes, pasted parts, scripts, grids, all refused before painting."""

from __future__ import annotations

from typing import Any

import pytest
from PIL import Image

from webuiapi.server.app import App
from webuiapi.server.limits import Limits
from webuiapi.server.processing import grids

from .conftest import ask
from .studio import FlatEngine, Studio, opened, text_of

LARGE = Image.new("RGB", (2048, 2048))
MANY = "\n".join(["a cat"] * 20)


def spot() -> str:
    """A mask as large as that, with a small white corner."""
    mask = Image.new("L", LARGE.size)
    mask.paste(255, (0, 0, 64, 64))
    return text_of(mask)


@pytest.fixture
def studio() -> Studio:
    return Studio()


@pytest.mark.parametrize(
    "fields",
    [
        {"n_iter": 70, "enable_hr": True, "denoising_strength": 0.5, "hr_resize_x": 2048, "hr_resize_y": 2048},
        {"width": 4096, "height": 4096, "script_name": "prompts from file or textbox",
         "script_args": [False, False, "start", MANY]},
        {"script_name": "prompts from file or textbox",
         "script_args": [False, False, "start", MANY.replace("a cat", "--width 4096 --height 4096")]},
    ],
    ids=["hires", "prompts", "sizes of their own"],
)  # fmt: skip
def test_pictures_from_words_that_nobody_could_hold(studio: Studio, fields: dict[str, Any]) -> None:
    assert studio.failing("txt2img", **fields)[:2] == (500, "OutOfMemoryError")
    assert studio.engine.passes == []


def test_small_parts_of_large_pictures(studio: Studio) -> None:
    fields: dict[str, Any] = {"init_images": [text_of(LARGE)], "mask": spot(), "inpaint_full_res": True, "n_iter": 70}
    assert studio.failing("img2img", **fields)[:2] == (500, "OutOfMemoryError")
    assert studio.engine.passes == []
    studio.setting(overlay_inpaint=False)
    assert studio.img2img(**{**fields, "steps": 1}).images[0].size == (64, 64), "they are not put into the picture"


@pytest.mark.parametrize(
    ("name", "args", "fields"),
    [
        ("loopback", [300, 0.5, "Linear", "None"], {"width": 1024, "height": 1024}),
        ("sd upscale", ["", 64, "None", 1.0], {"width": 1024, "height": 1024, "n_iter": 70}),
        ("outpainting mk2", ["", 64, 4, ["left"], 1.0, 0.05], {"width": 512, "height": 512, "n_iter": 70}),
    ],
)
def test_pictures_of_scripts_that_nobody_could_hold(
    studio: Studio, name: str, args: list[Any], fields: dict[str, Any]
) -> None:
    fields = {**fields, "script_name": name, "script_args": args, "init_images": [text_of(LARGE)]}
    assert studio.failing("img2img", **fields)[:2] == (500, "OutOfMemoryError")
    assert studio.engine.passes == []


def test_prompts_are_counted() -> None:
    studio = Studio(limits=Limits(pictures=3))

    def error(prompts: str) -> Any:
        args = [False, False, "start", prompts]
        return studio.txt2img(script_name="prompts from file or textbox", script_args=args).body.get("error")

    assert error("a\nb\nc") is None
    assert error("a\nb\n--prompt c --batch_size 2") == "MemoryError"
    assert len(studio.engine.passes) == 3


def test_tiles_are_counted_before_they_are_cut() -> None:
    with pytest.raises(MemoryError, match="are more than this server holds"):
        grids.cut_into_tiles(Image.new("L", (512, 512)), 8, 8, 7)


def test_grids_that_nobody_could_hold(studio: Studio) -> None:
    apart = [False, False, "positive", "comma", 20_000]
    matrix = studio.failing("txt2img", script_name="prompt matrix", script_args=apart, prompt="a|b|c")
    assert matrix[:2] == (500, "OutOfMemoryError")
    across = [Image.new("L", (8192, 8)), *[Image.new("L", (8, 8192))] * 4]
    with pytest.raises(RuntimeError, match="pixels in all"):
        grids.grid(across, studio.app.state.options, rows=1)


def test_pictures_of_a_batch_are_counted() -> None:
    studio = Studio(limits=Limits(pictures=3))
    item = {"data": text_of(Image.new("RGB", (8, 8))), "name": "x"}
    assert studio.post("extra-batch-images", imageList=[item] * 3).status == 200
    assert studio.failing("extra-batch-images", imageList=[item] * 4)[:2] == (500, "MemoryError")


def test_upscaled_pictures_of_a_batch_that_nobody_could_hold(studio: Studio) -> None:
    item = {"data": text_of(Image.new("RGB", (64, 64))), "name": "x"}
    fields = {"imageList": [item] * 20, "upscaler_1": "Nearest", "upscaling_resize": 64}
    assert studio.failing("extra-batch-images", **fields)[:2] == (500, "OutOfMemoryError")
    assert len(studio.engine.upscales) == 17


# --- what extensions make


def test_combinations_are_counted() -> None:
    with App(engine=FlatEngine(), limits=Limits(pictures=4)) as app:

        def status(prompt: str, batches: int = 1) -> int:
            script = {"Dynamic Prompts v2.17.1": {"args": [True, True, batches]}}
            fields = {"prompt": prompt, "steps": 1, "width": 64, "height": 64, "alwayson_scripts": script}
            return ask(app, "POST", "/sdapi/v1/txt2img", fields).status

        assert status("{a|b|c|d}") == 200
        assert status("{a|b|c|d|e}") == 500
        assert status("{a|b}", 2) == 200
        assert status("{a|b}", 3) == 500
        assert status("{a|b}", 10**11) == 500


def test_pictures_that_scripts_enlarge_beyond_what_anybody_could_hold() -> None:
    engine = FlatEngine()
    model = "inswapper_128.onnx"
    swap = [text_of(Image.new("RGB", (8, 8))), True, "0", "0", model, "None", 1, True, "Nearest", 120, 1, False, True]
    swap += ["Minimum", "No", "No", False, 0.5, True, False, "CPU", False, 0, "None", "", None, False, True, 0.5, 0]
    scripts = {"ReActor": {"args": [*swap, "tab_single"]}}
    with App(engine=engine) as app:
        fields = {"prompt": "x", "steps": 1, "width": 64, "height": 64, "n_iter": 20, "alwayson_scripts": scripts}
        answer = ask(app, "POST", "/sdapi/v1/txt2img", fields)
        assert (answer.status, answer.body.get("error")) == (500, "OutOfMemoryError")
    assert len(engine.passes) == 5


def test_frames_put_in_between_are_measured() -> None:
    video = {"enable": True, "video_length": 4, "fps": 8, "format": ["GIF"], "interp": "FILM", "interp_x": 90}
    scripts = {"AnimateDiff": {"args": [video]}}
    with App(engine=FlatEngine()) as app:
        fields = {"prompt": "x", "steps": 1, "width": 1024, "height": 1024, "alwayson_scripts": scripts}
        images = ask(app, "POST", "/sdapi/v1/txt2img", fields).body["images"]
        assert [opened(image).format for image in images] == ["PNG"] * 16, "there is no video, but what was painted"


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/sdapi/v1/img2img", lambda texts: {"init_images": texts}),
        ("/reactor/facemodels", lambda texts: {"source_images": texts, "name": "x"}),
        ("/faceswaplab/build", lambda texts: texts),
    ],
)
def test_pictures_that_nobody_could_hold_together(path: str, fields: Any) -> None:
    text = text_of(Image.new("1", (9000, 9000)))
    with App() as app:
        answer = ask(app, "POST", path, fields([text] * 4))
        assert (answer.status, answer.body["error"]) == (500, "OutOfMemoryError")
