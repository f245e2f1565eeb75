"""Ctrl-C as a wish to stop, which nothing is lost by."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def first_ctrl_c(wish: Callable[[], None]) -> Iterator[None]:
    """Call `wish` at the first Ctrl-C within the block; the second is a KeyboardInterrupt as always.

    Outside the main thread, and where the program has its own handler, nothing is changed.
    """
    usual = signal.default_int_handler
    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGINT) is not usual:
        yield
        return

    def heard(*_: object) -> None:
        signal.signal(signal.SIGINT, usual)
        wish()

    signal.signal(signal.SIGINT, heard)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)
