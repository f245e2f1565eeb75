"""Calls that only relatives of A1111's webui have: SD.Next's version, status and history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from ..items import Item, anything, integer, number, optional_text, text
from ..request import Answer, Request
from .base import GetItem, read_list


class SDNextVersion(Item):
    """What SD.Next says about itself."""

    app = text()
    commit = optional_text()
    branch = optional_text()
    updated = optional_text()
    url = optional_text()


class SDNextStatus(Item):
    """What SD.Next is doing."""

    status = text()
    """`idle`, `running`, ..."""
    task = text()
    current = text()
    step = integer()
    steps = integer()
    progress = number()
    """0 to 1."""
    queued = integer()
    """Jobs that wait."""
    eta = anything()
    elapsed = anything()


class SDNextHistoryItem(Item):
    """A finished job of SD.Next's."""

    id = anything()
    job = optional_text()
    op = optional_text()
    timestamp = anything()
    duration = anything()


class GetVersion(GetItem[SDNextVersion]):
    """SD.Next's version: GET /sdapi/v1/version. `NotFound` on other servers."""

    path, kind = "/sdapi/v1/version", SDNextVersion


class GetStatus(GetItem[SDNextStatus]):
    """What SD.Next is doing: GET /sdapi/v1/status. `NotFound` on other servers."""

    path, kind = "/sdapi/v1/status", SDNextStatus


@dataclass(frozen=True, eq=False)
class GetHistory(Request[list[SDNextHistoryItem]]):
    """SD.Next's finished jobs: GET /sdapi/v1/history. `NotFound` on other servers."""

    method: ClassVar[str] = "GET"
    path: ClassVar[str] = "/sdapi/v1/history"

    id: str | None = None
    """One job only."""

    def query(self) -> dict[str, Any]:
        return {} if self.id is None else {"id": self.id}

    def parse(self, answer: Answer) -> list[SDNextHistoryItem]:
        return read_list(answer, SDNextHistoryItem)
