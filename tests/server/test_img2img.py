"""img2img: init images, resize modes, masks within the pipeline, and what it says and refuses."""

from __future__ import annotations

from typing import Any

import pytest
from PIL import Image

from .studio import Studio, box_mask, gradient, text_of


@pytest.fixture
def studio() -> Studio:
    return Studio()


# --- init images


def test_what_the_engine_starts_from(studio: Studio) -> None:
    picture = gradient(64, 64)
    studio.img2img(picture, denoising_strength=0.5, batch_size=2)
    work = studio.last
    assert work.images is not None
    assert [image.tobytes() for image in work.images] == [picture.tobytes()] * 2
    assert (work.denoising_strength, work.steps, work.mask) == (0.5, 5, None)


@pytest.mark.parametrize(
    ("strength", "steps", "told"), [(0.75, 7, 0.75), (0, 1, 0.0), (1, 8, 1.0), (2, 8, 1.0), (0.1, 1, 0.1)]
)
def test_strength(studio: Studio, strength: float, steps: int, told: float) -> None:
    reply = studio.img2img(denoising_strength=strength)
    assert (studio.last.steps, studio.last.denoising_strength) == (steps, told)
    assert f"Denoising strength: {float(strength)}" in reply.pairs
    assert "Steps: 8, Sampler: Euler" in reply.pairs


def test_all_steps_where_the_option_wants_them(studio: Studio) -> None:
    studio.setting(img2img_fix_steps=True)
    studio.img2img(denoising_strength=0.25)
    assert studio.last.steps == 8


def test_strengths_below_nothing(studio: Studio) -> None:
    picture = gradient(64, 64)
    reply = studio.img2img(picture, denoising_strength=-0.125)
    assert reply.images[0].tobytes() == picture.tobytes()
    assert studio.engine.passes == []
    assert studio.failing("img2img", denoising_strength=-1)[1] == "IndexError"
    assert studio.failing("img2img", denoising_strength="nan")[1] == "ValueError"


def test_several_init_images(studio: Studio) -> None:
    reply = studio.img2img(gradient(64, 64), Image.new("RGB", (64, 64)), batch_size=3, n_iter=2)
    assert reply.info["batch_size"] == 2
    assert len(reply.images) == 4
    assert len(reply.info["all_seeds"]) == 6
    assert [work.seeds for work in studio.engine.passes] == [[20, 21], [22, 23]]


def test_transparency_is_laid_on_a_colour(studio: Studio) -> None:
    clear = Image.new("RGBA", (64, 64), (255, 0, 0, 0))
    studio.img2img(clear)
    assert studio.last.images is not None
    assert studio.last.images[0].getpixel((5, 5)) == (255, 255, 255)
    studio.setting(img2img_background_color="#00ff00")
    studio.img2img(clear)
    assert studio.last.images[0].getpixel((5, 5)) == (0, 255, 0)


def test_exif_rotation_is_applied(studio: Studio) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    text = text_of(gradient(64, 32), "JPEG", exif=exif, quality=95)
    studio.img2img(width=32, height=64, init_images=[text])
    assert studio.last.images is not None
    red, green, _ = studio.last.images[0].getpixel((2, 60))  # type: ignore[misc]
    assert red > 200
    assert green > 200


@pytest.mark.parametrize("mode", ["L", "P", "LA", "I;16", "CMYK", "1"])
def test_any_mode(studio: Studio, mode: str) -> None:
    kind = "TIFF" if mode == "CMYK" else "PNG"
    assert studio.img2img(init_images=[text_of(Image.new(mode, (64, 64)), kind)]).images[0].mode == "RGB"


@pytest.mark.parametrize(("include", "kept"), [(False, False), (True, True)])
def test_echo(studio: Studio, include: bool, kept: bool) -> None:
    mask = text_of(box_mask((64, 64), (0, 0, 9, 9)))
    reply = studio.img2img(gradient(64, 64), mask=mask, include_init_images=include)
    assert (reply.parameters["init_images"] is not None) is kept
    assert reply.parameters["mask"] == (mask if kept else None)


# --- resize modes


def start_of(studio: Studio) -> Image.Image:
    assert studio.last.images is not None
    return studio.last.images[0]


def test_squashed(studio: Studio) -> None:
    studio.img2img(gradient(128, 64), width=64, height=64, resize_mode=0)
    start = start_of(studio)
    assert start.size == (64, 64)
    assert start.getpixel((63, 0))[0] > 245  # type: ignore[index]


def test_cropped(studio: Studio) -> None:
    studio.img2img(gradient(128, 64), width=64, height=64, resize_mode=1)
    start = start_of(studio)
    assert 60 <= start.getpixel((0, 0))[0] <= 68  # type: ignore[index]
    assert 186 <= start.getpixel((63, 0))[0] <= 194  # type: ignore[index]


@pytest.mark.parametrize("mode", [2, 7, None])
def test_filled_up(studio: Studio, mode: int | None) -> None:
    studio.img2img(Image.new("RGB", (128, 64), (200, 0, 0)), width=64, height=64, resize_mode=mode)
    assert start_of(studio).getcolors() == [(64 * 64, (200, 0, 0))]


