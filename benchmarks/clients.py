"""What is measured in each operation: how this package, its predecessor and the floor do it.

A method prepares an operation and returns it. Both packages are imported as `webuiapi`, each in a process of its own;
what they do alike is written once.
"""

from __future__ import annotations

import asyncio
import io
import socket
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

IN_FLIGHT = 32


@dataclass
class Operation:
    """Something to repeat: `call` is timed (and may be a coroutine function), `before` makes its argument untimed."""

    call: Callable[[Any], Any]
    before: Callable[[], Any] | None = None
    calls: int = 1
    """Calls of the API in one `call`."""
    close: Callable[[], Any] | None = None
    """Coroutine function to call when the operation is of no more use."""


class Package:
    """What both packages do in the same words."""

    def __init__(self) -> None:
        import webuiapi

        self.module: Any = webuiapi

    def plain(self, url: str) -> Any:
        return self.module.WebUIApi(baseurl=f"{url}/sdapi/v1")

    def txt2img(self, url: str) -> Operation:
        api = self.plain(url)
        return Operation(lambda _: api.txt2img(prompt="a cat").images)

    def get_progress(self, url: str) -> Operation:
        api = self.plain(url)
        return Operation(lambda _: api.get_progress())

    def load(self, url: str) -> Operation:
        api = self.plain(url)
        return Operation(self.loaded, before=lambda: api.txt2img(prompt="a cat"))

    def fetch_and_load(self, url: str) -> Operation:
        api = self.plain(url)
        return Operation(lambda _: self.loaded(api.txt2img(prompt="a cat")))

    def save(self, url: str) -> Operation:
        api = self.plain(url)
        folder = tempfile.TemporaryDirectory()  # removed with the operation
        numbers = count()

        def before() -> tuple[Any, Path]:
            for path in Path(folder.name).iterdir():
                path.unlink()
            return api.txt2img(prompt="a cat"), Path(folder.name, str(next(numbers)))

        return Operation(lambda state: self.saved(*state), before)

    def img2img_memory(self, url: str, picture: str) -> Operation:
        from PIL import Image

        api = self.plain(url)
        with Image.open(picture) as opened:
            # Without anything by which it could be told from one that was painted in this process.
            image = Image.frombytes(opened.mode, opened.size, opened.tobytes())
        width, height = image.size
        return Operation(lambda _: api.img2img(images=[image], prompt="a cat", width=width, height=height))

    def img2img_earlier(self, url: str, source: str) -> Operation:
        api = self.plain(url)
        other = self.plain(source)

        def before() -> Any:
            return other.txt2img(prompt="a cat").images[0]

        return Operation(lambda image: api.img2img(images=[image], prompt="a cat"), before)

    def img2img_file(self, url: str, picture: str) -> Operation:
        api = self.plain(url)
        return Operation(lambda _: api.img2img(images=[self.from_file(picture)], prompt="a cat"))

    def img2img_bytes(self, url: str, picture: str) -> Operation:
        api = self.plain(url)
        data = Path(picture).read_bytes()
        return Operation(lambda _: api.img2img(images=[self.from_bytes(data)], prompt="a cat"))

    def hold(self, url: str) -> Any:
        """Make one call and return its result, whose memory is measured."""
        result = self.plain(url).txt2img(prompt="a cat")
        return result, result.images

    def hold_files(self, url: str, template: str) -> Any:
        """The same with the pictures in files, named by a template with `{index}`."""
        raise NotImplementedError

    def loaded(self, result: Any) -> Any:
        raise NotImplementedError

    def saved(self, result: Any, path: Path) -> Any:
        raise NotImplementedError

    def from_file(self, path: str) -> Any:
        raise NotImplementedError

    def from_bytes(self, data: bytes) -> Any:
        raise NotImplementedError


async def _together(one: Callable[[], Any]) -> None:
    """Some calls one after the other, in as many tasks as are to be in flight."""

    async def some() -> None:
        for _ in range(_EACH):
            await one()

    await asyncio.gather(*(some() for _ in range(IN_FLIGHT)))


_EACH = 8


