"""The reference pages, made from the docstrings: what stands in the code is said once, here it is only laid out.

`pages()` gives the whole pages of `docs/reference/`; `section(name)` the part of an extension's page that lists its
units and endpoints. `python -m tools.docs` compares and writes them.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Collection, Iterable, Iterator
from importlib import import_module
from types import ModuleType
from typing import Any

import webuiapi
from webuiapi.client import AsyncWebUIApi, BaseClient, WebUIApi
from webuiapi.endpoints import Endpoints
from webuiapi.extensions.base import Interface
from webuiapi.extensions.script import Script
from webuiapi.items import Item
from webuiapi.request import Request, endpoint

from . import classes, commands
from .text import code, prose, signature

PAGES = {
    "generate": ("txt2img and img2img", "api.generate"),
    "extras": ("Upscaling, png-info, interrogate", "api.extras"),
    "lists": ("Lists", "api.lists"),
    "options": ("Options", "api.options"),
    "progress": ("Progress, interrupt, skip", "api.jobs", "api.internal"),
    "admin": ("Refreshing, training, server control", "api.admin"),
    "utilities": ("Utilities", "api.utilities"),
    "doctor": ("The doctor", "api.doctor", "api.doctor.examination doctor", "api.doctor.findings Diagnosis Finding"),
    "relatives": ("Calls of relatives", "api.relatives"),
    "agent_scheduler": ("The agent-scheduler queue", "api.agent_scheduler"),
    "custom": ("Any other call", "api.custom"),
    "jobs": ("Jobs", "jobs", "handles"),
    "results": ("Results", "results"),
    "errors": ("Errors and warnings", "errors", "jobs JobCancelled TaskLost", "checks",
               "extensions.base ExtensionMissing SilentlyIgnored"),
    "infotext": ("Generation parameters", "infotext", "infotext.parameters GenerationParameters Hires Mask parse",
                 "infotext.images embed read_image_text"),
    "scripts": ("What extensions are made of",
                "extensions.base Unit DictUnit PositionalUnit SelectableScript OptionsUnit Slot Interface",
                "request Request Sleep Watch Remember endpoint"),
    "server": ("The embedded server", "server", "server.doors serve run Server", "server.app App",
               "server.catalog Catalog", "server.limits Limits", "server.engine Engine", "server.record Received",
               "snapshot snapshot save_snapshot take_snapshot"),
    "transport": ("Transport, retries, which server", "retry",
                  "transport.base Timeout Outgoing Incoming Transport AsyncTransport", "server_info"),
}  # fmt: skip
"""Each page: its title, then modules, whose public names are listed, or some of whose names, where names follow."""


def pages() -> dict[str, str]:
    """The reference pages by name."""
    return {
        "index": index(),
        "client": joined(client()),
        "commands": f"# Every command\n\nMade from what `--help` prints.\n\n{commands.helps()}\n",
        **{name: joined(page(title, *modules)) for name, (title, *modules) in PAGES.items()},
    }


def section(name: str) -> str:
    """What a module holds, as a part of a page of its own."""
    return joined(contents(module_of(name)))


def joined(parts: Iterable[str]) -> str:
    """Paragraphs as a text."""
    return "\n\n".join(part for part in parts if part) + "\n"


def module_of(name: str) -> ModuleType:
    """A module of the package."""
    return import_module(f"webuiapi.{name}")


def page(title: str, *modules: str) -> Iterator[str]:
    """A whole page; the first module says what it is about."""
    yield f"# {title}"
    yield prose(inspect.getdoc(module_of(modules[0].split()[0])) or "")
    for name, *only in map(str.split, modules):
        yield from contents(module_of(name), only)


def contents(module: ModuleType, only: Collection[str] = ()) -> Iterator[str]:
    """Everything public that a module defines, in its order: calls, the rest, and last what answers hold."""
    inside = module.__name__.startswith(("webuiapi.api.", "webuiapi.extensions."))
    names = only or (vars(module) if inside else webuiapi.__all__)
    own = [value for name, value in vars(module).items() if name in names and is_shown(name, value, module)]
    calls = methods_of(module)
    for value in own:
        if value in calls:
            yield from call(value, calls[value])
    for value in own:
        if value in calls or (isinstance(value, type) and issubclass(value, (Item, Request)) and value is not Request):
            continue
        if isinstance(value, type) and issubclass(value, Interface) and value is not Interface:
            continue
        if isinstance(value, type):
            yield from unit(value) if "title" in vars(value) or value is Script else classes.describe(value)
        elif not inside:
            yield f"## {code(value.__name__)}"
            yield code(signature(value))
            yield prose(inspect.getdoc(value) or "")
    items = [value for value in own if isinstance(value, type) and issubclass(value, Item)]
    if items:
        yield "## What the answers hold"
        for value in items:
            yield from classes.describe(value, level=3)


def is_shown(name: str, value: Any, module: ModuleType) -> bool:
    """Whether something in a module belongs on its page."""
    if name.startswith("_") or getattr(value, "__module__", None) != module.__name__:
        return False
    return inspect.isfunction(value) or isinstance(value, type)


def methods_of(module: ModuleType) -> dict[Any, list[str]]:
    """How each request or operation of a module is called as a method: `api.txt2img`, `RemBGInterface(api).rembg`.

    A public request that is no method has none.
    """
    found: dict[Any, list[str]] = {}
    interfaces = [value for value in vars(module).values() if isinstance(value, type) and issubclass(value, Interface)]
    for prefix, holder in (("api", Endpoints), *((f"{kind.__name__}(api)", kind) for kind in interfaces)):
        for name, value in vars(holder).items():
            if isinstance(value, endpoint):
                found.setdefault(value.build, []).append(f"{prefix}.{name}")
    for name, value in vars(module).items():
        if name in webuiapi.__all__ and isinstance(value, type) and issubclass(value, Request) and value is not Request:
            found.setdefault(value, [])
    return found


def call(what: Any, methods: list[str]) -> Iterator[str]:
    """A call: as a method, as a request, its parameters, what it gives."""
    yield f"## {code((methods or [what.__name__])[0].replace('(api)', '').removeprefix('api.'))}"
    yield prose(inspect.getdoc(what) or "")
    if not isinstance(what, type):
        shown = signature(what).removeprefix(what.__name__)
        yield code(methods[0] + re.sub(r"-> Flow\[(.+)\]$", r"-> \1", shown))
        return
    request = f"a request {code(f'webuiapi.{what.__name__}(...)')}" if what.__name__ in webuiapi.__all__ else ""
    names = "a method " + " or ".join(code(f"{name}(...)") for name in methods) if methods else ""
    yield f"As {'; as '.join(filter(None, (names, request)))}. Gives {code(classes.result_of(what))}."
    yield classes.listed(classes.fields(what))


def unit(kind: Any) -> Iterator[str]:
    """A unit of an extension, or a script as a value."""
    yield f"## {code(f'webuiapi.{kind.__name__}')}"
    yield prose(inspect.getdoc(kind) or "")
    facts = [f"Title on the server: {code(kind.title)}"] if getattr(kind, "title", "") else []
    facts += [f"on relatives: {', '.join(code(layout.title) for layout in kind.layouts)}"] if kind.layouts else []
    facts += [f"from {code(kind.source)}"] if kind.source else ["part of the webui"] * bool(facts)
    facts += [f"{' and '.join(kind.tabs)} only"] if len(kind.tabs) == 1 else []
    yield "; ".join(facts) + "." if facts else ""
    yield classes.listed(classes.fields(kind))


def client() -> Iterator[str]:
    """The page of the two clients."""
    yield "# The clients"
    yield prose(
        "Both have the calls of the other pages as methods: plain on `WebUIApi`, to be awaited on `AsyncWebUIApi`. "
        "Here is what they have beside those."
    )
    yield "## The constructor"
    yield code(signature(BaseClient.__init__, "WebUIApi"))
    yield prose(inspect.getdoc(BaseClient.__init__) or "")
    for title, kind in (("Both clients", BaseClient), ("WebUIApi", WebUIApi), ("AsyncWebUIApi", AsyncWebUIApi)):
        yield f"## {title if kind is BaseClient else code(title)}"
        yield prose(inspect.getdoc(kind) or "") if kind is not BaseClient else ""
        yield from classes.attributes(kind)
        yield from classes.methods(kind, 3)
        if kind is BaseClient:
            facts = {name: value for name, value in vars(Endpoints).items() if type(value).__name__ == "remembered"}
            yield "\n".join(f"- {code(f'api.{name}')}: {prose(value.__doc__ or '')}" for name, value in facts.items())


def index() -> str:
    """All methods in one table, each with the first sentence of its docstring and a link."""
    lines = [
        "# Reference",
        "",
        "Made from the docstrings. [The clients](client.md) have their own page. The calls, each a method of both:",
        "",
        "| method | what it does |",
        "|---|---|",
    ]
    homes = {f"webuiapi.{name.split()[0]}": place for place, (_, *names) in PAGES.items() for name in names}
    for name, value in vars(Endpoints).items():
        if isinstance(value, endpoint):
            build = value.build
            extension = build.__module__.rpartition(".")[2]
            home = homes.get(build.__module__, f"../extensions/{extension}")
            first = (inspect.getdoc(build) or "").split("\n\n")[0].replace("\n", " ")
            lines.append(f"| [{code(name)}]({home}.md#{name}) | {prose(first)} |")
    return "\n".join(lines) + "\n"
