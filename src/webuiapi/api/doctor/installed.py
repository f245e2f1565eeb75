"""Which server it is and what it has: checkpoints, lists, memory, flags."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

from ...errors import AnswerError, NotFound, WebUIApiError
from ...request import Answer, Flow, Remember, Request
from ...server_info import ServerInfo, detect
from ..lists import (
    CmdFlags,
    GetCmdFlags,
    GetEmbeddings,
    GetLoras,
    GetMemory,
    GetSamplers,
    GetSchedulers,
    GetSDModels,
    GetSDModules,
    GetSDVae,
    GetUpscalers,
    SDModel,
)
from ..options import Options
from .findings import Chart, count, one_line
from .here import Place
from .looking import Sight, hasty, look

_LISTS: tuple[tuple[Request[Any], str, str], ...] = (
    (GetSamplers(), "sampler", "samplers"),
    (GetSchedulers(), "scheduler", "schedulers"),
    (GetUpscalers(), "upscaler", "upscalers"),
    (GetSDVae(), "VAE", "VAEs"),
    (GetSDModules(), "VAE or text encoder", "VAEs and text encoders"),
    (GetLoras(), "LoRA", "LoRAs"),
)
_SHOWN_FLAGS = (
    "nowebui",
    "listen",
    "share",
    "medvram",
    "medvram_sdxl",
    "lowvram",
    "xformers",
    "no_half",
    "no_half_vae",
    "api_server_stop",
    "disable_all_extensions",
    "disable_extra_extensions",
    "skip_load_model_at_start",
)
"""Flags that explain how a webui behaves; none of them holds a secret."""
_LITTLE = 1 << 30  # bytes of free memory below which even one picture is in danger


class SystemInfo(Request[dict[str, Any]]):
    """What a webui says about itself for bug reports: GET /internal/sysinfo. Slow, and holds the paths of its user."""

    method: ClassVar[str] = "GET"
    path: ClassVar[str] = "/internal/sysinfo"

    def parse(self, answer: Answer) -> dict[str, Any]:
        value = answer.json()
        if not isinstance(value, dict):
            raise AnswerError("it is no object", method=answer.method, url=answer.url, content=bytes(answer.body))
        return value


# -- which server -----------------------------------------------------------------------------------------------------


def which_server(chart: Chart) -> Flow[ServerInfo | None]:
    """Which server it is, with the version as far as it says one."""
    try:
        server = yield from Remember("server", lambda: hasty(detect()))
    except WebUIApiError as error:
        chart.warning("server", "which server it is can't be found out", one_line(error))
        return None
    if server.flavour == "unknown":
        chart.warning(
            "server",
            "it is none of the servers that are known here",
            "",
            'What the API\'s family has in common works; say what it comes nearest to with server="a1111".',
        )
        return server
    chart.ok("server", f"it is {server.name}")
    return (yield from _with_version(chart, server))


def _with_version(chart: Chart, server: ServerInfo) -> Flow[ServerInfo]:
    commit = None
    if server.version is None and server.webui:
        about = yield from look(SystemInfo())
        if about.result is not None:
            version, commit = about.result.get("Version"), about.result.get("Commit")
            if isinstance(version, str) and version:
                server = replace(server, version=version)
                yield from Remember("server", lambda: _known(server), refresh=True)
    if server.version is None:
        chart.note("version", "it does not say its version", "", "With a picture (--generate) some say it.")
    else:
        chart.ok("version", f"its version is {server.version}", f"commit {commit}" if isinstance(commit, str) else "")
    return server


def _known(server: ServerInfo) -> Flow[ServerInfo]:
    yield from ()
    return server


# -- what it has ------------------------------------------------------------------------------------------------------


def look_at_checkpoints(chart: Chart, options: Options | None) -> Flow[None]:
    """Whether there are checkpoints, and which one is in use."""
    sight = yield from look(GetSDModels())
    if sight.error is not None:
        if not isinstance(sight.error, NotFound):
            _failed(chart, GetSDModels(), sight)
        return
    models = sight.value
    if models:
        titles = ", ".join(model.title for model in models[:5]) + (", ..." if len(models) > 5 else "")
        chart.ok("checkpoints", f"it has {count(len(models), 'checkpoint')}", titles)
    else:
        chart.problem(
            "checkpoints",
            "it has no checkpoint",
            f"GET {GetSDModels.path} gives an empty list",
            "Put one into models/Stable-diffusion there, then refresh_checkpoints().",
        )
    if options is not None and "sd_model_checkpoint" in options:
        _in_use(chart, options, models)


def _in_use(chart: Chart, options: Options, models: list[SDModel]) -> None:
    used = options.get("sd_model_checkpoint")
    bare = used.partition(" [")[0] if isinstance(used, str) else ""
    if not bare:
        chart.warning(
            "checkpoint-in-use",
            "no checkpoint is chosen",
            f"the option sd_model_checkpoint is {used!r}",
            "Choose one: util_set_model(name), or model= in a call. If it does not stay chosen, loading it failed: see "
            "the server's console.",
        )
    elif models and not any(
        bare.casefold() in (model.title.partition(" [")[0].casefold(), model.model_name.casefold()) for model in models
    ):
        chart.warning(
            "checkpoint-in-use",
            f"the checkpoint in use is not in the list: {used}",
            "",
            "Its file was moved or removed: refresh_checkpoints(), then util_set_model(name).",
        )
    else:
        chart.ok("checkpoint-in-use", f"in use is {used}")


def look_at_lists(chart: Chart) -> Flow[None]:
    """How many there are of everything else; a list that can't be given is told."""
    counts = []
    for request, one, many in _LISTS:
        sight = yield from look(request)
        if sight.error is None:
            counts.append(count(len(sight.value), one, many))
        elif not isinstance(sight.error, NotFound):
            _failed(chart, request, sight)
    embeddings = yield from look(GetEmbeddings())
    if embeddings.result is not None:
        loaded, skipped = embeddings.result.loaded, embeddings.result.skipped
        counts.append(count(len(loaded), "embedding") + (f" ({len(skipped)} not for this model)" if skipped else ""))
    if counts:
        chart.ok("lists", f"it has {', '.join(counts)}")


