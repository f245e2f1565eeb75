"""Memory of a large answer."""

from __future__ import annotations

from ..case import Area, Case, Column

MEMORY = Area(
    "memory",
    "Memory of a result that is kept, above that of the idle process",
    [
        Case("4 x 512 photo", "memory", "4x512-photo", quick=True),
        Case("16 x 2048 photo", "memory", "16x2048-photo", to_reach="at most 1.15 at the peak"),
        Case(
            "16 x 2048 photo, to files", "memory_of_files", "16x2048-photo", to_reach="at most 4 MB (0.05) at the peak"
        ),
    ],
    (
        Column("ours at the peak, sizes of the files", "peak", "number"),
        Column("less at the peak", "peak", "less than predecessor"),
        Column("ours afterwards, sizes of the files", "retained", "number"),
        Column("less afterwards", "retained", "less than predecessor"),
    ),
    how="fresh",
    rounds=3,
    note="The unit is the size of all PNG files in the answer.",
)
