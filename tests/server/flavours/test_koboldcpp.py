"""What is KoboldCpp's own: lists, what it says of itself, lenient reading, and its queue."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from webuiapi.server.http import Dropped, Request

from ..conftest import FOREVER, PATIENCE, until
from ..studio import text_of
from .conftest import SMALL, Asked, Made


@pytest.fixture
def kobold(make: Made) -> Asked:
    return make("koboldcpp")


def test_what_it_is(kobold: Asked) -> None:
    about = kobold.get("/api/extra/version").body
    assert (about["result"], about["version"], about["txt2img"], about["protected"]) == (
        "KoboldCpp",
        "1.102",
        True,
        False,
    )
    assert kobold.get("/ping").body == {"status": "healthy"}
    assert kobold.get("/").headers["content-type"] == "text/html"
    figures = kobold.get("/api/extra/perf").body
    assert (figures["queue"], figures["idle"]) == (0, 1)
    assert figures["uptime"] >= 0


def test_lists(kobold: Asked) -> None:
    assert kobold.get("options").body == {"samples_format": "png", "sd_model_checkpoint": "v1-5-pruned-emaonly"}
    assert kobold.get("sd-models").body == [
        {
            "title": "v1-5-pruned-emaonly",
            "model_name": "v1-5-pruned-emaonly",
            "hash": "8888888888",
            "sha256": "8" * 64,
            "config": None,
            "filename": "/srv/stable-diffusion-webui/models/Stable-diffusion/v1-5-pruned-emaonly.safetensors",
        }
    ]
    samplers = kobold.get("samplers").body
    assert [item["name"] for item in samplers] == [
        "Euler",
        "Euler a",
        "Heun",
        "DPM2",
        "DPM++ 2M",
        "DDIM",
        "LCM",
        "Default",
    ]
    assert samplers[1] == {"name": "Euler a", "aliases": ["k_euler_a", "k_euler_ancestral"], "options": {}}
    assert kobold.get("upscalers").body == kobold.get("latent-upscale-modes").body == []


@pytest.mark.parametrize("body", [b"", b"{", b"null", b"{}", b"[1]", b'"text"', b"[" * 100_000])
def test_bodies_that_cannot_be_read(kobold: Asked, body: bytes) -> None:
    answer = kobold.post("txt2img", body)
    assert (answer.status, answer.body) == (500, {"detail": {"msg": "Error parsing input.", "type": "bad_input"}})


def test_large_bodies(kobold: Asked) -> None:
    answer = kobold.post("txt2img", b" " * ((32 << 20) + 1))
    message = "Payload is too big. Max payload size is 32MB."
    assert (answer.status, answer.body) == (500, {"detail": {"msg": message, "type": "bad_input"}})


def test_what_cannot_be_read_is_as_if_it_had_not_been_sent(kobold: Asked) -> None:
    kobold.txt2img(steps="x", cfg_scale=None, seed=[1], sampler_name=None, nope=1, init_images="x", height="64")
    done = kobold.engine.passes[-1]
    assert (done.steps, done.cfg_scale, done.width, done.height, done.sampler) == (20, 5.0, 128, 64, "Default")


@pytest.mark.parametrize(
    ("fields", "steps", "cfg"), [({"steps": 500, "cfg_scale": 99}, 80, 25.0), ({"steps": 0, "cfg_scale": 0}, 1, 1.0)]
)
def test_clamped(kobold: Asked, fields: dict[str, Any], steps: int, cfg: float) -> None:
    kobold.txt2img(**fields)
    assert (kobold.engine.passes[-1].steps, kobold.engine.passes[-1].cfg_scale) == (steps, cfg)


def test_a_picture_is_a_start_whatever_the_path(kobold: Asked) -> None:
    pictures = [text_of(Image.new("RGB", (128, 128), colour)) for colour in ("red", "blue")]
    kobold.txt2img(init_images=pictures)
    images = kobold.engine.passes[-1].images
    assert images is not None
    assert (len(images), images[0].getpixel((0, 0))) == (1, (255, 0, 0))


def test_masks(kobold: Asked) -> None:
    mask = Image.new("L", (128, 128), 0)
    mask.paste(255, (0, 0, 64, 128))
    for invert, place in ((0, (10, 60)), (1, (110, 60))):
        kobold.img2img(mask=text_of(mask), inpainting_mask_invert=invert)
        painted = kobold.engine.passes[-1].mask
        assert painted is not None
        assert painted.getpixel(place) == 255


def test_captions(kobold: Asked) -> None:
    answer = kobold.post("interrogate", {"image": text_of(Image.new("RGB", (32, 32), "red")), "model": "nope"})
    assert "red" in answer.body["caption"]
    answer = kobold.post("interrogate", {"image": "nope"})
    assert (answer.status, answer.body) == (500, {"detail": {"msg": "Invalid encoded image", "type": "bad_input"}})


def test_busy(make: Made) -> None:
    server = make("koboldcpp", step_time=FOREVER)
    with ThreadPoolExecutor(7) as pool:
        calls = [pool.submit(server.post, "txt2img", SMALL) for _ in range(7)]
        until(lambda: len(server.app.state.turnstile) == 6)
        assert server.get("/api/extra/perf").body["queue"] == 6
        for path in ("txt2img", "interrogate"):
            body = {**SMALL, "image": text_of(Image.new("RGB", (32, 32)))}
            answer = server.post(path, body)
            message = "Server is busy; please try again later."
            expected = {"detail": {"msg": message, "type": "service_unavailable"}}
            assert (answer.status, answer.body) == (503, expected), path
        server.app.close()
        errors = [call.exception(PATIENCE) for call in calls]
    assert [isinstance(error, Dropped) for error in errors].count(True) == 6


def test_a_server_that_closes_answers_nobody(make: Made) -> None:
    server = make("koboldcpp")
    server.app.close()
    with pytest.raises(Dropped):
        server.post("txt2img", SMALL)


VALUES: st.SearchStrategy[Any] = (
    st.none() | st.booleans() | st.integers(-10, 300) | st.floats() | st.text(max_size=5) | st.just([]) | st.just({})
)
NAMES = st.sampled_from(
    ["prompt", "steps", "cfg_scale", "width", "height", "seed", "sampler_name", "init_images", "mask", "nope"]
)


@given(fields=st.dictionaries(NAMES, VALUES, min_size=1, max_size=6))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
def test_whatever_is_sent_is_answered(kobold: Asked, fields: dict[str, Any]) -> None:
    raw = json.dumps({"steps": 1, "width": 64, "height": 64, **fields}).encode()
    response = kobold.app.handle(Request("POST", "/sdapi/v1/txt2img", body=raw))
    assert response.status == 200
    answer = json.loads(response.body)
    assert list(answer) == ["images", "parameters", "info", "animated"]
    assert len(answer["images"]) == 1