def _failed(chart: Chart, request: Request[Any], sight: Sight[Any]) -> None:
    chart.warning(
        "list-failed",
        f"{request.path} can't be had",
        one_line(sight.error),
        "The server's console says why; what needs this list will fail too.",
    )


def look_at_memory(chart: Chart) -> Flow[None]:
    """How much memory is free, main and graphics."""
    sight = yield from look(GetMemory())
    if sight.result is None:
        if sight.error is not None and not isinstance(sight.error, NotFound):
            _failed(chart, GetMemory(), sight)
        return
    memory = sight.result
    ram, cuda = _free_of(memory.ram), _free_of(memory.cuda.get("system"))
    parts = [f"{name}: {_size(pair[0])} free of {_size(pair[1])}"
             for name, pair in (("graphics memory", cuda), ("main memory", ram)) if pair]  # fmt: skip
    if cuda is None:
        why = one_line(memory.cuda.get("error") or "the server says nothing")
        chart.note(
            "memory",
            f"no graphics memory ({why})" + (f"; {parts[0]}" if parts else ""),
            "",
            "If there is a graphics card, its driver or the server's torch does not know it: painting on the "
            "processor takes minutes.",
        )
    else:
        chart.ok("memory", "; ".join(parts))
    events = memory.cuda.get("events")
    overrun = events.get("oom") if isinstance(events, dict) else None
    low = cuda is not None and cuda[0] < _LITTLE
    if low or (isinstance(overrun, int) and overrun > 0):
        told = "there is little graphics memory left" if low else f"graphics memory was exhausted {overrun} times"
        chart.warning(
            "memory-low",
            told,
            "; ".join(parts),
            "Smaller pictures, fewer at once, --medvram or --lowvram; or close what else uses the card.",
        )


def _free_of(value: Any) -> tuple[float, float] | None:
    """Free and total bytes, where they are said."""
    if not isinstance(value, dict):
        return None
    free, total = value.get("free"), value.get("total")
    return (free, total) if isinstance(free, (int, float)) and isinstance(total, (int, float)) else None


def _size(size: float) -> str:
    return f"{size / (1 << 30):.1f} GiB"


# -- flags ------------------------------------------------------------------------------------------------------------


def look_at_flags(chart: Chart, place: Place) -> Flow[None]:
    """With which flags it was started, as far as they explain something. Passwords are never shown."""
    sight = yield from look(GetCmdFlags())
    if sight.result is None:
        return
    flags = sight.result
    on = [f"--{name.replace('_', '-')}" for name in _SHOWN_FLAGS if flags.get(name) is True]
    chart.ok("flags", f"it was started with {', '.join(on)}" if on else "it was started without special flags")
    _openness(chart, place, flags)


def _openness(chart: Chart, place: Place, flags: CmdFlags) -> None:
    asks = bool(flags.get("api_auth"))
    public = flags.get("listen") is True or flags.get("share") is True or bool(flags.get("ngrok"))
    if public and "api_auth" in flags and not asks:
        chart.warning(
            "open-to-all",
            "everybody who reaches it can use its API",
            "--listen, --share or --ngrok without --api-auth",
            "Start it with --api-auth user:password too. (--gradio-auth does not guard the API.)",
        )
    if flags.get("gradio_auth") or flags.get("gradio_auth_path"):
        chart.note("page-login", "its page asks for a login, which is not for the API", "--gradio-auth")
    if place.session.auth is not None and "api_auth" in flags and not asks:
        chart.note(
            "page-login", "a user name and a password are sent, and the API asks for none", "", "Leave them out."
        )
