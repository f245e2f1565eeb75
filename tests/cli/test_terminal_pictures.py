"""Pictures in terminals: which can show them, and that what is sent is the picture."""

from __future__ import annotations

import base64
import io
import re
from itertools import product

import pytest
from PIL import Image

from support.pictures import noise
from webuiapi.cli.terminal_pictures import as_escapes, protocol_of


@pytest.mark.parametrize(
    ("environment", "protocol"),
    [
        ({}, None),
        ({"TERM": "xterm-256color"}, None),
        ({"TERM": "xterm-kitty"}, "kitty"),
        ({"KITTY_WINDOW_ID": "1"}, "kitty"),
        ({"KONSOLE_VERSION": "230804"}, "kitty"),
        ({"TERM_PROGRAM": "ghostty"}, "kitty"),
        ({"TERM_PROGRAM": "iTerm.app"}, "iterm2"),
        ({"TERM_PROGRAM": "WezTerm"}, "iterm2"),
        ({"TERM_PROGRAM": "Apple_Terminal"}, None),
        ({"TERM": "foot"}, "sixel"),
        ({"TERM": "xterm-sixel"}, "sixel"),
        ({"TERM": "xterm-kitty", "TMUX": "/tmp/tmux-1000/default,1,0"}, None),
        ({"KITTY_WINDOW_ID": "1", "STY": "1.pts-0"}, None),
    ],
)
def test_which_terminals_can(environment: dict[str, str], protocol: str | None) -> None:
    assert protocol_of(environment) == protocol


def test_kitty_takes_it_in_parts() -> None:
    picture = noise("RGB", 64, 64)
    found = re.findall(r"\x1b_G(.*?);(.*?)\x1b\\", as_escapes(picture, "kitty"))
    heads, parts = zip(*found, strict=True)
    assert heads[0] == "a=T,f=100,q=2,m=1"
    assert set(heads[1:-1]) <= {"m=1"}
    assert heads[-1] == "m=0"
    assert max(map(len, parts)) <= 4096
    assert Image.open(io.BytesIO(base64.b64decode("".join(parts)))).tobytes() == picture.tobytes()


def test_iterm2_takes_it_at_once() -> None:
    picture = noise("RGB", 8, 8)
    found = re.fullmatch(r"\x1b\]1337;File=inline=1;size=(\d+):(.*)\x07\n", as_escapes(picture, "iterm2"))
    assert found is not None
    data = base64.b64decode(found.group(2))
    assert len(data) == int(found.group(1))
    assert Image.open(io.BytesIO(data)).tobytes() == picture.tobytes()


def shown(sixels: str) -> Image.Image:
    """What a terminal makes of sixels."""
    head = re.match(r'\x1bPq"1;1;(\d+);(\d+)', sixels)
    assert head is not None
    assert sixels.endswith("\x1b\\\n")
    width, height = int(head.group(1)), int(head.group(2))
    picture = Image.new("RGB", (width, height))
    colours: dict[int, tuple[int, ...]] = {}
    column, top, colour = 0, 0, (0, 0, 0)
    for token in re.finditer(r"#(\d+);2;(\d+);(\d+);(\d+)|#(\d+)|!(\d+)(.)|([?-~])|(\$)|(-)", sixels[head.end() : -3]):
        index, red, green, blue, chosen, times, repeated, sign, back, down = token.groups()
        if index:
            colours[int(index)] = tuple(round(int(part) * 255 / 100) for part in (red, green, blue))
        elif chosen:
            colour = colours[int(chosen)]  # type: ignore[assignment]
        elif back or down:
            column, top = 0, top + (6 if down else 0)
        else:
            end = column + int(times or 1)
            rows = [bit for bit in range(6) if (ord(repeated or sign) - 63) >> bit & 1]
            for place in product(range(column, end), rows):
                picture.putpixel((place[0], top + place[1]), colour)
            column = end
    return picture


@pytest.mark.parametrize("size", [(1, 1), (7, 5), (20, 13), (64, 6)])
def test_sixels_are_the_picture(size: tuple[int, int]) -> None:
    picture = Image.new("RGB", size, (255, 0, 51))
    picture.paste((0, 102, 204), (0, 0, size[0] // 2, size[1] // 2))
    made = shown(as_escapes(picture, "sixel"))
    assert made.size == size
    assert made.tobytes() == picture.tobytes()


def test_sixels_of_a_picture_with_more_colours_come_near() -> None:
    picture = Image.linear_gradient("L").resize((40, 30)).convert("RGB")
    made = shown(as_escapes(picture, "sixel"))
    assert max(abs(a - b) for a, b in zip(made.tobytes(), picture.tobytes(), strict=True)) <= 8
    assert as_escapes(noise("RGBA", 9, 9), "sixel").startswith("\x1bPq")
