"""A public name goes away only if the changelog says so."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from tools import public_api

BEFORE = ["Txt2Img", "Txt2Img(eta)", "Txt2Img(prompt)", "Txt2Img.path", "webuiapi txt2img", "webuiapi txt2img --eta"]
NOW = ["Txt2Img", "Txt2Img(prompt)", "Txt2Img(zeta)", "Txt2Img.path", "webuiapi txt2img"]


def changelog(removed: str) -> str:
    return (
        f"# Changelog\n\n## 2.0\n\n### Added\n\n- `Txt2Img(eta)`\n\n{removed}\n## 1.0\n\n### Removed\n\n- `Txt2Img`\n"
    )


@pytest.mark.parametrize(
    ("removed", "unsaid"),
    [
        ("", ["Txt2Img(eta)", "webuiapi txt2img --eta"]),
        ("### Removed\n\n- `Txt2Img(eta)`, which did nothing.\n", ["webuiapi txt2img --eta"]),
        ("### Removed\n\n- `Txt2Img`, and `webuiapi txt2img --eta`\n", []),
        (
            "### Removed\n\n- Txt2Img(eta)\n### Fixed\n\n- `webuiapi txt2img`\n",
            ["Txt2Img(eta)", "webuiapi txt2img --eta"],
        ),
    ],
)
def test_what_went_has_to_be_said(removed: str, unsaid: list[str]) -> None:
    assert public_api.unsaid(BEFORE, NOW, changelog(removed)) == unsaid


def test_the_list_is_as_the_code_says(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["public_api"])
    assert public_api.main() == 0, capsys.readouterr().err
    lines = public_api.LIST.read_text(encoding="utf-8").splitlines()
    assert {"WebUIApi.txt2img(prompt)", "Txt2Img(prompt)", "webuiapi txt2img --steps", "server.serve(port)"} <= set(
        lines
    )


def test_what_went_unsaid_stays_on_the_list(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(public_api, "LIST", tmp_path / "list.txt")
    monkeypatch.setattr(public_api, "names", lambda: iter(NOW))
    public_api.LIST.write_text("\n".join(BEFORE))
    monkeypatch.setattr(sys, "argv", ["public_api", "--update"])
    assert public_api.main() == 1
    assert "Txt2Img(eta) went away: say `Txt2Img(eta)` under '### Removed' in CHANGELOG.md" in capsys.readouterr().err
    assert public_api.LIST.read_text().splitlines() == sorted({*BEFORE, *NOW})
