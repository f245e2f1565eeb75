"""The options (settings) of the server: what is set, what is typed, what is saved, and what the API may not touch."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from typing import Any

from .coerce import Field, Several, refusals
from .errors import ValidationError

CLOSED = frozenset({"api_enable_requests", "api_forbid_local_requests", "api_useragent"})
"""Options that requests cannot change; they are told nothing about it."""
LOADING = frozenset(
    {
        "sd_model_checkpoint",
        "sd_vae",
        "sd_vae_overrides_per_model_preferences",
        "cross_attention_optimization",
        "fp8_storage",
        "cache_fp16_weight",
    }
)
"""Options whose change loads something, and so waits for the queue."""
EXPLANATION = "_explanation"
"""The end of the names of those that are only text on the settings page."""


class Options(Mapping[str, Any]):
    """The options as they are now, defaults included.

    `saved` options are those that the server has in its settings file or that were set since it started. On a server
    that never saved any, the others are not restored after an override.
    """

    def __init__(self, values: Mapping[str, Any], kinds: Mapping[str, Field], *, saved: bool = True) -> None:
        self._lock = threading.Lock()
        self._defaults = dict(values)
        self._kinds = kinds
        self._set: dict[str, Any] = dict(values) if saved else {}

    def __getitem__(self, name: str) -> Any:
        with self._lock:
            return self._set[name] if name in self._set else self._defaults[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._defaults)

    def __len__(self) -> int:
        return len(self._defaults)

    def is_saved(self, name: str) -> bool:
        """Whether it would be restored after an override."""
        with self._lock:
            return name in self._set

    def put(self, name: str, value: Any) -> None:
        """Set what the server itself sets, and restore what was overridden."""
        with self._lock:
            self._set[name] = value

    def change(self, name: str, value: Any) -> bool:
        """Set an option for a request; whether that changed it. A KeyError if there is no such option."""
        with self._lock:
            if self._set.get(name) == value:
                return False  # even of an option that does not exist, if the value is null
            if name not in self._defaults:
                raise KeyError(name)
            if name in CLOSED or name.endswith(EXPLANATION):
                return False
            self._set[name] = value
            return True

    def typed(self) -> dict[str, Any]:
        """All of them as the API shows them: by the types of their defaults, so that integers become floats."""
        shown: dict[str, Any] = {}
        wrong: list[dict[str, Any]] = []
        with self._lock:
            values = {**self._defaults, **self._set}
        for name, value in values.items():
            field = self._kinds.get(name)
            try:
                shown[name] = value if field is None else field.take(value, ("response", name))
            except Several as several:
                wrong.extend(several.entries)
        if wrong:
            head = f"{len(wrong)} validation error{'s' if len(wrong) > 1 else ''} for Options"
            raise ValidationError("\n".join([head, *refusals(wrong)]))
        return shown
