"""What is Draw Things' own: every key has to be known, and what the app is set to is the default."""

from __future__ import annotations

from typing import Any

import pytest
from PIL import Image

from ..studio import text_of
from .conftest import SMALL, Asked, Made


@pytest.fixture
def app(make: Made) -> Asked:
    return make("drawthings")


def refused(app: Asked, body: Any, path: str = "txt2img") -> str:
    answer = app.post(path, {**SMALL, **body} if isinstance(body, dict) else body)
    assert answer.status == 422
    assert list(answer.body) == ["error", "detail", "body", "errors"]
    assert (answer.body["error"], answer.body["body"], answer.body["errors"]) == ("HTTPException", "", "")
    detail: str = answer.body["detail"]
    return detail


def test_settings(app: Asked) -> None:
    settings = app.get("options").body
    assert app.get("/").body == settings
    assert list(settings)[:7] == ["model", "width", "height", "seed", "guidance_scale", "seed_mode", "steps"]
    assert (settings["model"], settings["seed_mode"]) == ("v1-5-pruned-emaonly.safetensors", "Scale Alike")
    assert (settings["sampler"], settings["loras"]) == ("DPM++ 2M Karras", [])
    assert "sd_model_checkpoint" not in settings


def test_what_the_app_is_set_to_is_the_default(make: Made) -> None:
    server = make("drawthings", {"options": {"steps": 4, "width": 192, "prompt": "a tree", "guidance_scale": 3}})
    assert server.post("txt2img", {"height": 128}).status == 200
    done = server.engine.passes[-1]
    assert (done.steps, done.width, done.height, done.cfg_scale) == (4, 192, 128, 3.0)
    assert list(done.prompts) == ["a tree"]


@pytest.mark.parametrize(
    ("fields", "detail"),
    [
        ({"scheduler": "karras"}, 'Unrecognized keys: ["scheduler"]'),
        (
            {"override_settings": {}, "force_task_id": "x", "infotext": ""},
            'Unrecognized keys: ["override_settings", "force_task_id", "infotext"]',
        ),
        (
            {"cfg_scale": 5, "guidance_scale": 5},
            'More than one key for guidance_scale specified (must only specify one of ["guidance_scale", "cfg_scale"])',
        ),
        (
            {"sampler_name": "DDIM", "sampler_index": "DDIM"},
            (
                "More than one key for sampler specified "
                '(must only specify one of ["sampler", "sampler_name", "sampler_index"])'
            ),
        ),
        ({"width": 64}, "Value for width must be between 128 and 8192, inclusive (was 64)"),
        ({"steps": 151}, "Value for steps must be between 1 and 150, inclusive (was 151)"),
        ({"batch_size": 5}, "Value for batch_size must be between 1 and 4, inclusive (was 5)"),
        ({"n_iter": 0}, "Value for batch_count must be between 1 and 100, inclusive (was 0)"),
        ({"denoising_strength": 2}, "Value for strength must be between 0.0 and 1.0, inclusive (was 2.0)"),
        ({"steps": 2.5}, "steps: Parsed JSON number <2.5> does not fit in Int."),
        ({"steps": "2"}, "steps: Expected to decode Int but found a string instead."),
        ({"steps": True}, "steps: Expected to decode Int but found bool instead."),
        ({"hires_fix": 1}, "hires_fix: Expected to decode Bool but found number instead."),
        ({"prompt": ["x"]}, "prompt: Expected to decode String but found an array instead."),
        ({"loras": {}}, "loras: Expected to decode Array<Any> but found a dictionary instead."),
        (
            {"seed_mode": "odd"},
            (
                'Invalid value for seed_mode (options: ["Legacy", "Torch CPU Compatible", "Scale Alike", '
                '"NVIDIA GPU Compatible"])'
            ),
        ),
    ],
)
def test_what_is_refused(app: Asked, fields: dict[str, Any], detail: str) -> None:
    assert refused(app, fields) == detail


def test_other_bodies(app: Asked) -> None:
    assert refused(app, b"{") == "The given data was not valid JSON."
    assert refused(app, b"") == "The given data was not valid JSON."
    assert refused(app, b"[1]").startswith("Expected to decode Dictionary<String, Any>")


def test_what_breaks_inside_has_the_same_form(app: Asked) -> None:
    def broken(_: int) -> None:
        raise RuntimeError("odd")

    app.engine.on_step = broken
    assert refused(app, {}) == "odd"


def test_null_is_as_if_it_had_not_been_said(app: Asked) -> None:
    assert app.txt2img(steps=None, seed=None, loras=None)["images"]
    assert app.engine.passes[-1].steps == 20


@pytest.mark.parametrize(
    ("fields", "steps"),
    [({"steps": 7.0}, 7), ({"steps": 150}, 150), ({"sampler_index": "UniPC"}, 3), ({"seed": 2**32 - 1}, 3)],
)
def test_what_is_taken(app: Asked, fields: dict[str, Any], steps: int) -> None:
    app.txt2img(**fields)
    assert app.engine.passes[-1].steps == steps


def test_other_names(app: Asked) -> None:
    app.img2img(cfg_scale=9, denoising_strength=0.25, n_iter=2, sampler_name="Euler a")
    done = app.engine.passes[-1]
    assert (done.cfg_scale, done.denoising_strength, done.sampler, len(app.engine.passes)) == (9.0, 0.25, "Euler a", 2)


def test_models(app: Asked) -> None:
    app.txt2img(model="dreamshaper_8.safetensors", clip_skip=2)
    assert app.engine.passes[-1].model == "dreamshaper_8"
    app.txt2img(model="nope")
    assert app.engine.passes[-1].model == "v1-5-pruned-emaonly"


def test_hires_fix(app: Asked) -> None:
    app.txt2img(
        enable_hr=True, width=256, height=256, firstphase_width=128, hires_fix_height=128, hires_fix_strength=0.5
    )
    first, second = app.engine.passes
    assert (first.width, first.height, second.width, second.height) == (128, 128, 256, 256)
    assert second.denoising_strength == 0.5


def test_pictures(app: Asked) -> None:
    picture = text_of(Image.new("RGB", (128, 192), "red"))
    assert refused(app, {"init_images": [picture]}, "img2img") == (
        "init_images height doesn't match 192 from the parameter 128"
    )
    assert refused(app, {"init_images": [picture], "height": 192, "width": 256}, "img2img") == (
        "init_images width doesn't match 128 from the parameter 256"
    )
    app.img2img(init_images=[picture], height=192)
    assert app.engine.passes[-1].images is not None
    app.img2img(init_images=[picture, picture])
    assert app.engine.passes[-1].images is None
    assert refused(app, {"init_images": [picture]}) == "init_images is not supported for text-to-image"
    assert refused(app, {"init_images": ["bm9uZQ=="]}) == "Data in init_images did not represent a valid image"
