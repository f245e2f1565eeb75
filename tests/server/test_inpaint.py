"""img2img with a mask: what is painted, what is kept, and what comes back."""

from __future__ import annotations

from typing import Any

import pytest
from PIL import Image

from .studio import Studio, box_mask, colour_of, gradient, text_of

PAINTED = colour_of(20)
GREY = (128, 128, 128)


@pytest.fixture
def studio() -> Studio:
    return Studio()


def masked(studio: Studio, mask: Image.Image, picture: Image.Image | None = None, **fields: Any) -> Any:
    base = picture or Image.new("RGB", (64, 64), GREY)
    reply = studio.img2img(base, mask=text_of(mask), **{"mask_blur": 0, "inpaint_full_res": False, **fields})
    assert reply.status == 200, reply.body
    return reply


def test_only_what_is_masked_is_painted(studio: Studio) -> None:
    image = masked(studio, box_mask((64, 64), (16, 8, 40, 32))).images[0]
    assert image.crop((16, 8, 40, 32)).getcolors() == [(24 * 24, PAINTED)]
    assert image.getpixel((15, 20)) == image.getpixel((40, 20)) == image.getpixel((20, 32)) == GREY


def test_inverted(studio: Studio) -> None:
    reply = masked(studio, box_mask((64, 64), (16, 8, 40, 32)), inpainting_mask_invert=1)
    assert reply.images[0].getpixel((20, 20)) == GREY
    assert reply.images[0].getpixel((2, 2)) == PAINTED
    assert "Mask mode: Inpaint not masked" in reply.pairs


def test_alpha_as_a_mask(studio: Studio) -> None:
    mask = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
    mask.paste((0, 0, 0, 255), (0, 0, 32, 64))
    image = masked(studio, mask).images[0]
    assert (image.getpixel((2, 2)), image.getpixel((60, 2))) == (PAINTED, GREY)


def test_blur_is_soft_around_the_mask(studio: Studio) -> None:
    reply = masked(studio, box_mask((64, 64), (24, 0, 40, 64)), mask_blur=3)
    row = [reply.images[0].getpixel((x, 30)) for x in range(64)]
    assert row[31] == PAINTED
    assert row[10] == row[54] == GREY
    assert row[21] not in (PAINTED, GREY)
    assert "Mask blur: 3" in reply.pairs


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"mask_blur": None}, "Mask blur: 4"),
        ({"mask_blur": None, "mask_blur_x": 5, "mask_blur_y": 5}, "Mask blur: 5"),
        ({"mask_blur": 6, "mask_blur_x": 5}, "Mask blur: 6"),
        ({"mask_blur": None, "mask_blur_x": 5}, None),
        ({"mask_blur": 0}, None),
    ],
)
def test_blur_in_the_infotext(studio: Studio, fields: dict[str, Any], told: str | None) -> None:
    pairs = masked(studio, box_mask((64, 64), (24, 24, 40, 40)), **fields).pairs
    assert told in pairs if told else "Mask blur" not in pairs


@pytest.mark.parametrize(
    ("fill", "told", "engine"),
    [(0, "fill", 0), (1, None, 1), (2, "latent noise", 2), (3, "latent nothing", 3), (9, None, 0), (None, None, 0)],
)
def test_fill(studio: Studio, fill: int | None, told: str | None, engine: int) -> None:
    pairs = masked(studio, box_mask((64, 64), (24, 24, 40, 40)), inpainting_fill=fill).pairs
    assert studio.last.fill == engine
    assert (f"Masked content: {told}" in pairs) if told else ("Masked content" not in pairs)


def test_whole_picture_is_of_the_wanted_size(studio: Studio) -> None:
    reply = masked(studio, box_mask((128, 64), (0, 0, 64, 64)), gradient(128, 64), width=96, height=48)
    assert reply.images[0].size == (96, 48)
    assert reply.images[0].getpixel((10, 10)) == PAINTED
    assert "Inpaint area" not in reply.pairs
    assert studio.last.mask is not None
    assert studio.last.mask.size == (96, 48)


def test_only_masked_is_of_the_init_images_size(studio: Studio) -> None:
    picture = Image.new("RGB", (200, 120), GREY)
    mask = box_mask((200, 120), (100, 40, 120, 60))
    reply = masked(studio, mask, picture, inpaint_full_res=True, inpaint_full_res_padding=10)
    image = reply.images[0]
    assert image.size == (200, 120)
    assert image.crop((100, 40, 120, 60)).getcolors() == [(400, PAINTED)]
    assert image.getpixel((99, 50)) == image.getpixel((120, 50)) == GREY
    assert "Inpaint area: Only masked, Masked area padding: 10" in reply.pairs
    assert (studio.last.width, studio.last.height) == (64, 64)


