"""Requests as values: frozen, copied, pickled; and the methods made of them."""

from __future__ import annotations

import copy
import dataclasses
import io
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.callers import Caller
from support.pictures import file_of, noise
from support.scripted import Scripted
from webuiapi import (
    ExtraBatchImages,
    ExtraSingleImage,
    GetProgress,
    Img2Img,
    Interrupt,
    PngInfo,
    Request,
    SetOptions,
    Txt2Img,
    WebUIApi,
)
from webuiapi.request import ClientDefaults, said

PNG = file_of(noise("L", 8, 8))


def payload(request: Request[Any], **defaults: Any) -> Any:
    return request.with_defaults(ClientDefaults(**defaults)).payload()


def test_lists_and_dicts_are_copied() -> None:
    styles, args = ["a"], [1, {"b": [2]}]
    settings: dict[str, Any] = {"c": {"d": 1}}
    request = Txt2Img("x", styles=styles, script_args=args, override_settings=settings, extra=settings)
    styles.append("z")
    args[1]["b"].append(3)  # type: ignore[index]
    settings["c"]["d"] = 2
    assert payload(request) == {
        "prompt": "x", "styles": ["a"], "script_args": [1, {"b": [2]}], "override_settings": {"c": {"d": 1}},
        "c": {"d": 1},
    }  # fmt: skip
    sent = payload(request)
    sent["styles"].append("z")


def test_pictures_in_lists_are_copied_too() -> None:
    pictures = [PNG]
    request = Img2Img(pictures)
    pictures.append(PNG)
    assert request.images == [PNG]


def test_options_are_copied() -> None:
    options = {"a": [1]}
    request = SetOptions(options)
    options["a"].append(2)
    assert request.payload() == {"a": [1]}


def test_files_are_read_when_the_request_is_made() -> None:
    file = io.BytesIO(b"...." + PNG)
    file.seek(4)
    request = Txt2Img(alwayson_scripts={"X": {"args": [{"image": file}]}})
    assert file.tell() == 4
    assert request.alwayson_scripts == {"X": {"args": [{"image": PNG}]}}


@pytest.mark.parametrize(
    "request_",
    [
        Txt2Img("x", styles=("a", "b"), extra={"n": None}, override_settings={"a": {1: 2}}),
        Img2Img([PNG, io.BytesIO(PNG)], "x", mask_image=noise("L", 8, 8)),
        ExtraSingleImage(PNG, 1, upscaler_1="Lanczos"),
        ExtraBatchImages((PNG,), name_list=["a"]),
        PngInfo(PNG),
        SetOptions({"a": 1}),
        GetProgress(True),
        Interrupt(),
    ],
    ids=lambda request: type(request).__name__,
)
def test_requests_can_be_pickled_and_copied(request_: Request[Any]) -> None:
    for other in (pickle.loads(pickle.dumps(request_)), copy.deepcopy(request_), copy.copy(request_)):
        assert type(other) is type(request_)
        assert repr(other.payload()) == repr(request_.payload())
        assert other.query() == request_.query()


def test_requests_are_frozen_and_told_apart_by_identity() -> None:
    request = Txt2Img("x", styles=["a"])
    with pytest.raises(dataclasses.FrozenInstanceError):
        request.prompt = "y"  # type: ignore[misc]
    assert request != Txt2Img("x", styles=["a"])
    assert len({request, request, Txt2Img("x")}) == 2, "usable as a key in spite of the list inside"


def test_the_order_of_positional_parameters() -> None:
    assert Txt2Img("x").prompt == "x"
    assert (Img2Img(PNG, "x").images, Img2Img(PNG, "x").prompt) == (PNG, "x")
    for kind, args in ((Txt2Img, ("x", "y")), (Img2Img, (PNG, "x", "y"))):
        with pytest.raises(TypeError, match="positional argument"):
            kind(*args)
    extras = ExtraSingleImage(PNG, 1, True, 0.5, 0.25, 0.75, 2, 64, 32, False, "A", "B", 0.1, True)
    assert said(extras) == {
        "image": PNG, "resize_mode": 1, "show_extras_results": True, "gfpgan_visibility": 0.5,
        "codeformer_visibility": 0.25, "codeformer_weight": 0.75, "upscaling_resize": 2, "upscaling_resize_w": 64,
        "upscaling_resize_h": 32, "upscaling_crop": False, "upscaler_1": "A", "upscaler_2": "B",
        "extras_upscaler_2_visibility": 0.1, "upscale_first": True,
    }  # fmt: skip
    assert ExtraBatchImages(PNG, ["n"], 1).name_list == ["n"]


def test_a_name_for_each_picture_of_a_batch() -> None:
    with pytest.raises(RuntimeError) as caught:
        ExtraBatchImages([PNG, PNG], ["a"])
    assert isinstance(caught.value, ValueError)
    assert caught.value.args == ("len(images) != len(name_list)",)
    assert str(caught.value).endswith(": 2 images and 1 names: a name for each picture is needed")


@given(st.builds(Txt2Img, prompt=st.text(), seed=st.integers(), styles=st.lists(st.text(), max_size=2)))
def test_a_request_says_what_it_was_given(request_: Txt2Img) -> None:
    assert payload(request_) == {"prompt": request_.prompt, "seed": request_.seed, "styles": request_.styles}


def test_methods_and_requests_are_the_same_call(caller: Caller, scripted: Scripted) -> None:
    caller.txt2img("x", seed=1)
    caller.run(Txt2Img("x", seed=1))
    first, second = scripted.seen
    assert (first.line, first.fields, first.body) == (second.line, second.fields, second.body)


def test_methods_show_what_they_take() -> None:
    import inspect

    api = WebUIApi(url="http://127.0.0.1:1")
    assert inspect.signature(api.txt2img) == inspect.signature(Txt2Img)
    assert inspect.signature(WebUIApi.img2img) == inspect.signature(Img2Img)
    assert api.txt2img.__name__ == "txt2img"
    assert api.txt2img.__doc__ == Txt2Img.__doc__
    with pytest.raises(TypeError, match=r"txt2img\(\) has no parameter 'promt': similar are prompt, hr_prompt"):
        api.txt2img(promt="x")  # type: ignore[call-arg]
