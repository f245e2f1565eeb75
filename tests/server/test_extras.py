"""Upscaling and restoring without a prompt, and captions."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from .studio import Reply, Studio, extended, opened, text_of


@pytest.fixture
def studio() -> Studio:
    return Studio()


def single(studio: Studio, image: Image.Image | None = None, **fields: Any) -> tuple[Image.Image, str]:
    """The picture and what was done to it."""
    reply = studio.post("extra-single-image", image=text_of(image or Image.new("RGB", (40, 32), "red")), **fields)
    assert reply.status == 200, reply.body
    assert list(reply.body) == ["html_info", "image"]
    return opened(reply.body["image"]), reply.body["html_info"]


@settings(max_examples=30, deadline=None)
@given(st.integers(8, 60), st.integers(8, 60), st.floats(1, 5))
def test_by_a_factor(width: int, height: int, factor: float) -> None:
    image, _ = single(Studio(), Image.new("RGB", (width, height)), upscaler_1="Lanczos", upscaling_resize=factor)
    assert image.size == (int(width * factor // 8 * 8), int(height * factor // 8 * 8))


def test_what_was_done(studio: Studio) -> None:
    image, html = single(studio, upscaler_1="Nearest", upscaling_resize=3)
    assert html == "<p>Postprocess upscale by: 3.0, Postprocess upscaler: Nearest</p>"
    assert image.info["postprocessing"] == "Postprocess upscale by: 3.0, Postprocess upscaler: Nearest"
    assert studio.engine.upscales == [("RGB", (120, 96), "Nearest")]


@pytest.mark.parametrize(
    ("fields", "size", "html"),
    [
        ({"upscaling_resize_w": 80, "upscaling_resize_h": 80}, (96, 80), "Postprocess upscale to: 80x80"),
        (
            {"upscaling_resize_w": 50, "upscaling_resize_h": 33, "upscaling_crop": True},
            (50, 33),
            "Postprocess upscale to: 50x33, Postprocess crop to: 50x33",
        ),
        (
            {"upscaling_resize_w": 90, "upscaling_resize_h": 20, "upscaling_crop": False},
            (88, 72),
            "Postprocess upscale to: 90x20",
        ),
    ],
)
def test_to_a_size(studio: Studio, fields: dict[str, Any], size: tuple[int, int], html: str) -> None:
    fields.setdefault("upscaling_crop", False)
    image, said = single(studio, resize_mode=1, upscaler_1="Lanczos", **fields)
    assert image.size == size
    assert said == f"<p>{html}, Postprocess upscaler: Lanczos</p>"


def test_the_crop_is_in_the_middle(studio: Studio) -> None:
    picture = Image.new("RGB", (96, 32), "red")
    picture.paste("blue", (32, 0, 64, 32))
    fields = {"upscaling_resize_w": 32, "upscaling_resize_h": 32, "upscaling_crop": True}
    image, _ = single(studio, picture, resize_mode=1, upscaler_1="Nearest", **fields)
    assert image.getcolors() == [(32 * 32, (0, 0, 255))]


def test_two_upscalers_are_blended(studio: Studio) -> None:
    image, html = single(studio, upscaler_1="Nearest", upscaler_2="tiny-4x", extras_upscaler_2_visibility=0.3)
    assert [name for _, _, name in studio.engine.upscales] == ["Nearest", "tiny-4x"]
    assert "Postprocess upscaler: Nearest, Postprocess upscaler 2: tiny-4x" in html
    assert image.size == (80, 64)
    _, html = single(studio, upscaler_1="Nearest", upscaler_2="tiny-4x", extras_upscaler_2_visibility=0)
    assert "upscaler 2" not in html
    _, html = single(studio, upscaler_1="Nearest", upscaler_2="None", extras_upscaler_2_visibility=1)
    assert "upscaler 2" not in html


@pytest.mark.parametrize(
    ("upscaler", "mode"),
    [("Lanczos", "RGBA"), ("Nearest", "RGBA"), ("tiny-4x", "RGB"), ("R-ESRGAN 4x+", "RGBA"), ("LDSR", "RGBA")],
)
def test_transparency(studio: Studio, upscaler: str, mode: str) -> None:
    clear = Image.new("RGBA", (16, 16), (1, 2, 3, 40))
    assert single(studio, clear, upscaler_1=upscaler)[0].mode == mode
    cropped = {"resize_mode": 1, "upscaling_resize_w": 32, "upscaling_resize_h": 32}
    assert single(studio, clear, upscaler_1=upscaler, **cropped)[0].mode == "RGB"


def test_a_second_upscaler_follows_the_first_ones_mode(studio: Studio) -> None:
    clear = Image.new("RGBA", (16, 16))
    fields = {"upscaler_1": "tiny-4x", "upscaler_2": "Lanczos", "extras_upscaler_2_visibility": 0.5}
    assert single(studio, clear, **fields)[0].mode == "RGB"


@pytest.mark.parametrize("mode", ["L", "P", "1", "LA"])
def test_other_modes_become_rgb(studio: Studio, mode: str) -> None:
    assert single(studio, Image.new(mode, (16, 16)), upscaler_1="Lanczos")[0].mode == "RGB"


def test_nothing_to_do(studio: Studio) -> None:
    image, html = single(studio, upscaler_2="nobody")
    assert (image.size, html) == ((40, 32), "<p></p>")
    assert image.info == {"postprocessing": ""}


def test_metadata_is_kept(studio: Studio) -> None:
    info = PngInfo()
    info.add_text("Author", "Somebody")
    info.add_text("parameters", "a cat\nSteps: 1, Sampler: LMS, Seed: 2")
    picture = Image.new("RGB", (8, 8))
    reply = studio.post("extra-single-image", image=text_of(picture, pnginfo=info, dpi=(72, 72)), upscaler_1="Lanczos")
    assert list(opened(reply.body["image"]).info) == ["Author", "parameters", "postprocessing"]


def test_the_infotext_of_a_jpeg_is_kept(studio: Studio) -> None:
    studio.setting(samples_format="jpg")
    jpeg = studio.txt2img().body["images"][0]
    studio.setting(samples_format="png")
    reply = studio.post("extra-single-image", image=jpeg, upscaler_1="Lanczos")
    assert opened(reply.body["image"]).info["parameters"].startswith("a house\nSteps: 3")


def test_without_text(studio: Studio) -> None:
    studio.setting(enable_pnginfo=False)
    assert "postprocessing" not in single(studio, upscaler_1="Lanczos")[0].info


def test_names_in_html_are_escaped() -> None:
    upscaler = {"name": "a<b>", "model_name": None, "model_path": "/srv/x.pth", "model_url": None, "scale": 4}
    assert "Postprocess upscaler: a&lt;b&gt;" in single(Studio(extended(upscalers=[upscaler])), upscaler_1="a<b>")[1]


def test_restoring(studio: Studio) -> None:
    picture = Image.effect_noise((32, 32), 80).convert("RGBA")
    image, html = single(studio, picture, gfpgan_visibility=0.51239, codeformer_visibility=1, codeformer_weight=0.25)
    assert html == "<p>GFPGAN visibility: 0.512, CodeFormer visibility: 1.0, CodeFormer weight: 0.25</p>"
    assert image.mode == "RGB"
    assert image.tobytes() != picture.convert("RGB").tobytes()


@pytest.mark.parametrize("first", [True, False])
def test_upscale_first_has_no_effect(studio: Studio, first: bool) -> None:
    _, html = single(studio, upscaler_1="Lanczos", gfpgan_visibility=1, upscale_first=first)
    assert html.index("upscaler") < html.index("GFPGAN")


def test_several(studio: Studio) -> None:
    pictures = [Image.new("RGB", (8, 8)), Image.new("RGB", (16, 24))]
    items = [{"data": text_of(picture), "name": "x.png"} for picture in pictures]
    reply = studio.post("extra-batch-images", imageList=items, upscaler_1="Lanczos", upscaling_resize=2)
    assert list(reply.body) == ["html_info", "images"]
    assert [image.size for image in reply.images] == [(16, 16), (32, 48)]
    assert reply.body["html_info"].count("Postprocess upscaler") == 1


def test_progress_and_interrupt(studio: Studio) -> None:
    progress = studio.app.state.progress
    seen: list[tuple[str, int, int]] = []

    def upscale(image: Image.Image, width: int, height: int, upscaler: str) -> Image.Image:
        seen.append((progress.job, progress.job_no, progress.job_count))
        studio.post("interrupt")
        return image.resize((width, height))

    studio.engine.upscale = upscale  # type: ignore[method-assign]
    items = [{"data": text_of(Image.new("RGB", (8, 8))), "name": "x.png"}] * 3
    reply = studio.post("extra-batch-images", imageList=items, upscaler_1="Lanczos")
    assert len(reply.body["images"]) == 1
    assert seen == [("Upscale", 1, 3)]
    assert progress.job_count == 0


def test_a_skipped_picture_is_left_out(studio: Studio) -> None:
    def upscale(image: Image.Image, width: int, height: int, upscaler: str) -> Image.Image:
        if image.width == 8:
            studio.post("skip")
        return image.resize((width, height))

    studio.engine.upscale = upscale  # type: ignore[method-assign]
    pictures = [Image.new("RGB", (8, 8)), Image.new("RGB", (16, 16))]
    items = [{"data": text_of(picture), "name": "x.png"} for picture in pictures]
    reply = studio.post("extra-batch-images", imageList=items, upscaler_1="Lanczos", gfpgan_visibility=1)
    assert [image.size for image in reply.images] == [(32, 32)]


@pytest.mark.parametrize(
    ("fields", "error", "text"),
    [
        ({"upscaler_1": "lanczos"}, "AssertionError", "could not find upscaler named lanczos"),
        ({"upscaler_1": "Lanczos", "upscaler_2": "x"}, "AssertionError", "could not find upscaler named x"),
        ({"upscaler_1": "Lanczos", "upscaling_resize": 0.01}, "ValueError", "height and width must be > 0"),
        ({"upscaler_1": "Lanczos", "upscaling_resize": 1e9}, "OutOfMemoryError", "out of memory"),
        ({"image": "!!!!"}, "HTTPException", "Invalid encoded image"),
        ({"image": "https://example.com/x.png"}, "HTTPException", "Request to local resource not allowed"),
    ],
)
def test_errors(studio: Studio, fields: dict[str, Any], error: str, text: str) -> None:
    given = {"image": text_of(Image.new("RGB", (8, 8))), **fields}
    status, name, said = studio.failing("extra-single-image", **given)
    assert (status, name) == (500, error)
    assert text in said


# --- captions


def caption(studio: Studio, image: Image.Image, model: str) -> str:
    reply = studio.post("interrogate", image=text_of(image), model=model)
    assert reply.status == 200, reply.body
    assert list(reply.body) == ["caption"]
    words: str = reply.body["caption"]
    return words


def test_clip_says_what_is_seen(studio: Studio) -> None:
    blue = Image.new("RGB", (64, 32), (50, 90, 190))
    words = caption(studio, blue, "clip")
    assert words == caption(Studio(), blue, "clip")
    assert words.startswith("a soft wide picture of blue planes")
    assert "evenly lit, low contrast" in words
    spot = Image.new("RGB", (32, 64), (5, 5, 5))
    spot.paste((255, 255, 255), (8, 16, 24, 48))
    words = caption(studio, spot, "clip")
    assert words.startswith("a dark tall picture of black and white")
    assert "brighter in the middle, high contrast" in words


def test_deepdanbooru_has_its_options(studio: Studio) -> None:
    grey = Image.new("RGB", (32, 32), (128, 128, 128))
    assert caption(studio, grey, "deepdanbooru") == r"grey theme, low contrast \(style\), no humans, soft background"
    studio.setting(deepbooru_use_spaces=False, deepbooru_escape=False, deepbooru_sort_alpha=False)
    studio.setting(deepbooru_filter_tags="soft_background", interrogate_return_ranks=True)
    studio.setting(interrogate_deepbooru_score_threshold=0.8)
    assert caption(studio, grey, "deepdanbooru") == "(grey_theme:1.000), (no_humans:0.900)"


def test_interrogators_without_weights() -> None:
    studio = Studio(extended(interrogate={"clip": False, "deepdanbooru": False}))
    picture = Image.new("RGB", (8, 8))
    assert caption(studio, picture, "clip") == "<error>"
    assert studio.failing("interrogate", image=text_of(picture), model="deepdanbooru")[1] == "FileNotFoundError"


def failure(reply: Reply) -> tuple[int, str]:
    return reply.status, reply.body["detail"]


def test_unknown_interrogators(studio: Studio) -> None:
    assert failure(studio.post("interrogate", image=text_of(Image.new("L", (8, 8))), model="blip")) == (
        404,
        "Model not found",
    )
    assert failure(studio.post("interrogate", image="", model="blip")) == (500, "Invalid encoded image")
