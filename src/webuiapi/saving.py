"""Pictures to files: names from a template, each file whole or not there at all, nothing written over unasked."""

from __future__ import annotations

import io
import os
import re
import secrets
import string
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .png import kind_of, pillow_texts
from .wording import path_text

if TYPE_CHECKING:
    from .results import Result

FIELDS = ("index", "seed", "date", "time", "prompt", "model", "sampler", "width", "height")
SUFFIXES = {
    "png": ".png",
    "jpeg": ".jpg",
    "webp": ".webp",
    "gif": ".gif",
    "avif": ".avif",
    "bmp": ".bmp",
    "tiff": ".tif",
}
_FORMATS = {**{suffix: kind for kind, suffix in SUFFIXES.items()}, ".jpeg": "jpeg", ".tiff": "tiff"}
_LIKE_A_FORMAT = re.compile(r"\.(?!v\d)[A-Za-z][A-Za-z0-9]{1,4}$")  # not a version as in cat-v1.5 or cat.v2
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)\s*(\.|$)", re.IGNORECASE)  # by Windows, with any suffix
_LONGEST_PROMPT = 60


def save(
    result: Result[Any],
    path: str | os.PathLike[str],
    *,
    overwrite: bool,
    options: Mapping[str, Any],
    moving: bool = False,
) -> list[Path]:
    """See `Result.save`. With `moving`, files that the pictures went to already get their names instead of copies."""
    template = path_text(path, "path")
    if is_folder(template):
        template = os.path.join(template, "{index}-{seed}")  # noqa: PTH118 - a template is no path yet
    check_template(template)
    now = datetime.now()  # noqa: DTZ005 - file names show the local time
    if not moving:
        result.images  # noqa: B018 - those that can't be opened move to `errors`
    infotexts, seeds = result.infotexts, result.seeds
    names = [
        fill(template, fields_of(result, index, seeds[index], infotexts[index], now))
        for index in range(len(result.held))
    ]
    repeated = {name for name in names if names.count(name) > 1}
    suffix = suffix_in(template)
    wanted = [numbered(name, index, suffix) if name in repeated else name for index, name in enumerate(names)]
    targets = distinct([
        Path(name if suffix else name + received_suffix(_head(held)))
        for name, held in zip(wanted, result.held, strict=True)
    ])  # fmt: skip
    return [
        _put(target, held, suffix, text, options, overwrite=overwrite, moving=moving)
        for target, held, text in zip(targets, result.held, infotexts, strict=True)
    ]


def _head(held: Any) -> bytes:
    """The beginning of a picture, in memory or in a file."""
    data: bytes = held if isinstance(held, bytes) else held.head()
    return data


def _put(
    target: Path,
    held: Any,
    suffix: str,
    text: str | None,
    options: Mapping[str, Any],
    *,
    overwrite: bool,
    moving: bool,
) -> Path:
    if isinstance(held, bytes):
        return write_new(target, encoded(held, suffix, text, options), overwrite=overwrite)
    kind = kind_of(held.head()) or "png"
    if not moving or options or _FORMATS.get(suffix.lower(), kind) != kind:
        path = write_new(target, encoded(held.read(), suffix, text, options), overwrite=overwrite)
        if moving:
            held.path.unlink(missing_ok=True)
        return path
    target.parent.mkdir(parents=True, exist_ok=True)
    path = _move(held.path, target, overwrite=overwrite)
    held.path.unlink(missing_ok=True)  # of two names for one file
    held.path = path
    return path


def is_folder(template: str) -> bool:
    """Whether a template is a folder, which files go into under names of their own."""
    return template.endswith(("/", os.sep)) or Path(template).is_dir()


def check_template(template: str) -> None:
    """Raise `ValueError` for a template with an unknown field or an unknown suffix, naming those that exist."""
    try:
        names = [name for _, name, _, _ in string.Formatter().parse(template) if name is not None]
    except ValueError as error:
        raise ValueError(f"path={template!r} is no template: {error}") from None
    for name in names:
        if name not in FIELDS:
            known = ", ".join(f"{{{field}}}" for field in FIELDS)
            raise ValueError(f"path={template!r} has the unknown field {{{name}}}: there are {known}")
    suffix = Path(template).suffix
    if not is_folder(template) and suffix.lower() not in _FORMATS and _LIKE_A_FORMAT.match(suffix):
        raise ValueError(
            f"path={template!r} ends in {suffix!r}, which is no format that can be written: there are "
            f"{', '.join(_FORMATS)}; without a suffix it is the received one"
        )


def fields_of(result: Result[Any], index: int, seed: int | None, infotext: str | None, now: datetime) -> dict[str, Any]:
    """The values of a template's fields for one picture."""
    from .infotext import parse

    parameters = parse(infotext) if infotext else None
    info: dict[str, Any] = result.info if isinstance(result.info, dict) else {}
    width, height = _size(result.held[index])
    prompt = parameters.prompt if parameters else info.get("prompt") or result.parameters.get("prompt") or ""
    model = (parameters.model if parameters else None) or info.get("sd_model_name") or "model"
    sampler = (parameters.sampler if parameters else None) or info.get("sampler_name") or "sampler"
    return {
        "index": index,
        "seed": seed if seed is not None else "none",
        "date": now.strftime("%Y-%m-%d"),
        "time": now.strftime("%H-%M-%S"),
        "prompt": safe(str(prompt), _LONGEST_PROMPT) or "untitled",
        "model": safe(str(model), _LONGEST_PROMPT) or "model",
        "sampler": safe(str(sampler), _LONGEST_PROMPT) or "sampler",
        "width": width,
        "height": height,
    }


