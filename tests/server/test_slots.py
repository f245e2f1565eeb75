"""Arguments of scripts: where they lie, how they are filled, and how wrong numbers of them shift."""

from __future__ import annotations

from typing import Any

import pytest

from contract.compare import CATALOG
from webuiapi.server.catalog import Catalog
from webuiapi.server.errors import HTTPError
from webuiapi.server.processing.scripts import Script, register
from webuiapi.server.processing.slots import Slots

from .studio import Studio, extended

CATALOGUE = Catalog.of(CATALOG)


def chosen(kind: str, name: str | None, args: list[Any], always: dict[str, Any] | None = None) -> Any:
    slots = Slots(CATALOGUE, kind)
    return slots.choose(slots.selectable(name), args, always or {}, {})


def test_arguments_as_sent() -> None:
    given = [True, False, "positive", "space", 2]
    choice = chosen("txt2img", "PROMPT Matrix", given)
    assert choice.script_arguments == given
    assert choice.script.title == "Prompt matrix"


def test_too_few_arguments_are_filled_with_those_of_the_next_scripts() -> None:
    assert chosen("txt2img", "prompt matrix", []).script_arguments == [False, False, "start", "", "Seed"]
    assert chosen("txt2img", "prompt matrix", [1, 2]).script_arguments == [1, 2, False, False, "start"]
    assert chosen("txt2img", "x/y/z plot", [1, 2]).script_arguments == [1, 2]


def test_too_many_arguments_go_to_the_next_scripts() -> None:
    choice = chosen("txt2img", "prompt matrix", list(range(8)))
    assert choice.script_arguments == [0, 1, 2, 3, 4]
    assert choice.arguments[choice.selected.end : choice.selected.end + 4] == [5, 6, 7, False]


def test_always_on_scripts_are_not_shifted() -> None:
    choice = chosen("img2img", "loopback", [], {"Soft inpainting": {"args": [True, 2]}})
    (soft,) = [active for active in choice.active if active.script.title == "Soft Inpainting"]
    assert soft.args == [True, 2, 0.5, 4, 0, 0.5, 2]


@pytest.mark.parametrize("value", [{}, [], {"arguments": [1]}, {"args": []}])
def test_always_on_without_arguments(value: Any) -> None:
    choice = chosen("txt2img", None, [], {"Refiner": value, "hypertile": value, "Comments": value})
    assert choice.arguments == chosen("txt2img", None, []).arguments


def test_more_than_an_always_on_script_takes() -> None:
    choice = chosen("txt2img", None, [], {"sampler": {"args": [1, 2, 3, 4, 5]}})
    assert choice.arguments != chosen("txt2img", None, []).arguments
    assert 4 not in choice.arguments
    assert len(choice.arguments) == len(chosen("txt2img", None, []).arguments)


def test_requests_do_not_change_the_defaults() -> None:
    chosen("img2img", "outpainting mk2", [None] * 6).script_arguments.append(1)
    shifted = chosen("img2img", "loopback", [1, 2, 3, 4]).arguments
    shifted[-1] = "changed"
    directions = [value for value in chosen("img2img", None, []).arguments if isinstance(value, list)]
    assert directions == [["left", "right", "up", "down"]] * 2


@pytest.mark.parametrize(("kind", "name"), [("txt2img", "sd upscale"), ("img2img", "seed"), ("txt2img", "")])
def test_selectable_by_tab(kind: str, name: str) -> None:
    slots = Slots(CATALOGUE, kind)
    if not name:
        assert slots.selectable(name) is None
        return
    with pytest.raises(HTTPError, match=f"Script '{name}' not found"):
        slots.selectable(name)


def test_a_selectable_script_that_this_server_cannot_run_is_passed_over() -> None:
    argument = {"label": "x", "value": 1, "minimum": None, "maximum": None, "step": None, "choices": None}
    info = {"name": "ultimate thing", "is_alwayson": False, "is_img2img": False, "args": [argument]}
    studio = Studio(extended(**{"script-info": [info]}))
    assert len(studio.txt2img(script_name="Ultimate Thing", script_args=[5]).images) == 1


@register
class Stamp(Script):
    """A script as an extension brings one."""

    title = "Stamp of the tests"
    always_on = True

    def check(self, run: Any, args: Any) -> None:
        if args[0] == "refused":
            raise ValueError("refused by the script")

    def process(self, run: Any, args: Any) -> None:
        run.extra["Stamp"] = args[0]

    def process_batch(self, run: Any, args: Any, batch: Any) -> None:
        if args[0] == "fails":
            raise RuntimeError("a hook that fails")

    def postprocess_image(self, run: Any, args: Any, image: Any) -> Any:
        return image.resize((16, 16)) if args[0] == "small" else None

    def postprocess(self, run: Any, args: Any, processed: Any) -> None:
        processed.images.append(processed.images[0].convert("L"))


def with_stamp() -> Studio:
    argument = {"label": "word", "value": "usual", "minimum": None, "maximum": None, "step": None, "choices": None}
    infos = [{"name": "stamp of the tests", "is_alwayson": True, "is_img2img": False, "args": [argument]}]
    return Studio(extended(**{"script-info": infos}))


def test_a_script_of_an_extension() -> None:
    studio = with_stamp()
    reply = studio.txt2img(alwayson_scripts={"STAMP of the tests": {"args": ["small"]}})
    assert [(image.mode, image.size) for image in reply.images] == [("RGB", (16, 16)), ("L", (16, 16))]
    assert "Stamp: small, Version" in reply.pairs
    assert len(reply.info["infotexts"]) == 1
    assert "Stamp: usual" in studio.txt2img().pairs
    assert studio.txt2img(alwayson_scripts={"Stamp of the tests": {"args": ["refused"]}}).body["error"] == "ValueError"
    assert "Stamp" not in Studio().txt2img().pairs


def test_a_hook_that_fails_fails_nothing(caplog: pytest.LogCaptureFixture) -> None:
    reply = with_stamp().txt2img(alwayson_scripts={"Stamp of the tests": {"args": ["fails"]}})
    assert reply.status == 200
    assert len(reply.images) == 2
    assert "process_batch of the script 'Stamp of the tests' failed" in caplog.text


def test_extra_options_are_settings_of_every_request() -> None:
    argument = {"label": "x", "value": 2, "minimum": None, "maximum": None, "step": None, "choices": None}
    info = {"name": "extra options", "is_alwayson": True, "is_img2img": False, "args": [argument]}
    studio = Studio(extended(**{"script-info": [info]}))
    studio.setting(extra_options_txt2img=["CLIP_stop_at_last_layers"])
    assert studio.txt2img().info["clip_skip"] == 2
    assert studio.txt2img(override_settings={"CLIP_stop_at_last_layers": 5}).info["clip_skip"] == 5
    assert studio.txt2img(alwayson_scripts={"Extra options": {"args": [7]}}).info["clip_skip"] == 7
