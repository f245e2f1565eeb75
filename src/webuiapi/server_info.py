"""Which server this is: found by what it answers, never a reason to fail."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal, TypeAlias, cast

from .address import API_PATH
from .errors import (
    AuthenticationError,
    CallTimeout,
    ConnectError,
    GatewayError,
    ServerBusy,
    ServerError,
    TransportError,
    WebUIApiError,
)
from .logs import log
from .request import Answer, Flow, NotKept, Remember, Request

Flavour: TypeAlias = Literal[
    "a1111", "forge", "reforge", "sdnext", "koboldcpp", "sdcpp", "drawthings", "unknown"
]  # fmt: skip
_NAMES = {
    "a1111": "AUTOMATIC1111's webui",
    "forge": "Forge",
    "reforge": "reForge",
    "sdnext": "SD.Next",
    "koboldcpp": "KoboldCpp",
    "sdcpp": "stable-diffusion.cpp",
    "drawthings": "Draw Things",
    "unknown": "an unknown server",
}


@dataclass(frozen=True)
class ServerInfo:
    """Which server answers at an address."""

    flavour: Flavour
    """`a1111`, `forge` (and Forge Neo), `reforge`, `sdnext`, `koboldcpp`, `sdcpp`, `drawthings` or `unknown`."""
    version: str | None = None
    """As the server says it; None where it does not. A webui says it with its first picture, as in `v1.10.1`."""

    @property
    def name(self) -> str:
        """Its name in plain words."""
        return _NAMES[self.flavour]

    @property
    def webui(self) -> bool:
        """Whether it is of A1111's family: one code, the same rules, scripts and extensions."""
        return self.flavour in ("a1111", "forge", "reforge")

    @property
    def reports_seeds(self) -> bool:
        """Whether its answers say which seeds were used."""
        return self.flavour not in ("koboldcpp", "drawthings")

    @property
    def webui_names(self) -> bool:
        """Whether samplers have the names of A1111's webui there."""
        return self.flavour != "drawthings"

    def __str__(self) -> str:
        return f"{self.name} {self.version}" if self.version else self.name


@dataclass(frozen=True, eq=False)
class Probe(Request[Any]):
    """A GET whose answer tells one server from another."""

    method: ClassVar[str] = "GET"

    at: str
    """The path below the server's address."""

    @property
    def path(self) -> str:  # type: ignore[override]  # a probe asks where it is told to
        """The path asked for."""
        return self.at

    def parse(self, answer: Answer) -> Any:
        return answer.json()


def known_server(server: str | ServerInfo) -> ServerInfo:
    """What the caller says about the server. Raises `ValueError` for an unknown flavour."""
    if isinstance(server, ServerInfo):
        return server
    if server not in _NAMES:
        raise ValueError(f"server={server!r} must be one of {', '.join(map(repr, _NAMES))}")
    return ServerInfo(cast("Flavour", server))


def told_by(info: Any, known: ServerInfo) -> ServerInfo:
    """What is known about a server, with the version that webuis write into `info` beside every picture."""
    version = _text(info.get("version")) if isinstance(info, Mapping) else None
    return replace(known, version=version) if version and known.webui else known


def server() -> Remember[ServerInfo]:
    """Which server this is, found when first needed."""
    return Remember("server", detect)


def asked() -> Flow[ServerInfo]:
    """As `detect`, for who only wants to know: what can't be found out now is `unknown`, and asked again later."""
    try:
        return (yield from detect())
    except WebUIApiError as error:
        raise NotKept(ServerInfo("unknown")) from error


def detect() -> Flow[ServerInfo]:
    """Find out by the cheapest questions first, in the order of the relatives' peculiarities.

    Raises `ConnectError` and `CallTimeout`, and `AuthenticationError` for what lies below /sdapi/v1: no call would do
    better. All other oddities mean `unknown`, and trouble of the moment that the answer is not kept.
    """
    trouble: list[WebUIApiError] = []
    found = yield from _detected(trouble)
    if trouble:
        raise NotKept(found)
    return found


def _detected(trouble: list[WebUIApiError]) -> Flow[ServerInfo]:
    version = yield from _ask("/sdapi/v1/version", trouble)
    if isinstance(version, dict) and version.keys() & {"app", "commit", "url"}:
        return ServerInfo("sdnext", _text(version.get("updated")) or _text(version.get("commit")))
    kobold = yield from _ask("/api/extra/version", trouble)
    if isinstance(kobold, dict) and kobold.get("result") == "KoboldCpp":
        return ServerInfo("koboldcpp", _text(kobold.get("version")))
    capabilities = yield from _ask("/sdcpp/v1/capabilities", trouble)
    if isinstance(capabilities, dict) and capabilities.keys() & {"samplers", "limits", "model"}:
        return ServerInfo("sdcpp", _text(capabilities.get("version")))
    options = yield from _ask("/sdapi/v1/options", trouble)
    return (yield from _by_options(options, trouble))


def _by_options(options: Any, trouble: list[WebUIApiError]) -> Flow[ServerInfo]:
    if not isinstance(options, dict):
        return ServerInfo("unknown")
    if {"model", "guidance_scale", "seed_mode"} & options.keys() and "sd_model_checkpoint" not in options:
        return ServerInfo("drawthings")
    if options.keys() <= {"samples_format", "sd_model_checkpoint"}:
        return ServerInfo("sdcpp")  # of before its own API; KoboldCpp has said its name above
    if any(name.startswith("forge_") for name in options):
        return ServerInfo("forge")
    if any(name.startswith("sd_") for name in options):
        return (yield from _webui(trouble))
    return ServerInfo("unknown")


def _webui(trouble: list[WebUIApiError]) -> Flow[ServerInfo]:
    """A1111 or one of those that grew from it, told by the fields its requests know."""
    modules = yield from _ask("/sdapi/v1/sd-modules", trouble)
    if isinstance(modules, list):
        return ServerInfo("forge")
    schema = yield from _ask("/openapi.json", trouble)
    fields = _txt2img_fields(schema)
    if "distilled_cfg_scale" in fields:
        return ServerInfo("forge")
    if "hr_cfg" in fields:
        return ServerInfo("reforge")
    if fields and "scheduler" not in fields:
        return ServerInfo("a1111", "below 1.9")
    return ServerInfo("a1111")


def _txt2img_fields(schema: Any) -> frozenset[str]:
    """The names of txt2img's fields, whatever the server calls them together."""
    try:
        body = schema["paths"]["/sdapi/v1/txt2img"]["post"]["requestBody"]["content"]["application/json"]["schema"]
        model = schema["components"]["schemas"][body["$ref"].rpartition("/")[2]]
        return frozenset(model["properties"])
    except (KeyError, TypeError, AttributeError):
        return frozenset()


def _ask(path: str, trouble: list[WebUIApiError]) -> Generator[Any, Any, Any]:
    """What a GET gives; None where the server has no such thing, or could not say: then it stands in `trouble`."""
    try:
        return (yield from Probe(path))
    except (ConnectError, CallTimeout):
        raise
    except AuthenticationError as error:
        if path.startswith(API_PATH):
            raise
        log().debug("asking which server this is: %s", error)
    except WebUIApiError as error:
        log().debug("asking which server this is: %s", error)
        if isinstance(error, (TransportError, ServerError, GatewayError, ServerBusy)):
            trouble.append(error)
    return None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
