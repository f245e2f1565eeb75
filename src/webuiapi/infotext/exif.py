"""The EXIF block of a picture, as far as it concerns the text: UserComment, read and written."""

from __future__ import annotations

import struct

PREFIX = b"Exif\0\0"
_EXIF_IFD = 0x8769
_USER_COMMENT = 0x9286
_UNDEFINED = 7
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}
"""Bytes of one value by type."""


def exif_user_comment(text: str) -> bytes:
    """An EXIF block with the text as its UserComment (UNICODE), byte for byte as the webui writes it.

    What `Image.save(..., exif=...)` takes for JPEG, WebP and AVIF.
    """
    comment = b"UNICODE\0" + text.encode("utf-16-be", "replace")
    header = struct.pack(">2sHI", b"MM", 42, 8)
    first = struct.pack(">HHHIII", 1, _EXIF_IFD, 4, 1, 26, 0)
    second = struct.pack(">HHHII", 1, _USER_COMMENT, _UNDEFINED, len(comment), 40)
    return PREFIX + header + first + second + comment


def read_user_comment(block: bytes) -> str | None:
    """The text of the UserComment in an EXIF block, with or without its prefix; None without one."""
    tiff = block.removeprefix(PREFIX)
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return None
    try:
        (start,) = struct.unpack_from(order + "I", tiff, 4)
        entries = _entries(tiff, order, start)
        if _EXIF_IFD in entries:
            (start,) = struct.unpack(order + "I", tiff[entries[_EXIF_IFD]])
            # Some programs put the comment into the first directory, where it does not belong.
            entries.update(_entries(tiff, order, start))
    except struct.error:  # a damaged block
        return None
    comment = tiff[entries[_USER_COMMENT]] if _USER_COMMENT in entries else b""
    text = _decode(comment, order).rstrip("\0") if comment else ""
    return text or None


def _entries(tiff: bytes, order: str, start: int) -> dict[int, slice]:
    """Where the values of the needed tags of one directory are."""
    found = {}  # places, not values: a hostile file names the same large value in each of its entries
    (count,) = struct.unpack_from(order + "H", tiff, start)
    for position in range(start + 2, start + 2 + 12 * count, 12):
        tag, kind, length = struct.unpack_from(order + "HHI", tiff, position)
        size = _SIZES.get(kind, 1) * length
        place = position + 8
        if size > 4:
            (place,) = struct.unpack_from(order + "I", tiff, place)
        if tag in (_EXIF_IFD, _USER_COMMENT) and place + size <= len(tiff):  # else the block is cut off
            found[tag] = slice(place, place + size)
    return found


def _decode(comment: bytes, order: str) -> str:
    """The text of a UserComment, whose first 8 bytes name its encoding."""
    name, text = comment[:8], comment[8:]
    if name == b"UNICODE\0":
        return _decode_utf_16(text, order)
    if name == b"JIS\0\0\0\0\0":
        return text.decode("iso2022_jp" if b"\x1b" in text else "shift_jis", "replace")
    if name in (b"ASCII\0\0\0", bytes(8)):
        return text.decode("utf-8", "replace")
    return comment.decode("utf-8", "ignore")


def _decode_utf_16(text: bytes, order: str) -> str:
    if text[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return text.decode("utf-16", "replace")
    names = ("utf-16-be", "utf-16-le")
    declared, other = (text.decode(name, "replace") for name in (names if order == ">" else names[::-1]))
    # The standard does not say whether the order of the block holds for the text, and programs differ. Every text with
    # a pair has a colon and a blank, which do not come about by reading the wrong order.
    return other if ": " in other and ": " not in declared else declared
