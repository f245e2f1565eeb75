"""Calls that the package has no method for: any path of the server, checked and read like the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from ..address import endpoint_path
from ..answers import read_custom
from ..request import LOCAL, Answer, Request
from ..results import CustomResult


@dataclass(frozen=True, eq=False)
class CustomGet(Request[Any]):
    """GET any path of the server; its JSON as it came."""

    method: ClassVar[str] = "GET"

    endpoint: str = field(metadata=LOCAL)
    """Below the server's address, or below /sdapi/v1 with `baseurl`. May hold a query."""
    baseurl: bool = field(default=False, metadata=LOCAL)
    """Below /sdapi/v1."""

    @property
    def path(self) -> str:  # type: ignore[override]  # given by the caller
        """Below the server's address."""
        return endpoint_path(self.endpoint, self.baseurl)

    def parse(self, answer: Answer) -> Any:
        return answer.json()


@dataclass(frozen=True, eq=False)
class CustomPost(Request[CustomResult]):
    """POST JSON to any path of the server. Pictures in the payload are sent as base64."""

    generation: ClassVar[bool] = True

    endpoint: str = field(metadata=LOCAL)
    """Below the server's address, or below /sdapi/v1 with `baseurl`."""
    payload_: Mapping[str, Any] | None = field(default=None, metadata=LOCAL)
    """What is sent as JSON; `{}` by default."""
    baseurl: bool = field(default=False, metadata=LOCAL)
    """Below /sdapi/v1."""

    @property
    def path(self) -> str:  # type: ignore[override]  # given by the caller
        """Below the server's address."""
        return endpoint_path(self.endpoint, self.baseurl)

    def payload(self) -> Any:
        return self.payload_ or {}

    def parse(self, answer: Answer) -> CustomResult:
        return read_custom(answer)


def custom_post(endpoint: str, payload: Mapping[str, Any] | None = None, baseurl: bool = False) -> CustomPost:
    """POST JSON to any path of the server: `custom_post("rembg", {"input_image": image})`.

    Below the server's address, or below /sdapi/v1 with `baseurl`. Pictures in the payload are sent as base64. The
    result has `images` where the answer holds some, and `json` with all of it.
    """
    return CustomPost(endpoint, payload, baseurl)
