"""reForge: A1111's API to the letter, with one more field, and a sampler's name split in any case."""

from __future__ import annotations

from typing import Any

from ..processing.names import Names
from ..routing import Call, Handler
from .table import API, Body, Flavour
from .turns import changed

_VERSION = "v1.10.1RC-latest-2184-g3b56b268"


def _split_in_any_case(call: Call, handler: Handler) -> Any:
    """A scheduler at the end of a sampler's name is split off in any case; the sampler's own has to be right."""
    given = str(call.fields["sampler_name"] or call.fields["sampler_index"])
    name, scheduler = Names(call.state.catalog).split(given, any_case=True)
    if scheduler is None:
        return handler(call)
    answer = handler(changed(call, sampler_name=f"{name} {scheduler['label']}"))
    answer["parameters"]["sampler_name"] = call.fields["sampler_name"]
    return answer


TABLE = Flavour(
    name="reforge",
    title="reForge",
    version=_VERSION,
    marks={"Version": _VERSION},
    turns={f"POST {API}{kind}": (_split_in_any_case,) for kind in ("txt2img", "img2img")},
    bodies={f"{API}txt2img": Body({"hr_cfg": {"type": "number", "default": 1.0, "nullable": True}})},
)
