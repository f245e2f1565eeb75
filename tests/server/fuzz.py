"""Requests made from the contract's data: near to right ones, wrong ones, and such that are not even JSON."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from contract.compare import CATALOG
from support.pictures import file_of, noise
from webuiapi.server.contract import contract

API = "/sdapi/v1/"
BODIES = {
    path: contract().data["paths"][path]["POST"]["body"]["fields"]
    for path in (
        f"{API}txt2img", f"{API}img2img", f"{API}extra-single-image", f"{API}extra-batch-images", f"{API}png-info",
        f"{API}interrogate", "/internal/progress",
    )
}  # fmt: skip
"""The fields of the bodies, by path."""
_CATALOG = json.loads(CATALOG.read_text())
_OPTIONS = sorted(_CATALOG["options"])
_PICTURES = [
    base64.b64encode(file_of(noise(mode, width, height), kind)).decode()
    for mode, kind, width, height in (
        ("RGB", "PNG", 16, 8), ("RGBA", "PNG", 24, 24), ("L", "PNG", 1, 1), ("P", "GIF", 9, 7), ("RGB", "JPEG", 40, 16),
        ("I", "TIFF", 8, 8), ("1", "PNG", 8, 200),
    )
]  # fmt: skip

# --- values

texts = st.text(max_size=40) | st.sampled_from(
    ["", " ", "None", "Automatic", "Euler a", "\ud800", "\u202eabc", "a\0b", "e\u0301\u200d\U0001f469" * 3,
     "<lora:test_lora:1>", "<lora:x:NaN>",
     "(((a:1.5) b [c:d:0.5]", "BREAK", "a AND b :2", "Cinematic", "http://127.0.0.1:1/x.png", "x" * 3000]
)  # fmt: skip
whole_numbers = st.integers(-3, 70) | st.sampled_from(
    [1 << 31, -(1 << 31), 1 << 63, 1 << 64, -(1 << 70), 10**30, 10**400]
)
numbers = st.floats(-2, 10) | st.floats() | whole_numbers
anything = st.recursive(
    st.none() | st.booleans() | numbers | texts | st.sampled_from(_PICTURES),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=8,
)
pictures = st.one_of(
    st.sampled_from(_PICTURES),
    st.sampled_from(_PICTURES).map(lambda picture: "data:image/png;base64," + picture),
    st.tuples(st.sampled_from(_PICTURES), st.integers(0, 200)).map(lambda pair: pair[0][: pair[1]]),
    texts,
)
_NAMED: dict[str, Any] = {
    "sampler_name": st.sampled_from([item["name"] for item in _CATALOG["samplers"]]),
    "scheduler": st.sampled_from([item["label"] for item in _CATALOG["schedulers"]]),
    "upscaler_1": st.sampled_from([item["name"] for item in _CATALOG["upscalers"]]),
    "upscaler_2": st.sampled_from([item["name"] for item in _CATALOG["upscalers"]]),
    "hr_upscaler": st.sampled_from([item["name"] for item in _CATALOG["upscalers"]]) | st.just("Latent"),
    "script_name": st.sampled_from([title for titles in _CATALOG["scripts"].values() for title in titles]),
    "model": st.sampled_from(["clip", "deepdanbooru"]),
    "image": pictures,
    "mask": st.none() | pictures,
    "init_images": st.lists(pictures, min_size=1, max_size=2),
    "imageList": st.lists(st.fixed_dictionaries({"data": pictures, "name": texts}), max_size=3),
    "styles": st.lists(st.sampled_from([item["name"] for item in _CATALOG["prompt-styles"]])),
    "infotext": st.just("a cat\nSteps: 3, Sampler: Euler, Size: 16x16, Seed: 5, Hires upscale: 2") | texts,
    "alwayson_scripts": st.dictionaries(
        st.sampled_from([title for titles in _CATALOG["scripts"].values() for title in titles] + ["seed", "refiner"]),
        st.fixed_dictionaries({}, optional={"args": st.lists(anything, max_size=5)}) | anything,
        max_size=2,
    ),
    "override_settings": st.dictionaries(st.sampled_from(_OPTIONS), anything, max_size=2),
}
_SMALL: dict[str, st.SearchStrategy[Any]] = {
    "width": st.integers(8, 72),
    "height": st.integers(8, 72),
    "steps": st.integers(1, 4),
}
_SMALL |= {"batch_size": st.integers(1, 2), "n_iter": st.integers(1, 2), "hr_second_pass_steps": st.integers(0, 3)}
_SMALL |= {"hr_resize_x": st.integers(0, 80), "hr_resize_y": st.integers(0, 80), "upscaling_resize": st.floats(0.1, 3)}
_SMALL |= {"upscaling_resize_w": st.integers(1, 80), "upscaling_resize_h": st.integers(1, 80)}


def right(name: str, field: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    """Values that a field may well have."""
    if name in _SMALL:
        return _SMALL[name]
    if name in _NAMED:
        found: st.SearchStrategy[Any] = _NAMED[name]
        return found
    if "enum" in field:
        return st.sampled_from(field["enum"])
    kinds: dict[str, st.SearchStrategy[Any]] = {
        "string": texts, "integer": st.integers(-1, 70), "number": st.floats(0, 1), "boolean": st.booleans(),
        "object": st.dictionaries(texts, anything, max_size=2), "array": st.lists(anything, max_size=3),
        "any": anything,
    }  # fmt: skip
    return kinds[field["type"]]


def _sized(path: str) -> dict[str, st.SearchStrategy[Any]]:
    """Fields without which a body would ask for large pictures, or for none."""
    always = ("width", "height", "steps", "image", "init_images", "imageList")
    return {name: right(name, field) for name, field in BODIES[path].items() if name in always}


def bodies(path: str) -> st.SearchStrategy[dict[str, Any]]:
    """Bodies of an endpoint: most fields right, a few of them anything."""
    fields = BODIES[path]
    some = st.lists(st.sampled_from(sorted(fields)), max_size=7, unique=True)
    good = some.flatmap(lambda names: st.fixed_dictionaries({name: right(name, fields[name]) for name in names}))
    odd = st.dictionaries(st.sampled_from(sorted(fields)) | texts, anything | numbers, max_size=2)
    parts = st.tuples(st.fixed_dictionaries(_sized(path)), good, st.just({}) | odd)
    return parts.map(lambda parts: {**parts[0], **parts[1], **parts[2]})


options = st.dictionaries(st.sampled_from(_OPTIONS) | texts, anything, max_size=4)

# --- raw bodies

content_types = st.sampled_from(
    ["application/json", "", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
     "application/ld+json; charset=utf-16", "application/json; charset=\"", "image/png", "*/*", "json", "/", "\u00e9"]
)  # fmt: skip
deep = st.sampled_from(
    [b"[" * 3000, b'{"a":' * 3000, b"[" * 60_000, b"[" * 500 + b"]" * 500, b'{"x":[' * 40 + b"]}" * 40]
)
odd_numbers = st.sampled_from([b"1e999", b"-1e999", b"NaN", b"Infinity", b"9" * 5000, b"1e-999", b"-0", b"01", b"0x10"])


@st.composite
def raw_bodies(draw: st.DrawFn, path: str) -> bytes:
    """Bytes that are nearly the JSON of a body, or are none."""
    whole = json.dumps(draw(bodies(path)), ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass")
    how = draw(st.sampled_from(["cut", "changed", "inserted", "bytes", "deep", "value", "number", "utf-16", "bom"]))
    at = draw(st.integers(0, len(whole)))
    if how == "cut":
        return whole[:at]
    if how == "changed":
        return whole[:at] + draw(st.binary(min_size=1, max_size=3)) + whole[at + 1 :]
    if how == "inserted":
        return whole[:at] + draw(st.binary(min_size=1, max_size=3)) + whole[at:]
    if how == "value":
        return json.dumps(draw(anything)).encode()
    if how == "number":
        name: str = draw(st.sampled_from(sorted(BODIES[path])))
        odd: bytes = draw(odd_numbers)
        return whole[:-1] + b', "' + name.encode() + b'": ' + odd + b"}"
    if how == "utf-16":
        return whole.decode("utf-8", "replace").encode("utf-16")
    others: dict[str, bytes] = {
        "bytes": draw(st.binary(max_size=60)),
        "deep": draw(deep),
        "bom": b"\xef\xbb\xbf" + whole,
    }
    return others[how]
