"""Pictures as HTML: what a notebook shows of a result."""

from __future__ import annotations

import base64
import html
from typing import TYPE_CHECKING, Any

from .png import MEDIA_TYPES, kind_of

if TYPE_CHECKING:
    from .results import Result

_SHOWN_INLINE = frozenset({"png", "jpeg", "webp", "gif", "avif"})


def fragment(result: Result[Any], *, width: int = 256) -> str:
    """The pictures side by side, each with its seed below and its generation parameters on hover."""
    cells = []
    for data, seed, text in zip(result.content, result.seeds, result.infotexts, strict=True):
        kind = kind_of(data) or ""
        if kind not in _SHOWN_INLINE:
            continue
        source = f"data:{MEDIA_TYPES[kind]};base64,{base64.b64encode(data).decode()}"
        title = html.escape(text or "", quote=True)
        caption = f"seed {seed}" if seed is not None else ""
        cells.append(
            f'<figure style="margin:0"><img src="{source}" title="{title}" style="max-width:{width}px">'
            f'<figcaption style="font:12px sans-serif">{caption}</figcaption></figure>'
        )
    return f'<div style="display:flex;flex-wrap:wrap;gap:8px">{"".join(cells)}</div>'
