"""Anything that is a picture, made ready to be sent.

What is already encoded goes out as it is wherever the server can read it: a file, bytes, a picture that Pillow has
opened but not decoded, a result of an earlier call. Everything else is encoded as PNG.
"""

from __future__ import annotations

import io
import os
import re
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeAlias

import pybase64

from .encoding import encode, opened
from .png import MEDIA_TYPES, VIDEOS, kind_of, problem_with
from .wording import a_kind

if TYPE_CHECKING:
    import numpy
    from PIL.Image import Image

    from .results import Result

    ImageInput: TypeAlias = (
        Image
        | numpy.ndarray[Any, Any]
        | str
        | os.PathLike[str]
        | bytes
        | bytearray
        | memoryview
        | IO[bytes]
        | Result[Any]
    )
    """Whatever a parameter that wants a picture accepts."""
else:
    ImageInput = Any

ACCEPTED = (
    "a Pillow image, a path, bytes, an open binary file, a NumPy array (height, width[, 3 or 4]) of uint8, "
    "a data URI, base64 text, an http(s) URL, or the result of an earlier call"
)
_ORIENTATION = 0x0112
_SENT_AS_THEY_ARE = {"png": {"1", "L", "LA", "P", "RGB", "RGBA", "I;16"}, "jpeg": {"L", "RGB"}}
_URI_HEAD = re.compile(r"data:[\w.+-]+/[\w.+-]+(;[\w.+=-]+)*;base64", re.ASCII)
_files = threading.Lock()  # the position of a file that Pillow keeps open is shared by all who read it


@dataclass(frozen=True)
class Picture:
    """An encoded picture on its way out."""

    data: bytes
    """The bytes of a picture file."""
    uri: bool = True
    """With `data:image/...;base64,` before it."""

    def ascii(self) -> bytes:
        """The text that stands for it in JSON."""
        text: bytes = pybase64.b64encode(self.data)
        return self.prefix.encode() + text if self.uri else text

    @property
    def prefix(self) -> str:
        """The beginning of its data URI."""
        return f"data:{MEDIA_TYPES.get(kind_of(self.data) or 'png', 'image/png')};base64,"


@dataclass(frozen=True)
class PictureText:
    """A picture that came as text (a data URI, base64) and goes out as it is."""

    text: str

    def ascii(self) -> bytes:
        """The text that stands for it in JSON."""
        return self.text.encode("ascii")


def outgoing(value: Any, name: str, *, uri: bool = True, any_format: bool = False, stored: bool = False) -> Any:
    """`value` as it is put into a request: a `Picture`, or text.

    `any_format` sends every picture file as it is, whatever its format (png-info). `stored` encodes without
    compressing. Raises `TypeError` or `ValueError` naming the parameter.
    """
    if isinstance(value, Picture):
        return Picture(value.data, uri)
    if isinstance(value, PictureText):
        return value
    if isinstance(value, str):
        return _text(value, name, uri, any_format, stored)
    data = received_bytes(value, name)
    if data is not None:
        return Picture(
            data if _goes_as_is(data, name, any_format) else encode(_open(data, name), name, stored=stored), uri
        )
    image = as_pillow(value, name)
    data = _undecoded(image)
    if data is not None and _goes_as_is(data, name, any_format):
        return Picture(data, uri)
    return Picture(encode(image, name, stored=stored), uri)


def several(value: Any, name: str, **how: Any) -> list[Any]:
    """A list of pictures, or one where a list is wanted, each as `outgoing` makes it."""
    return [outgoing(item, f"{name}[{index}]", **how) for index, item in enumerate(items(value))]


def items(value: Any) -> list[Any]:
    """The pictures in what was given for a list: the elements of a list, the pictures of a result, or just the one."""
    if _is_result(value):
        return list(value.content)
    return value if isinstance(value, list) else list(value) if isinstance(value, tuple) else [value]


def _is_result(value: Any) -> bool:
    """Whether a value is a `Result`, whose pictures are files already. (Their module stands on this one.)"""
    return isinstance(getattr(value, "content", None), list)


def convert(value: Any) -> Any:
    """What the JSON encoder does with a value it does not know: a picture goes out as base64 without a prefix."""
    if is_picture(value):
        return outgoing(value, "image", uri=False)
    wire = getattr(value, "__wire__", None)
    if wire is not None:
        return wire()
    if isinstance(value, os.PathLike):
        return outgoing(value, "image", uri=False)
    raise TypeError(f"{a_kind(value)} can't be sent as JSON: {value!r:.100}")


