"""The examples run, in the order of the README of webuiapi 0.9, against one embedded server; so does the notebook."""

from __future__ import annotations

import io
import json
import re
import runpy
import warnings
from pathlib import Path

import pytest
from PIL import Image

from support.notebooks import run_notebook
from webuiapi.infotext import GenerationParameters
from webuiapi.server import App, serve

EXAMPLES = Path(__file__).parent.parent / "examples"
SCRIPTS = re.findall(r"^\| `(\w+\.py)`", (EXAMPLES / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
NOTEBOOK = EXAMPLES / "webuiapi_demo.ipynb"

PRINTED = {
    "create_client.py": (
        "AUTOMATIC1111's webui\nWebUIApi('http://127.0.0.1:7860')\nWebUIApi('https://webui.example.com:443')\nEuler a\n"
    ),
    "txt2img.py": "1 (512, 512)\n1003 Euler a\ncute squirrel\n",
    "img2img.py": "<WebUIApiResult: 1 image of 512x512; seeds 5555>\n",
    "inpainting.py": "<WebUIApiResult: 1 image of 512x512; seeds 104>\n",
    "extra_single_image.py": "(768, 768)\n",
    "extra_batch_images.py": "[(768, 768), (768, 768)]\n",
    "async_api.py": "<WebUIApiResult: 1 image of 512x512; seeds 1001>\n[1001] [1002]\n",
    "xyz_plot.py": "(1408, 1101)\nTrue\n",
    "utilities.py": "True 6\nTrue\nrobo-diffusion-v1.ckpt\n",
    "lora_and_wildcards.py": "<WebUIApiResult: 1 image of 512x512; seeds 1000>\n",
    "instruct_pix2pix.py": "(512, 512)\n",
    "remove_background.py": "RGBA (512, 512)\n",
    "adetailer_txt2img.py": "(1024, 1024)\n",
    "adetailer_img2img.py": "(512, 512)\n",
    "reactor.py": "(512, 512)\n",
    "self_attention_guidance.py": "(512, 512)\n",
}
"""What is printed, where it is the same whatever else the server does."""
HELD = {
    "configuration.py": ["get_samplers ['DPM++ 2M', ", "get_artists: the webui dropped its list of artists in 2023"],
    "model_keyword.py": ["ModelKeywordResult(keywords=['nousr robot'], model='robo-diffusion-v1.ckpt'"],
    "controlnet.py": ["'control_canny-fp16 [e3fe7712]'", "\n2\n3 (512, 512) (512, 512)\n(512, 512)\n"],
    "segment_anything.py": ["2 positive prompts, 0 negative prompts done. 3\n", "\nDone\n"],
    "interrogate.py": ["\nTrue\n"],
    "prompt_generator.py": ["list of models\n['AUTOMATIC/promptgen-lexart', ", "\nTrue\n10\n10\n"],
}
"""What is printed among other things."""
WARNED = {
    "xyz_plot.py": "the list of 11 arguments is of the webui of 2023, and is translated",
    "controlnet.py": "ControlNetUnit: input_image= is now image=",
}
"""The one warning of those whose calls have an old form."""


def test_every_script_is_listed_and_looked_at() -> None:
    assert sorted(SCRIPTS) == sorted(path.name for path in EXAMPLES.glob("*.py") if path.name != "pictures.py")
    assert sorted(SCRIPTS) == sorted([*PRINTED, *HELD])


def test_the_scripts_run_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One server for all: what one sets (a checkpoint) the next finds, as with the old README's examples."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(EXAMPLES))
    with serve(App(seed=1)) as server:
        monkeypatch.setenv("WEBUIAPI_URL", server.url)
        for name in SCRIPTS:
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                runpy.run_path(str(EXAMPLES / name), run_name="__main__")
            printed = capsys.readouterr().out
            assert printed == PRINTED.get(name, printed), name
            assert [part for part in HELD.get(name, []) if part not in printed] == [], printed
            assert [WARNED[name] in str(one.message) for one in caught] == [True] * (name in WARNED), name
            assert {Path(one.filename).name for one in caught} <= {name}  # each shows the line of the script
    assert GenerationParameters.from_image(tmp_path / "squirrel.png").seed == 1003
    with Image.open(tmp_path / "face_swapped_image.png") as swapped:
        assert swapped.size == (512, 512)


def test_the_notebook_runs_and_shows_its_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    cells = run_notebook(NOTEBOOK)
    assert [cell.source for cell in cells if cell.value is None] == []  # each ends in something to look at
    pictures = [Image.open(io.BytesIO(cell.shown["image/png"])).size for cell in cells if "image/png" in cell.shown]
    assert pictures.count((512, 512)) >= 10
    assert (768, 768) in pictures
    pages = [cell.shown["text/html"] for cell in cells if "text/html" in cell.shown]
    assert sum(page.count("<img ") for page in pages) >= 15
    assert (cells[0].value.name, cells[-1].value) == ("AUTOMATIC1111's webui", 1003)


def test_the_notebook_is_kept_without_outputs() -> None:
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in cells if "outputs" in cell)
