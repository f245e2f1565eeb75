"""WD14 tagger: what a picture shows, in tags. No network looks: the tags are of what can be measured.

There are two lines of it. The newer one (picobyte) is the default; a server whose list of extensions names toriato's
repository answers as the older one, with a flat caption, without queues and without the endpoint that unloads.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from ..contract import contract
from ..errors import HTTPError, Invalid, not_routed
from ..processing.pictures import decode
from .base import Extension, field

if TYPE_CHECKING:
    from PIL.Image import Image

    from ..http import Response
    from ..routing import Call

tagger = Extension(
    "tagger",
    repository="picobyte/stable-diffusion-webui-wd14-tagger",
    also=["toriato/stable-diffusion-webui-wd14-tagger"],
    commit="e72d984",
    date=1699056000,
)

MODELS = (
    "wd14-convnextv2-v2", "wd14-vit-v2", "wd14-convnext-v2", "wd14-swinv2-v2", "wd14-convnextv2-v2-git",
    "wd14-vit-v2-git", "wd14-convnext-v2-git", "wd14-swinv2-v2-git", "wd14-vit", "wd14-convnext",
)  # fmt: skip
RATINGS = ("general", "sensitive", "questionable", "explicit")
_OLD_THRESHOLD = 0.35
_OLD = "toriato"

_FIELDS = {
    "image": field("string", ""),
    "model": field("string"),
    "threshold": field("number", 0.0),
    "queue": field("string", ""),
    "name_in_queue": field("string", ""),
}


def _is_old(call: Call) -> bool:
    entry = tagger.listed_in(call.state.catalog.data)
    return entry is not None and _OLD in str(entry.get("remote"))


@tagger.get("/tagger/v1/interrogators", auth=True)
def interrogators(call: Call) -> dict[str, Any]:
    """The models."""
    listed: dict[str, Any] = call.state.catalog.data.get("tagger/v1/interrogators") or {"models": list(MODELS)}
    return listed


@tagger.post("/tagger/v1/unload-interrogators", auth=True)
def unload(call: Call) -> str | Response:
    """Give the models' memory free."""
    if _is_old(call):
        return not_routed(404, "Not Found")
    return "Successfully unload 0 model(s)"


@tagger.post("/tagger/v1/interrogate", _FIELDS, auth=True)
def interrogate(call: Call) -> dict[str, Any]:
    """The tags of a picture that are sure enough, the surest first."""
    fields, old = call.fields, _is_old(call)
    threshold = fields["threshold"]
    if old:
        threshold = threshold if "threshold" in call.given else _OLD_THRESHOLD
        _check_threshold(threshold)
    if fields["model"] not in interrogators(call)["models"]:
        raise HTTPError(404, "Model not found")
    if not old and (fields["queue"] or fields["name_in_queue"]):
        return _queued(call, threshold)
    ratings, tags = tags_of(decode(fields["image"], call.state.options))
    sure = {tag: share for tag, share in tags.items() if (share >= threshold if old else share > threshold)}
    return {"caption": {**ratings, **sure} if old else {"tag": sure, "rating": ratings}}


def _check_threshold(value: float) -> None:
    limits = {"threshold": field("number", _OLD_THRESHOLD, ge=0, le=1)}
    from ..coerce import Several, take_model

    try:
        take_model(contract().model(limits), {"threshold": value}, ("body",))
    except Several as several:
        raise Invalid(several.entries) from None


def _queued(call: Call, threshold: float) -> dict[str, Any]:
    """Add a picture to a queue by a name; without a name give what the queue has."""
    fields = call.fields
    queues: dict[str, dict[str, Any]] = call.state.memory("tagger", dict)
    key = f"{fields['queue']}/{fields['model']}"
    if not fields["name_in_queue"]:
        return {"caption": {key: queues.pop(key, {})}}
    image = decode(fields["image"], call.state.options)
    name = fields["name_in_queue"]
    if name == "<sha256>":
        name = hashlib.sha256(image.convert("RGB").tobytes()).hexdigest()
    ratings, tags = tags_of(image)
    sure = {tag: share for tag, share in tags.items() if share > threshold}
    queues.setdefault(key, {})[name] = {**{f"rating:{rating}": share for rating, share in ratings.items()}, **sure}
    return {"caption": {key: dict.fromkeys(queues[key], "queued")}}


def tags_of(image: Image) -> tuple[dict[str, float], dict[str, float]]:
    """Ratings, and tags with how sure they are, the surest first."""
    from ..processing.captions import Seen
    from .vision.matte import subject_box

    seen = Seen(image)
    tags = {f"{colour}_theme": min(0.3 + share, 0.99) for colour, share in seen.colours}
    tags[f"{seen.brightness}_background"] = 0.71
    tags[f"{seen.contrast}_contrast"] = 0.58
    tags["no_humans"] = 0.9
    box = subject_box(image.convert("RGB"))
    if box is not None:
        tags["solo"] = 0.64
        wide = (box[2] - box[0]) / image.width
        tags["close-up" if wide > 0.6 else "full_body"] = 0.45
    tags["scenery" if box is None else "outdoors"] = 0.52
    ratings = dict(zip(RATINGS, (0.93, 0.05, 0.01, 0.01), strict=True))
    return ratings, dict(sorted(tags.items(), key=lambda one: (-one[1], one[0])))
