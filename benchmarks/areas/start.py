"""Import and the first client, in fresh interpreters."""

from __future__ import annotations

from ..case import CPU, OURS_MS, WALL, Area, Case, Column

START = Area(
    "start",
    "Import and construction, in fresh interpreters",
    [
        Case("import webuiapi", "import webuiapi", quick=True, to_reach="20 less wall"),
        Case(
            "the same, and a client",
            "import webuiapi; webuiapi.WebUIApi(baseurl='{baseurl}')",
            quick=True,
            to_reach="2 less wall, no requests",
        ),
        Case("the same, and its first call", "import webuiapi; webuiapi.WebUIApi(baseurl='{baseurl}').get_progress()"),
    ],
    (OURS_MS, CPU, WALL, Column("ours, requests", "requests", "number")),
    how="script",
)
