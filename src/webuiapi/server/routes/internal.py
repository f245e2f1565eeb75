"""What the user interface asks the server: tasks one by one, health, and a few texts. Never covered by `--api-auth`."""

from __future__ import annotations

import json
from typing import Any

from ..errors import HTTPError
from ..http import Response
from ..previews import data_uri
from ..routing import Call, route


@route("GET", "/internal/ping")
def ping(_: Call) -> dict[str, Any]:
    """The lightest sign of life."""
    return {}


@route("GET", "/internal/pending-tasks")
def pending_tasks(call: Call) -> dict[str, Any]:
    """The tasks that wait, without the one that runs."""
    tasks = call.state.tasks.pending
    return {"size": len(tasks), "tasks": tasks}


@route("POST", "/internal/progress")
def task_progress(call: Call) -> dict[str, Any]:
    """How far one task is. No id at all is "the current task" when there is none."""
    task = call.fields["id_task"]
    pending = call.state.tasks.pending
    active = task == call.state.tasks.current
    answer = {"active": active, "queued": task in pending, "completed": call.state.tasks.is_finished(task)}
    if active:
        return answer | _figures(call)
    place = f"In queue: {pending.index(task) + 1}/{len(pending)}" if task in pending else "Waiting..."
    nothing = {"progress": None, "eta": None, "live_preview": None}
    return answer | nothing | {"id_live_preview": -1, "textinfo": place}


def _figures(call: Call) -> dict[str, Any]:
    running, options = call.state.progress, call.state.options
    done = min(running.figures().share_done(), 1.0)
    preview, preview_id = None, call.fields["id_live_preview"]
    if options["live_previews_enable"] and call.fields["live_preview"]:
        image, image_id = running.renew_preview(options["show_progress_every_n_steps"])
        if image is not None and image_id != preview_id:
            preview, preview_id = data_uri(image, options["live_previews_image_format"]), image_id
    return {
        "progress": done,
        "eta": running.eta(done),
        "live_preview": preview,
        "id_live_preview": preview_id,
        "textinfo": None,
    }


@route("GET", "/internal/quicksettings-hint")
def quicksettings_hint(call: Call) -> list[dict[str, str]]:
    """The names and labels of all options; those of the catalogue, else the names stand for the labels too."""
    labels: list[dict[str, str]] | None = call.state.catalog.data.get("quicksettings-hint")
    return labels or [{"name": name, "label": name} for name in call.state.options]


@route("GET", "/internal/profile-startup")
def profile_startup(_: Call) -> dict[str, Any]:
    """Seconds that the parts of the start took: there were none."""
    return {"total": 0.0, "records": {}}


@route("GET", "/internal/sysinfo")
@route("GET", "/internal/sysinfo-download")
def sysinfo(call: Call) -> Response:
    """A text for bug reports: about the server that this one stands for, not about this machine."""
    catalog = call.state.catalog
    about = catalog.data.get("sysinfo") or {
        "Platform": "embedded",
        "Version": call.app.flavour.version,
        "Script path": catalog.folder,
        "Data path": catalog.folder,
        "Extensions": catalog.data["extensions"],
        "Config": dict(call.state.options),
        "Commandline": ["launch.py", *(["--nowebui"] if call.app.nowebui else []), "--api"],
    }
    headers = {"content-type": "text/plain; charset=utf-8"}
    if call.request.path.endswith("download") or call.fields.get("attachment") not in (
        None,
        False,
        "",
        "false",
        "False",
    ):
        headers["content-disposition"] = 'attachment; filename="sysinfo.json"'
    return Response(200, headers, json.dumps(about, indent=4, default=str).encode("utf-8", "backslashreplace"))


@route("GET", "/sd_extra_networks/thumb")
@route("GET", "/sd_extra_networks/cover-images")
def no_file(_: Call) -> Response:
    """The embedded server serves no files."""
    raise HTTPError(404, "File not found")


@route("GET", "/sd_extra_networks/metadata")
def metadata(call: Call) -> dict[str, str]:
    """What a LoRA's file says about itself."""
    if call.fields["page"] == "lora":
        for item in call.state.catalog.loras:
            if item["name"] == call.fields["item"] and item.get("metadata"):
                return {"metadata": json.dumps(item["metadata"], indent=4, ensure_ascii=False)}
    return {}


@route("GET", "/sd_extra_networks/get-single-card")
def single_card(_: Call) -> dict[str, str]:
    """The HTML of one card of the user interface, which is not there."""
    return {"html": ""}
