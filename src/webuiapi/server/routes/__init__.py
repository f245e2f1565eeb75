"""The endpoints, one module per area. Every module in this package enters its own into the table of routes."""

from __future__ import annotations

from ..loading import import_modules


def load_routes() -> None:
    """Import all of them."""
    import_modules(__name__)