def test_filled_up_with_its_border() -> None:
    studio = Studio()
    picture = Image.new("RGB", (64, 128), (0, 0, 200))
    picture.paste((0, 200, 0), (0, 0, 2, 128))
    studio.img2img(picture, width=128, height=128, resize_mode=2)
    start = start_of(studio)
    assert start.getpixel((3, 64)) == (0, 200, 0)
    assert start.getpixel((124, 64)) == (0, 0, 200)


def test_latent(studio: Studio) -> None:
    studio.img2img(gradient(40, 40), width=128, height=64, resize_mode=3)
    assert studio.engine.upscales == [("RGB", (128, 64), "Latent")]
    assert start_of(studio).size == (128, 64)


def test_with_an_upscaler(studio: Studio) -> None:
    studio.setting(upscaler_for_img2img="tiny-4x")
    studio.img2img(gradient(32, 32))
    assert studio.engine.upscales == [("RGB", (64, 64), "tiny-4x")]
    studio.img2img(gradient(128, 128))
    assert len(studio.engine.upscales) == 1
    studio.setting(upscaler_for_img2img="nobody")
    assert studio.img2img(gradient(32, 32)).status == 200


def test_sizes_that_are_no_eights(studio: Studio) -> None:
    reply = studio.img2img(gradient(64, 64), width=70, height=61)
    assert reply.images[0].size == (64, 56)
    assert start_of(studio).size == (64, 56)


# --- what else the infotext says


def test_settings_of_img2img(studio: Studio) -> None:
    studio.setting(initial_noise_multiplier=0.8, img2img_extra_noise=0.1, token_merging_ratio_img2img=0.25)
    pairs = studio.img2img().pairs
    assert "Token merging ratio: 0.25" in pairs
    assert "Noise multiplier: 0.8, Extra noise: 0.1" in pairs
    assert "Noise multiplier" not in studio.img2img(initial_noise_multiplier=1).pairs
    assert "Token merging ratio: 0.4" in studio.img2img(override_settings={"token_merging_ratio": 0.4}).pairs
    assert "VAE Encoder: TAESD" in studio.img2img(override_settings={"sd_vae_encode_method": "TAESD"}).pairs


def test_hash_of_the_init_image_where_the_server_would_save_it(studio: Studio) -> None:
    studio.setting(save_init_img=True)
    assert "Init image hash: " in studio.img2img().pairs
    assert studio.img2img().pairs == studio.img2img().pairs


# --- what fails


def test_what_is_found_out_first(studio: Studio) -> None:
    assert studio.failing("img2img", init_images=None, mask="x", script_name="x")[0] == 404
    assert studio.failing("img2img", mask="x", script_name="x") == (500, "HTTPException", "Invalid encoded image")
    assert studio.failing("img2img", script_name="x", init_images=["x"])[0] == 422
    assert studio.app.state.tasks.pending == []
    assert studio.failing("img2img", init_images=["x"], steps=0) == (500, "HTTPException", "Invalid encoded image")
    assert len(studio.app.state.tasks.pending) == 1


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"init_images": []}, "RuntimeError"),
        ({"init_images": [None]}, "AttributeError"),
        ({"init_images": [7]}, "AttributeError"),
        ({"init_images": [text_of(Image.new("RGB", (8, 8)))] * 3, "batch_size": 2}, "RuntimeError"),
        ({"init_images": ["data:image/png"]}, "IndexError"),
        ({"width": 0}, "ValueError"),
        ({"width": 0, "height": 0, "resize_mode": 1}, "ZeroDivisionError"),
        ({"width": 0, "resize_mode": 3}, "RuntimeError"),
        ({"width": 4}, "RuntimeError"),
        ({"width": 20_000, "height": 20_000}, "OutOfMemoryError"),
        ({"width": 20_000, "height": 20_000, "resize_mode": 3}, "OutOfMemoryError"),
        ({"steps": 0}, "ZeroDivisionError"),
        ({"mask": text_of(Image.new("L", (64, 64), 255)), "mask_blur": None, "mask_blur_x": None}, "TypeError"),
        ({"mask": text_of(Image.new("L", (64, 64), 255)), "latent_mask": "x"}, "AttributeError"),
    ],
)
def test_errors(studio: Studio, fields: dict[str, Any], error: str) -> None:
    status, name, text = studio.failing("img2img", **fields)
    assert (status, name) == (500, error)
    assert text


def test_a_latent_mask_without_a_mask_is_not_looked_at(studio: Studio) -> None:
    assert studio.img2img(latent_mask="x").status == 200


@pytest.mark.parametrize("url", ["http://example.com/a.png", "https://93.184.216.34/a.png", "http://localhost/a.png"])
def test_urls_are_never_fetched(studio: Studio, url: str) -> None:
    assert studio.failing("img2img", init_images=[url])[2] == "Request to local resource not allowed"
    assert studio.failing("img2img", mask=url)[2] == "Request to local resource not allowed"
    closed = Studio()
    closed.app.state.options.put("api_enable_requests", False)
    assert closed.failing("img2img", init_images=[url])[2] == "Requests not allowed"


def test_a_cut_off_picture(studio: Studio) -> None:
    whole = text_of(Image.effect_noise((64, 64), 60))
    status, error, _ = studio.failing("img2img", init_images=[whole[: len(whole) // 2 // 4 * 4]])
    assert (status, error) == (500, "OSError")
