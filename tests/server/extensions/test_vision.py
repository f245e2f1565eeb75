"""The image processing that extensions share, where it can be checked against a plain way to the same."""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of
from PIL import Image

from webuiapi.server.extensions.vision import edges, matte, objects
from webuiapi.server.extensions.vision.arrays import box_mean, normalised, to_short_side
from webuiapi.server.extensions.vision.faces import find_faces, likeness, swap
from webuiapi.server.extensions.vision.regions import at_points, box_of, filled_up, flood, grown, largest, opened
from webuiapi.server.extensions.vision.straight import find_lines, straight_lines

from .shop import apart, disc, flower, painted, squirrel

masks = arrays_of.arrays(np.bool_, st.tuples(st.integers(1, 12), st.integers(1, 12)))


def flooded(allowed: Any, seeds: Any) -> Any:
    """Pixel by pixel."""
    filled = allowed & seeds
    rest = deque(zip(*np.nonzero(filled), strict=True))
    while rest:
        y, x = rest.popleft()
        for place in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)):
            inside = 0 <= place[0] < allowed.shape[0] and 0 <= place[1] < allowed.shape[1]
            if inside and allowed[place] and not filled[place]:
                filled[place] = True
                rest.append(place)
    return filled


@given(masks, st.randoms(use_true_random=False))
def test_flood(allowed: Any, chance: Any) -> None:
    seeds = np.zeros_like(allowed)
    for _ in range(3):
        seeds[chance.randrange(allowed.shape[0]), chance.randrange(allowed.shape[1])] = True
    assert (flood(allowed, seeds) == flooded(allowed, seeds)).all()


@given(masks)
def test_holes_and_parts(mask: Any) -> None:
    border = np.zeros_like(mask)
    border[[0, -1]] = border[:, [0, -1]] = True
    assert (filled_up(mask) == ~flooded(~mask, border)).all()
    top = largest(mask)
    assert not (top & ~mask).any()
    if mask.any():
        one = np.zeros_like(mask)
        one.flat[int(np.argmax(top))] = True
        assert (largest(mask, keep=0.0) == mask).all()
        assert flooded(mask, one).sum() <= top.sum()


@given(masks, st.integers(-4, 4))
def test_growing(mask: Any, amount: int) -> None:
    y, x = np.mgrid[0 : mask.shape[0], 0 : mask.shape[1]]
    wanted = mask if amount >= 0 else ~mask
    near = np.zeros_like(mask)
    for row, column in zip(*np.nonzero(wanted), strict=True):
        near |= (y - row) ** 2 + (x - column) ** 2 <= amount**2
    assert (grown(mask, amount) == (near if amount >= 0 else ~near)).all()


@given(arrays_of.arrays(np.float32, (7, 9), elements=st.floats(0, 255, width=32)), st.integers(0, 3))
def test_box_means(values: Any, radius: int) -> None:
    wide = np.pad(values, radius, mode="edge")
    size = 2 * radius + 1
    plain = np.array([[wide[y : y + size, x : x + size].mean() for x in range(9)] for y in range(7)])
    assert np.allclose(box_mean(values, radius), plain, atol=0.05)


def test_small_ones() -> None:
    assert box_of(np.zeros((4, 4), np.bool_)) is None
    assert box_of(at_points((10, 20), [(5, 3)], 1)) == (4, 2, 7, 5)
    assert box_of(at_points((10, 20), [(-5, 300)])) == (0, 9, 1, 10)
    assert not normalised(np.full((3, 3), 7.0, np.float32)).any()
    assert to_short_side(Image.new("RGB", (60, 30)), 64).size == (128, 64)
    speck = at_points((20, 20), [(5, 5)]) | at_points((20, 20), [(14, 14)], 3)
    assert box_of(opened(speck, 1)) == (11, 11, 18, 18)


@pytest.mark.parametrize("vertical", [False, True])
def test_canny_is_one_pixel_wide(vertical: bool) -> None:
    image = Image.new("L", (40, 40))
    image.paste(200, (0, 20, 40, 40) if not vertical else (20, 0, 40, 40))
    found = np.asarray(edges.canny(image, 100, 200)) > 0
    lines = found.sum(0) if not vertical else found.sum(1)
    assert (lines[2:-2] == 1).all()
    assert np.nonzero(found.any(1) if not vertical else found.any(0))[0] == pytest.approx(20, abs=1)


