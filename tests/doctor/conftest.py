"""What the doctor's tests have in common."""

from __future__ import annotations

from support.scripted import Scripted, answer
from webuiapi import Diagnosis, Finding

OPTIONS = {"samples_format": "png", "sd_model_checkpoint": "a.safetensors [123]", "sd_vae": "None"}
NOT_FOUND = {"detail": "Not Found"}


def the(diagnosis: Diagnosis, kind: str) -> Finding:
    """The only finding of a kind."""
    found = [finding for finding in diagnosis.findings if finding.kind == kind]
    assert len(found) == 1, f"{kind}: {diagnosis}"
    return found[0]


def kinds(diagnosis: Diagnosis, *levels: str) -> list[str]:
    """The kinds of the findings of some levels, in order; without those that tell how busy this machine is."""
    timed = ("latency", "rate")
    return [item.kind for item in diagnosis.findings if item.level in levels and item.kind not in timed]


def without_api(scripted: Scripted) -> None:
    """A server that knows nothing below /sdapi/v1."""
    for path in ("/sdapi/v1/options", "/sdapi/v1/samplers", "/internal/ping", "/"):
        scripted.play_at(path, answer(NOT_FOUND, 404))
