"""What the endpoints of extensions have in common: pictures among the parameters, pictures in the answers."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from .. import images as pictures
from ..answers import checked, sort_out
from ..api.base import read_item
from ..errors import ImageError
from ..items import Item
from ..request import Answer, Request, said
from ..results import Result
from ..wire import decode_image

if TYPE_CHECKING:
    from PIL.Image import Image

R_co = TypeVar("R_co", covariant=True)

SEVERAL: Mapping[str, Any] = {"picture": "several"}
"""Metadata of a field that holds a picture or several, sent as a list of base64 texts without a prefix."""


@dataclass(frozen=True, eq=False)
class PictureRequest(Request[R_co], Generic[R_co]):
    """A call whose fields with the metadata of `base.PICTURE`, `base.PICTURE_URI` or `SEVERAL` are pictures."""

    sends_pictures: ClassVar[bool] = True

    def payload(self) -> dict[str, Any]:
        payload = said(self)
        for item in fields(self):
            how, value = item.metadata.get("picture"), getattr(self, item.name)
            if how and value is not None:
                name = item.metadata.get("wire", item.name)
                payload[name] = (
                    pictures.several(value, item.name, uri=False)
                    if how == "several"
                    else pictures.outgoing(value, item.name, uri=how == "uri")
                )
        return payload


@dataclass(frozen=True, eq=False)
class GetNames(Request[list[str]]):
    """A list of names, which the answer has under a key; subclasses say where, and which."""

    method: ClassVar[str] = "GET"
    key: ClassVar[str]

    def parse(self, answer: Answer) -> list[str]:
        return names_in(answer, self.key)


def names_in(answer: Answer, key: str) -> list[str]:
    """The texts that an answer's object lists under a key; [] when it has none."""
    listed = read_item(answer, Item).get(key)
    return [item for item in listed if isinstance(item, str)] if isinstance(listed, list) else []


class ExtensionResult(Result[str]):
    """What an extension's endpoint gives: its pictures as `images`, its message (or "") as `info`."""

    def _why_empty(self) -> str:
        return f"the answer holds no pictures{f': {self.info}' if self.info else ''}"


def read_pictures(answer: Answer, fields: Any, *keys: str, info: str = "info") -> ExtensionResult:
    """The pictures that stand under `keys` (each one, or a list) of an answer's object, and its message.

    Raises `AnswerError` for an answer that is no object or has none of the keys.
    """
    if not isinstance(fields, dict) or not any(key in fields for key in keys):
        raise answer.error(f" answered without {' or '.join(map(repr, keys))}")
    listed = [item for key in keys for item in _listed(fields.get(key))]
    content, errors = sort_out([decode_image(item) for item in listed])
    rest = {**fields, **{key: _emptied(fields[key]) for key in keys if key in fields}}
    message = rest.get(info)
    return checked(
        ExtensionResult(content, message if isinstance(message, str) else "", errors=errors, rest=rest), answer
    )


def _emptied(value: Any) -> Any:
    """What stands in a result for the pictures, which it has in another form: so it still says where they were."""
    return [] if isinstance(value, list) else "" if isinstance(value, str) else value


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def images_in(fields: Mapping[str, Any], key: str, answer: Answer) -> list[Image]:
    """The pictures under a key of an answer; [] where there are none. Raises `ImageError` for one that is damaged."""
    found: list[Image] = []
    for part in map(decode_image, _listed(fields.get(key))):
        content, errors = sort_out([part])
        if errors:
            raise answer.error(f": {key!r} {errors[0].problem}", ImageError)
        found.extend(map(_opened, content))
    return found


def image_in(fields: Mapping[str, Any], keys: Sequence[str], answer: Answer) -> Image | None:
    """The first picture under one of the keys; None where there is none. Raises `ImageError` for a damaged one."""
    return next((image for key in keys for image in images_in(fields, key, answer)), None)


def _opened(data: bytes) -> Image:
    from PIL import Image as pil

    return pil.open(io.BytesIO(data))
