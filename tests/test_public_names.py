"""The public names are there, documented, and the same for people, programs and type checkers."""

from __future__ import annotations

import ast
import dataclasses
import importlib
import inspect
import json
import pkgutil
from pathlib import Path
from typing import Any

import pytest

import webuiapi
from webuiapi import AsyncWebUIApi, ExtraBatchImages, ExtraSingleImage, Img2Img, PngInfo, Request, Txt2Img, WebUIApi

ROOT = Path(webuiapi.__file__).parent
FACTS: dict[str, Any] = json.loads((Path(__file__).parent / "data" / "request_fields.json").read_bytes())


def imported_for_type_checkers() -> dict[str, str]:
    """Name and module of each import under TYPE_CHECKING in the package's `__init__`."""
    tree = ast.parse((ROOT / "__init__.py").read_text(encoding="utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test))
    return {
        alias.asname or alias.name: str(node.module)
        for node in block.body
        if isinstance(node, ast.ImportFrom) and node.level
        for alias in node.names
    }


def test_the_same_names_for_everybody() -> None:
    assert sorted(webuiapi.__all__) == list(webuiapi.__all__), "in order"
    assert set(webuiapi.__all__) == {*imported_for_type_checkers(), "__version__"}
    assert set(webuiapi.__all__) <= set(dir(webuiapi))


@pytest.mark.parametrize("name", webuiapi.__all__)
def test_every_name_can_be_imported(name: str) -> None:
    value = getattr(webuiapi, name)
    assert getattr(webuiapi, name) is value
    if name == "__version__":
        return
    assert value is getattr(importlib.import_module(f"webuiapi.{imported_for_type_checkers()[name]}"), name)


def test_other_names_are_none() -> None:
    with pytest.raises(AttributeError, match="module 'webuiapi' has no attribute 'WebUiApi'"):
        _ = webuiapi.WebUiApi


# -- documented -------------------------------------------------------------------------------------------------------


def modules() -> list[str]:
    """All modules of the client and the server."""
    found = [item.name for item in pkgutil.walk_packages([str(ROOT)], "webuiapi.")]
    return [name for name in found if not name.endswith("__main__")]


def foreign(kind: type[Any], name: str) -> bool:
    """Whether a method only takes the place of one of another package's class."""
    return any(name in vars(base) and top(base) != "webuiapi" for base in kind.__mro__[1:])


def top(kind: type[Any]) -> str:
    return kind.__module__.partition(".")[0]


def public_things(module: Any) -> list[tuple[str, Any]]:
    """The public classes and functions that a module defines, and the public methods of those classes."""
    things = []
    for name, value in vars(module).items():
        if name.startswith("_") or getattr(value, "__module__", None) != module.__name__:
            continue
        if inspect.isclass(value) or inspect.isfunction(value):
            things.append((name, value))
        if inspect.isclass(value):
            for part, inner in vars(value).items():
                if (not part.startswith("_") and isinstance(inner, (property, classmethod, staticmethod))) or (
                    not part.startswith("_") and inspect.isfunction(inner) and not foreign(value, part)
                ):
                    things.append((f"{name}.{part}", getattr(value, part)))
    return things


@pytest.mark.parametrize("name", [name for name in modules() if ".server" not in name or "server_info" in name])
def test_every_public_thing_has_a_docstring(name: str) -> None:
    module = importlib.import_module(name)
    if not (ROOT / Path(*name.split(".")[1:]).with_suffix(".py")).exists() and not module.__doc__:
        return  # an empty package
    assert module.__doc__, name
    lacking = [what for what, thing in public_things(module) if not inspect.getdoc(thing)]
    assert lacking == []


def all_requests() -> list[type[Any]]:
    """Every request class of the package."""
    for name in modules():
        if ".api." in name or ".extensions." in name:
            importlib.import_module(name)
    found: list[type[Any]] = []
    todo: list[type[Any]] = [Request]
    while todo:
        for kind in todo.pop().__subclasses__():
            todo.append(kind)
            if kind.__module__.startswith("webuiapi.") and kind not in found:
                found.append(kind)
    return found


def field_docs(kind: type[Any]) -> dict[str, str]:
    """The text under each field of a dataclass, its bases' fields included."""
    docs: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        if not base.__module__.startswith("webuiapi."):
            continue
        tree = ast.parse(inspect.getsource(base))
        body = tree.body[0]
        assert isinstance(body, ast.ClassDef)
        for statement, after in zip(body.body, [*body.body[1:], None], strict=True):
            if (
                isinstance(statement, ast.AnnAssign)
                and isinstance(statement.target, ast.Name)
                and isinstance(after, ast.Expr)
                and isinstance(after.value, ast.Constant)
                and isinstance(after.value.value, str)
            ):
                docs[statement.target.id] = after.value.value
    return docs


@pytest.mark.parametrize("kind", all_requests(), ids=lambda kind: kind.__name__)
def test_every_parameter_has_a_docstring(kind: type[Any]) -> None:
    docs = field_docs(kind)
    names = [field.name for field in dataclasses.fields(kind) if not field.name.startswith("_")]
    assert [name for name in names if not docs.get(name, "").strip()] == []


# -- complete ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        (Txt2Img, "/sdapi/v1/txt2img"),
        (Img2Img, "/sdapi/v1/img2img"),
        (ExtraSingleImage, "/sdapi/v1/extra-single-image"),
        (ExtraBatchImages, "/sdapi/v1/extra-batch-images"),
        (PngInfo, "/sdapi/v1/png-info"),
    ],
)
def test_every_field_that_the_webui_takes_is_there(kind: type[Any], path: str) -> None:
    fields = {field.metadata.get("wire", field.name): field for field in dataclasses.fields(kind)}
    named = {name for name, field in fields.items() if not field.metadata.get("local")}
    if kind is ExtraBatchImages:
        named.add("imageList")  # made of `images` and `name_list`
    assert set(FACTS[path]) - named == set()
    assert named - set(FACTS[path]) == set(), "and no others, which it would ignore"


@pytest.mark.parametrize("api", [WebUIApi, AsyncWebUIApi])
def test_every_endpoint_of_both_clients_is_documented(api: type[Any]) -> None:
    from webuiapi.endpoints import Endpoints
    from webuiapi.request import endpoint

    names = [name for name in dir(api) if not name.startswith("_")]
    assert {name for name, value in vars(Endpoints).items() if isinstance(value, endpoint)} >= {
        "txt2img", "img2img", "extra_single_image", "extra_batch_images", "png_info", "interrogate", "get_progress",
        "interrupt", "skip", "get_options", "set_options", "get_samplers", "get_schedulers", "get_sd_models",
        "get_upscalers",
    }  # fmt: skip
    assert [name for name in names if not inspect.getdoc(getattr(api, name))] == []
