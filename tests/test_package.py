"""What is released: the wheel and the source distribution, built from this checkout, and the wheel installed."""

from __future__ import annotations

import email
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import webuiapi

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "src" / "webuiapi"


def run(*command: str | Path, **env: str) -> str:
    done = subprocess.run(
        list(map(str, command)),
        capture_output=True,
        text=True,
        check=False,
        encoding="utf-8",
        env={**os.environ, **env},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with both, the wheel made from the source distribution."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT)
    return folder


def files(folder: Path) -> set[str]:
    """All files below a folder that are kept, as POSIX paths."""
    found = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(folder).as_posix() for path in found}


def test_the_wheel_holds_the_package_and_nothing_else(built: Path) -> None:
    with zipfile.ZipFile(next(built.glob("*.whl"))) as wheel:
        names = {name for name in wheel.namelist() if ".dist-info/" not in name}
        info = {name.split("/")[-1]: wheel.read(name).decode() for name in wheel.namelist() if ".dist-info/" in name}
    assert names == {f"webuiapi/{name}" for name in files(PACKAGE)}
    assert "webuiapi/py.typed" in names
    metadata = email.message_from_string(info["METADATA"])
    assert (metadata["Name"], metadata["Version"]) == ("webuiapi", webuiapi.__version__)
    assert metadata["Requires-Python"] == ">=3.10"
    needed = [line for line in metadata.get_all("Requires-Dist", []) if "extra ==" not in line]
    assert {line.partition(">")[0].lower() for line in needed} == {"urllib3", "orjson", "pybase64", "pillow"}
    assert info["LICENSE"].startswith("MIT License")
    assert "webuiapi = webuiapi.__main__:main" in info["entry_points.txt"]


def test_the_source_distribution_is_a_checkout(built: Path) -> None:
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    for folder in ("src", "tests", "docs", "examples", "tools", "benchmarks"):
        kept = {f"{folder}/{name}" for name in files(ROOT / folder) if not name.startswith(".predecessor/")}
        assert kept <= names, sorted(kept - names)[:5]
    assert {"Makefile", "pyproject.toml", "requirements-dev.txt", "README.md", "CHANGELOG.md", "LICENSE"} <= names
    assert [name for name in names if name.startswith((".venv", "site/", "demo-output"))] == []


def test_the_index_would_take_them(built: Path) -> None:
    run(sys.executable, "-m", "twine", "check", "--strict", *built.iterdir(), NO_COLOR="1")


def test_the_wheel_installed_paints_a_picture(built: Path, tmp_path: Path) -> None:
    target, out = tmp_path / "installed", tmp_path / "cat.png"
    run(
        sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-index",
        "--target", target, next(built.glob("*.whl")),
    )  # fmt: skip
    here = run(sys.executable, "-c", "import webuiapi; print(webuiapi.__file__)", PYTHONPATH=str(target))
    assert Path(here.strip()).is_relative_to(target)
    small = ("--width", "64", "--height", "64", "--steps", "1")
    run(
        sys.executable,
        "-m",
        "webuiapi",
        "txt2img",
        "a cat",
        "--url",
        ":local:",
        "-o",
        out,
        *small,
        PYTHONPATH=str(target),
    )
    assert out.read_bytes().startswith(b"\x89PNG")


def test_the_development_tools_are_there_for_the_oldest_python() -> None:
    """A pin that needs a newer Python would break `make test` on an older one, which nobody may notice here."""
    from importlib.metadata import metadata

    from packaging.specifiers import SpecifierSet

    pins = [
        line.partition("==")[0] for line in (ROOT / "requirements-dev.txt").read_text().splitlines() if "==" in line
    ]
    assert len(pins) > 10
    wanted = {name: metadata(name)["Requires-Python"] or "" for name in pins}
    assert {name: needs for name, needs in wanted.items() if not SpecifierSet(needs).contains("3.10")} == {}
