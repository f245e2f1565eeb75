"""Keywords of older versions, taken for the new ones."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any, TypeVar

C = TypeVar("C")


def renamed(**old: str) -> Callable[[type[C]], type[C]]:
    """A class decorator: keywords of older versions are taken for the new ones, with one warning a call."""

    def decorate(cls: type[C]) -> type[C]:
        init: Any = cls.__init__

        @functools.wraps(init)
        def accepting(self: Any, *args: Any, **kwargs: Any) -> None:
            for name in [name for name in kwargs if name in old]:
                new = old[name]
                if new in kwargs:
                    raise TypeError(f"{cls.__name__}: {name}= is the old name of {new}=: both are given")
                warnings.warn(f"{cls.__name__}: {name}= is now {new}=", DeprecationWarning, stacklevel=2)
                kwargs[new] = kwargs.pop(name)
            init(self, *args, **kwargs)

        setattr(cls, "__init__", accepting)  # noqa: B010 - a type checker would not allow it; the signature stays
        return cls

    return decorate