def test_only_masked_shows_the_engine_the_box(studio: Studio) -> None:
    picture = gradient(200, 120)
    mask = box_mask((200, 120), (100, 40, 120, 60))
    masked(studio, mask, picture, inpaint_full_res=True, inpaint_full_res_padding=22)
    work = studio.last
    assert work.images is not None
    assert work.mask is not None
    assert work.images[0].tobytes() == picture.crop((78, 18, 142, 82)).tobytes()
    assert work.mask.getbbox() == (22, 22, 42, 42)


def test_a_black_mask_is_plain_img2img(studio: Studio) -> None:
    reply = masked(studio, Image.new("L", (64, 64)), inpaint_full_res=True)
    assert reply.images[0].getcolors() == [(64 * 64, PAINTED)]
    assert studio.last.mask is None
    assert "Inpaint area" not in reply.pairs
    assert "Masked content" not in reply.pairs


def test_a_mask_of_another_size(studio: Studio) -> None:
    image = masked(studio, box_mask((16, 16), (0, 0, 8, 16))).images[0]
    assert (image.getpixel((10, 30)), image.getpixel((60, 30))) == (PAINTED, GREY)


def test_only_masked_with_init_images_of_several_sizes(studio: Studio) -> None:
    large, small = Image.new("RGB", (128, 128), GREY), Image.new("RGB", (96, 96), GREY)
    mask = text_of(box_mask((128, 128), (16, 16, 48, 48)))
    reply = studio.img2img(large, small, mask=mask, mask_blur=0, batch_size=2, inpainting_fill=1)
    assert [image.size for image in reply.images] == [(128, 128), (96, 96)]
    assert reply.images[0].getpixel((20, 20)) == PAINTED


def test_without_overlay_everything_is_painted(studio: Studio) -> None:
    studio.setting(overlay_inpaint=False)
    mask = box_mask((200, 120), (100, 40, 120, 60))
    reply = masked(studio, mask, Image.new("RGB", (200, 120)), inpaint_full_res=True)
    assert reply.images[0].size == (64, 64)
    assert reply.images[0].getcolors() == [(64 * 64, PAINTED)]


def test_mask_and_composite_follow_each_picture(studio: Studio) -> None:
    studio.setting(return_mask=True, return_mask_composite=True)
    reply = masked(studio, box_mask((64, 64), (16, 16, 32, 32)), n_iter=2)
    images = reply.images
    assert [image.mode for image in images] == ["RGB", "RGB", "RGBA"] * 2
    assert images[1].getpixel((20, 20)) == (255, 255, 255)
    assert images[2].getpixel((20, 20)) == (*PAINTED, 255)
    assert images[2].getpixel((2, 2)) == (0, 0, 0, 0)
    assert ["parameters" in image.info for image in images] == [True, False, False] * 2
    assert len(reply.info["infotexts"]) == 2


def test_composite_of_only_masked(studio: Studio) -> None:
    studio.setting(return_mask_composite=True)
    mask = box_mask((200, 120), (100, 40, 120, 60))
    image, composite = masked(studio, mask, Image.new("RGB", (200, 120)), inpaint_full_res=True).images
    assert image.size == composite.size == (200, 120)
    assert composite.getpixel((110, 50)) == (*PAINTED, 255)
    assert composite.getpixel((3, 3)) == (0, 0, 0, 0)


def test_no_mask_no_composite(studio: Studio) -> None:
    studio.setting(return_mask=True, return_mask_composite=True)
    assert len(studio.img2img().images) == 1
    assert len(studio.img2img(mask="").images) == 1


def test_soft_inpainting(studio: Studio) -> None:
    args: dict[str, Any] = {"alwayson_scripts": {"soft INPAINTING": {"args": [True, 2, 0.75]}}}
    pairs = masked(studio, box_mask((64, 64), (16, 16, 32, 32)), **args).pairs
    assert (
        "Soft inpainting enabled: True, Soft inpainting schedule bias: 2, Soft inpainting preservation strength: 0.75"
        in pairs
    )
    assert "Soft inpainting transition contrast boost: 4" in pairs
    assert "Soft inpainting" not in studio.img2img(**args).pairs


def test_soft_inpainting_keeps_the_greys_of_an_alpha_mask(studio: Studio) -> None:
    mask = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
    mask.paste((0, 0, 0, 60), (0, 0, 64, 64))
    mask.putpixel((0, 0), (0, 0, 0, 200))
    masked(studio, mask)
    assert studio.last.mask is not None
    assert studio.last.mask.getpixel((30, 30)) == 0
    masked(studio, mask, alwayson_scripts={"Soft Inpainting": {"args": [True]}})
    assert studio.last.mask is not None
    assert studio.last.mask.getpixel((30, 30)) == 60
    masked(studio, mask, mask_round=False)
    assert studio.last.mask is not None
    assert studio.last.mask.getpixel((30, 30)) == 60
