"""Pictures in terminals that can show them: which can, told by the environment, and the three ways of sending them."""

from __future__ import annotations

import base64
import io
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from PIL.Image import Image

Protocol: TypeAlias = Literal["kitty", "iterm2", "sixel"]

_PROGRAMS: dict[str, Protocol] = {
    "ghostty": "kitty", "iTerm.app": "iterm2", "WezTerm": "iterm2", "vscode": "iterm2", "mintty": "sixel",
}  # fmt: skip
"""By TERM_PROGRAM. vscode shows pictures only with `terminal.integrated.enableImages`, and nothing otherwise."""
_TERMS: dict[str, Protocol] = {
    "kitty": "kitty",
    "ghostty": "kitty",
    "foot": "sixel",
    "mlterm": "sixel",
    "sixel": "sixel",
}
"""By a word in TERM."""
_MULTIPLEXERS = ("TMUX", "STY")
"""Set within tmux and screen, which let no pictures through."""
_CHUNK = 4096  # characters that kitty takes at a time
_COLOURS = 128  # of a sixel picture
_BAND = 6  # rows that a line of sixels has


def protocol_of(environment: Mapping[str, str] = os.environ) -> Protocol | None:
    """How the terminal takes pictures; None where it takes none, or nothing is known."""
    if any(environment.get(name) for name in _MULTIPLEXERS):
        return None
    if environment.get("KITTY_WINDOW_ID") or environment.get("KONSOLE_VERSION"):
        return "kitty"
    program = _PROGRAMS.get(environment.get("TERM_PROGRAM", ""))
    if program is not None:
        return program
    term = environment.get("TERM", "")
    return next((protocol for word, protocol in _TERMS.items() if word in term), None)


def as_escapes(picture: Image, protocol: Protocol) -> str:
    """What to write to the terminal so that it shows the picture, and a line's end."""
    if protocol == "sixel":
        return _sixel(picture) + "\n"
    out = io.BytesIO()
    picture.save(out, "PNG")
    text = base64.b64encode(out.getvalue()).decode()
    if protocol == "iterm2":
        return f"\x1b]1337;File=inline=1;size={len(out.getvalue())}:{text}\x07\n"
    parts = [text[at : at + _CHUNK] for at in range(0, len(text), _CHUNK)]
    escapes = []
    for index, part in enumerate(parts):
        more = int(index < len(parts) - 1)
        escapes.append(f"\x1b_G{'a=T,f=100,q=2,' if index == 0 else ''}m={more};{part}\x1b\\")
    return "".join(escapes) + "\n"


def _sixel(picture: Image) -> str:
    """The picture in bands of six rows: of each colour a line of signs whose bits say which rows have it."""
    from PIL import Image as pil

    indexed = picture.convert("RGB").quantize(_COLOURS, dither=pil.Dither.NONE)
    width, height = indexed.size
    pixels, palette = indexed.tobytes(), indexed.getpalette() or []
    used = sorted(set(pixels))
    lines = [f'\x1bPq"1;1;{width};{height}']
    for index in used:
        red, green, blue = (round(value * 100 / 255) for value in palette[index * 3 : index * 3 + 3])
        lines.append(f"#{index};2;{red};{green};{blue}")
    for top in range(0, height, _BAND):
        rows = [pixels[row * width : (row + 1) * width] for row in range(top, min(top + _BAND, height))]
        for index in sorted(set(b"".join(rows))):
            signs = "".join(
                chr(63 + sum((row[column] == index) << bit for bit, row in enumerate(rows))) for column in range(width)
            )
            lines.append(f"#{index}{_packed(signs)}$")
        lines.append("-")
    return "".join([*lines, "\x1b\\"])


def _packed(signs: str) -> str:
    """Runs of a sign as `!7~`."""
    packed, at = [], 0
    while at < len(signs):
        end = at
        while end < len(signs) and signs[end] == signs[at]:
            end += 1
        packed.append(f"!{end - at}{signs[at]}" if end - at > 3 else signs[at:end])
        at = end
    return "".join(packed)
