"""Small calls: what a call costs beside its pictures."""

from __future__ import annotations

from ..case import CALLS, CPU, WALL, Area, Case

SMALL = Area(
    "small",
    "Small calls",
    [
        Case("get_progress, one after the other", "get_progress", quick=True, to_reach="1.8 the calls"),
        Case("get_progress, 32 in flight", "progress_in_flight", quick=True, to_reach="2.5 the calls"),
        Case(
            "get_progress, 32 in flight, 50 ms away", "progress_in_flight", "wait50-1x64-photo", to_reach="512 of 640/s"
        ),
        Case("txt2img, one after the other", "txt2img", quick=True),
        Case("txt2img, 32 in flight", "txt2img_in_flight"),
        Case("txt2img, 32 in flight, 50 ms away", "txt2img_in_flight", "wait50-1x64-photo"),
    ],
    (CALLS, WALL, CPU),
    note="Less wall is more calls in the same time. The predecessor has no awaitable get_progress; its custom_post "
    "asks the same.",
)
