"""Every form in which a picture is accepted, and where in a request it stands."""

from __future__ import annotations

import base64
import io
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy
import pytest
from PIL import Image

from conftest import Send
from support.callers import Caller
from support.pictures import file_of, noise, opened
from support.samples import JPEG, PNG, picture_in, turned, uri
from support.scripted import Scripted, answer
from webuiapi import ExtraBatchImages, ExtraSingleImage, Img2Img, PngInfo, WebUIApiResult
from webuiapi.checks import ParameterWarning
from webuiapi.images import size_of


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "a cat.png"
    path.write_bytes(PNG)
    return path


def earlier_result() -> WebUIApiResult:
    return WebUIApiResult([PNG, JPEG], {})


@pytest.mark.parametrize(
    "form",
    [
        pytest.param(lambda path: path, id="path"),
        pytest.param(str, id="path as text"),
        pytest.param(lambda path: PNG, id="bytes"),
        pytest.param(lambda path: bytearray(PNG), id="bytearray"),
        pytest.param(lambda path: memoryview(PNG), id="memoryview"),
        pytest.param(lambda path: io.BytesIO(PNG), id="file object"),
        pytest.param(lambda path: uri(PNG), id="data URI"),
        pytest.param(lambda path: Image.open(io.BytesIO(PNG)), id="Pillow from memory"),
        pytest.param(lambda path: WebUIApiResult([PNG], {}), id="result"),
        pytest.param(lambda path: earlier_result().image, id="image of a result"),
        pytest.param(lambda path: [PNG], id="list of one"),
        pytest.param(lambda path: (PNG,), id="tuple of one"),
    ],
)
def test_a_png_goes_out_byte_for_byte(send: Send, path: Path, form: Callable[[Path], Any]) -> None:
    assert send(form(path)) == uri(PNG)


def test_an_open_file_goes_out_byte_for_byte(send: Send, path: Path) -> None:
    with path.open("rb") as file:
        assert send(file) == uri(PNG)
    with Image.open(path) as image:
        assert send(image) == uri(PNG)


def test_base64_text_goes_out_as_it_is(send: Send) -> None:
    text = base64.b64encode(PNG).decode()
    assert send(text) == text
    assert send("\n".join(text[at : at + 76] for at in range(0, len(text), 76)) + "\n") == text
    assert send(uri(PNG)[:40] + "\r\n" + uri(PNG)[40:]) == uri(PNG)
    tiny = file_of(Image.new("L", (1, 1)))
    assert send(base64.b64encode(tiny).decode()) == base64.b64encode(tiny).decode()


def test_an_address_goes_out_as_it_is(send: Send) -> None:
    assert send("http://example.com/cat.png?size=2") == "http://example.com/cat.png?size=2"
    assert send("https://example.com/cat") == "https://example.com/cat"


@pytest.mark.parametrize("shape", [(8, 12), (8, 12, 3), (8, 12, 4)])
def test_arrays_are_encoded(send: Send, shape: tuple[int, ...]) -> None:
    array = numpy.random.default_rng(1).integers(0, 256, shape, numpy.uint8)
    assert (numpy.asarray(opened(picture_in(send(array)))) == array).all()
    flipped = array[::-1, ::2]  # not contiguous
    assert (numpy.asarray(opened(picture_in(send(flipped)))) == flipped).all()


def test_the_pictures_of_a_result_are_a_list(caller: Caller, scripted: Scripted) -> None:
    for value in (earlier_result(), earlier_result().images, list(earlier_result().content), [earlier_result(), JPEG]):
        caller.img2img(value, size=(16, 16), batch_size=2)
        assert scripted.last.json["init_images"] == [uri(PNG), uri(JPEG, "jpeg")]


def test_files_can_be_sent_again(caller: Caller, scripted: Scripted) -> None:
    file = io.BytesIO(b"before" + PNG)
    file.seek(6)
    request = Img2Img([file, file], "x", mask_image=file, batch_size=2)
    caller.run(request)
    caller.run(request)
    assert scripted.seen[0].body == scripted.seen[1].body
    assert scripted.last.json["init_images"] == [uri(PNG), uri(PNG)]
    assert scripted.last.json["mask"] == uri(PNG)


class OneWay(io.RawIOBase):
    """A file that can't go back, like a pipe."""

    def __init__(self, data: bytes) -> None:
        self._inner = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def readall(self) -> bytes:
        return self._inner.read()


def test_a_pipe_is_read_once(caller: Caller, scripted: Scripted) -> None:
    with pytest.warns(UserWarning, match="512x512 of this 16x8 picture"):
        caller.img2img(OneWay(file_of(noise("RGB", 16, 8))), "x")
    assert opened(picture_in(scripted.last.json["init_images"][0])).size == (16, 8)


# -- where pictures go ------------------------------------------------------------------------------------------------


def test_extras_and_the_rest(caller: Caller, scripted: Scripted) -> None:
    caller.run(ExtraSingleImage(PNG, upscaler_1="Lanczos"))
    assert scripted.last.json == {"image": uri(PNG), "upscaler_1": "Lanczos"}
    caller.run(ExtraBatchImages([PNG, JPEG], codeformer_visibility=1))
    assert scripted.last.json == {
        "codeformer_visibility": 1,
        "imageList": [{"data": uri(PNG), "name": "image00001"}, {"data": uri(JPEG, "jpeg"), "name": "image00002"}],
    }
    caller.run(ExtraBatchImages(PNG, name_list=["cat"], codeformer_visibility=0.5))
    assert scripted.last.json == {"imageList": [{"data": uri(PNG), "name": "cat"}], "codeformer_visibility": 0.5}
    caller.run(PngInfo(uri(PNG)))
    assert scripted.last.json == {"image": uri(PNG)}
    scripted.play(answer({"caption": "a cat"}))
    assert caller.interrogate(PNG, model="clip").caption == "a cat"
    assert scripted.last.json == {"image": uri(PNG), "model": "clip"}


