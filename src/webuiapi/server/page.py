"""The page for people: the last requests with their pictures, and the running job. All of it comes in one piece.

It is built around `data/page.html` and asks `/requests.json` what is new. By its policy it may load nothing from
elsewhere and run nothing but its own script; what stands in a request is shown as text, never as markup.
"""

from __future__ import annotations

import base64
import hashlib
import re
from functools import lru_cache
from html import escape
from importlib import resources
from typing import TYPE_CHECKING

from .http import Response

if TYPE_CHECKING:
    from .app import App


def response(app: App) -> Response:
    """The page of one server."""
    page, policy = _page()
    models = "".join(f"<li>{escape(str(item['title']))}</li>" for item in app.state.checkpoints)
    text = page.replace("<!--server-->", escape(app.flavour.title)).replace("<!--checkpoints-->", models)
    headers = {
        "content-type": "text/html; charset=utf-8",
        "content-security-policy": policy,
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
    }
    return Response(200, headers, text.encode("utf-8", "replace"))


@lru_cache(maxsize=1)
def _page() -> tuple[str, str]:
    """The page before it is filled in, and the policy that allows its own style and script."""
    page = (resources.files("webuiapi.server") / "data" / "page.html").read_text("utf-8")
    own = re.findall(r"(?s)<(style|script)>(.*?)</", page)
    allowed = {"default-src": "'none'", "img-src": "data:", "connect-src": "'self'", "base-uri": "'none'"}
    allowed |= {"form-action": "'none'", "frame-ancestors": "'none'"}
    allowed |= {f"{tag}-src": f"'sha256-{_digest(content)}'" for tag, content in own}
    policy = "; ".join(f"{name} {value}" for name, value in allowed.items())
    return page, policy


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