def test_canny_keeps_weak_edges_beside_strong_ones() -> None:
    ramp = np.zeros((40, 80), np.uint8)
    ramp[20:] = np.linspace(20, 200, 80)[None]
    weak, both = (np.asarray(edges.canny(Image.fromarray(ramp), low, 400)) > 0 for low in (399, 90))
    assert 0 < weak.any(0).sum() < both.any(0).sum()


@pytest.mark.parametrize("turned", [0, 13, 45, 80])
def test_straight_lines(turned: int) -> None:
    box = Image.new("RGB", (200, 200), "black")
    box.paste((220, 220, 220), (60, 60, 140, 140))
    segments = find_lines(box.rotate(turned, resample=Image.Resampling.BICUBIC), 40)
    assert len(segments) == 4
    lengths = [np.hypot(end[0] - start[0], end[1] - start[1]) for start, end in segments]
    assert lengths == pytest.approx([80] * 4, abs=8)
    angles = [np.degrees(np.arctan2(end[1] - start[1], end[0] - start[0])) % 90 for start, end in segments]
    apart_by = [(angle + turned + 45) % 90 - 45 for angle in angles]
    assert apart_by == pytest.approx([0] * 4, abs=2.5)


def test_round_and_short_ones_are_no_straight_lines() -> None:
    assert find_lines(disc(200, 30), 40) == []
    assert find_lines(Image.new("RGB", (64, 64), "red"), 10) == []


# --- what is in front


@pytest.mark.parametrize("radius", [14, 24, 34])
def test_a_disc_is_in_front(radius: int) -> None:
    front = matte.foreground(disc(96, radius)) > 0.5
    y, x = np.mgrid[0:96, 0:96]
    real = (x - 48) ** 2 + (y - 48) ** 2 < radius**2
    assert (front & real).sum() / (front | real).sum() > 0.88


def test_nothing_is_in_front_of_one_colour() -> None:
    assert not matte.foreground(Image.new("RGB", (64, 48), "teal")).any()
    assert matte.subject_box(Image.new("RGB", (64, 48), "teal")) is None
    assert find_faces(Image.new("RGB", (64, 48), "teal")) == []


def test_mattes_of_painted_pictures() -> None:
    front = matte.foreground(squirrel())
    assert front[180:216, 88:120].mean() > 0.9
    assert front[:60, 180:].mean() < 0.1
    assert 0.02 < front.mean() < 0.5
    assert matte.foreground(flower()).mean() > 0.2


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (40, 1), (8, 8), (3, 200)])
def test_pictures_of_odd_sizes(size: tuple[int, int]) -> None:
    image = Image.effect_noise(size, 60).convert("RGB")
    assert matte.foreground(image).shape == (size[1], size[0])
    assert edges.canny(image, 100, 200).size == size
    assert edges.lines(image).size == size
    assert straight_lines(image, 0.1).size == size
    assert all(mask.shape == (size[1], size[0]) for mask in objects.grow(image, [(0, 0)]))
    assert isinstance(find_faces(image), list)


def test_things_by_words() -> None:
    (box,) = objects.find(disc(), "a red ball", 0.3)
    assert box == pytest.approx((24, 24, 72, 72), abs=4)
    assert objects.find(disc(), "sky", 0.3) == [(0, 0, 96, 40)]
    assert objects.find(disc(), "something", 0.3)[0] == pytest.approx((24, 24, 72, 72), abs=4)
    assert objects.find(disc(), "yellow", 0.9) == []
    assert len(objects.find(disc(), "red. blue; sky", 0.1)) == 3


# --- faces


def test_a_face_is_put_over_another() -> None:
    target, source = painted("a fox in a forest", 7, 128), flower()
    (face,), (other,) = find_faces(target), find_faces(source)
    result = swap(target, face, source, other)
    middle = (round(face.left + face.width / 3), round(face.top + face.height / 3),
              round(face.right - face.width / 3), round(face.bottom - face.height / 3))  # fmt: skip
    assert apart(result, target, middle) > 15
    assert apart(result, target, (0, 0, 128, max(round(face.top) - 12, 1))) < 0.5
    transparent = target.convert("RGBA")
    transparent.putalpha(90)
    assert swap(transparent, face, source, other).getchannel("A").getextrema() == (90, 90)


def test_likeness() -> None:
    assert likeness(flower(), flower()) == pytest.approx(1)
    assert likeness(flower(), Image.eval(flower(), lambda value: 255 - value)) == pytest.approx(-1, abs=0.001)
    assert likeness(flower(), squirrel()) < 0.9
    assert likeness(Image.new("RGB", (9, 9)), flower()) == 0
