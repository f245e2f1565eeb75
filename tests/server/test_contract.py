"""What requests may hold: coercion and refusal in the words of pydantic 1."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webuiapi.server.coerce import Field, Several, take_model
from webuiapi.server.contract import check, contract
from webuiapi.server.errors import HTTPError, Invalid
from webuiapi.server.http import Request

TXT2IMG = contract().endpoint("POST", "/sdapi/v1/txt2img")
IMG2IMG = contract().endpoint("POST", "/sdapi/v1/img2img")
EXTRA = contract().endpoint("POST", "/sdapi/v1/extra-single-image")
BATCH = contract().endpoint("POST", "/sdapi/v1/extra-batch-images")
OPTIONS = contract().endpoint("POST", "/sdapi/v1/options")
PROGRESS = contract().endpoint("GET", "/sdapi/v1/progress")


def taken(endpoint: Any, body: Any) -> dict[str, Any]:
    return check(endpoint, Request("POST", "/", body=json.dumps(body).encode()))[0]


def refused(endpoint: Any, body: Any, content_type: str = "application/json") -> list[dict[str, Any]]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    with pytest.raises(Invalid) as caught:
        check(endpoint, Request("POST", "/", headers={"content-type": content_type}, body=raw))
    return caught.value.errors


@pytest.mark.parametrize(
    ("kind", "value", "result"),
    [
        ("integer", 7, 7),
        ("integer", 2.7, 2),
        ("integer", True, 1),
        ("integer", "20", 20),
        ("integer", -2.7, -2),
        ("number", 2, 2.0),
        ("number", "1e2", 100.0),
        ("number", True, 1.0),
        ("number", "inf", math.inf),
        ("boolean", "YES", True),
        ("boolean", "off", False),
        ("boolean", 1.0, True),
        ("boolean", 0, False),
        ("boolean", "t", True),
        ("boolean", "n", False),
        ("string", 5, "5"),
        ("string", 0.5, "0.5"),
        ("string", True, "True"),
        ("object", [], {}),
        ("object", [["a", 1]], {"a": 1}),
        ("array", [1, "x"], [1, "x"]),
        ("any", {"a": [None]}, {"a": [None]}),
    ],
)
def test_accepted(kind: str, value: Any, result: Any) -> None:
    found = Field(kind).take(value, ("body",))
    assert (found, type(found)) == (result, type(result))


@pytest.mark.parametrize(
    ("kind", "values", "message", "type_"),
    [
        (
            "integer",
            ["64.0", "1e2", "", [1], {}, math.nan, math.inf],
            "value is not a valid integer",
            "type_error.integer",
        ),
        ("number", ["x", "", [1], {}], "value is not a valid float", "type_error.float"),
        ("boolean", ["maybe", "", 2, -1, 0.5, [], {}], "value could not be parsed to a boolean", "type_error.bool"),
        ("string", [["a"], {}], "str type expected", "type_error.str"),
        ("object", ["x", 1, [1, 2], True], "value is not a valid dict", "type_error.dict"),
        ("array", ["x", 1, {}], "value is not a valid list", "type_error.list"),
        ("string", [None], "none is not an allowed value", "type_error.none.not_allowed"),
    ],
)
def test_refused(kind: str, values: list[Any], message: str, type_: str) -> None:
    for value in values:
        with pytest.raises(Several) as caught:
            Field(kind).take(value, ("body", "x"))
        assert caught.value.entries == [{"loc": ["body", "x"], "msg": message, "type": type_}]


def test_a_number_too_large_for_a_float_breaks() -> None:
    with pytest.raises(OverflowError):
        Field("number").take(10**400, ("body",))


def test_all_that_is_wrong_in_the_order_of_the_model() -> None:
    errors = refused(TXT2IMG, {"send_images": None, "width": "x", "styles": ["a", None, []], "prompt": []})
    assert [(error["loc"], error["type"]) for error in errors] == [
        (["body", "prompt"], "type_error.str"),
        (["body", "styles", 1], "type_error.none.not_allowed"),
        (["body", "styles", 2], "type_error.str"),
        (["body", "width"], "type_error.integer"),
        (["body", "send_images"], "type_error.none.not_allowed"),
    ]


def test_defaults_in_the_order_of_the_model_and_names_given() -> None:
    request = Request("POST", "/", body=b'{"steps": 5, "unheard_of": 1, "prompt": null}')
    fields, given = check(TXT2IMG, request)
    assert list(fields)[:3] == ["prompt", "negative_prompt", "styles"]
    assert (fields["prompt"], fields["steps"], fields["width"], fields["sampler_index"]) == (None, 5, 512, "Euler")
    assert "unheard_of" not in fields
    assert given == {"steps", "prompt"}


def test_defaults_are_not_shared() -> None:
    taken(TXT2IMG, {})["alwayson_scripts"]["x"] = 1
    assert taken(TXT2IMG, {})["alwayson_scripts"] == {}


@pytest.mark.parametrize(
    ("field", "value", "message", "type_", "limit"),
    [
        ("upscaling_resize", 0, "ensure this value is greater than 0", "value_error.number.not_gt", 0),
        ("codeformer_weight", 1.5, "ensure this value is less than or equal to 1", "value_error.number.not_le", 1),
        ("upscaling_resize_w", 0, "ensure this value is greater than or equal to 1", "value_error.number.not_ge", 1),
        ("gfpgan_visibility", "nan", "ensure this value is greater than or equal to 0", "value_error.number.not_ge", 0),
    ],
)
def test_limits(field: str, value: Any, message: str, type_: str, limit: int) -> None:
    ctx = {"limit_value": limit}
    assert refused(EXTRA, {field: value}) == [{"loc": ["body", field], "msg": message, "type": type_, "ctx": ctx}]


def test_permitted_values() -> None:
    assert taken(EXTRA, {"resize_mode": True})["resize_mode"] == 1
    assert refused(EXTRA, {"resize_mode": [2]}) == [
        {
            "loc": ["body", "resize_mode"],
            "msg": "unexpected value; permitted: 0, 1",
            "type": "value_error.const",
            "ctx": {"given": [2], "permitted": [0, 1]},
        }
    ]


def test_objects_in_lists() -> None:
    assert taken(BATCH, {"imageList": [{"data": "a", "name": 1}]})["imageList"] == [{"data": "a", "name": "1"}]
    assert refused(BATCH, {"imageList": [{"data": "a"}, None]}) == [
        {"loc": ["body", "imageList", 0, "name"], "msg": "field required", "type": "value_error.missing"},
        {"loc": ["body", "imageList", 1], "msg": "none is not an allowed value", "type": "type_error.none.not_allowed"},
    ]


@pytest.mark.parametrize("body", [b"", b"null"])
def test_no_body(body: bytes) -> None:
    assert refused(TXT2IMG, body) == [{"loc": ["body"], "msg": "field required", "type": "value_error.missing"}]


@pytest.mark.parametrize("body", [b'"text"', b"5", b"[1, 2]", b"true"])
@pytest.mark.parametrize("endpoint", [TXT2IMG, OPTIONS], ids=["model", "any object"])
def test_no_object(endpoint: Any, body: bytes) -> None:
    assert refused(endpoint, body) == [{"loc": ["body"], "msg": "value is not a valid dict", "type": "type_error.dict"}]


def test_what_python_makes_a_dict_of_is_one() -> None:
    assert taken(TXT2IMG, [["steps", 3]])["steps"] == 3
    assert taken(OPTIONS, [[1, 2]]) == {"1": 2}
    assert refused(TXT2IMG, [[1, 2]]) == [{"loc": ["body"], "msg": "keywords must be strings", "type": "type_error"}]


@pytest.mark.parametrize("content_type", ["", "application/json", "Application/JSON; charset=x", "application/a+json"])
def test_read_as_json(content_type: str) -> None:
    assert refused(TXT2IMG, {"steps": "x"}, content_type)[0]["loc"] == ["body", "steps"]


@pytest.mark.parametrize("content_type", ["text/plain", "text/json", "application/x-www-form-urlencoded", "json"])
def test_read_as_text(content_type: str) -> None:
    assert refused(TXT2IMG, {"steps": 3}, content_type)[0]["type"] == "type_error.dict"


def test_broken_json() -> None:
    assert refused(TXT2IMG, b'{"a": 1,\n}') == [
        {
            "loc": ["body", 9],
            "msg": "Expecting property name enclosed in double quotes: line 2 column 1 (char 9)",
            "type": "value_error.jsondecode",
            "ctx": {
                "msg": "Expecting property name enclosed in double quotes",
                "doc": '{"a": 1,\n}',
                "pos": 9,
                "lineno": 2,
                "colno": 1,
            },
        }
    ]


@pytest.mark.parametrize("padding", [0, 1 << 17], ids=["short", "long"])
def test_what_only_python_reads(padding: int) -> None:
    body = b'{"cfg_scale": NaN, "prompt": "\\ud800", "seed": 123456789012345678901}' + b" " * padding
    fields = check(TXT2IMG, Request("POST", "/", body=body))[0]
    assert math.isnan(fields["cfg_scale"])
    assert (fields["prompt"], fields["seed"]) == ("\ud800", 123456789012345678901)


@pytest.mark.parametrize("body", [b'{"prompt": "\xff"}', b"[" * 200_000], ids=["not UTF-8", "too deep"])
def test_bodies_that_nobody_reads(body: bytes) -> None:
    with pytest.raises(HTTPError) as caught:
        check(TXT2IMG, Request("POST", "/", body=body))
    assert (caught.value.status, caught.value.detail) == (400, "There was an error parsing the body")


def test_query() -> None:
    def ask(query: str) -> dict[str, Any]:
        return check(PROGRESS, Request("GET", "/", query))[0]

    assert ask("") == {"skip_current_image": False}
    assert ask("skip_current_image=0&other=1&skip_current_image=on") == {"skip_current_image": True}
    with pytest.raises(Invalid) as caught:
        ask("skip_current_image=")
    assert caught.value.errors[0]["loc"] == ["query", "skip_current_image"]


def test_unknown_endpoints_take_nothing() -> None:
    assert check(contract().endpoint("GET", "/nowhere"), Request("GET", "/", body=b"{")) == ({}, frozenset())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
KINDS: dict[str, type] = {
    "string": str,
    "integer": int,
    "number": float,
    "boolean": bool,
    "object": dict,
    "array": list,
}


@given(value=JSON, kind=st.sampled_from(sorted(KINDS)), nullable=st.booleans())
def test_a_value_has_its_type_or_is_refused(value: Any, kind: str, nullable: bool) -> None:
    try:
        found = Field(kind, nullable=nullable).take(value, ("body", "x"))
    except Several as several:
        places = [entry["loc"] for entry in several.entries]
    else:
        places = [["body", "x"]]
        assert type(found) is KINDS[kind] or (nullable and value is None)
    assert places == [["body", "x"]]


@given(data=st.data())
def test_any_request_is_whole_or_refused_in_order(data: st.DataObject) -> None:
    model = data.draw(st.sampled_from([endpoint.body for endpoint in (TXT2IMG, IMG2IMG, EXTRA, BATCH)]))
    assert model is not None
    sent = data.draw(st.dictionaries(st.sampled_from([*model, "unheard_of"]), JSON, max_size=8))
    order = list(model)
    try:
        fields, given = take_model(model, sent, ("body",))
    except Several as several:
        places = [order.index(entry["loc"][1]) for entry in several.entries]
        assert places == sorted(places)
    else:
        assert list(fields) == order
        assert given == sent.keys() - {"unheard_of"}