def test_pictures_anywhere_else_go_as_base64_without_a_prefix(caller: Caller, scripted: Scripted, path: Path) -> None:
    bare = base64.b64encode(PNG).decode()
    units = [PNG, io.BytesIO(PNG), Image.open(io.BytesIO(PNG)), WebUIApiResult([PNG], {}), path]
    caller.txt2img("x", alwayson_scripts={"X": {"args": [{"image": unit} for unit in units]}}, extra={"more": PNG})
    sent = scripted.last.json
    assert [unit["image"] for unit in sent["alwayson_scripts"]["X"]["args"]] == [bare] * 5
    assert sent["more"] == bare


def test_pictures_can_be_given_as_an_extra_field(caller: Caller, scripted: Scripted) -> None:
    caller.img2img(prompt="x", extra={"init_images": ["http://example.com/x.png"]})
    assert scripted.last.json["init_images"] == ["http://example.com/x.png"]


# -- sizes ------------------------------------------------------------------------------------------------------------


WIDE = file_of(noise("RGB", 24, 16))


@pytest.mark.parametrize(
    ("given", "size"),
    [
        (WIDE, (24, 16)),
        (io.BytesIO(WIDE), (24, 16)),
        (uri(WIDE), (24, 16)),
        (base64.b64encode(WIDE).decode(), (24, 16)),
        (noise("CMYK", 24, 16), (24, 16)),
        (numpy.zeros((16, 24), numpy.uint8), (24, 16)),
        ([WIDE, PNG], (24, 16)),
        (turned("JPEG", 6), (8, 16)),
        (turned("WEBP", 8), (8, 16)),
        (opened(turned("JPEG", 5)), (8, 16)),
        (uri(turned("JPEG", 6), "jpeg"), (8, 16)),
    ],
)
def test_the_size_of_the_input(caller: Caller, scripted: Scripted, given: Any, size: tuple[int, int]) -> None:
    caller.img2img(given, "x", size="input", batch_size=2)
    assert (scripted.last.json["width"], scripted.last.json["height"]) == size


@pytest.mark.parametrize("as_text", [True, False])
def test_of_a_file_no_more_is_read_for_its_size_than_its_head(as_text: bool, tmp_path: Path) -> None:
    path = tmp_path / "half.jpeg"
    path.write_bytes(turned("JPEG", 6)[:-20])  # whose pixels are not all there
    assert size_of(str(path) if as_text else path, "image") == (8, 16)
    path.write_bytes(b"nothing")
    with pytest.raises(ValueError, match=r"^image: what was given \(7 bytes\) "):
        size_of(str(path) if as_text else path, "image")
    with pytest.raises(ValueError, match=r"^image='.*gone.png' can't be read: "):
        size_of(tmp_path / "gone.png", "image")


def test_a_pair_is_a_size(caller: Caller, scripted: Scripted) -> None:
    caller.img2img(WIDE, size=(640, 480))
    assert (scripted.last.json["width"], scripted.last.json["height"]) == (640, 480)
    assert "size" not in scripted.last.json


def test_sizes_that_can_not_be(caller: Caller, scripted: Scripted) -> None:
    with pytest.raises(ValueError, match='size="input" needs a picture whose size can be read here'):
        caller.img2img("http://example.com/x.png", size="input")
    with pytest.raises(ValueError, match="size= and width= or height= are both given"):
        caller.img2img(WIDE, size="input", width=512)
    with pytest.raises(ValueError, match=r"size='square' must be \"input\" or a pair"):
        caller.img2img(WIDE, size="square")
    assert scripted.connections == 0


def test_one_warning_for_a_picture_that_would_be_squashed(caller: Caller, scripted: Scripted) -> None:
    with pytest.warns(ParameterWarning) as caught:
        caller.img2img([WIDE, WIDE], "x", batch_size=2)
    text = "img2img without width and height: the server makes 512x512 of this 24x16 picture, out of shape. "
    assert [str(item.message) for item in caught] == [text + 'Pass width= and height=, or size="input"']
    assert not {"width", "height"} & scripted.last.json.keys()


@pytest.mark.parametrize(
    "settings",
    [
        {"images": PNG},
        {"images": WIDE, "width": 512},
        {"images": WIDE, "extra": {"height": 512}},
        {"images": WIDE, "size": "input"},
        {"images": WIDE, "mask_image": WIDE},
        {"images": WIDE, "infotext": "x\nSteps: 20, Size: 24x16"},
        {"images": "https://example.com/x.png"},
        {"extra": {"init_images": []}},
    ],
)
def test_no_warning_otherwise(caller: Caller, settings: dict[str, Any]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        caller.img2img(**{"prompt": "x", **settings})


def test_inpainting_the_whole_picture_squashes_it_too(caller: Caller) -> None:
    with pytest.warns(UserWarning, match="512x512 of this 24x16 picture"):
        caller.img2img(WIDE, mask_image=WIDE, inpaint_full_res=False)
