"""The word lists that prompts can name, shared by the extensions that read them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..catalog import Catalog

DEFAULT: dict[str, list[str]] = {
    "animal": ["a fox", "a squirrel", "an owl", "a cat", "a deer", "a hare", "a heron"],
    "color": ["red", "orange", "golden", "green", "blue", "violet", "white"],
    "place": ["in a forest", "by the sea", "in the mountains", "in a meadow", "above a town", "in the desert"],
    "time": ["at dawn", "at noon", "at sunset", "at night"],
    "weather": ["in mist", "in snow", "in rain", "under a clear sky"],
}


def wildcards_of(catalog: Catalog) -> dict[str, list[str]]:
    """The lists of a server, by name."""
    lists: Any = catalog.data.get("wildcards", DEFAULT)
    return {str(name): [str(line) for line in lines] for name, lines in lists.items()}
