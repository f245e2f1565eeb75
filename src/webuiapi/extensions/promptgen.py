"""Prompt generation by a language model: the branch `api-implementation` of promptgen, which alone has endpoints."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from ..checks import within
from ..request import Answer, Request
from ._endpoints import GetNames, names_in


class GetPromptGenModels(GetNames):
    """The models that prompts can be generated with: GET /promptgen/list_models."""

    path, key = "/promptgen/list_models", "available_models"


@dataclass(frozen=True, eq=False)
class PromptGen(Request[list[str]]):
    """Continue a text to prompts (davidmartinrius/stable-diffusion-webui-promptgen): POST /promptgen/generate.

    The answer's prompts hold letters, digits, blanks, periods and commas only: the extension drops all other signs. The
    first call with a model downloads it.
    """

    path: ClassVar[str] = "/promptgen/generate"
    generation: ClassVar[bool] = True

    model_name: str | None = None
    """Default "AUTOMATIC/promptgen-lexart"."""
    batch_count: int | None = field(default=None, metadata=within(1, 100))
    """Batches, 1 (default) to 100."""
    batch_size: int = field(default=10, metadata=within(1, 100))
    """Prompts a batch, 1 to 100. 10 is sent, as the web page has it; the endpoint's own default is 20."""
    text: str | None = None
    """How the prompts begin."""
    min_length: int | None = field(default=None, metadata=within(1, 400))
    """Least number of tokens, 1 to 400. Default 20."""
    max_length: int | None = field(default=None, metadata=within(1, 400))
    """Greatest number of tokens, 1 to 400. Default 150."""
    num_beams: int | None = field(default=None, metadata=within(1, 8))
    """Beams of the search, 1 (default) to 8."""
    temperature: float | None = field(default=None, metadata=within(0, 4))
    """0 to 4: how free. Default 1."""
    repetition_penalty: float | None = field(default=None, metadata=within(1, 4))
    """1 (default) to 4."""
    length_preference: float | None = field(default=None, metadata=within(-10, 10))
    """-10 to 10: negative for shorter ones. Default 1."""
    sampling_mode: str | None = None
    """`Top K` (default) or `Top P`; the other's number has no effect."""
    top_k: int | None = field(default=None, metadata=within(1, 50))
    """1 to 50. Default 12."""
    top_p: float | None = field(default=None, metadata=within(0, 1))
    """0 to 1. Default 0.15."""

    def parse(self, answer: Answer) -> list[str]:
        return names_in(answer, "prompts")
