"""Selectable scripts on the embedded server with the catalogue of a real 1.10.1: labels, axes, counts, old forms."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import webuiapi
from support.pictures import file_of, noise
from webuiapi import UnknownName, WebUIApi
from webuiapi.extensions.base import ExtensionMissing
from webuiapi.server import App
from webuiapi.transport.base import Incoming, Outgoing
from webuiapi.transport.local import LocalTransport

from .bench import Bench, Json, described, joined

PHOTO = file_of(noise("RGB", 64, 64))
CATALOG = Path(__file__).parent.parent / "contract" / "catalog.json"
SMALL: dict[str, Any] = {"width": 64, "height": 64, "steps": 1, "seed": 7}
ALL_SIDES = ["left", "right", "up", "down"]


class Recorder(LocalTransport):
    """The way into an embedded server, keeping the generations that go through."""

    def __init__(self, app: App) -> None:
        super().__init__(app)
        self.generations: list[Json] = []

    def send(self, call: Outgoing) -> Incoming:
        if call.method == "POST":
            self.generations.append(json.loads(b"".join(call.pieces)))
        return super().send(call)


@pytest.fixture(scope="module")
def recorder() -> Iterator[Recorder]:
    with App(CATALOG, seed=1) as app:
        yield Recorder(app)


@pytest.fixture
def api(recorder: Recorder) -> WebUIApi:
    return WebUIApi(":local:", transport=recorder)


def sent(recorder: Recorder) -> tuple[str, list[Any]]:
    """Name and arguments of the script in the last generation."""
    body = recorder.generations[-1]
    return body["script_name"], body["script_args"]


# -- each of them -----------------------------------------------------------------------------------------------------


def test_prompt_matrix(api: WebUIApi, recorder: Recorder) -> None:
    script = webuiapi.PromptMatrix(put_at_start=True, variations_delimiter="Space", margin_size=2)
    result = api.txt2img("a cat|red|small", scripts=[script], **SMALL)
    assert sent(recorder) == ("Prompt matrix", [True, False, "positive", "space", 2])
    assert len(result) == 5
    assert result.grid is not None


def test_prompts_from_file(api: WebUIApi, recorder: Recorder) -> None:
    script = webuiapi.PromptsFromFile(["a cat", "--prompt 'a dog' --steps 2"], position="end", iterate_seed=True)
    result = api.txt2img("", scripts=script, **SMALL)
    assert sent(recorder)[1] == [True, False, "end", "a cat\n--prompt 'a dog' --steps 2"]
    assert len(result) == 2
    assert result.seeds == [7, 8]


def test_loopback(api: WebUIApi, recorder: Recorder) -> None:
    script = webuiapi.Loopback(loops=2, denoising_curve="lazy")
    result = api.img2img(PHOTO, "a", scripts=[script], **SMALL)
    assert sent(recorder) == ("Loopback", [2, 0.5, "Lazy", "None"])
    assert len(result) >= 2


def test_sd_upscale(api: WebUIApi, recorder: Recorder) -> None:
    script = webuiapi.SDUpscale("lanczos", tile_overlap=16, scale_factor=2)
    result = api.img2img(PHOTO, "a", scripts=[script], **SMALL)
    name, (text, *rest) = sent(recorder)
    assert (name, rest) == ("SD upscale", [16, 1, 2])
    assert isinstance(text, str), "the place of the explanation is filled as the server has it"
    assert result.image.size == (128, 128)


def test_outpainting_mk2(api: WebUIApi, recorder: Recorder) -> None:
    script = webuiapi.OutpaintingMk2(pixels=64, direction="Right", noise_q=2)
    result = api.img2img(PHOTO, "a", scripts=[script], **SMALL)
    assert sent(recorder)[1][1:] == [64, 8, ["right"], 2, 0.05]
    assert result.image.size == (128, 64)


def test_poor_mans_outpainting(api: WebUIApi, recorder: Recorder) -> None:
    script = webuiapi.PoorMansOutpainting(32, inpainting_fill="latent noise", direction=["left"])
    api.img2img(PHOTO, "a", scripts=[script], **SMALL)
    assert sent(recorder) == ("Poor man's outpainting", [32, 4, 2, ["left"]])
    api.img2img(PHOTO, "a", scripts=[webuiapi.PoorMansOutpainting(pixels=8)], **SMALL)
    assert sent(recorder)[1] == [8, 4, 0, ALL_SIDES], "a number where the server describes a text"


def test_img2img_alternative(api: WebUIApi, recorder: Recorder) -> None:
    script = webuiapi.Img2ImgAlternative("a photo", decode_steps=2, randomness=0.25)
    api.img2img(PHOTO, "a painting", scripts=[script], **SMALL)
    assert sent(recorder)[1][1:] == [True, True, "a photo", "", True, 2, True, 1.0, 0.25, False]


def test_soft_inpainting(api: WebUIApi, recorder: Recorder) -> None:
    unit = webuiapi.SoftInpainting(mask_influence=0.5)
    api.with_options(checks="off").img2img(PHOTO, "a", mask_image=PHOTO, scripts=[unit], **SMALL)
    assert recorder.generations[-1]["alwayson_scripts"] == {"Soft Inpainting": {"args": [True, 1, 0.5, 4, 0.5]}}


# -- X/Y/Z ------------------------------------------------------------------------------------------------------------


def test_xyz_axes_are_numbers_of_the_tab(api: WebUIApi, recorder: Recorder) -> None:
    plot = webuiapi.XYZPlot(x=("Steps", [1, 2]), y=("sampler", ["Euler a", "LMS"]), draw_legend=False, margin_size=4)
    result = api.txt2img("a", scripts=[plot], **SMALL)
    name, args = sent(recorder)
    assert name == "X/Y/Z plot"
    choices = _axes(api, img2img=False)
    assert args[:9] == [
        choices.index("Steps"), "1, 2", ["1", "2"], choices.index("Sampler"), "Euler a, LMS", ["Euler a", "LMS"],
        0, "", [],
    ]  # fmt: skip
    assert args[9:] == [False, False, False, False, False, False, False, 4, False]
    assert result.grid is not None
    api.img2img(PHOTO, "a", scripts=[webuiapi.XYZPlot(x=("Denoising", [0.5, 0.75]))], **SMALL)
    assert sent(recorder)[1][0] == _axes(api, img2img=True).index("Denoising")


def test_xyz_values_with_commas_are_quoted(api: WebUIApi, recorder: Recorder) -> None:
    api.txt2img("a cat", scripts=[webuiapi.XYZPlot(x=("Prompt S/R", ["a cat", 'a "red", cat']))], **SMALL)
    assert sent(recorder)[1][1:3] == ['a cat, "a ""red"", cat"', ["a cat", 'a "red", cat']]
    api.txt2img("a cat", scripts=[webuiapi.XYZPlot(x=("Steps", "1-2"))], **SMALL)
    assert sent(recorder)[1][1:3] == ["1-2", ["1-2"]]


def test_xyz_of_a_server_with_fourteen_arguments() -> None:
    axes = ["Nothing", "Seed", "Steps"]
    axis: list[Json] = [{"label": "X type", "value": "Nothing", "choices": axes}, {"label": "X values", "value": ""},
                        {"label": "X values", "value": None}]  # fmt: skip
    flags = [("Draw legend", True), ("Include Sub Images", False), ("Include Sub Grids", False),
             ("Keep -1 for seeds", False), ("Grid margins (px)", 0)]  # fmt: skip
    args = [*axis, *axis, *axis, *({"label": label, "value": value} for label, value in flags)]
    info = {**described("xyz_plot"), "args": args}
    body = joined(webuiapi.XYZPlot(y=("Seed", [1, 2]), no_fixed_seeds=True, margin_size=8), info)
    assert body["script_args"] == [
        0, "", [], 1, "1, 2", ["1", "2"], 0, "", [], True, False, False, True, 8,
    ]  # fmt: skip
    with pytest.warns(webuiapi.ParameterWarning, match="knows no vary_seeds_x"):
        joined(webuiapi.XYZPlot(x=("Seed", [1]), vary_seeds_x=True), info)


def test_an_unknown_axis_names_those_near(api: WebUIApi) -> None:
    with pytest.raises(UnknownName, match="the server has no axis for x 'Stepz'; similar are 'Steps'"):
        api.txt2img("a", scripts=[webuiapi.XYZPlot(x=("Stepz", [1]))])
    with pytest.raises(UnknownName, match="axis 'Steps'"):
        Bench(unlisted=True, undescribed=True).client().txt2img("a", scripts=[webuiapi.XYZPlot(x=("Steps", [1]))])


def test_the_old_list_of_eleven_is_translated_with_one_warning(api: WebUIApi, recorder: Recorder) -> None:
    old = [4, "1,2", 9, "Euler a, LMS", 0, "", "True", "False", "False", "False", 0]
    with pytest.warns(DeprecationWarning, match="list of 11 arguments is of the webui of 2023") as caught:
        api.txt2img("a", script_name="X/Y/Z Plot", script_args=old, **SMALL)
    assert len(caught) == 1
    choices = _axes(api, img2img=False)
    name, args = sent(recorder)
    assert name == "X/Y/Z Plot"
    assert args[:6] == [
        choices.index("Steps"), "1,2", ["1", "2"], choices.index("Sampler"), "Euler a, LMS", ["Euler a", "LMS"],
    ]  # fmt: skip
    assert args[9:] == [True, False, False, False, False, False, False, 0, False]


# -- by name and labels -----------------------------------------------------------------------------------------------


def test_any_script_by_its_labels(api: WebUIApi, recorder: Recorder) -> None:
    api.img2img(PHOTO, "a", scripts=[webuiapi.Script("Loopback", loops=2, FINAL_denoising_strength=0.25)], **SMALL)
    assert sent(recorder) == ("Loopback", [2, 0.25, "Linear", "None"])
    api.txt2img("a|b", scripts=[webuiapi.Script("prompt matrix", **{"Select joining char": "space"})], **SMALL)
    assert sent(recorder)[1] == [False, False, "positive", "space", 0]
    with pytest.raises(UnknownName, match="no argument of 'loopback' 'lops'; similar are 'Loops'"):
        api.img2img(PHOTO, "a", scripts=[webuiapi.Script("Loopback", lops=2)], **SMALL)


def test_a_list_by_place_has_to_fit(api: WebUIApi, recorder: Recorder) -> None:
    api.txt2img("a|b", script_name="Prompt matrix", script_args=[True, False, "positive", "comma", 0], **SMALL)
    assert sent(recorder)[1] == [True, False, "positive", "comma", 0]
    api.txt2img("a|b", script_name="Prompt matrix", **SMALL)
    assert sent(recorder)[1] == [False, False, "positive", "comma", 0], "the server would fail without a list"
    count = len(recorder.generations)
    with pytest.raises(ValueError, match="'prompt matrix' has 5 arguments on this server and 2 are given") as caught:
        api.txt2img("a|b", script_name="Prompt matrix", script_args=[True, False], **SMALL)
    assert "Select prompt='positive'" in str(caught.value)
    with pytest.raises(ExtensionMissing, match="Ultimate SD upscale is not installed"):
        api.img2img(PHOTO, "a", script_name="Ultimate SD upscale", script_args=[], **SMALL)
    assert len(recorder.generations) == count


def test_units_of_the_other_kind_of_server_are_missing(api: WebUIApi) -> None:
    for unit in (webuiapi.UltimateSDUpscale(), webuiapi.KohyaHRFix(), webuiapi.ReActor(PHOTO)):
        with pytest.raises(ExtensionMissing, match=f"^{unit.title} is not installed"):
            api.img2img(PHOTO, "a", scripts=[unit], **SMALL)


def _axes(api: WebUIApi, *, img2img: bool) -> list[str]:
    return next(item.args[0].choices for item in api.get_script_info() if item.name == "x/y/z plot"
                and item.is_img2img == img2img)  # fmt: skip