class Ours(Package):
    """This package."""

    def hold_files(self, url: str, template: str) -> Any:
        return self.plain(url).txt2img(prompt="a cat", save_to=template)

    def loaded(self, result: Any) -> Any:
        return result.load()

    def saved(self, result: Any, path: Path) -> Any:
        return result.save(f"{path}-{{index}}.png")

    def from_file(self, path: str) -> Any:
        return path

    def from_bytes(self, data: bytes) -> Any:
        return data

    def awaitable(self, url: str) -> Any:
        return self.module.AsyncWebUIApi(baseurl=f"{url}/sdapi/v1")

    def txt2img_awaited(self, url: str) -> Operation:
        api = self.awaitable(url)

        async def call(_: Any) -> Any:
            return (await api.txt2img(prompt="a cat")).images

        return Operation(call, close=api.aclose)

    def progress_in_flight(self, url: str) -> Operation:
        api = self.awaitable(url)
        return Operation(lambda _: _together(api.get_progress), calls=IN_FLIGHT * _EACH, close=api.aclose)

    def txt2img_in_flight(self, url: str) -> Operation:
        api = self.awaitable(url)

        async def one() -> Any:
            return await api.txt2img(prompt="a cat")

        return Operation(lambda _: _together(one), calls=IN_FLIGHT * _EACH, close=api.aclose)


class Predecessor(Package):
    """Version 0.9.17. It takes Pillow images only, and has awaitable generations and `custom_post` only."""

    def hold_files(self, url: str, template: str) -> Any:
        result = self.plain(url).txt2img(prompt="a cat")
        for index, image in enumerate(result.images):
            image.save(template.format(index=index) + ".png")
        return result

    def loaded(self, result: Any) -> Any:
        for image in result.images:
            image.load()

    def saved(self, result: Any, path: Path) -> Any:
        for index, image in enumerate(result.images):
            image.save(f"{path}-{index}.png")

    def from_file(self, path: str) -> Any:
        from PIL import Image

        return Image.open(path)

    def from_bytes(self, data: bytes) -> Any:
        from PIL import Image

        return Image.open(io.BytesIO(data))

    def txt2img_awaited(self, url: str) -> Operation:
        api = self.plain(url)

        async def call(_: Any) -> Any:
            return (await api.txt2img(prompt="a cat", use_async=True)).images

        return Operation(call)

    def progress_in_flight(self, url: str) -> Operation:
        api = self.plain(url)

        async def one() -> Any:
            return await api.custom_post("progress", baseurl=True, use_async=True)

        return Operation(lambda _: _together(one), calls=IN_FLIGHT * _EACH)

    def txt2img_in_flight(self, url: str) -> Operation:
        api = self.plain(url)

        async def one() -> Any:
            return await api.txt2img(prompt="a cat", use_async=True)

        return Operation(lambda _: _together(one), calls=IN_FLIGHT * _EACH)


class Floor:
    """The least that is possible: a socket, one reused buffer, a scan, a decoder with SIMD."""

    def txt2img(self, url: str) -> Operation:
        import pybase64

        address = urlsplit(url)
        assert address.hostname
        assert address.port
        connection = socket.create_connection((address.hostname, address.port))
        body = b'{"prompt":"a cat","steps":20,"sampler_name":"Euler a"}'
        head = f"POST {address.path}/sdapi/v1/txt2img HTTP/1.1\r\nhost: {address.netloc}\r\ncontent-length: {len(body)}"
        request = head.encode() + b"\r\n\r\n" + body
        buffer = bytearray(1 << 16)

        def call(_: Any) -> list[bytes]:
            nonlocal buffer
            connection.sendall(request)
            received, total = 0, len(buffer)
            while received < total:
                received += connection.recv_into(memoryview(buffer)[received:total])
                if total == len(buffer) and (end := buffer.find(b"\r\n\r\n", 0, received)) >= 0:
                    length = bytes(buffer[:end]).partition(b"content-length: ")[2].partition(b"\r\n")[0]
                    total = end + 4 + int(length)
                    if total > len(buffer):
                        buffer = buffer + bytes(total - len(buffer))
            pictures = []
            view = memoryview(buffer)
            start = buffer.find(b'"images":["') + 11
            while True:
                end = buffer.find(b'"', start, total)
                pictures.append(pybase64.b64decode(view[start:end], validate=True))
                if buffer[end + 1] != 44:  # no comma: the list ends
                    return pictures
                start = end + 3

        return Operation(call)

    txt2img_awaited = txt2img
    """There is no lesser awaitable one."""