def is_picture(value: Any) -> bool:
    """Whether a value is a picture and can be nothing else (texts and paths are not)."""
    kind = type(value)
    return (
        isinstance(value, (bytes, bytearray, memoryview))
        or _is_result(value)
        or hasattr(kind, "__array_interface__")
        or (hasattr(value, "mode") and hasattr(value, "tobytes"))
        or hasattr(value, "read")
    )


def webp_as_it_is(value: Any, name: str) -> Any:
    """A picture that is a WebP file, ready to go out as it is (A1111's family reads it); any other value unchanged."""
    if isinstance(value, (str, Picture, PictureText)) and not (isinstance(value, str) and value.endswith(".webp")):
        return value
    if isinstance(value, str):
        value = Path(value)
    data = received_bytes(value, name)
    if data is None and hasattr(value, "tile"):
        data = _undecoded(value)
    if data is None or kind_of(data) != "webp" or problem_with(data):
        return value
    return Picture(data) if _open(data, name).getexif().get(_ORIENTATION, 1) == 1 else value


# -- coming in --------------------------------------------------------------------------------------------------------


def received_bytes(value: Any, name: str) -> bytes | None:
    """The bytes of a picture file from bytes, a path, a file or a result; None for what has to be encoded."""
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value)
    if _is_result(value):
        if not value.content:
            raise ValueError(f"{name}: the result given holds no picture")
        found: bytes = value.content[0]
        return found
    if isinstance(value, os.PathLike):
        return _read(Path(os.fspath(value)), name)
    if hasattr(value, "read") and not hasattr(value, "tobytes"):
        data = value.read()
        if not isinstance(data, bytes):
            raise TypeError(f"{name}: the file given is open as text; open it with mode 'rb'")
        return data
    return None


def _text(value: str, name: str, uri: bool, any_format: bool, stored: bool) -> Any:
    if value.startswith(("http://", "https://")):
        return value
    if value.startswith("data:"):
        head, _, rest = value.partition(",")
        if not _URI_HEAD.fullmatch(head):
            raise ValueError(f"{name}={value[:40]!r}... is no data URI: data:image/png;base64,... is needed")
        return _from_base64(rest, name, head + ",", uri, any_format, stored)
    if _looks_like_path(value):
        return outgoing(_read(Path(value), name), name, uri=uri, any_format=any_format, stored=stored)
    return _from_base64(value, name, "", False, any_format, stored)


def _from_base64(text: str, name: str, head: str, uri: bool, any_format: bool, stored: bool) -> Any:
    """Base64 text as it is where its picture may go out as it is; else encoded as any other."""
    compact, data = _base64(text, name, head)
    if _goes_as_is(data, name, any_format):
        return PictureText((head if uri else "") + compact)
    return Picture(encode(_open(data, name), name, stored=stored), uri and bool(head))


def _looks_like_path(text: str) -> bool:
    if len(text) > 1000 or "\n" in text:
        return False
    # os.path, since pathlib raises for texts that are too long for a name, as short pictures in base64 are
    return bool(re.search(r"\.\w{2,5}$", text)) or os.path.exists(text)  # noqa: PTH110


def _base64(text: str, name: str, head: str = "") -> tuple[str, bytes]:
    compact = re.sub(r"\s+", "", text)
    try:
        data = pybase64.b64decode(compact, validate=True)
    except ValueError:
        data = b""
    if kind_of(data) is None:
        short = f"{text[:60]!r}{'...' if len(text) > 60 else ''}"
        what = "has no base64 text of a picture" if head else "is neither a file nor base64 text of a picture"
        raise ValueError(f"{name}={head}{short} {what}: accepted are {ACCEPTED}")
    problem = problem_with(data)
    if problem:
        raise ValueError(f"{name}: the base64 text {problem}")
    return compact, data


