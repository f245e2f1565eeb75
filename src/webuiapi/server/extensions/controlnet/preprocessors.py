"""What the modules make of a picture: real image processing where that does, else something plausible and the same each
time."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pybase64
from PIL import Image as pil
from PIL import ImageChops, ImageFilter, ImageOps
from PIL.Image import Image

from ...processing.limits import check_pixels
from ..vision import edges, poses
from ..vision.arrays import Resampling, grey, mask_picture, normalised, picture, pixels, resized, smooth
from ..vision.depth import depth, normals
from ..vision.faces import find_faces
from ..vision.matte import foreground
from ..vision.scenery import labels, palette
from ..vision.straight import straight_lines
from .modules import Module

_COLOUR_CELL = 64
_EMBEDDING = 768


@dataclass(frozen=True)
class Work:
    """One picture for a module."""

    image: Image
    """RGB, at the resolution at which it is looked at."""
    a: float
    b: float
    mask: Image | None = None
    """L, of the picture's size."""


def prepared(image: Image, module: Module, resolution: float) -> Image:
    """The picture with its shorter side at the resolution, where the module has one."""
    image = image.convert("RGB")
    if module.resolution.name == "" or module.name == "none":
        check_pixels(*image.size)
        return image
    factor = resolution / min(image.size)
    size = max(round(image.width * factor), 1), max(round(image.height * factor), 1)
    check_pixels(*size)
    return resized(image, *size)


def run(module: Module, work: Work) -> Image:
    """The picture that a module makes. Texts of the file that it came from are not in it."""
    made = MAKERS.get(module.name, _same)(work).convert("RGB").copy()
    made.info = {}
    return made


def pose(module: Module, image: Image) -> dict[str, Any]:
    """The pose that an openpose module finds."""
    if module.name == "animal_openpose":
        return poses.animal_of(image)
    face = module.name not in ("openpose", "openpose_hand")
    hands = module.name in ("openpose_hand", "openpose_full", "dw_openpose_full")
    return poses.pose_of(image, body=module.name != "openpose_faceonly", face=face, hands=hands)


def embedding_text(image: Image) -> str:
    """A tensor in the form in which torch saves one, as base64: what is measured of the picture in 768 numbers."""
    small = pixels(image.convert("RGB").resize((16, 16), Resampling.BOX))
    numbers = (small.ravel()[:_EMBEDDING] / 127.5 - 1).astype("<f4")
    return pybase64.b64encode(_saved_tensor(numbers)).decode("ascii")


def _same(work: Work) -> Image:
    return work.image


def _posed(**parts: bool) -> Callable[[Work], Image]:
    return lambda work: poses.draw(poses.pose_of(work.image, **parts))


def _lines(**how: Any) -> Callable[[Work], Image]:
    return lambda work: edges.lines(work.image, **how)


def _soft(*, safe: bool = False) -> Callable[[Work], Image]:
    return lambda work: edges.soft_edges(work.image, safe=safe)


def _depth(work: Work) -> Image:
    return picture(depth(work.image) * 255)


def _depth_cut(work: Work) -> Image:
    """Depth with shares of what is near and of what is far taken away."""
    distance = depth(work.image)
    near, far = 1 - work.a / 100, work.b / 100
    shown = np.where((distance <= near) & (distance >= far), distance, np.where(distance > near, 1.0, 0.0))
    return picture(shown * 255)


def _segments(work: Work) -> Image:
    return palette(labels(work.image, fine=True))


def _threshold(work: Work) -> Image:
    return mask_picture(grey(work.image) > work.a)


