"""Requests as pydantic 2 takes them: coercion and refusal in its words (Forge, SD.Next)."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webuiapi.server.coerce import Field, Several
from webuiapi.server.contract import check
from webuiapi.server.errors import Invalid
from webuiapi.server.flavours.forge import TABLE
from webuiapi.server.flavours.pydantic2 import dialect
from webuiapi.server.http import Request

from .conftest import SMALL, Made

DIALECT = dialect(None)
URL = "https://errors.pydantic.dev/2.8/v/"


def field(kind: str, **how: Any) -> Field:
    return Field(kind, dialect=DIALECT, **how)


@pytest.mark.parametrize(
    ("kind", "value", "result"),
    [
        ("integer", 7, 7),
        ("integer", 20.0, 20),
        ("integer", True, 1),
        ("integer", "20", 20),
        ("integer", " -5 ", -5),
        ("integer", "20.0", 20),
        ("integer", "1_000", 1000),
        ("integer", 10**30, 10**30),
        ("number", 2, 2.0),
        ("number", "1e2", 100.0),
        ("number", True, 1.0),
        ("number", "inf", math.inf),
        ("boolean", "YES", True),
        ("boolean", "off", False),
        ("boolean", 1.0, True),
        ("boolean", 0, False),
        ("string", "5", "5"),
        ("object", {}, {}),
        ("array", [1, "x"], [1, "x"]),
        ("any", {"a": [None]}, {"a": [None]}),
    ],
)
def test_accepted(kind: str, value: Any, result: Any) -> None:
    found = field(kind).take(value, ("body",))
    assert (found, type(found)) == (result, type(result))


INTEGER = "Input should be a valid integer"
REFUSED = [
    ("integer", 20.5, "int_from_float", f"{INTEGER}, got a number with a fractional part"),
    ("integer", "1e2", "int_parsing", f"{INTEGER}, unable to parse string as an integer"),
    ("integer", "", "int_parsing", f"{INTEGER}, unable to parse string as an integer"),
    ("integer", [1], "int_type", INTEGER),
    ("integer", None, "int_type", INTEGER),
    ("integer", math.inf, "finite_number", "Input should be a finite number"),
    (
        "integer",
        1e20,
        "int_parsing_size",
        "Unable to parse input string as an integer, exceeded maximum size",
    ),
    ("number", "x", "float_parsing", "Input should be a valid number, unable to parse string as a number"),
    ("number", [1], "float_type", "Input should be a valid number"),
    ("boolean", "maybe", "bool_parsing", "Input should be a valid boolean, unable to interpret input"),
    ("boolean", 2, "bool_parsing", "Input should be a valid boolean, unable to interpret input"),
    ("boolean", 0.5, "bool_type", "Input should be a valid boolean"),
    ("boolean", [], "bool_type", "Input should be a valid boolean"),
    ("string", 5, "string_type", "Input should be a valid string"),
    ("string", True, "string_type", "Input should be a valid string"),
    ("array", "abc", "list_type", "Input should be a valid list"),
    ("object", [], "dict_type", "Input should be a valid dictionary"),
]


@pytest.mark.parametrize(("kind", "value", "type_", "message"), REFUSED, ids=str)
def test_refused(kind: str, value: Any, type_: str, message: str) -> None:
    with pytest.raises(Several) as caught:
        field(kind).take(value, ("body", "x"))
    assert caught.value.entries == [{"type": type_, "loc": ["body", "x"], "msg": message, "input": value}]


@pytest.mark.parametrize(
    ("kind", "limit", "value", "type_", "words", "ctx"),
    [
        ("number", ("gt", 0), 0, "greater_than", "greater than 0", {"gt": 0.0}),
        ("number", ("ge", 0), -1, "greater_than_equal", "greater than or equal to 0", {"ge": 0.0}),
        ("number", ("lt", 0.5), 1, "less_than", "less than 0.5", {"lt": 0.5}),
        ("number", ("le", 1), 2, "less_than_equal", "less than or equal to 1", {"le": 1.0}),
        ("integer", ("ge", 1), 0, "greater_than_equal", "greater than or equal to 1", {"ge": 1}),
    ],
)
def test_limits(kind: str, limit: tuple[str, float], value: Any, type_: str, words: str, ctx: Any) -> None:
    with pytest.raises(Several) as caught:
        field(kind, limits=(limit,)).take(value, ("x",))
    (entry,) = caught.value.entries
    assert entry == {"type": type_, "loc": ["x"], "msg": f"Input should be {words}", "input": value, "ctx": ctx}
    (number,) = entry["ctx"].values()
    assert type(number) is (float if kind == "number" else int)


@pytest.mark.parametrize(
    ("permitted", "expected"), [((0, 1), "0 or 1"), ((0, 1, 2), "0, 1 or 2"), (("clip",), "'clip'")]
)
def test_permitted_values(permitted: tuple[Any, ...], expected: str) -> None:
    with pytest.raises(Several) as caught:
        field("integer", permitted=permitted).take([], ("x",))
    message = f"Input should be {expected}"
    ctx = {"expected": expected}
    assert caught.value.entries == [{"type": "literal_error", "loc": ["x"], "msg": message, "input": [], "ctx": ctx}]
    assert field("integer", permitted=permitted).take(permitted[0], ("x",)) == permitted[0]


def refused(body: Any, path: str = "txt2img", content_type: str = "application/json") -> list[dict[str, Any]]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    endpoint = TABLE.contract.endpoint("POST", f"/sdapi/v1/{path}")
    with pytest.raises(Invalid) as caught:
        check(endpoint, Request("POST", "/", headers={"content-type": content_type}, body=raw))
    return caught.value.errors


MODEL = "Input should be a valid dictionary or object to extract fields from"


def test_whole_bodies() -> None:
    missing = {"type": "missing", "loc": ["body"], "msg": "Field required", "input": None, "url": f"{URL}missing"}
    assert refused(b"") == [missing]
    assert refused(b"[1") == [
        {
            "type": "json_invalid",
            "loc": ["body", 2],
            "msg": "JSON decode error",
            "input": {},
            "ctx": {"error": "Expecting ',' delimiter"},
        }
    ]
    for value in ([], [["prompt", "x"]], 5, "text"):
        (entry,) = refused(value)
        assert entry == {
            "type": "model_attributes_type",
            "loc": ["body"],
            "msg": MODEL,
            "input": value,
            "url": f"{URL}model_attributes_type",
        }
    (entry,) = refused([], path="options")
    assert (entry["type"], entry["loc"]) == ("dict_type", ["body"])


def test_what_is_inside_of_lists() -> None:
    entries = refused({"imageList": [{"data": "x"}, 5], "resize_mode": 2}, path="extra-batch-images")
    assert [(entry["type"], entry["loc"], entry["input"]) for entry in entries] == [
        ("literal_error", ["body", "resize_mode"], 2),
        ("missing", ["body", "imageList", 0, "name"], {"data": "x"}),
        ("model_attributes_type", ["body", "imageList", 1], 5),
    ]


@pytest.mark.parametrize("name", ["script_args", "send_images", "save_images", "alwayson_scripts", "sampler_index"])
def test_fields_that_refuse_null(name: str) -> None:
    (entry,) = refused({name: None})
    assert (entry["loc"], entry["input"]) == (["body", name], None)
    assert entry["type"].endswith("_type")


def test_queries(make: Made) -> None:
    answer = make("forge").get("progress?skip_current_image=x")
    assert answer.status == 422
    assert answer.body == {
        "detail": [
            {
                "type": "bool_parsing",
                "loc": ["query", "skip_current_image"],
                "msg": "Input should be a valid boolean, unable to interpret input",
                "input": "x",
                "url": f"{URL}bool_parsing",
            }
        ]
    }


def test_sdnext_gives_no_addresses(make: Made) -> None:
    answer = make("sdnext").post("txt2img", {**SMALL, "steps": "x"})
    assert answer.status == 422
    assert list(answer.body["detail"][0]) == ["type", "loc", "msg", "input"]


VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6) | st.lists(st.integers())


@given(kind=st.sampled_from(["string", "integer", "number", "boolean", "array", "object"]), value=VALUES)
def test_whatever_is_taken_has_its_kind(kind: str, value: Any) -> None:
    kinds = {"string": str, "integer": int, "number": float, "boolean": bool, "array": list, "object": dict}
    try:
        found = field(kind).take(value, ("x",))
    except Several as several:
        (entry,) = several.entries
        assert entry["loc"] == ["x"]
        assert entry["input"] is value
    else:
        assert type(found) is kinds[kind]
