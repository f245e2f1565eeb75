"""Extras: upscaling of one picture and of several, what a picture says about itself, and captions."""

from __future__ import annotations

from numbers import Real
from typing import Any

from ...infotext import with_defaults
from ..errors import HTTPError
from ..processing import captions
from ..processing.extras import run_extras
from ..processing.pictures import decode, decode_all, encode, read_info
from ..routing import Call, route


@route("POST", "/sdapi/v1/extra-single-image")
def extra_single_image(call: Call) -> dict[str, Any]:
    """One picture. It is decoded before the request waits for its turn."""
    state = call.state
    image = decode(call.fields["image"], state.options)
    with state.queued(name="extras") as job:
        images, html_info = run_extras(call.fields, [image], state, job)
    return {"html_info": html_info, "image": encode(images[0], state.options)}


@route("POST", "/sdapi/v1/extra-batch-images")
def extra_batch_images(call: Call) -> dict[str, Any]:
    """Several; what was done is told of the last one."""
    state = call.state
    images = decode_all([item["data"] for item in call.fields["imageList"]], state.options)
    with state.queued(name="extras") as job:
        images, html_info = run_extras(call.fields, images, state, job)
    return {"html_info": html_info, "images": [encode(image, state.options) for image in images]}


@route("POST", "/sdapi/v1/png-info")
def png_info(call: Call) -> dict[str, Any]:
    """The parameters in a picture. Does not wait for a turn."""
    state, options = call.state, call.state.options
    image = decode(call.fields["image"].strip(), options)
    text, items = read_info(image, state.catalog)
    values = with_defaults(
        text or "",
        known_styles=state.styles,
        infotext_styles=options["infotext_styles"],
        auto_backcompat=options["auto_backcompat"],
        skip=options["infotext_skip_pasting"],
    )
    return {"info": text or "", "items": {key: _plain(item) for key, item in items.items()}, "parameters": values}


def _plain(item: Any) -> Any:
    """A value of a picture's metadata as JSON has it."""
    if isinstance(item, bytes):
        return item.decode("utf-8")
    if isinstance(item, (list, tuple)):
        return [_plain(part) for part in item]
    if isinstance(item, dict):
        return {str(key): _plain(part) for key, part in item.items()}
    if isinstance(item, Real) and not isinstance(item, (int, float)):
        return float(item)
    return item if item is None or isinstance(item, (str, int, float)) else str(item)


@route("POST", "/sdapi/v1/interrogate")
def interrogate(call: Call) -> dict[str, str]:
    """A caption. The picture is decoded before the model's name is looked at."""
    state = call.state
    image = decode(call.fields["image"], state.options).convert("RGB")
    with state.queued():
        model = call.fields["model"]
        if model == "clip":
            caption = captions.clip(image, state)
        elif model == "deepdanbooru":
            caption = captions.deepdanbooru(image, state)
        else:
            raise HTTPError(404, "Model not found")
    return {"caption": caption}
