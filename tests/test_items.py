"""Objects of answers: dicts with typed properties, read tolerantly."""

from __future__ import annotations

import copy
import json
import math
import pickle
from typing import Any

import pytest

from contract.compare import recorded
from support.pictures import file_of, noise
from webuiapi import Options, Progress, Sampler, Scheduler, SDModel
from webuiapi.items import (
    Item,
    anything,
    flag,
    integer,
    items,
    mapping,
    number,
    optional_number,
    optional_text,
    text,
    texts,
)


class Part(Item):
    """Something inside."""

    name = text()
    size = integer()


class Whole(Item):
    """One property of each kind."""

    title = text()
    other = text("theOther")
    maybe = optional_text()
    amount = number()
    maybe_amount = optional_number()
    count = integer()
    on = flag()
    names = texts()
    any = anything()
    more = mapping()
    parts = items(Part)


FULL: dict[str, Any] = {
    "title": "a", "theOther": "b", "maybe": "c", "amount": 1.5, "maybe_amount": 2, "count": 3, "on": True,
    "names": ["x", "y"], "any": [1], "more": {"k": "v"}, "parts": [{"name": "p", "size": 1}, "bare"], "unknown": 5,
}  # fmt: skip


def values(item: Whole) -> list[Any]:
    return [item.title, item.other, item.maybe, item.amount, item.maybe_amount, item.count, item.on, item.names,
            item.any, item.more, item.parts]  # fmt: skip


def test_properties_and_keys_are_the_same_thing() -> None:
    item = Whole(FULL)
    assert values(item) == ["a", "b", "c", 1.5, 2.0, 3, True, ["x", "y"], [1], {"k": "v"},
                            [{"name": "p", "size": 1}, {"name": "bare"}]]  # fmt: skip
    assert item["title"] == item.title
    assert (item.parts[0].size, item.parts[1].name, item.parts[1].size) == (1, "bare", 0)
    assert item["unknown"] == 5
    assert json.loads(json.dumps(item)) == FULL
    item["title"] = "changed"
    assert item.title == "changed"


def test_what_is_missing_is_empty() -> None:
    assert values(Whole()) == ["", "", None, 0.0, None, 0, False, [], None, {}, []]
    assert values(Whole(dict.fromkeys(FULL))) == ["", "", None, 0.0, None, 0, False, [], None, {}, []]


def test_what_is_odd_is_empty_or_brought_to_form() -> None:
    odd = Whole(
        title=5, maybe=5, amount="x", maybe_amount=True, count=math.nan, on=1, names=["x", 5], more=[], parts={}
    )
    assert (odd.title, odd.maybe, odd.amount, odd.maybe_amount, odd.count) == ("5", None, 0.0, None, 0)
    assert (odd.on, odd.names, odd.more, odd.parts) == (True, ["x"], {}, [])
    assert Whole(count=2.9).count == 2
    assert not Whole(on="yes").on


def test_properties_are_read_only() -> None:
    item = Whole(FULL)
    with pytest.raises(AttributeError, match=r"theOther is read-only; item\['theOther'\] = ... changes the dict"):
        item.other = "x"


def test_items_are_shown_and_copied_as_what_they_are() -> None:
    item = Part(name="p")
    assert repr(item) == "Part({'name': 'p'})"
    for other in (copy.deepcopy(item), pickle.loads(pickle.dumps(item))):
        assert type(other) is Part
        assert other == item


def test_a_bare_value_becomes_the_first_property() -> None:
    assert Part.read("p") == {"name": "p"}
    assert Item.read(5) == {"value": 5}


def test_recorded_lists() -> None:
    samplers = [Sampler.read(item) for item in recorded("get/samplers").response["body"]]
    assert {"Euler a", "DPM++ 2M", "DDIM"} <= {sampler.name for sampler in samplers}
    assert "k_euler_a" in next(sampler.aliases for sampler in samplers if sampler.name == "Euler a")
    schedulers = [Scheduler.read(item) for item in recorded("get/schedulers").response["body"]]
    karras = next(item for item in schedulers if item.name == "karras")
    assert (karras.label, karras.default_rho, karras.need_inner_model) == ("Karras", 7.0, False)
    model = SDModel.read(recorded("get/sd-models").response["body"][0])
    assert model.filename.endswith(model.title.partition(" [")[0])
    assert Options(recorded("get/options").response["body"]).samples_format == "png"


def test_recorded_progress() -> None:
    idle = Progress(recorded("get/progress").response["body"])
    assert (idle.progress, idle.idle, idle.job, idle.preview) == (0.0, True, "", None)
    assert repr(idle).startswith("<Progress: 0%, step 0 of ")
    body = recorded("running/progress_after_client_disconnect").response["body"]
    assert Progress(body).state.sampling_steps == body["state"]["sampling_steps"]


def test_a_progress_under_way() -> None:
    import base64

    picture = base64.b64encode(file_of(noise("RGB", 8, 4))).decode()
    state = {"job": "scripts_txt2img", "job_count": 1, "sampling_step": 5, "sampling_steps": 20, "interrupted": True}
    for text_ in (picture, f"data:image/png;base64,{picture}"):
        now = Progress(progress=0.25, eta_relative=7.4, current_image=text_, state=state)
        assert (now.step, now.steps, now.eta, now.job, now.idle) == (5, 20, 7.4, "scripts_txt2img", False)
        assert now.state.interrupted
        assert not now.state.skipped
        assert now.preview is not None
        assert now.preview.size == (8, 4)
    assert repr(now) == "<Progress: 25%, step 5 of 20, 7.4 s left, scripts_txt2img>"
    odd = Progress(current_image="####", state=None)
    assert odd.preview is None
    assert odd.state == {}
    unreadable = Progress(current_image=base64.b64encode(b"\xff\x0a not for Pillow").decode())
    assert unreadable.preview is None
