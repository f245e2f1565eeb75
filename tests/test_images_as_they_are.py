"""Which pictures go out byte for byte, and which are encoded first."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from PIL import Image, ImageDraw

from conftest import Send
from support.callers import Caller
from support.pictures import file_of, noise, opened, read_png
from support.samples import JPEG, PNG, SQUARE, picture_in, turned, uri
from support.scripted import Scripted
from webuiapi.infotext import exif_user_comment


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_png_of_these_modes_is_not_encoded_again(send: Send, mode: str) -> None:
    data = file_of(noise(mode, 9, 5))
    assert send(data) == uri(data)
    assert send(Image.open(io.BytesIO(data))) == uri(data)


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_jpeg_without_orientation_is_not_encoded_again(send: Send, mode: str) -> None:
    data = file_of(noise(mode, 16, 8), "JPEG")
    assert send(data) == uri(data, "jpeg")
    assert send(Image.open(io.BytesIO(data))) == uri(data, "jpeg")


def test_cmyk_jpeg_becomes_png(send: Send) -> None:
    data = file_of(noise("CMYK", 16, 8), "JPEG")
    found = opened(picture_in(send(data)))
    assert (found.format, found.mode) == ("PNG", "RGB")
    assert found.tobytes() == opened(data).convert("RGB").tobytes()


@pytest.mark.parametrize("orientation", range(2, 9))
@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_a_picture_lying_on_its_side_is_turned_upright(send: Send, kind: str, orientation: int) -> None:
    from PIL import ImageOps

    data = turned(kind, orientation)
    upright = ImageOps.exif_transpose(opened(data))
    for given in (data, Image.open(io.BytesIO(data)), opened(data)):
        found = opened(picture_in(send(given)))
        assert (found.format, found.size) == ("PNG", (8, 16) if orientation > 4 else (16, 8))
        assert found.tobytes() == upright.tobytes()
        assert "exif" not in found.info


def test_an_orientation_that_says_upright_changes_nothing(send: Send) -> None:
    data = turned("JPEG", 1)
    assert send(data) == uri(data, "jpeg")


def test_webp_goes_out_as_it_is_to_a_webui(send: Send) -> None:
    """A1111 and its relatives open it with Pillow; another server might not: it gets PNG (test_images.py)."""
    data = file_of(noise("RGB", 16, 8), "WEBP")
    assert send(data) == uri(data, "webp")


@pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF"])
def test_other_formats_become_png(send: Send, kind: str) -> None:
    data = file_of(noise("L", 16, 8), kind)
    for given in (data, Image.open(io.BytesIO(data))):
        found = opened(picture_in(send(given)))
        assert found.format == "PNG"
        assert found.convert("L").tobytes() == opened(data).convert("L").tobytes()


def test_png_info_gets_every_file_as_it_is(caller: Caller, scripted: Scripted) -> None:
    gif, avif = file_of(SQUARE, "GIF"), file_of(SQUARE, "AVIF")
    for data, kind in ((PNG, "png"), (JPEG, "jpeg"), (turned("JPEG", 6), "jpeg"), (gif, "gif"), (avif, "avif")):
        for given in (data, Image.open(io.BytesIO(data))):
            caller.png_info(given)
            assert scripted.last.json == {"image": uri(data, kind)}


def test_png_info_gets_the_parameters_of_a_picture_that_has_to_be_encoded(caller: Caller, scripted: Scripted) -> None:
    data = file_of(SQUARE, "WEBP", exif=exif_user_comment("a cat\nSteps: 20"))
    caller.png_info(data)
    assert scripted.last.json == {"image": uri(data, "webp")}
    caller.png_info(Image.open(io.BytesIO(data)))  # decoded by Pillow at once
    assert read_png(picture_in(scripted.last.json["image"])).texts == {"parameters": "a cat\nSteps: 20"}


def drawn(image: Image.Image) -> Image.Image:
    ImageDraw.Draw(image).point((0, 0), "red")
    return image


def pasted(image: Image.Image) -> Image.Image:
    image.paste("red", (0, 0, 1, 1))
    return image


def pixel(image: Image.Image) -> Image.Image:
    image.putpixel((0, 0), (1, 2, 3))
    return image


def alpha(image: Image.Image) -> Image.Image:
    image.putalpha(128)
    return image


def loaded(image: Image.Image) -> Image.Image:
    image.load()
    return image


def thumbnail(image: Image.Image) -> Image.Image:
    image.thumbnail((4, 4))
    return image


def draft(image: Image.Image) -> Image.Image:
    image.draft("L", (4, 4))
    return image


@pytest.mark.parametrize("change", [drawn, pasted, pixel, alpha, loaded, thumbnail, draft])
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_decoded_picture_is_encoded_as_it_is_now(
    send: Send, kind: str, change: Callable[[Image.Image], Image.Image]
) -> None:
    data = file_of(noise("RGB", 32, 32), kind)
    image = change(Image.open(io.BytesIO(data)))
    wanted = change(Image.open(io.BytesIO(data)))
    wanted.load()
    text = send(image)
    if kind == "PNG" and change is draft:  # PNG has no drafts: nothing has happened
        assert text == uri(data)
        return
    found = read_png(picture_in(text))
    assert (found.mode, found.size, found.pixels) == (wanted.mode, wanted.size, wanted.tobytes())


def test_another_frame_than_the_first_is_encoded(send: Send) -> None:
    frames = [Image.new("L", (4, 4), value) for value in (10, 200)]
    data = file_of(frames[0], "PNG", save_all=True, append_images=frames[1:])
    image = Image.open(io.BytesIO(data))
    assert send(image) == uri(data)
    image.seek(1)
    assert set(opened(picture_in(send(image))).convert("L").tobytes()) == {200}


def test_a_copy_or_part_is_encoded(send: Send) -> None:
    image = Image.open(io.BytesIO(PNG))
    for part in (image.copy(), image.crop((1, 1, 4, 4)), image.convert("L")):
        found = read_png(picture_in(send(part)))
        assert (found.mode, found.size, found.pixels) == (part.mode, part.size, part.tobytes())


def test_generation_parameters_stay_in_an_encoded_picture(send: Send) -> None:
    image = opened(PNG)
    found = read_png(picture_in(send(image)))
    assert found.texts == {"parameters": "a cat\nSteps: 20, Seed: 7", "Comment": "é 猫"}


def test_texts_behind_the_pixels_stay_too(send: Send) -> None:
    from webuiapi.png import text_chunk

    data = file_of(noise("RGB", 8, 8))
    image = Image.open(io.BytesIO(data[:-12] + b"".join(text_chunk("parameters", "late")) + data[-12:]))
    assert send(image.convert("RGB")) != ""  # decodes it
    assert read_png(picture_in(send(image))).texts == {"parameters": "late"}
