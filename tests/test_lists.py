"""Every list and order of the API against the embedded server, and what some of them say in particular."""

from __future__ import annotations

from typing import Any

import pytest

from support.callers import Caller
from support.pictures import file_of, noise, with_parameters
from support.scripted import Scripted, answer
from webuiapi import AnswerError, Txt2Img
from webuiapi.api import lists
from webuiapi.items import Item

LISTS = {
    "get_latent_upscale_modes": lists.LatentUpscaleMode, "get_sd_vae": lists.SDVae,
    "get_hypernetworks": lists.Hypernetwork, "get_face_restorers": lists.FaceRestorer,
    "get_realesrgan_models": lists.RealesrganModel, "get_prompt_styles": lists.PromptStyle, "get_loras": lists.Lora,
    "get_script_info": lists.ScriptInfo, "get_extensions": lists.Extension, "get_samplers": lists.Sampler,
    "get_schedulers": lists.Scheduler, "get_sd_models": lists.SDModel, "get_upscalers": lists.Upscaler,
}  # fmt: skip


@pytest.mark.parametrize(("name", "kind"), LISTS.items())
def test_lists_hold_what_they_say(client: Caller, name: str, kind: type[Item]) -> None:
    found = getattr(client, name)()
    assert isinstance(found, list)
    assert {type(item) for item in found} <= {kind}


def test_objects(client: Caller) -> None:
    scripts = client.get_scripts()
    assert "x/y/z plot" in scripts.txt2img
    assert "loopback" in scripts.img2img
    assert client.get_memory().ram["total"] > 0
    assert type(client.get_cmd_flags()) is lists.CmdFlags
    assert set(client.get_embeddings()) == {"loaded", "skipped"}
    info = next(item for item in client.get_script_info() if item.name == "x/y/z plot")
    assert info.args
    assert not info.is_alwayson
    assert client.ping() == {}
    assert client.get_pending_tasks().tasks == []


@pytest.mark.parametrize(
    "name",
    ["refresh_checkpoints", "refresh_embeddings", "refresh_vae", "refresh_loras", "unload_checkpoint",
     "reload_checkpoint"],
)  # fmt: skip
def test_orders_are_carried_out(client: Caller, name: str) -> None:
    assert getattr(client, name)() in (None, {})


def test_embeddings_in_both_forms(caller: Caller, scripted: Scripted) -> None:
    one = {"step": 5, "sd_checkpoint": None, "sd_checkpoint_name": "x", "shape": 768, "vectors": 2}
    scripted.play(answer({"loaded": {"a": one, "odd": 5}, "skipped": {}}))
    found = caller.get_embeddings()
    assert (found.loaded["a"].vectors, found.loaded["a"].shape, found.loaded["a"].step) == (2, 768, 5.0)
    assert (found.loaded["odd"].vectors, found.skipped) == (0, {})
    scripted.play(answer({"loaded": ["a", "b", 5], "skipped": None}))
    found = caller.get_embeddings()
    assert (list(found.loaded), found.skipped) == (["a", "b"], {})


def test_passwords_among_the_flags_are_not_shown() -> None:
    flags = lists.CmdFlags(api_auth="user:secret", gradio_auth=None, port=7860)
    assert repr(flags) == "CmdFlags({'api_auth': '***', 'gradio_auth': None, 'port': 7860})"
    assert flags["api_auth"] == "user:secret"


def test_a_training_that_failed_says_so(caller: Caller, scripted: Scripted) -> None:
    """The webui answers 200 all the same."""
    scripted.play(answer({"info": "create embedding filename: a.pt"}))
    assert caller.create_embedding("a", 2, init_text="cat", extra={"more": 1}).info == "create embedding filename: a.pt"
    assert scripted.last.json == {"name": "a", "num_vectors_per_token": 2, "init_text": "cat", "more": 1}
    scripted.play(answer({"info": "train embedding complete: filename: a.pt error: None"}))
    assert caller.train_embedding(extra={"embedding_name": "a"}).info
    scripted.play(answer({"info": "train embedding complete: filename: None error: no such file"}))
    with pytest.raises(AnswerError, match="error: no such file"):
        caller.train_embedding(extra={"embedding_name": "a"})


def test_an_interrogator_that_failed_says_so(caller: Caller, scripted: Scripted) -> None:
    scripted.play(answer({"caption": "<error>"}))
    with pytest.raises(AnswerError, match="the interrogator failed on the server"):
        caller.interrogate("http://example.com/x.png")


@pytest.mark.parametrize(
    ("fields", "position"),
    [({"queued": True, "textinfo": "In queue: 2/3"}, 2), ({"queued": True, "textinfo": "Waiting..."}, None),
     ({"active": True, "textinfo": "In queue: 2/3"}, None), ({}, None)],
)  # fmt: skip
def test_the_place_of_a_task(caller: Caller, scripted: Scripted, fields: dict[str, Any], position: int | None) -> None:
    scripted.play(answer(fields))
    found = caller.get_task_progress("t1", -1, False)
    assert scripted.last.line == "POST /internal/progress HTTP/1.1"
    assert scripted.last.json == {"id_task": "t1", "id_live_preview": -1, "live_preview": False}
    assert found.position == position
    assert found.preview is None


def test_a_request_from_a_picture_that_is_there(client: Caller) -> None:
    source = client.txt2img("a cat", negative_prompt="dog", seed=11, steps=2, width=64, height=64)
    for given in (source, source.image, source.content[0], source.infotexts[0]):
        request = Txt2Img.from_parameters(given) if isinstance(given, str) else Txt2Img.from_image(given)
        assert (request.prompt, request.negative_prompt, request.seed, request.steps) == ("a cat", "dog", 11, 2)
        assert client.run(request).image.tobytes() == source.image.tobytes()


def test_a_picture_without_parameters_makes_no_request() -> None:
    with pytest.raises(ValueError, match="holds no generation parameters"):
        Txt2Img.from_image(file_of(noise("L", 8, 8)))
    text = "a cat\nSteps: 2, Seed: 3, Size: 64x64"
    assert Txt2Img.from_image(with_parameters(noise("L", 8, 8), text)).seed == 3
