"""What a server has: samplers, schedulers, models, upscalers and the rest of its lists, each with typed properties."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, TypeVar

from ..errors import AnswerError
from ..items import Item, flag, mapping, number, optional_number, optional_text, text, texts
from ..request import Answer, Request

I = TypeVar("I", bound=Item)  # noqa: E741 - an item


def read_list(answer: Answer, kind: type[I]) -> list[I]:
    """The items of an answer that is a list. Raises `AnswerError` when it is none."""
    value = answer.json()
    if not isinstance(value, list):
        raise AnswerError(f"{answer.method} {answer.url} answered {type(value).__name__} where a list was expected",
                          method=answer.method, url=answer.url, content=bytes(answer.body))  # fmt: skip
    return [kind.read(item) for item in value]


def read_item(answer: Answer, kind: type[I]) -> I:
    """The item of an answer that is an object. Raises `AnswerError` when it is none."""
    value = answer.json()
    if not isinstance(value, dict):
        raise AnswerError(f"{answer.method} {answer.url} answered {type(value).__name__} where an object was expected",
                          method=answer.method, url=answer.url, content=bytes(answer.body))  # fmt: skip
    return kind(value)


class Sampler(Item):
    """A sampler."""

    name = text()
    aliases = texts()
    """Other names; the webui does not accept them in requests."""
    options = mapping()


class Scheduler(Item):
    """A schedule of noise levels (server 1.9 and newer)."""

    name = text()
    """As in `karras`."""
    label = text()
    """As in `Karras`."""
    aliases = texts()
    default_rho = optional_number()
    need_inner_model = flag()


class SDModel(Item):
    """A checkpoint."""

    title = text()
    """As options and requests name it: `name.safetensors [hash]`, without the hash until the first load."""
    model_name = text()
    hash = optional_text()
    """The first ten digits of sha256; None until the first load."""
    sha256 = optional_text()
    filename = text()
    """Path on the server."""
    config = optional_text()


class Upscaler(Item):
    """An upscaler."""

    name = text()
    model_name = optional_text()
    model_path = optional_text()
    """Path on the server, or the address it will be downloaded from."""
    model_url = optional_text()
    scale = number()


@dataclass(frozen=True, eq=False)
class GetSamplers(Request[list[Sampler]]):
    """The samplers: GET /sdapi/v1/samplers."""

    method: ClassVar[str] = "GET"
    path: ClassVar[str] = "/sdapi/v1/samplers"

    def parse(self, answer: Answer) -> list[Sampler]:
        return read_list(answer, Sampler)


@dataclass(frozen=True, eq=False)
class GetSchedulers(Request[list[Scheduler]]):
    """The schedulers (server 1.9 and newer): GET /sdapi/v1/schedulers."""

    method: ClassVar[str] = "GET"
    path: ClassVar[str] = "/sdapi/v1/schedulers"

    def parse(self, answer: Answer) -> list[Scheduler]:
        return read_list(answer, Scheduler)


@dataclass(frozen=True, eq=False)
class GetSDModels(Request[list[SDModel]]):
    """The checkpoints: GET /sdapi/v1/sd-models."""

    method: ClassVar[str] = "GET"
    path: ClassVar[str] = "/sdapi/v1/sd-models"

    def parse(self, answer: Answer) -> list[SDModel]:
        return read_list(answer, SDModel)


@dataclass(frozen=True, eq=False)
class GetUpscalers(Request[list[Upscaler]]):
    """The upscalers: GET /sdapi/v1/upscalers."""

    method: ClassVar[str] = "GET"
    path: ClassVar[str] = "/sdapi/v1/upscalers"

    def parse(self, answer: Answer) -> list[Upscaler]:
        return read_list(answer, Upscaler)
