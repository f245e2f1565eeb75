"""Model keyword: the words a checkpoint was trained with, looked up and put into prompts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Generic

from ..api.base import read_item
from ..items import Item, text, texts
from ..request import Answer, Request, endpoint
from .base import Client_co, Interface, PositionalUnit, arg, within_arg

PLACEMENTS = ("keyword prompt", "prompt keyword", "keyword, prompt", "prompt, keyword")


@dataclass(frozen=True, eq=False)
class ModelKeyword(PositionalUnit):
    """Put the checkpoint's words into the prompt (mix1009/model-keyword).

    It is on even where it is not mentioned, and remembers the last call's values as its own defaults.
    """

    title: ClassVar[str] = "Model keyword"
    source: ClassVar[str] = "mix1009/model-keyword"

    enable: bool | None = arg(0, True, default=True)
    """False leaves the prompt as it is."""
    keyword_placement: str | None = arg(1, PLACEMENTS[0], choices=PLACEMENTS)
    """`keyword prompt` (default), `prompt keyword`, or the same with a comma."""
    multiple_keywords: str | None = arg(2, "keyword1, keyword2")
    """Of several words: `keyword1, keyword2` (all, default), `random`, `iterate`, `keyword1`, `keyword2`, or a word."""
    ti_keywords: str | None = arg(3, "None")
    """A textual inversion to put in. Default "None"."""
    keyword_order: str | None = arg(
        4, "textual inversion first", choices=("textual inversion first", "model keyword first")
    )
    """`textual inversion first` (default) or `model keyword first`."""
    lora_model: str | None = arg(5, "None")
    """A LoRA to put in. Default "None"."""
    lora_multiplier: float | None = arg(6, 0.7, **within_arg(0, 2))
    """Its strength, 0 to 2. Default 0.7."""
    lora_keywords: str | None = arg(7, "None")
    """Its words: `None` (default), a word, `< iterate >` or `< random >`."""


@dataclass
class ModelKeywordResult:
    """The words of the checkpoint that is loaded."""

    keywords: list[str]
    """The words; [] when it is not known."""
    model: str
    """File name of the checkpoint."""
    oldhash: str
    """Its hash in eight digits, as the webui of 2022 had it."""
    match_source: str
    """The list in which it was found, or "no match"."""


class _Keywords(Item):
    keywords = texts()
    model = text()
    oldhash = text("hash")
    match_source = text()


@dataclass(frozen=True, eq=False)
class GetKeywords(Request[ModelKeywordResult]):
    """The words of the checkpoint that is loaded: GET /model_keyword/get_keywords."""

    method: ClassVar[str] = "GET"
    path: ClassVar[str] = "/model_keyword/get_keywords"

    def parse(self, answer: Answer) -> ModelKeywordResult:
        found = read_item(answer, _Keywords)
        return ModelKeywordResult(found.keywords, found.model, found.oldhash, found.match_source)


class ModelKeywordInterface(Interface[Client_co], Generic[Client_co]):
    """Model keyword's endpoint."""

    get_keywords = endpoint(GetKeywords)
