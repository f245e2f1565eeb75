"""What works there: progress, progress of one task, previews, scripts and extensions, the queue of agent-scheduler."""

from __future__ import annotations

from ...errors import NotFound
from ...extensions import registered
from ...request import Flow
from ..agent_scheduler import GetQueue
from ..internal import GetTaskProgress
from ..jobs import GetProgress
from ..lists import GetExtensions, GetScripts
from ..options import Options
from .findings import Chart, count, one_line
from .looking import look


def look_at_progress(chart: Chart, options: Options | None) -> Flow[None]:
    """Whether the server tells how far a job is, and whether it can tell one task from another."""
    sight = yield from look(GetProgress(skip_current_image=True))
    if sight.result is None:
        chart.note(
            "progress",
            "it does not tell how far a job is",
            one_line(sight.error),
            "Progress stays None; pictures come all the same.",
        )
        return
    progress = sight.result
    chart.ok("progress", "it tells how far a job is")
    if not progress.idle:
        stuck = progress.progress >= 1 and progress.eta < 0
        chart.note(
            "busy-now",
            "it looks busy and is not" if stuck else f"it is at work: {progress!r}",
            "what a failed call of extras leaves behind, until the next job" if stuck else progress.job,
        )
    task = yield from look(GetTaskProgress("task(webuiapi-doctor)", live_preview=False))
    if task.result is not None:
        chart.ok("tasks", "it tells tasks apart: progress and interrupting are those of your own job")
    else:
        chart.note(
            "tasks",
            "it does not tell tasks apart",
            one_line(task.error),
            "Progress is that of whatever runs; a webui has it since 1.8, but not with --nowebui.",
        )
    _previews(chart, options)


def _previews(chart: Chart, options: Options | None) -> None:
    wanted = options.get("live_previews_enable") if options is not None else None
    if wanted is True and options is not None:
        every = options.get("show_progress_every_n_steps")
        steps = f", every {every:g} steps" if isinstance(every, (int, float)) and every > 0 else ""
        chart.ok("previews", f"previews are on{steps}")
    elif wanted is False:
        chart.note(
            "previews",
            "previews are off there",
            "the option live_previews_enable is false",
            "set_options({'live_previews_enable': True})",
        )


def look_at_scripts(chart: Chart) -> Flow[None]:
    """Which scripts and extensions it has, and which of them have a class here."""
    sight = yield from look(GetScripts())
    if sight.result is not None:
        listed = list(dict.fromkeys([*sight.result.txt2img, *sight.result.img2img]))
        names = {name.casefold() for name in listed}
        known = sorted(
            {
                unit.__name__
                for unit in registered()
                if names & {title.casefold() for title in (unit.title, *(layout.title for layout in unit.layouts))}
            }
        )
        chart.ok(
            "scripts",
            f"it has {count(len(listed), 'script')}; {len(known)} classes here are for them",
            ", ".join(known),
        )
    elif not isinstance(sight.error, NotFound):
        chart.warning(
            "list-failed",
            f"{GetScripts.path} can't be had",
            one_line(sight.error),
            "Units (ControlNetUnit, ADetailer, ...) are then sent unchecked.",
        )
    else:
        chart.note("scripts", "it has no scripts, and so no extensions")
    yield from _extensions(chart)


def _extensions(chart: Chart) -> Flow[None]:
    sight = yield from look(GetExtensions())
    if sight.result is None:
        return
    on = [found.name for found in sight.result if found.enabled]
    off = [found.name for found in sight.result if not found.enabled]
    chart.ok(
        "extensions",
        f"it has {count(len(on), 'extension')} of others" + (f", {len(off)} more are off" if off else ""),
        ", ".join(on) + (f"; off: {', '.join(off)}" if off else ""),
    )
    queue = yield from look(GetQueue(limit=1))
    if queue.result is not None:
        waiting = queue.result.total_pending_tasks
        chart.ok(
            "queue-extension",
            "agent-scheduler is there: submit(..., via='agent-scheduler')",
            count(waiting, "task waits", "tasks wait"),
        )
        if queue.result.paused:
            chart.note("queue-extension", "the queue of agent-scheduler is paused", "", "resume_queue()")
