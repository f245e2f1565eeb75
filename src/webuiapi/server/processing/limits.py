"""How much one request may ask for, where its pictures are made: see `webuiapi.server.limits`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..limits import MILLION, limits_in_force

MOST_TOTAL = 1 << 28
"""Pixels of all pictures of one request: 1024 of 512 x 512."""
MOST_PICTURES = 4096
"""Pictures of one request, whatever the limits in force are."""
MOST_STEPS = 10_000
SEEDS = range(-(1 << 63), 1 << 64)
"""What the real server's source of noise takes."""


class OutOfMemoryError(RuntimeError):
    """The picture is too large. Named so because the class name stands in the answer."""


def check_pixels(width: int, height: int, count: int = 1) -> None:
    """Refuse what a graphics card could not hold."""
    if width * height * count > limits_in_force().megapixels * MILLION:
        raise OutOfMemoryError(f"out of memory: {count} pictures of {width}x{height}")


def check_input(width: int, height: int) -> None:
    """Refuse a picture that was sent in and is too large to be unpacked."""
    if width * height > limits_in_force().input_megapixels * MILLION:
        raise OutOfMemoryError(f"out of memory: a picture of {width}x{height}")


def check_total(count: int, size: tuple[int, int] = (1, 1)) -> None:
    """Refuse a request whose pictures of a size, or pixels, nobody could hold together."""
    pixels = count * max(size[0], 0) * max(size[1], 0)
    if pixels > MOST_TOTAL:
        raise OutOfMemoryError(f"out of memory: {pixels} pixels in all are more than this server holds ({MOST_TOTAL})")


def check_count(count: int) -> None:
    """Refuse a request for more pictures than anybody could hold."""
    most = min(limits_in_force().pictures, MOST_PICTURES)
    if count > most:
        raise MemoryError(f"{count} pictures are more than this server holds ({most})")


def check_seeds(seeds: Iterable[int]) -> None:
    """Refuse seeds of more than 64 bits."""
    for seed in seeds:
        if seed not in SEEDS:
            raise RuntimeError(f"Overflow when unpacking long: the seed {seed}")


def check_divisor(steps: Any) -> None:
    """Refuse 0 and null as the number of steps, by which the real server divides before it paints."""
    if steps == 0:
        raise ZeroDivisionError("integer division or modulo by zero")  # in the words of its Python, whatever ours says
    if steps is None:
        raise TypeError("unsupported operand type(s) for //: 'NoneType' and 'NoneType'")


def check_steps(steps: int) -> None:
    """Refuse schedules of impossible length."""
    if steps < 0:
        raise RuntimeError("number of steps must be non-negative")
    if steps > MOST_STEPS:
        raise RuntimeError(f"not enough memory for a schedule of {steps} steps")
