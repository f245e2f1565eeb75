"""What an extension is to the embedded server: its name, where it comes from, its scripts, options and endpoints.

    sag = Extension("sag", repository="ashen-sensored/sd_webui_SAG")

    @sag.script(argument("Enabled", False), argument("Scale", 0.75, -2.0, 10.0, 0.01))
    class SelfAttentionGuidance(Script):
        title = "Self Attention Guidance"
        always_on = True

        def process(self, run, args): ...

    @sag.get("/sag/version")
    def version(call): ...

Routes and hooks work on servers that have the extension installed. Endpoints of extensions are not covered by
`--api-auth` unless they say so, and are there without the user interface too.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..processing.scripts import Script, register
from ..routing import Handler, route

Item = dict[str, Any]
Arguments = Callable[[Mapping[str, Any], str], Sequence[Item]]
"""The arguments of a script on a server with this data, in this tab."""

TABS = ("txt2img", "img2img")
_BEHIND = "refiner"
"""Scripts of extensions stand before this one of the webui's own, and the few behind it."""
_ALIKE = str.maketrans("_ ", "--")


@dataclass(frozen=True)
class Listed:
    """A script as a server lists it."""

    title: str
    always_on: bool
    tabs: tuple[str, ...]
    arguments: Arguments

    @property
    def name(self) -> str:
        """The title as the API shows it."""
        return self.title.lower()


EXTENSIONS: dict[str, Extension] = {}
"""All that are known, by name."""


class Extension:
    """An extension. Making one enters it into `EXTENSIONS`.

    `repository` is its address at GitHub, `folder` the name under which it is installed. `also` are other repositories
    that offer the same. `options` are settings that it adds, with their defaults, `flags` launch flags, as they are set
    where it is installed by default.
    """

    def __init__(
        self,
        name: str,
        *,
        repository: str,
        folder: str | None = None,
        commit: str = "",
        date: int = 0,
        also: Iterable[str] = (),
        options: Mapping[str, Any] | None = None,
        flags: Mapping[str, Any] | None = None,
    ) -> None:
        self.name = name
        self.repository = repository
        self.folder = folder or repository.rpartition("/")[2]
        self.commit = commit
        self.date = date
        self.options = dict(options or {})
        self.flags = dict(flags or {})
        self.scripts: list[Listed] = []
        self._folders = {self.folder.lower(), *(address.rpartition("/")[2].lower() for address in (repository, *also))}
        EXTENSIONS[name] = self

    def script(
        self, *arguments: Item, of: Arguments | None = None, tabs: tuple[str, ...] = TABS
    ) -> Callable[[type[Script]], type[Script]]:
        """Enter the decorated class as a script with these arguments; `of` gives them where they are not fixed."""

        def enter(script: type[Script]) -> type[Script]:
            script.extension = self.name
            register(script)
            if not script.implied:
                given = of or (lambda _data, _tab: arguments)
                self.scripts.append(Listed(script.title, script.always_on, tabs, given))
            return script

        return enter

    def get(
        self, path: str, *, query: Mapping[str, Item] | None = None, auth: bool = False, flag: str | None = None
    ) -> Callable[[Handler], Handler]:
        """Enter the decorated handler for GET."""
        return self.route("GET", path, query=query, auth=auth, flag=flag)

    def post(
        self,
        path: str,
        body: Mapping[str, Item] | None = None,
        *,
        query: Mapping[str, Item] | None = None,
        each: str | Mapping[str, Item] | None = None,
        optional: bool = False,
        auth: bool = False,
        flag: str | None = None,
    ) -> Callable[[Handler], Handler]:
        """Enter the decorated handler for POST, see `route`."""
        return self.route("POST", path, body, query=query, each=each, optional=optional, auth=auth, flag=flag)

    def route(
        self,
        method: str,
        path: str,
        body: Mapping[str, Item] | None = None,
        *,
        query: Mapping[str, Item] | None = None,
        each: str | Mapping[str, Item] | None = None,
        optional: bool = False,
        auth: bool = False,
        flag: str | None = None,
    ) -> Callable[[Handler], Handler]:
        """Enter the decorated handler for a method and a path, which may hold names in braces.

        `body` are the fields of its body, `each` is what its body is a list of, if it is one; an `optional` one may be
        missing. `flag` is the launch flag without which it is not there.
        """
        described: Item = {"query": dict(query or {}), "path": _names(path)}
        if each is not None:
            described["body"] = {"type": "array", "items": each, "default": []}
        elif body is not None:
            described["body"] = {"type": "object", "fields": dict(body)}
        if "body" in described:
            described["body"].update(required=not optional, content_type="application/json")
        described["response"] = {"content_type": "application/json", "type": "any"}
        return route(method, path, described=described, auth=auth, webui=False, flag=flag, extension=self.name)

    def is_in(self, data: Mapping[str, Any]) -> bool:
        """Whether a server with this data has it: switched on in its extensions, or with a script among its scripts."""
        return self.listed_in(data) is not None or any(
            script.name in {title.lower() for title in data["scripts"].get(tab, ())}
            for script in self.scripts
            for tab in script.tabs
        )

    def listed_in(self, data: Mapping[str, Any]) -> Item | None:
        """Its entry in a server's list of extensions."""
        for item in data["extensions"]:
            if item.get("enabled", True) and self.is_called(item):
                found: Item = item
                return found
        return None

    def is_called(self, item: Mapping[str, Any]) -> bool:
        """Whether an entry of a server's list of extensions is this one."""
        remote = str(item.get("remote") or "").lower().removesuffix(".git").rpartition("/")[2]
        return bool(self._folders & {str(item.get("name") or "").lower(), remote})

    def entry(self) -> Item:
        """How a server lists it."""
        return {
            "name": self.folder,
            "remote": f"https://github.com/{self.repository}.git",
            "branch": "main",
            "commit_hash": self.commit,
            "version": self.commit[:8],
            "commit_date": str(self.date),
            "enabled": True,
        }


