"""The embedded server's own engine: it paints procedurally, the same picture for the same request on every machine.

`painter_words` reads the prompt; `painter_scenes`, `painter_ornaments` and `painter_figures` paint it on what
`painter_canvas` offers; `painter_colours` colours it; `painter_noise` makes it differ from seed to seed; `upscalers`
enlarges. Here a pass is put together from these: what its steps, its input pictures and its mask do.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from . import upscalers
from .engine import Pass, Step, Stop
from .painter_canvas import Scene
from .painter_colours import HUES, TONES, table
from .painter_figures import figure
from .painter_noise import Array, Latent, key, noise, smooth
from .painter_scenes import SCENES
from .painter_words import read

Bytes = NDArray[np.uint8]
Resampling = Image.Resampling

LARGEST = 1 << 22  # pixels painted one by one; larger pictures are enlarged from that many
NOTHING = (128, 124, 118)  # what a latent of zeros looks like


class Painter:
    """Paints landscapes, towns, flowers and animals with NumPy."""

    notice = (
        "The pictures come from a stand-in that paints by procedure after the words of a prompt: it is not diffusion."
    )

    def paint(self, work: Pass, step: Step) -> list[Image.Image]:
        """One RGB picture for each prompt. Nothing is painted before it is looked at, however many the steps are."""
        done = 0
        try:
            for done in range(1, work.steps + 1):
                step(done, partial(_picture, work, 0, done))
        except Stop:
            pass
        return [_picture(work, index, done) for index in range(len(work.prompts))]

    def upscale(self, image: Image.Image, width: int, height: int, upscaler: str) -> Image.Image:
        """`image` at the new size, in the manner of the named upscaler."""
        return upscalers.upscale(image, width, height, upscaler)


def _picture(work: Pass, index: int, done: int) -> Image.Image:
    """A picture of the pass after so many steps."""
    if work.images is None:
        scene = _scene(work, index, done)
        _unfinished(scene, work, done)
        return _fitted(_coloured(work, index, scene.tone, scene.hue), work)
    image = work.images[index].convert("RGB")
    if work.mask is not None:
        return _inpainted(work, index, done, image)
    painted = _guided(work, index, done, np.asarray(image))
    if work.tiling and work.denoising_strength > 0:
        painted = _seamless(painted)
    return Image.fromarray(painted)


def _scene(work: Pass, index: int, done: int) -> Scene:
    """A picture's fields, painted from nothing; they may be smaller than the picture."""
    idea = read(work.prompts[index], work.negative_prompts[index])
    count = max(done, 1)
    share = min(max(work.subseed_strength, 0.0), 1.0)
    brush = f"{work.sampler}/{work.scheduler}"
    latent = Latent(
        [
            (key("seed", work.seeds[index]), 1 - share),
            (key("seed", work.subseeds[index]), share),
            (key("prompt", work.prompts[index]), 0.3),
            (key("negative", work.negative_prompts[index]), 0.12 if work.negative_prompts[index] else 0.0),
            (key("sampler", brush), 0.04),
            (key("model", work.model), 0.06),
            (key("steps", ""), 0.7 / count if count < 60 else 0.0),  # what it shows still shifts, less and less
        ]
    )
    # What is smaller than the blur cannot be seen, so it needs no pixels.
    blur = 0.14 / (count * math.sqrt(count) * math.sqrt(math.sqrt(count)))
    unit = max(min(work.width, work.height), max(work.width, work.height) / 3)
    shrink = min(1.0, math.sqrt(LARGEST / (work.width * work.height)))
    if not work.tiling:
        shrink = min(shrink, max(2 / (blur * unit), 1 / 16))
    width, height = max(round(work.width * shrink), 2), max(round(work.height * shrink), 2)
    scene = Scene(latent, idea, width, height, blur)
    SCENES["flow" if work.tiling else idea.scene](scene)
    if not work.tiling:
        if idea.figure:
            figure(scene)
        dx, dy = scene.across / scene.wide, scene.down / scene.tall - 0.5
        scene.tone *= 1.04 - 0.36 * (dx * dx + dy * dy)
    number = key("brush", brush)
    scene.tone += _grain(scene, "brush", 6 + number % 5 * 6, 6 + number // 5 % 5 * 6) * 0.004
    return scene


def _grain(scene: Scene, name: str, fx: float, fy: float) -> Array:
    """Fine noise that goes on over the borders."""
    cells = max(round(fx * scene.wide), 1), max(round(fy * scene.tall), 1)
    x = (np.arange(len(scene.x)) + 0.5) * (cells[0] / len(scene.x))
    y = (np.arange(len(scene.y)) + 0.5) * (cells[1] / len(scene.y))
    return noise(scene.latent, name, x, y, 3, gain=0.7, limit=scene.edge * max(fx, fy), periods=cells)


def _unfinished(scene: Scene, work: Pass, done: int) -> None:
    """Cover the fields with the noise that the steps to come would take away."""
    left = 1 - done / work.steps if work.steps else 0.0
    if left > 0:
        for name, field, middle, spread in (("left", scene.tone, 0.5, 0.2), ("left hue", scene.hue, 1.0, 0.6)):
            field += (_grain(scene, name, 40, 40) * spread + (middle - field)) * (left * 0.9)


def _coloured(work: Pass, index: int, tone: Array, hue: Array) -> Image.Image:
    """Two fields as a picture."""
    colours = table(read(work.prompts[index], work.negative_prompts[index]).ramps, float(work.cfg_scale), work.model)
    place = _whole(hue, HUES, 2 * HUES)
    place *= TONES
    place += _whole(tone, TONES - 1, TONES - 1)
    pixels = np.take(colours, place).view(np.uint8).reshape(*place.shape, 4)
    return Image.frombuffer("RGBX", (place.shape[1], place.shape[0]), pixels, "raw", "RGBX", 0, 1).convert("RGB")


def _whole(field: Array, scale: int, top: int) -> NDArray[np.intp]:
    scaled = field * scale
    scaled += 0.5
    np.maximum(scaled, 0, out=scaled)
    np.minimum(scaled, top + 0.5, out=scaled)
    return scaled.astype(np.intp)


def _fitted(image: Image.Image, work: Pass) -> Image.Image:
    size = (work.width, work.height)
    return image if image.size == size else image.resize(size, Resampling.BICUBIC)


def _guided(work: Pass, index: int, done: int, start: Bytes) -> Bytes:
    """Paint after a picture.

    The weaker, the more of its light and shade stays, first in the small, then only in the large, then only by chance;
    and the more of its colours. As far as the picture already is what would be painted (the second pass of hires fix),
    there is nothing to hold on to, and the pass brings its finer detail.
    """
    strength = min(max(work.denoising_strength, 0.0), 1.0)
    if strength == 0:
        return start
    scene = _scene(work, index, done)
    source = Image.fromarray(start)
    unlike = _unlike(source, _coloured(work, index, scene.tone[::8, ::8], scene.hue[::8, ::8]))
    if unlike > 0:
        hold = unlike * (1 - strength * strength * strength)
        source = source.resize(scene.tone.shape[::-1], Resampling.BOX)
        source = _soft(source, 1 + 24 * strength * strength * strength)
        drawn = Image.fromarray(_whole(scene.tone, 255, 255).astype(np.uint8))
        detail = scene.tone - np.asarray(_soft(drawn, 24), np.float32) * (1 / 255)
        light = np.asarray(source.convert("L"), np.float32) * (1 / 255)
        scene.tone += hold * (light + detail * 0.5 - scene.tone)
        colours = np.asarray(source, np.float32)
        warm = (colours[..., 0] - colours[..., 2]) * (1 / 110) + 0.1
        scene.hue += unlike * max(1 - 2 * strength * strength, 0.0) * (np.minimum(np.maximum(warm, 0), 1.1) - scene.hue)
    _unfinished(scene, work, done)
    painted = np.asarray(_fitted(_coloured(work, index, scene.tone, scene.hue), work))
    return _blend(start, painted, np.uint8(round(255 * strength * (1.3 - 0.3 * strength))))


def _unlike(one: Image.Image, other: Image.Image) -> float:
    """How much two pictures differ in the large: 0 hardly, 1 much."""
    a, b = (np.asarray(image.resize((16, 16), Resampling.BOX)).astype(np.int64) for image in (one, other))
    mean = int(np.abs(a - b).sum()) / a.size
    return min(max((mean - 8) / 16, 0.0), 1.0)


def _soft(image: Image.Image, factor: float) -> Image.Image:
    """A picture without what is smaller than `factor` 512ths of it."""
    unit = max(min(image.size) / 512 * factor, 1.0)
    small = max(round(image.width / unit), 1), max(round(image.height / unit), 1)
    return image.resize(small, Resampling.BOX).resize(image.size, Resampling.BICUBIC)


def _blend(one: Bytes, other: Bytes, share: Bytes | np.uint8) -> Bytes:
    """From `one` where `share` is 0 to `other` where it is 255, both exact."""
    part = np.asarray(share, np.uint16)
    mixed = one * (np.uint16(255) - part)
    mixed += other * part
    mixed += np.uint16(127)
    mixed //= np.uint16(255)
    result: Bytes = mixed.astype(np.uint8)
    return result


def _inpainted(work: Pass, index: int, done: int, image: Image.Image) -> Image.Image:
    """Paint what the mask covers: the composition takes the masked part for its picture, so that it is all seen."""
    assert work.mask is not None
    mask = work.mask.convert("L")
    box = mask.getbbox()
    if box is None:
        return image
    start = image if work.fill == 1 else _filled(work, index, image, mask)
    part = replace(work, width=box[2] - box[0], height=box[3] - box[1], tiling=False)
    painted = _guided(part, index, done, np.asarray(start.crop(box)))
    share = np.asarray(mask.crop(box))[..., None]
    image.paste(Image.fromarray(_blend(np.asarray(image.crop(box)), painted, share)), box)
    return image


def _filled(work: Pass, index: int, image: Image.Image, mask: Image.Image) -> Image.Image:
    """The input with its masked part replaced: by its blurred surroundings (0), by noise (2), by nothing (3)."""
    if work.fill == 0:
        instead = np.asarray(_surroundings(image, mask))
    else:
        instead = np.full((image.height, image.width, 3), NOTHING, np.uint8)
    if work.fill == 2:
        latent = Latent([(key("seed", work.seeds[index]), 1.0)])
        x, y = np.arange(image.width) / 8, np.arange(image.height) / 8
        fields = [noise(latent, f"fill{channel}", x, y, 2, gain=0.8) * 48 + 128 for channel in range(3)]
        instead = np.clip(np.stack(fields, 2), 0, 255).astype(np.uint8)
    return Image.fromarray(_blend(np.asarray(image), instead, np.asarray(mask)[..., None]))


def _surroundings(image: Image.Image, mask: Image.Image) -> Image.Image:
    """Grow what is not masked over what is: what a fine blur leaves open, a coarser one fills."""
    clear = image.copy()
    clear.putalpha(mask.point([255 - v for v in range(256)]))
    scale = max(min(image.size) / 64, 1)
    clear = clear.resize((max(round(image.width / scale), 1), max(round(image.height / scale), 1)), Resampling.BOX)
    filled = Image.new("RGBA", clear.size, (*NOTHING, 255))
    for size in (1, 2, 4, 8, 16, 32, 64):
        scale = max(min(clear.size) / size, 1)
        small = clear.resize((max(round(clear.width / scale), 1), max(round(clear.height / scale), 1)), Resampling.BOX)
        layer = small.resize(clear.size, Resampling.BICUBIC)
        layer.putalpha(layer.getchannel("A").point([min(v * 4, 255) for v in range(256)]))
        filled.alpha_composite(layer)
    return filled.convert("RGB").resize(image.size, Resampling.BICUBIC)


def _seamless(picture: Bytes) -> Bytes:
    """Make opposite edges meet: near them, fade to the picture moved by half, which is whole there."""
    for axis in (0, 1):
        length = picture.shape[axis]
        near = np.arange(length, dtype=np.float32) + 0.5
        near = np.minimum(near, near[::-1]) * (6 / length)
        share = (smooth(1 - near) * 255 + 0.5).astype(np.uint8)
        across = share[:, None, None] if axis == 0 else share[None, :, None]
        picture = _blend(picture, np.roll(picture, length // 2, axis), across)
    return picture
