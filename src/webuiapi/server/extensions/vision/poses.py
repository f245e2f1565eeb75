"""Stick figures in the colours that pose networks read, and where a figure is taken to stand in a picture."""

from __future__ import annotations

import colorsys
import math
from collections.abc import Mapping, Sequence
from typing import Any

from PIL import Image as pil
from PIL import ImageDraw
from PIL.Image import Image

from .matte import subject_box

Point = tuple[float, float]
Points = list[Point | None]

_LIMBS = (
    (1, 2), (1, 5), (2, 3), (3, 4), (5, 6), (6, 7), (1, 8), (8, 9), (9, 10), (1, 11), (11, 12), (12, 13), (1, 0),
    (0, 14), (14, 16), (0, 15), (15, 17),
)  # fmt: skip
"""Pairs of the 18 points that are joined."""
_BODY = (
    (0.50, 0.10), (0.50, 0.20), (0.38, 0.21), (0.33, 0.37), (0.31, 0.52), (0.62, 0.21), (0.67, 0.37), (0.69, 0.52),
    (0.43, 0.52), (0.42, 0.74), (0.41, 0.96), (0.57, 0.52), (0.58, 0.74), (0.59, 0.96), (0.475, 0.085), (0.525, 0.085),
    (0.45, 0.10), (0.55, 0.10),
)  # fmt: skip
"""Where the 18 points lie in a standing figure's box."""
_HAND_LIMBS = tuple(
    (0 if joint == 0 else finger * 4 + joint, finger * 4 + joint + 1) for finger in range(5) for joint in range(4)
)
_ANIMAL = (
    (0.20, 0.22), (0.28, 0.22), (0.22, 0.30), (0.36, 0.36), (0.92, 0.42), (0.34, 0.56), (0.34, 0.76), (0.34, 0.96),
    (0.40, 0.56), (0.40, 0.76), (0.40, 0.96), (0.82, 0.58), (0.82, 0.78), (0.82, 0.96), (0.88, 0.58), (0.88, 0.78),
    (0.88, 0.96),
)  # fmt: skip
_ANIMAL_LIMBS = (
    (0, 1), (0, 2), (1, 2), (2, 3), (3, 5), (5, 6), (6, 7), (3, 8), (8, 9), (9, 10), (3, 4), (4, 11), (11, 12),
    (12, 13), (4, 14), (14, 15), (15, 16),
)  # fmt: skip
_FACE_POINTS = 70
_NOTHING = (0.3, 0.08, 0.7, 0.96)
"""Where a figure is taken to stand if nothing is in front, in shares of the picture."""


def figure_box(image: Image) -> tuple[float, float, float, float]:
    """The box in which the figure stands, in pixels."""
    found = subject_box(image)
    if found is None:
        left, top, right, bottom = _NOTHING
        return left * image.width, top * image.height, right * image.width, bottom * image.height
    return found


def pose_of(image: Image, *, body: bool = True, face: bool = False, hands: bool = False) -> dict[str, Any]:
    """One person's pose as OpenPose's JSON has it, at the size of the picture."""
    left, top, right, bottom = figure_box(image)
    wide, tall = right - left, bottom - top
    points: Points = [(left + x * wide, top + y * tall) for x, y in _BODY]
    person: dict[str, Any] = {
        "pose_keypoints_2d": _triples(points if body else [None] * len(points)),
        "face_keypoints_2d": _triples(_face(points[0], tall)) if face else None,
        "hand_left_keypoints_2d": _triples(_hand(points[7], tall, 1)) if hands else None,
        "hand_right_keypoints_2d": _triples(_hand(points[4], tall, -1)) if hands else None,
    }
    return {"people": [person], "animals": [], "canvas_height": image.height, "canvas_width": image.width}


def animal_of(image: Image) -> dict[str, Any]:
    """One animal's pose."""
    left, top, right, bottom = figure_box(image)
    points: Points = [(left + x * (right - left), top + y * (bottom - top)) for x, y in _ANIMAL]
    animal = [[x, y, 1.0] for point in points if point is not None for x, y in (point,)]
    return {"people": [], "animals": [animal], "canvas_height": image.height, "canvas_width": image.width}


