"""Answers of generations: received, decoded from base64, opened, not decoded to pixels."""

from __future__ import annotations

from ..case import CPU, FLOOR, FLOOR_CPU, OURS, OURS_MS, PREDECESSOR, WALL, Area, Case

COUNTS = (1, 4, 16)
SIZES = (512, 1024, 2048)
KINDS = ("photo", "noise")
QUICK = {(1, 512), (4, 1024)}


def cases(operation: str) -> list[Case]:
    return [
        Case(f"{count} x {size} {kind}", operation, f"{count}x{size}-{kind}", quick=(count, size) in QUICK)
        for count in COUNTS
        for size in SIZES
        for kind in KINDS
    ]


PLAIN = Area(
    "answers",
    "txt2img, plain",
    cases("txt2img"),
    (OURS_MS, CPU, WALL, FLOOR_CPU),
    clients=(OURS, PREDECESSOR, FLOOR),
    mean="8 less CPU, 6 less wall, at most 2 of the floor",
)
AWAITED = Area(
    "awaited",
    "txt2img, awaitable",
    cases("txt2img_awaited"),
    (OURS_MS, CPU, WALL, FLOOR_CPU),
    clients=(OURS, PREDECESSOR, FLOOR),
    mean="5.5 less CPU, at most 3 of the floor",
)
COMPRESSED = Area(
    "compressed",
    "txt2img from a server that compresses when asked to",
    [
        Case("1 x 1024 photo", "txt2img", "gzip-1x1024-photo", quick=True),
        Case("4 x 1024 photo", "txt2img", "gzip-4x1024-photo", to_reach="25 less wall"),
    ],
    (OURS_MS, CPU, WALL),
    rounds=3,
    note="The stub compresses each answer at level 9, as the A1111 family does.",
)
