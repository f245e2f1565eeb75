"""Seeds: drawn where the request leaves them to the server, then one for each picture."""

from __future__ import annotations

import random
from typing import Any

SEED_RANGE = 4294967294
"""Drawn seeds are below this."""


def fixed_seed(seed: Any, chance: random.Random) -> int:
    """The seed itself, or one drawn if it is -1 or not said."""
    if seed is None or seed in ("", -1):
        return chance.randrange(SEED_RANGE)
    return int(seed)


def seeds_for(seed: int | list[int], count: int, *, same: bool) -> list[int]:
    """One seed for each picture, counting up, or `same` for all; a list is taken as it is."""
    if isinstance(seed, list):
        return seed
    return [seed] * count if same else [seed + index for index in range(count)]