def _names(path: str) -> dict[str, Item]:
    """What stands in braces in a path."""
    return {part[1:-1]: field("string") for part in path.split("/") if part.startswith("{")}


_REQUIRED: Any = object()


def field(
    kind: str,
    default: Any = _REQUIRED,
    *,
    nullable: bool = False,
    items: str | Mapping[str, Item] | None = None,
    fields: Mapping[str, Item] | None = None,
    **limits: float,
) -> Item:
    """A field of a request, in the form of the contract's data. Without a default it is required."""
    required = default is _REQUIRED
    found: Item = {"type": kind, "required": required, "nullable": nullable, **limits}
    if not required:
        found["default"] = default
    if items is not None:
        found["items"] = items
    if fields is not None:
        found["fields"] = dict(fields)
    return found


def argument(
    label: str | None,
    value: Any,
    minimum: float | None = None,
    maximum: float | None = None,
    step: float | None = None,
    choices: Sequence[Any] | None = None,
) -> Item:
    """An argument of a script, as `script-info` shows it."""
    return {
        "label": label,
        "value": value,
        "minimum": minimum,
        "maximum": maximum,
        "step": step,
        "choices": None if choices is None else list(choices),
    }


# --- catalogues


def with_extensions(data: Mapping[str, Any], extensions: Iterable[Extension]) -> Item:
    """The data of a server with these installed beside what it has."""
    merged = {**data, "extensions": list(data["extensions"])}
    merged |= {name: dict(data[name]) for name in ("options", "cmd-flags")}
    titles = {tab: list(names) for tab, names in data["scripts"].items()}
    infos = {tab: [info for info in data["script-info"] if _tab(info) == tab] for tab in TABS}
    for extension in sorted(extensions, key=lambda one: one.folder):
        merged["extensions"].append(extension.entry())
        merged["options"].update(extension.options)
        merged["cmd-flags"].update(extension.flags)
        for script in extension.scripts:
            for tab in script.tabs:
                titles[tab].insert(_place(titles[tab]), script.name)
                arguments = copy.deepcopy(list(script.arguments(data, tab)))
                if arguments:
                    info = {"name": script.name, "is_alwayson": script.always_on, "is_img2img": tab == "img2img"}
                    infos[tab].insert(_place([one["name"] for one in infos[tab]]), {**info, "args": arguments})
    return {**merged, "scripts": titles, "script-info": [info for tab in TABS for info in infos[tab]]}


def without_extensions(data: Mapping[str, Any], extensions: Sequence[Extension]) -> Item:
    """The data of a server with these taken away."""
    gone = {script.name for extension in extensions for script in extension.scripts}
    return {
        **data,
        "extensions": [item for item in data["extensions"] if not any(one.is_called(item) for one in extensions)],
        "scripts": {
            tab: [title for title in titles if title.lower() not in gone] for tab, titles in data["scripts"].items()
        },
        "script-info": [info for info in data["script-info"] if info["name"].lower() not in gone],
    }


def named(names: Iterable[str]) -> list[Extension]:
    """The extensions of these names; hyphens, underscores and blanks are alike. A ValueError for what is none."""
    found = []
    for name in names:
        extension = EXTENSIONS.get(name.lower().translate(_ALIKE))
        if extension is None:
            raise ValueError(f"there is no extension {name!r}; there are {', '.join(sorted(EXTENSIONS))}")
        found.append(extension)
    return found


def _place(names: Sequence[str]) -> int:
    return names.index(_BEHIND) if _BEHIND in names else len(names)


def _tab(info: Mapping[str, Any]) -> str:
    return "img2img" if info["is_img2img"] else "txt2img"