def _read(path: Path, name: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ValueError(f"{name}={str(path)!r} can't be read: {error.strerror or error}") from error


def _open(data: bytes, name: str) -> Image:
    try:
        return opened(data)
    except ValueError as error:
        problem = problem_with(data) or f"can't be read as a picture: {error}"
        raise ValueError(f"{name}: what was given ({len(data)} bytes) {problem}") from error


def _goes_as_is(data: bytes, name: str, any_format: bool) -> bool:
    kind = kind_of(data)
    problem = problem_with(data)
    if problem or kind is None:
        raise ValueError(f"{name}: what was given ({len(data)} bytes) {problem}")
    if any_format:
        return True
    if kind in VIDEOS:
        raise ValueError(f"{name} is a video ({kind}): a picture is needed")
    if kind not in _SENT_AS_THEY_ARE:
        return False
    image = _open(data, name)
    if image.mode not in _SENT_AS_THEY_ARE[kind]:
        return False
    return kind == "png" or image.getexif().get(_ORIENTATION, 1) == 1


def settled_picture(value: Any) -> Any:
    """A copy of a picture that its owner may yet change: of its pixels, or of its file where it was never decoded.

    Anything else, and a picture that can't be read (which is said when it is encoded), is given back as it is.
    """
    if isinstance(value, (bytearray, memoryview)):
        return bytes(value)
    try:
        if hasattr(value, "mode") and hasattr(value, "tobytes"):
            data = _undecoded(value)
            return value.copy() if data is None else data
        return value.copy() if hasattr(type(value), "__array_interface__") else value
    except (OSError, SyntaxError, ValueError, AttributeError):
        return value


def _undecoded(image: Image) -> bytes | None:
    """The file of a Pillow image that has never been decoded, so that nobody can have drawn on it; else None."""
    source = getattr(image, "fp", None)
    if not getattr(image, "tile", None) or source is None or getattr(source, "closed", False) or image.tell() != 0:
        return None
    if isinstance(source, io.BytesIO):
        data = source.getvalue()
    else:
        with _files:
            at = source.tell()
            source.seek(0)
            data = source.read()
            source.seek(at)
    if kind_of(data) is None:
        return None
    header = _open(data, "image")
    return data if (header.size, header.mode) == (image.size, image.mode) else None


def as_pillow(value: Any, name: str) -> Image:
    """A Pillow image from a Pillow image or a NumPy array. Raises `TypeError` or `ValueError` for anything else."""
    from PIL import Image as pil

    if isinstance(value, pil.Image):
        return value
    if hasattr(type(value), "__array_interface__") or hasattr(value, "__array_interface__"):
        shape, dtype = tuple(value.shape), str(value.dtype)
        if dtype != "uint8" or not (len(shape) == 2 or (len(shape) == 3 and shape[2] in (3, 4))) or 0 in shape:
            raise ValueError(
                f"{name}: an array of shape {shape} and type {dtype} is no picture: "
                "(height, width), (height, width, 3) or (height, width, 4) of uint8 (0 to 255) is needed"
            )
        return pil.fromarray(value)
    raise TypeError(f"{name}: {a_kind(value)} is no picture: accepted are {ACCEPTED}")


def size_of(value: Any, name: str) -> tuple[int, int] | None:
    """Width and height of a picture as a server will see it (upright); None for a URL, which only the server reads."""
    value = _from_text(value, name)
    if isinstance(value, os.PathLike):
        with suppress(ValueError), opened(Path(os.fspath(value))) as image:
            return _upright(image)
    seen = look(value, name)  # of a path that can't be opened, too: to say why
    return None if seen is None else _upright(seen)


def look(value: Any, name: str) -> Image | None:
    """A picture to be looked at, which changes nothing about how it is sent; None for a URL."""
    value = _from_text(value, name)
    if isinstance(value, str):
        return None
    data = received_bytes(value, name)
    if data is None:
        image = as_pillow(value, name)
        data = _undecoded(image)  # decoded, it would be encoded anew
        if data is None:
            return image
    return _open(data, name)


def _from_text(value: Any, name: str) -> Any:
    """A path, or the bytes of a picture, for a text that means one; a URL and anything else as it is."""
    if not isinstance(value, str) or value.startswith(("http://", "https://")):
        return value
    if value.startswith("data:"):
        return _base64(value.partition(",")[2], name)[1]
    return Path(value) if _looks_like_path(value) else _base64(value, name)[1]


def _upright(image: Image) -> tuple[int, int]:
    width, height = image.size
    # Asked only where there is any: Pillow decodes a whole PNG to look for EXIF behind its pixels.
    turned = bool(image.info.get("exif")) and image.getexif().get(_ORIENTATION, 1) in (5, 6, 7, 8)
    return (height, width) if turned else (width, height)


def raw_b64_img(image: Any) -> str:
    """A picture as base64 text, as requests carry it: PNG, or as it is where the servers read its format."""
    found = outgoing(image, "image", uri=False)
    return found if isinstance(found, str) else str(found.ascii(), "ascii")


def b64_img(image: Any) -> str:
    """A picture as a data URI (`data:image/png;base64,...`), as requests carry it."""
    found = outgoing(image, "image", uri=True)
    return found if isinstance(found, str) else str(found.ascii(), "ascii")
