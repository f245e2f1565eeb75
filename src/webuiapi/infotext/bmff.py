"""The EXIF block in an AVIF (or HEIF) file: an item that the boxes of the file's head point at."""

from __future__ import annotations

import struct
from collections.abc import Iterator

_NEEDED = (b"iinf", b"iloc", b"idat")


def exif(data: bytes) -> bytes | None:
    """The EXIF block; None without one, or if the boxes are damaged."""
    try:
        return _exif(data)
    except (struct.error, IndexError):
        return None


def _exif(data: bytes) -> bytes | None:
    meta = next((body for name, body in _boxes(data, 0, len(data)) if name == b"meta"), None)
    if meta is None:
        return None
    boxes = {name: body for name, body in _boxes(data, meta[0] + 4, meta[1]) if name in _NEEDED}
    item = _exif_item(data, *boxes[b"iinf"]) if b"iinf" in boxes else None
    if item is None or b"iloc" not in boxes:
        return None
    in_meta, extents = _location(data, *boxes[b"iloc"], item)
    if sum(length for _, length in extents) > len(data):  # the same bytes over and over, to fill the memory
        return None
    base = boxes[b"idat"][0] if in_meta and b"idat" in boxes else 0
    content = b"".join(data[base + start : base + start + length] for start, length in extents)
    # The block is preceded by the number of bytes between this number and the TIFF header.
    (gap,) = struct.unpack_from(">I", content)
    return content[4 + gap :]


def _boxes(data: bytes, position: int, end: int) -> Iterator[tuple[bytes, tuple[int, int]]]:
    """Name, and start and end of the body, of each box in a stretch of the file."""
    while position + 8 <= end:
        size, name = struct.unpack_from(">I4s", data, position)
        body = position + 8
        if size == 1:
            (size,) = struct.unpack_from(">Q", data, body)
            body += 8
        elif size == 0:
            size = end - position
        if size < body - position:
            return
        yield name, (body, min(position + size, end))
        position += size


def _exif_item(data: bytes, start: int, end: int) -> int | None:
    """The number of the item of type `Exif`."""
    entries = start + (6 if data[start] == 0 else 8)
    for name, (body, _) in _boxes(data, entries, end):
        version = data[body]
        wide = version >= 3
        kind = body + (10 if wide else 8)
        if name == b"infe" and version >= 2 and data[kind : kind + 4] == b"Exif":
            return int.from_bytes(data[body + 4 : body + (8 if wide else 6)], "big")
    return None


def _location(data: bytes, position: int, end: int, wanted: int) -> tuple[bool, list[tuple[int, int]]]:
    """Whether an item lies in the meta box's own data, and start and length of its pieces (none if it is not there)."""

    def number(size: int) -> int:
        nonlocal position
        if position + size > end:
            raise IndexError("the table ends before its entries do")
        position += size
        return int.from_bytes(data[position - size : position], "big")

    version = number(1)
    number(3)
    sizes = number(2)
    offset_size, length_size, base_size, index_size = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
    wide = 4 if version >= 2 else 2
    found: tuple[bool, list[tuple[int, int]]] = (False, [])
    if not offset_size or not length_size:  # nothing an item like this one could be found by
        return found
    for _ in range(number(wide)):
        item = number(wide)
        method = number(2) & 15 if version >= 1 else 0
        number(2)
        base = number(base_size)
        extents = []
        for _ in range(number(2)):
            if version >= 1:
                number(index_size)
            start = base + number(offset_size)
            extents.append((start, number(length_size)))
        if item == wanted:
            found = (method == 1, extents)
    return found
