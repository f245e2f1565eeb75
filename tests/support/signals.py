"""Ctrl-C, pressed by a test."""

from __future__ import annotations

import signal
import sys
import threading

import pytest

needs_signals = pytest.mark.skipif(sys.platform == "win32", reason="sends a signal to a thread")


def press_ctrl_c(seen: object) -> bytes:
    """What a play does to break off the call that asked for it."""
    main = threading.main_thread().ident
    assert main is not None
    signal.pthread_kill(main, signal.SIGINT)
    return b""
