"""Pictures that go out: img2img with what is a file already, and with a picture from memory."""

from __future__ import annotations

from ..case import CPU, OURS_MS, WALL, Area, Case, Column

LESS_WALL = {512: "80 less wall", 1024: "250 less wall", 2048: "400 less wall"}


def encoded(size: int) -> list[Case]:
    file = {"picture": f"{{folder}}/{size}-photo.png"}
    reach = LESS_WALL[size]
    quick = size == 512
    return [
        Case(f"{size}, path of a file", "img2img_file", arguments=file, to_reach=reach, quick=quick),
        Case(f"{size}, bytes", "img2img_bytes", arguments=file, to_reach=reach),
        Case(
            f"{size}, picture of an earlier result",
            "img2img_earlier",
            arguments={"source": f"{{stub}}/1x{size}-photo"},
            to_reach=reach,
        ),
    ]


ENCODED = Area(
    "inputs",
    "img2img with what is encoded already",
    [case for size in LESS_WALL for case in encoded(size)],
    (OURS_MS, CPU, WALL),
    rounds=3,
)
MEMORY = Area(
    "from-memory",
    "img2img with a picture from memory",
    [
        Case("512 photo", "img2img_memory", arguments={"picture": "{folder}/512-photo.png"}, quick=True),
        Case("512 noise", "img2img_memory", arguments={"picture": "{folder}/512-noise.png"}),
        Case(
            "2048 photo",
            "img2img_memory",
            arguments={"picture": "{folder}/2048-photo.png"},
            to_reach="10 less wall, same size",
        ),
        Case("2048 noise", "img2img_memory", arguments={"picture": "{folder}/2048-noise.png"}),
    ],
    (OURS_MS, CPU, WALL, Column("less on the wire", "sent", "less than predecessor")),
    rounds=3,
)