def _colour_grid(work: Work) -> Image:
    width, height = work.image.size
    cells = max(width // _COLOUR_CELL, 1), max(height // _COLOUR_CELL, 1)
    return work.image.resize(cells, Resampling.BICUBIC).resize((width, height), Resampling.NEAREST)


def _shuffle(work: Work) -> Image:
    """The picture with its parts swept about smoothly, each time in the same way."""
    values = np.asarray(work.image)
    height, width = values.shape[:2]
    chance = np.random.default_rng(12345)
    moved = []
    for length in (height, width):
        field = smooth(chance.random((height, width), dtype=np.float32), max(min(height, width) / 3, 2))
        moved.append(np.clip(normalised(field) * (length - 1), 0, length - 1).astype(np.intp))
    return pil.fromarray(values[moved[0], moved[1]])


def _recolour(channel: str) -> Callable[[Work], Image]:
    def make(work: Work) -> Image:
        values = grey(work.image) / 255 if channel == "luminance" else pixels(work.image).max(2) / 255
        return picture(values ** max(work.a, 0.1) * 255)

    return make


def _tile(work: Work) -> Image:
    factor = max(work.a, 1.0)
    width, height = work.image.size
    small = max(round(width / factor), 1), max(round(height / factor), 1)
    return resized(work.image, *small)


def _sharper(work: Work) -> Image:
    return work.image.filter(ImageFilter.UnsharpMask(2, max(round(work.b * 100), 0), 0))


def _inpaint(work: Work) -> Image:
    """The picture with its masked part taken away, which shows as black."""
    mask = work.mask or pil.new("L", work.image.size)
    return pil.composite(pil.new("RGB", work.image.size), work.image, mask)


def _filled(work: Work) -> Image:
    """The masked part filled with what lies around it."""
    mask = work.mask or pil.new("L", work.image.size)
    around = work.image.filter(ImageFilter.GaussianBlur(max(min(work.image.size) / 16, 1)))
    return pil.composite(around, work.image, mask)


def _face_marks(work: Work) -> Image:
    marks = poses.draw(poses.pose_of(work.image, body=False, face=True))
    for face in find_faces(work.image)[:1]:
        ring = face.mask(marks.size).filter(ImageFilter.FIND_EDGES)
        marks = ImageChops.lighter(marks, pil.merge("RGB", (ring, ring, ring)))
    return marks


def _body_parts(colours: tuple[tuple[int, int, int], ...]) -> Callable[[Work], Image]:
    """The figure in bands of colour on the colour of the ground."""

    def make(work: Work) -> Image:
        front = foreground(work.image) > 0.5
        height, width = front.shape
        bands = np.array(colours[1:], np.uint8)
        rows = np.minimum(np.arange(height) * len(bands) // height, len(bands) - 1)
        figure = np.repeat(bands[rows][:, None], width, axis=1)
        return pil.fromarray(np.where(front[..., None], figure, np.array(colours[0], np.uint8)))

    return make


def _face_cut(work: Work) -> Image:
    faces = find_faces(work.image)
    return ImageOps.fit(work.image.crop(faces[0].box), work.image.size) if faces else work.image


_PURPLE = ((68, 1, 84), (72, 150, 140), (140, 90, 200), (110, 60, 190), (200, 220, 60))
_BLUE = ((0, 0, 0), (53, 42, 135), (20, 110, 220), (60, 180, 170), (245, 200, 60))

MAKERS: Mapping[str, Callable[[Work], Image]] = {
    "canny": lambda work: edges.canny(work.image, work.a, work.b),
    "invert": lambda work: ImageOps.invert(work.image),
    "threshold": _threshold,
    "lineart": _lines(),
    "lineart_coarse": _lines(fineness=0.5),
    "lineart_anime": _lines(sharp=True),
    "lineart_anime_denoise": _lines(fineness=0.7, sharp=True),
    "lineart_standard": lambda work: edges.standard_lines(work.image),
    "hed": _soft(),
    "hed_safe": _soft(safe=True),
    "pidinet": _soft(),
    "pidinet_safe": _soft(safe=True),
    "softedge_teed": _soft(),
    "softedge_anyline": _soft(),
    "pidinet_sketch": lambda work: edges.scribble(work.image, 0.3),
    "pidinet_scribble": lambda work: edges.scribble(work.image),
    "scribble_hed": lambda work: edges.scribble(work.image, 0.45),
    "scribble_xdog": lambda work: edges.xdog(work.image, work.a),
    "mlsd": lambda work: straight_lines(work.image, work.a),
    "depth": _depth,
    "depth_zoe": _depth,
    "depth_anything": _depth,
    "depth_anything_v2": _depth,
    "depth_hand_refiner": _depth,
    "depth_leres": _depth_cut,
    "depth_leres++": _depth_cut,
    "normal_bae": lambda work: normals(work.image),
    "normal_dsine": lambda work: normals(work.image),
    "normal_map": lambda work: normals(work.image, background=work.a / 2),
    "segmentation": _segments,
    "oneformer_ade20k": _segments,
    "oneformer_coco": _segments,
    "anime_face_segment": _segments,
    "mobile_sam": _segments,
    "openpose": _posed(),
    "openpose_face": _posed(face=True),
    "openpose_faceonly": _posed(body=False, face=True),
    "openpose_hand": _posed(hands=True),
    "openpose_full": _posed(face=True, hands=True),
    "dw_openpose_full": _posed(face=True, hands=True),
    "animal_openpose": lambda work: poses.draw(poses.animal_of(work.image)),
    "densepose": _body_parts(_PURPLE),
    "densepose_parula": _body_parts(_BLUE),
    "mediapipe_face": _face_marks,
    "instant_id_face_keypoints": _face_marks,
    "facexlib": _face_cut,
    "tile_resample": _tile,
    "tile_colorfix+sharp": _sharper,
    "blur_gaussian": lambda work: work.image.filter(ImageFilter.GaussianBlur(max(work.a, 0.0))),
    "color": _colour_grid,
    "shuffle": _shuffle,
    "recolor_luminance": _recolour("luminance"),
    "recolor_intensity": _recolour("intensity"),
    "inpaint": _inpaint,
    "inpaint_only": _inpaint,
    "inpaint_only+lama": _filled,
}
"""What each module makes; one that is missing leaves the picture as it is."""


def _saved_tensor(numbers: np.ndarray[Any, np.dtype[np.float32]]) -> bytes:
    """An archive as `torch.save` writes it: a pickle that rebuilds the tensor, and its numbers."""
    count = len(numbers)
    size = struct.pack("<I", count)
    pickled = (
        b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n("
        b"(X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuJ" + size + b"tQ"
        b"K\x00K\x01J" + size + b"\x86J" + size + b"K\x01\x86\x89ccollections\nOrderedDict\n)RtR."
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, data in (("data.pkl", pickled), ("data/0", numbers.tobytes()), ("version", b"3\n")):
            archive.writestr(zipfile.ZipInfo(f"archive/{name}"), data)
    return out.getvalue()
