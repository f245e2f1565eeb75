"""WD14 tagger: describes a picture by tags with scores. Two lines of it are in use, toriato's and picobyte's.

They answer in different forms; `TaggerResult` reads both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Generic

from ..api.base import GetItem, read_item
from ..checks import within
from ..items import Item, texts
from ..request import Answer, Request, endpoint
from ..results import Result
from ._endpoints import PictureRequest
from .base import PICTURE_URI, Client_co, Interface

if TYPE_CHECKING:
    from ..images import ImageInput

RATINGS = ("general", "sensitive", "questionable", "explicit")


class TaggerResult(Result[dict[str, Any]]):
    """What the tagger gives: `info` is the caption as it was received."""

    @property
    def tags(self) -> dict[str, float]:
        """The tags and their scores, 0 to 1."""
        nested = self.info.get("tag")
        found = nested if isinstance(nested, dict) else self.info
        return {name: score for name, score in _scores(found).items() if found is nested or not _is_rating(name)}

    @property
    def ratings(self) -> dict[str, float]:
        """How fit for all the picture is: `general`, `sensitive`, `questionable`, `explicit`, each with its score."""
        nested = self.info.get("rating")
        if isinstance(nested, dict):
            return _scores(nested)
        scores = _scores(self.info)
        return {name.removeprefix("rating:"): score for name, score in scores.items() if _is_rating(name)}


def _scores(found: Mapping[str, Any]) -> dict[str, float]:
    return {name: float(score) for name, score in found.items() if isinstance(score, (int, float))}


def _is_rating(name: str) -> bool:
    return name in RATINGS or name.startswith("rating:")


@dataclass(frozen=True, eq=False)
class TaggerInterrogate(PictureRequest[TaggerResult]):
    """Tag a picture: POST /tagger/v1/interrogate."""

    path: ClassVar[str] = "/tagger/v1/interrogate"
    generation: ClassVar[bool] = True

    image: ImageInput = field(metadata=PICTURE_URI)
    """The picture."""
    model: str = "wd14-vit-v2-git"
    """The model, as tagger_interrogators() names it. Unknown: an error."""
    threshold: float = field(default=0.3, metadata=within(0, 1))
    """Least score of a tag, 0 to 1. 0.3 is sent; toriato's own default is 0.35, picobyte's 0."""
    queue: str | None = None
    """picobyte's: the name of a queue to put the picture into; without name_in_queue it gives the final results."""
    name_in_queue: str | None = None
    """picobyte's: the picture's name in the queue, or `<sha256>`."""

    def parse(self, answer: Answer) -> TaggerResult:
        fields = read_item(answer, Item)
        caption = fields.get("caption")
        return TaggerResult((), caption if isinstance(caption, dict) else {}, rest=fields)


class Interrogators(Item):
    """The tagger's models."""

    models = texts()


class GetInterrogators(GetItem[Interrogators]):
    """The tagger's models: GET /tagger/v1/interrogators."""

    path, kind = "/tagger/v1/interrogators", Interrogators


@dataclass(frozen=True, eq=False)
class UnloadInterrogators(Request[str]):
    """picobyte's: free the memory of the models: POST /tagger/v1/unload-interrogators. Gives its message."""

    path: ClassVar[str] = "/tagger/v1/unload-interrogators"

    def parse(self, answer: Answer) -> str:
        return str(answer.json() or "")


class TaggerInterface(Interface[Client_co], Generic[Client_co]):
    """The tagger's endpoints."""

    tagger_interrogate = endpoint(TaggerInterrogate)
    tagger_interrogators = endpoint(GetInterrogators)
    unload_interrogators = endpoint(UnloadInterrogators)