def _size(held: Any) -> tuple[int, int]:
    from .encoding import opened

    try:
        return opened(_head(held)).size
    except ValueError:  # it can't be opened, and is kept all the same
        return 0, 0


def safe(text: str, longest: int) -> str:
    """A text as part of a file name on every system: no separators, no control or reserved characters, shortened."""
    text = text.encode("utf-8", "ignore").decode()  # half characters
    name = re.sub(r'[\s<>:"/\\|?*\x00-\x1f\x7f]+', " ", text).strip(" .")
    if len(name) > longest:
        head = name[: longest + 1]
        name = head.rsplit(" ", 1)[0] if " " in head[longest // 2 :] else head[:longest]
    while len(name.encode()) > 200:  # file systems count bytes, and some languages take three each
        name = name[:-1]
    name = name.strip(" .,")
    return f"_{name}" if _RESERVED.match(name) else name


def fill(template: str, values: Mapping[str, Any]) -> str:
    """The template with its fields filled in. Raises `ValueError` for a format that does not fit a field's value."""
    try:
        return template.format_map(values)
    except (ValueError, TypeError, LookupError) as error:
        raise ValueError(f"path={template!r} can't be filled in: {error}") from None


def suffix_in(template: str) -> str:
    """The suffix of a picture format that the template itself ends in (a prompt may end in one by chance), or ""."""
    suffix = Path(template).suffix
    return suffix if suffix.lower() in _FORMATS else ""


def received_suffix(data: bytes) -> str:
    """The suffix of the format that was received."""
    kind = kind_of(data) or "png"
    return SUFFIXES.get(kind, f".{kind}")


def numbered(name: str, index: int, suffix: str) -> str:
    """The name with a number before its suffix: for several pictures under a name that does not vary."""
    return f"{name.removesuffix(suffix)}-{index}{suffix}"


def distinct(paths: list[Path]) -> list[Path]:
    """The paths, with a number behind those that are there already, also where upper and lower case are the same."""
    taken: set[str] = set()
    found = []
    for path in paths:
        free, count = path, 0
        while str(free).casefold() in taken:
            count += 1
            free = path.with_name(f"{path.stem}-{count}{path.suffix}")
        taken.add(str(free).casefold())
        found.append(free)
    return found


def encoded(data: bytes, suffix: str, infotext: str | None, options: Mapping[str, Any]) -> bytes:
    """What to write: the received bytes where the suffix is that of their format (or there is none)."""
    kind = kind_of(data) or "png"
    wanted = _FORMATS.get(suffix.lower(), kind)
    return data if wanted == kind and not options else convert(data, wanted, infotext, options)


def convert(data: bytes, wanted: str, infotext: str | None, options: Mapping[str, Any]) -> bytes:
    """The picture in another format, generation parameters carried over. Raises `ValueError` where Pillow can't."""
    from PIL import Image as pil
    from PIL import features

    from .infotext import exif_user_comment

    image = pil.open(io.BytesIO(data))
    out = io.BytesIO()
    settings: dict[str, Any] = dict(options)
    texts = {str(key): value for key, value in image.info.items() if isinstance(value, str)}
    if wanted == "png":
        from .encoding import encode

        if infotext and "parameters" not in texts:
            image.info["parameters"] = infotext
        if not settings:
            return encode(image, "image")
        settings["pnginfo"] = pillow_texts({**texts, **({"parameters": infotext} if infotext else {})})
    elif infotext and wanted in ("jpeg", "webp", "avif"):
        settings["exif"] = exif_user_comment(infotext)
    elif infotext and wanted == "gif":
        settings["comment"] = infotext.encode()
    if wanted == "jpeg":
        settings.setdefault("quality", 95)
        image = image if image.mode in ("L", "RGB", "CMYK") else _on_white(image)
    if wanted == "avif" and not features.check("avif"):
        raise ValueError("this Pillow can't write AVIF: choose .png, .jpg or .webp")
    try:
        image.save(out, wanted.upper(), **settings)
    except (OSError, TypeError, ValueError) as error:
        raise ValueError(f"the picture can't be written as {wanted}: {error}") from error
    return out.getvalue()


def _on_white(image: Any) -> Any:
    from PIL import Image as pil

    if "A" not in image.getbands() and "transparency" not in image.info:
        return image.convert("RGB")
    layer = image.convert("RGBA")
    ground = pil.new("RGBA", layer.size, "white")
    return pil.alpha_composite(ground, layer).convert("RGB")


def write_new(path: Path, content: bytes, *, overwrite: bool) -> Path:
    """Write a file that appears whole or not at all; the name that it got. Raises `OSError`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".webuiapi-{secrets.token_hex(8)}.part")
    try:
        with part.open("xb") as file:
            file.write(content)
        return _move(part, path, overwrite=overwrite)
    finally:
        part.unlink(missing_ok=True)


def _move(part: Path, path: Path, *, overwrite: bool) -> Path:
    if overwrite:
        part.replace(path)
        return path
    target, count = path, 0
    while True:
        try:
            _move_to_free(part, target)
        except FileExistsError:
            count += 1
            target = path.with_name(f"{path.stem}-{count}{path.suffix}")
        else:
            return target


def _move_to_free(part: Path, target: Path) -> None:
    """Rename without writing over, also when two do it at once. Raises `FileExistsError`."""
    if os.name == "nt":
        part.rename(target)  # refuses an existing name there
        return
    try:
        os.link(part, target)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links: claim the name first, then put the whole file there
        target.touch(exist_ok=False)
        part.replace(target)
