"""Ctrl-C, pressed by a test."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable

import pytest

from .scripted import PATIENCE

needs_signals = pytest.mark.skipif(sys.platform == "win32", reason="sends a signal to a thread")


def press_ctrl_c(seen: object) -> bytes:
    """What a play does to break off the call that asked for it."""
    main = threading.main_thread().ident
    assert main is not None
    signal.pthread_kill(main, signal.SIGINT)
    return b""


def until_the_main_thread_waits(begun: Callable[[], bool]) -> None:
    """Return when `begun` holds and the main thread stands in a wait for an event or a condition."""
    main = threading.main_thread().ident
    assert main is not None
    deadline = time.monotonic() + PATIENCE
    while not begun() or not _stands_in_a_wait(main):
        assert time.monotonic() < deadline
        threading.Event().wait(0.001)


def _stands_in_a_wait(thread: int) -> bool:
    code = sys._current_frames()[thread].f_code
    return (code.co_filename, code.co_name) == (threading.__file__, "wait")
