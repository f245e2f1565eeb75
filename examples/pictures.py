"""Pictures for the examples that start from one: a stand-in for a photo of your own."""

from __future__ import annotations

from PIL import Image, ImageDraw

SKIN, HAIR, EYES, MOUTH = (236, 194, 164), (90, 56, 30), (60, 90, 140), (176, 60, 62)


def photo(path: str) -> str:
    """A portrait in front of hills, 512 x 512; gives the path."""
    image = Image.new("RGB", (512, 512), (150, 190, 230))
    draw = ImageDraw.Draw(image)
    draw.ellipse((-120, 330, 400, 800), fill=(96, 140, 84))
    draw.ellipse((180, 370, 700, 840), fill=(76, 122, 72))
    _portrait(draw, 256, 250, 1.0)
    image.save(path)
    return path


def face(path: str) -> str:
    """Another portrait, close up, 256 x 256; gives the path."""
    image = Image.new("RGB", (256, 256), (212, 204, 196))
    _portrait(ImageDraw.Draw(image), 128, 128, 0.8)
    image.save(path)
    return path


def _portrait(draw: ImageDraw.ImageDraw, x: float, y: float, size: float) -> None:
    def ellipse(left: float, top: float, right: float, bottom: float, colour: tuple[int, int, int]) -> None:
        draw.ellipse((x + left * size, y + top * size, x + right * size, y + bottom * size), fill=colour)

    ellipse(-150, 90, 150, 420, (70, 80, 130))
    ellipse(-105, -140, 105, 90, HAIR)
    ellipse(-80, -100, 80, 110, SKIN)
    for side in (-1, 1):
        ellipse(side * 34 - 17, -30, side * 34 + 17, -6, (250, 250, 250))
        ellipse(side * 34 - 9, -27, side * 34 + 9, -9, EYES)
    ellipse(-10, 0, 10, 36, (220, 172, 140))
    ellipse(-32, 54, 32, 76, MOUTH)