def _face(nose: Point | None, tall: float) -> Points:
    """Jaw, brows, nose, eyes and mouth around a nose."""
    if nose is None:
        return [None] * _FACE_POINTS
    x, y = nose
    size = tall * 0.045

    def arc(count: int, cx: float, cy: float, rx: float, ry: float, start: float, end: float) -> Points:
        return [
            (x + size * (cx + rx * math.cos(angle)), y + size * (cy + ry * math.sin(angle)))
            for angle in (math.radians(start + (end - start) * step / max(count - 1, 1)) for step in range(count))
        ]

    return [
        *arc(17, 0, -0.1, 1.0, 1.3, 180, 0),
        *arc(5, -0.45, -0.5, 0.3, 0.2, 180, 360), *arc(5, 0.45, -0.5, 0.3, 0.2, 180, 360),
        *arc(4, 0, -0.1, 0.02, 0.4, 270, 90), *arc(5, 0, 0.3, 0.2, 0.1, 180, 0),
        *arc(6, -0.42, -0.3, 0.2, 0.1, 180, 480), *arc(6, 0.42, -0.3, 0.2, 0.1, 180, 480),
        *arc(12, 0, 0.7, 0.4, 0.16, 180, 510), *arc(8, 0, 0.7, 0.25, 0.06, 180, 495),
        *arc(1, -0.42, -0.3, 0, 0, 0, 0), *arc(1, 0.42, -0.3, 0, 0, 0, 0),
    ]  # fmt: skip


def _hand(wrist: Point | None, tall: float, side: int) -> Points:
    """Five fingers below a wrist."""
    if wrist is None:
        return [None] * 21
    x, y = wrist
    points: Points = [(x, y)]
    for finger in range(5):
        angle = math.radians(90 - side * (finger - 2) * 16)
        points += [
            (x + math.cos(angle) * tall * 0.018 * step, y + math.sin(angle) * tall * 0.018 * step)
            for step in range(1, 5)
        ]
    return points


def _triples(points: Sequence[Point | None]) -> list[float]:
    return [number for point in points for number in ((*point, 1.0) if point is not None else (0.0, 0.0, 0.0))]


# --- drawing


def draw(pose: Mapping[str, Any]) -> Image:
    """The poses of one picture, drawn on black."""
    image = pil.new("RGB", (pose["canvas_width"], pose["canvas_height"]))
    pen = ImageDraw.Draw(image)
    width = max(round(min(image.size) / 128), 1)
    for person in pose["people"]:
        _limbs(pen, _points(person["pose_keypoints_2d"]), _LIMBS, width)
        for key in ("hand_left_keypoints_2d", "hand_right_keypoints_2d"):
            _limbs(pen, _points(person.get(key)), _HAND_LIMBS, max(width // 2, 1))
        _dots(pen, _points(person.get("face_keypoints_2d")), "white", max(width // 2, 1))
    for animal in pose.get("animals") or ():
        _limbs(pen, _points([number for triple in animal for number in triple]), _ANIMAL_LIMBS, width)
    return image


def _points(triples: Sequence[float] | None) -> Points:
    """Points that were found: those of confidence 1 and more."""
    values = list(triples or ())
    found: Points = []
    for place in range(0, len(values) - 2, 3):
        x, y, confidence = values[place : place + 3]
        found.append((x, y) if confidence >= 1 else None)
    return found


def _limbs(pen: ImageDraw.ImageDraw, points: Points, limbs: Sequence[tuple[int, int]], width: int) -> None:
    for number, (start, end) in enumerate(limbs):
        ends = [points[index] if index < len(points) else None for index in (start, end)]
        if ends[0] is not None and ends[1] is not None:
            pen.line([ends[0], ends[1]], fill=_colour(number, len(limbs), 0.6), width=width * 2)
    for number, point in enumerate(points):
        if point is not None:
            _dots(pen, [point], _colour(number, len(points), 1.0), width)


def _dots(pen: ImageDraw.ImageDraw, points: Points, colour: Any, radius: int) -> None:
    for point in points:
        if point is not None:
            x, y = point
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)


def _colour(number: int, count: int, value: float) -> tuple[int, int, int]:
    red, green, blue = colorsys.hsv_to_rgb(number / max(count, 1) * 0.92, 1, value)
    return round(red * 255), round(green * 255), round(blue * 255)
