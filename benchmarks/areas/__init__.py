"""The areas in the order in which they are run and printed."""

from __future__ import annotations

from . import answers, inputs, memory, saving, small, start

AREAS = (
    answers.PLAIN,
    answers.AWAITED,
    answers.COMPRESSED,
    saving.LOADING,
    saving.SAVING,
    memory.MEMORY,
    inputs.ENCODED,
    inputs.MEMORY,
    small.SMALL,
    start.START,
)
