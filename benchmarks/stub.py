"""A server that does no work: it answers with bodies that were made before, in a process of its own.

`python -m benchmarks.stub FOLDER` serves the pictures of that folder and prints its port. What is answered stands
in the first part of the path, words joined by `-` before the API's own path, `/wait50-4x1024-photo/sdapi/v1/txt2img`:

    4x1024-photo   the answer to a generation: four times the picture `1024-photo.png`
    wait50         after 50 ms
    gzip           compressed as the A1111 family does it, if the request allows it

`GET /seen` tells how many requests there were since it was last asked, and how long the last one's body was.
"""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
import sys
from collections import deque
from functools import cache
from pathlib import Path
from typing import Any

SLICE = 1 << 19
_BUFFER = memoryview(bytearray(1 << 20))
"""Everything received lands here and is dropped; one loop serves all connections, so one buffer does."""

IDLE: dict[str, Any] = {
    "progress": 0.0,
    "eta_relative": 0.0,
    "state": {
        "skipped": False,
        "interrupted": False,
        "stopping_generation": False,
        "job": "",
        "job_count": 0,
        "job_timestamp": "0",
        "job_no": 0,
        "sampling_step": 0,
        "sampling_steps": 0,
    },
    "current_image": None,
    "textinfo": None,
}
LAST_LINE = (
    "Steps: 20, Sampler: Euler a, Schedule type: Automatic, CFG scale: 7.0, Seed: {seed}, Size: {size}x{size}, "
    "Model hash: 6ce0161689, Model: v1-5-pruned-emaonly, Version: v1.10.1"
)


def dumped(value: Any) -> bytes:
    """JSON in the form that the webui writes it."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def info(count: int, size: int) -> str:
    """The account of a generation, as the webui gives it."""
    texts = [f"a cat\nNegative prompt: dog\n{LAST_LINE.format(seed=7 + i, size=size)}" for i in range(count)]
    return json.dumps(
        {
            "prompt": "a cat",
            "all_prompts": ["a cat"] * count,
            "negative_prompt": "dog",
            "all_negative_prompts": ["dog"] * count,
            "seed": 7,
            "all_seeds": list(range(7, 7 + count)),
            "width": size,
            "height": size,
            "sampler_name": "Euler a",
            "cfg_scale": 7.0,
            "steps": 20,
            "batch_size": count,
            "index_of_first_image": 0,
            "infotexts": texts,
            "styles": [],
            "version": "v1.10.1",
        }
    )


class Stub:
    """The answers, and what was asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.requests = 0
        self.length = 0

    @cache  # noqa: B019 - one stub lives as long as its process
    def picture(self, size: int, kind: str) -> bytes:
        return base64.b64encode((self.folder / f"{size}-{kind}.png").read_bytes())

    def answer(self, words: list[str], path: str) -> list[bytes]:
        """The body in pieces; none for an unknown path."""
        if path.endswith("/progress"):
            return [dumped(IDLE)]
        if path.endswith("/scripts"):
            return [dumped({"txt2img": [], "img2img": []})]
        if not path.endswith(("/txt2img", "/img2img")):
            return []
        count, size = next((word.split("x") for word in words if word[0].isdigit()), ("1", "64"))
        picture = self.picture(int(size), words[-1])
        pieces = [b'{"images":["', picture]
        for _ in range(int(count) - 1):
            pieces += [b'","', picture]
        rest = dumped({"parameters": {"prompt": "a cat", "steps": 20}, "info": info(int(count), int(size))})
        return [*pieces, b'"],', rest[1:]]


class Connection(asyncio.BufferedProtocol):
    """One connection: reads requests, drops their bodies, writes answers slice by slice."""

    transport: asyncio.Transport

    def __init__(self, stub: Stub) -> None:
        self.stub = stub
        self.head = b""
        self.left = -1
        """Bytes of the body still to come; -1 while the head is read."""
        self.slices: deque[memoryview] = deque()
        self.paused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.set_write_buffer_limits(high=SLICE // 2)

    def get_buffer(self, sizehint: int) -> memoryview:
        del sizehint
        return _BUFFER

    def buffer_updated(self, nbytes: int) -> None:
        start = 0
        while start < nbytes:
            if self.left < 0:
                self.head += _BUFFER[start:nbytes]
                head, end, _ = self.head.partition(b"\r\n\r\n")
                if not end:
                    return
                start = nbytes - (len(self.head) - len(head) - 4)
                self.head = head.lower()
                self.left = self.length = int(self.header(b"content-length") or 0)
            taken = min(self.left, nbytes - start)
            self.left -= taken
            start += taken
            if self.left == 0:
                self.respond()

    def header(self, name: bytes) -> bytes:
        return self.head.partition(b"\r\n" + name + b":")[2].partition(b"\r\n")[0].strip()

    def respond(self) -> None:
        path = self.head.split(b" ", 2)[1].decode().partition("?")[0]
        stub = self.stub
        if path == "/seen":
            seen = dumped({"requests": stub.requests, "length": stub.length})
            stub.requests = 0
            words, pieces = [""], [seen]
        else:
            stub.requests += 1
            stub.length = self.length
            words = path.split("/", 2)[1].split("-")
            pieces = stub.answer(words, path)
        status = b"200 OK" if pieces else b"404 Not Found"
        encoding = b""
        if "gzip" in words and b"gzip" in self.header(b"accept-encoding"):
            pieces = [gzip.compress(b"".join(pieces), 9)]
            encoding = b"content-encoding: gzip\r\n"
        head = b"HTTP/1.1 %b\r\ncontent-type: application/json\r\n%bcontent-length: %d\r\n\r\n" % (
            status,
            encoding,
            sum(map(len, pieces)),
        )
        self.head = b""
        self.left = -1
        wait = next((int(word[4:]) for word in words if word.startswith("wait")), 0)
        if wait:
            asyncio.get_running_loop().call_later(wait / 1000, self.write, [head, *pieces])
        else:
            self.write([head, *pieces])

    def write(self, pieces: list[bytes]) -> None:
        if sum(map(len, pieces)) <= SLICE:
            pieces = [b"".join(pieces)]
        for piece in pieces:
            view = memoryview(piece)
            self.slices.extend(view[start : start + SLICE] for start in range(0, len(view), SLICE))
        self.resume_writing()

    def pause_writing(self) -> None:
        self.paused = True

    def resume_writing(self) -> None:
        self.paused = False
        while self.slices and not self.paused and not self.transport.is_closing():
            self.transport.write(self.slices.popleft())


async def main() -> None:
    """Serve until the standard input ends, which it does with the process that started this one."""
    stub = Stub(Path(sys.argv[1]))
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(stub), "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(main())
