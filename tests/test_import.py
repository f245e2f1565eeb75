"""What `import webuiapi` costs, and what is said when a package is missing. Each case in a fresh interpreter."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from support.scripted import Scripted

HEAVY = ["PIL", "numpy", "urllib3", "aiohttp", "orjson", "pybase64", "asyncio", "socket", "ssl", "http", "starlette",
         "uvicorn", "click", "rich", "dataclasses", "email", "logging"]  # fmt: skip


def run(code: str, *options: str) -> str:
    done = subprocess.run(
        [sys.executable, *options, "-c", code], capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def loaded_by(code: str) -> set[str]:
    """Which of the heavy packages some code loads that the interpreter itself has not."""
    return set(
        run(
            f"import sys; before = set(sys.modules); {code}; "
            f"print(*[name for name in {HEAVY!r} if name in sys.modules and name not in before])"
        ).split()
    )


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert loaded_by("import webuiapi") == set()
    assert loaded_by("import webuiapi; dir(webuiapi); webuiapi.__version__; webuiapi.WebUIApiError") == set()


def test_a_plain_client_does_without_the_packages_of_the_other() -> None:
    absent = {"aiohttp", "asyncio", "numpy", "starlette", "uvicorn", "click", "rich"}
    assert not loaded_by("import webuiapi; webuiapi.WebUIApi(); webuiapi.Txt2Img('x')") & absent


def test_a_picture_is_needed_before_pillow_is() -> None:
    assert "PIL" not in loaded_by("import webuiapi; webuiapi.WebUIApi(); webuiapi.WebUIApiResult([b'x'], {}).content")


HIDING = """
import sys
from importlib.machinery import PathFinder

class Hiding(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if name.partition(".")[0] in {hidden!r} else super().find_spec(name, path, target)

sys.meta_path[sys.meta_path.index(PathFinder)] = Hiding
import webuiapi
"""


def without(*packages: str, do: str) -> str:
    """What is said when packages are not installed."""
    return run(
        HIDING.format(hidden=packages) + f"try:\n    {do}\nexcept webuiapi.MissingExtra as error:\n    print(error)"
    )


@pytest.mark.parametrize(
    ("package", "do", "message"),
    [
        ("aiohttp", "import asyncio; asyncio.run(webuiapi.AsyncWebUIApi().get_progress())",
         "AsyncWebUIApi needs aiohttp: pip install aiohttp"),
        ("numpy", "webuiapi.WebUIApi(':local:').get_progress()",
         "the embedded server needs numpy, starlette and uvicorn: pip install numpy starlette uvicorn"),
        ("starlette", "import webuiapi.server; webuiapi.server.serve()",
         "the embedded server needs numpy, starlette and uvicorn: pip install numpy starlette uvicorn"),
        ("uvicorn", "import webuiapi.server; webuiapi.server.serve()",
         "the embedded server needs numpy, starlette and uvicorn: pip install numpy starlette uvicorn"),
    ],
)  # fmt: skip
def test_a_missing_extra_is_named(package: str, do: str, message: str) -> None:
    assert without(package, do=do) == message


def test_a_plain_call_needs_none_of_the_extras(scripted: Scripted) -> None:
    extras = ("aiohttp", "numpy", "starlette", "uvicorn", "click", "rich")
    said = without(*extras, do=f"print(webuiapi.WebUIApi(url={scripted.url!r}).get_progress().idle)")
    assert said == "True"


def test_nothing_is_asked_of_the_network_while_importing() -> None:
    code = "import socket\nsocket.socket = None\nimport webuiapi\nwebuiapi.WebUIApi(url='http://gpu-box.example')"
    run(code)


def test_the_older_package_in_the_same_folder_is_noticed(tmp_path: Path) -> None:
    import webuiapi

    folder = tmp_path / "webuiapi"
    folder.mkdir()
    for name in ("__init__.py", "version.py"):
        (folder / name).write_bytes((Path(webuiapi.__file__).parent / name).read_bytes())
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import webuiapi; print(webuiapi.__file__)"
    assert run(code, "-W", "error") == str(folder / "__init__.py")
    (folder / "webuiapi.py").write_text("")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (
        "UserWarning: the older package webuiapi 0.9 lies in the same folder as this one, and the two mix"
        in done.stderr
    )
    assert "pip uninstall webuiapi (until pip finds none), then install this one again" in done.stderr
