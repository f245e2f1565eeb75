"""Results: all pictures decoded, and all pictures saved."""

from __future__ import annotations

from ..case import CPU, OURS_MS, WALL, Area, Case

LOADING = Area(
    "load",
    "result.load(), after and with the call",
    [
        Case("4 x 512 photo, decoding alone", "load", "4x512-photo", quick=True),
        Case("4 x 1024 photo, decoding alone", "load", "4x1024-photo"),
        Case("4 x 1024 photo, call and decoding", "fetch_and_load", "4x1024-photo", to_reach="2 less wall"),
    ],
    (OURS_MS, CPU, WALL),
)
SAVING = Area(
    "save",
    "result.save(), against `save` of each picture",
    [
        Case("1 x 512 photo", "save", "1x512-photo", quick=True),
        Case("4 x 1024 photo", "save", "4x1024-photo", to_reach="80 less wall"),
    ],
    (OURS_MS, CPU, WALL),
    rounds=3,
)
