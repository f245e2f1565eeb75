"""Units and endpoints against the contracts: every argument has its place, default, range and choices."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from typing import Any

import pytest

from webuiapi.cli.fields import fields_of
from webuiapi.extensions import modules, registered
from webuiapi.extensions._places import Layout
from webuiapi.extensions.base import DictUnit, OptionsUnit, Slot, Unit
from webuiapi.request import Request, endpoint
from webuiapi.server_info import ServerInfo

from .bench import contracts

CONTRACT = {
    "ADetailer": "adetailer",
    "AnimateDiff": "animatediff",
    "ControlNetUnit": "controlnet",
    "Cutoff": "cutoff",
    "DemoFusion": "demofusion",
    "DynamicPrompts": "dynamic_prompts",
    "DynamicThresholding": "dynamic_thresholding",
    "FaceSwapLab": "faceswaplab",
    "FreeU": "freeu",
    "Hypertile": "hypertile",
    "ICLight": "ic_light",
    "Img2ImgAlternative": "img2imgalt",
    "KohyaHRFix": "forge_kohya_hrfix",
    "LatentModifier": "forge_latent_modifier",
    "LayerDiffuse": "layerdiffuse",
    "Loopback": "loopback",
    "ModelKeyword": "model_keyword",
    "NeverOOM": "forge_never_oom",
    "OutpaintingMk2": "outpainting_mk2",
    "PerturbedAttentionGuidance": "forge_pag",
    "PoorMansOutpainting": "poor_mans_outpainting",
    "PromptMatrix": "prompt_matrix",
    "PromptsFromFile": "prompts_from_file",
    "ReActor": "reactor",
    "RegionalPrompter": "regional_prompter",
    "Roop": "roop",
    "SDUpscale": "sd_upscale",
    "Sag": "sag",
    "SimpleWildcards": "simple_wildcards",
    "SoftInpainting": "soft_inpainting",
    "StyleAlign": "forge_stylealign",
    "TiledDiffusion": "tiled_diffusion",
    "TiledVAE": "tiled_vae",
    "UltimateSDUpscale": "ultimate_sd_upscale",
    "XYZPlot": "xyz_plot",
}
"""By unit: its contract in tests/data/extensions.json."""
RELATIVES = {
    "SelfAttentionGuidance Integrated (SD 1.x, SD 2.x, SDXL)": "forge_sag",
    "FreeU Integrated (SD 1.x, SD 2.x, SDXL)": "forge_freeu",
    "DynamicThresholding (CFG-Fix) Integrated": "forge_dynthres",
    "MultiDiffusion Integrated": "forge_multidiffusion",
}
NO_FIELDS = {
    "reactor": {25},  # files of the web page
    "sd_upscale": {0},  # a text on the web page, as the next three
    "outpainting_mk2": {0},
    "img2imgalt": {0},
    "ultimate_sd_upscale": {0},
    "layerdiffuse": {4, 5, 6},  # pictures, which the extension does not decode
    "tiled_diffusion": {20, *range(21, 31)},  # without use; the regions are objects
}
OTHER_DEFAULTS = {
    ("reactor", "img"),  # what stands in for the server's own choice where it does not describe it
    ("dynamic_thresholding", "cfg_mode"),
    ("tiled_diffusion", "method"),  # by tab
    ("tiled_diffusion", "overlap"),
    ("tiled_vae", "encoder_tile_size"),  # by the server's memory
    ("tiled_vae", "decoder_tile_size"),
}
WIDER = {
    "FreeU": {"s1", "s2"},  # Forge allows more
    "Sag": {"mask_threshold"},
    "DynamicThresholding": {
        "mimic_scale", "threshold_percentile", "mimic_scale_min", "cfg_scale_min", "sched_val",
    },
}  # fmt: skip
UNITS = registered()


def slot(title: str, tab: str = "txt2img") -> Slot:
    request: Any = None
    return Slot(tab, title, None, ServerInfo("a1111"), request)


def places(unit: type[Unit]) -> dict[int, Any]:
    return {item.metadata["at"]: item for item in dataclasses.fields(unit) if "at" in item.metadata}


def positional(unit: type[Unit]) -> bool:
    return unit.__name__ not in ("FaceSwapLab", "XYZPlot") and not issubclass(unit, (DictUnit, OptionsUnit))


POSITIONAL = [unit for unit in UNITS if positional(unit)]


def test_every_unit_has_a_contract_and_its_title() -> None:
    assert {unit.__name__ for unit in UNITS} == set(CONTRACT)
    for unit in UNITS:
        contract = contracts()[CONTRACT[unit.__name__]]
        assert unit.title == contract["title"]
        assert unit.selectable == contract["selectable"]
        assert list(unit.tabs) == contract["tabs"], unit.title


def test_every_contract_of_a_script_has_a_unit() -> None:
    covered = {*CONTRACT.values(), *RELATIVES.values(), "controlnet_forge", "ic_light_haoming02"}
    endpoints_only = {key for key, contract in contracts().items() if not contract["title"]}
    assert set(contracts()) - covered - endpoints_only == {"segment_anything"}  # not usable from afar


@pytest.mark.parametrize("unit", POSITIONAL, ids=lambda unit: unit.__name__)
def test_each_argument_has_a_field(unit: type[Unit]) -> None:
    key = CONTRACT[unit.__name__]
    wanted = set(range(len(contracts()[key]["args"]))) - NO_FIELDS.get(key, set())
    allowed = {4} if unit.__name__ == "PromptsFromFile" else set()  # Forge's fifth
    assert set(places(unit)) - allowed == wanted


def compared(unit: type[Unit]) -> Iterator[tuple[Any, dict[str, Any]]]:
    args = contracts()[CONTRACT[unit.__name__]]["args"]
    for index, item in places(unit).items():
        if index < len(args):
            yield item, args[index]


@pytest.mark.parametrize("unit", POSITIONAL, ids=lambda unit: unit.__name__)
def test_defaults_are_the_contracts(unit: type[Unit]) -> None:
    key = CONTRACT[unit.__name__]
    for item, argument in compared(unit):
        default, own = argument.get("default"), item.metadata["server"]
        open_ = isinstance(default, str) and re.fullmatch(r"\((?!SD).*\)", default)
        if open_ or (key, item.name) in OTHER_DEFAULTS:
            continue
        assert (own(slot(unit.title)) if callable(own) else own) == default or str(own) == default, item.name


@pytest.mark.parametrize("unit", POSITIONAL, ids=lambda unit: unit.__name__)
def test_ranges_are_the_contracts(unit: type[Unit]) -> None:
    for item, argument in compared(unit):
        low, high, above = item.metadata.get("range", (None, None, None))
        if item.metadata["numbered"]:
            assert (low, high) == (None, None), "by the choices"
            continue
        wanted = (argument.get("min"), argument.get("max"))
        assert above is None
        if item.name in WIDER.get(unit.__name__, ()):
            assert low <= wanted[0], item.name
            assert high >= wanted[1], item.name
        else:
            assert (low, high) == wanted, item.name


@pytest.mark.parametrize("unit", POSITIONAL, ids=lambda unit: unit.__name__)
def test_choices_are_the_contracts(unit: type[Unit]) -> None:
    for item, argument in compared(unit):
        listed, known = argument.get("choices"), item.metadata["choices"]
        if item.metadata["numbered"] and known and isinstance(listed, list):
            bare = [re.sub(r"^\d ", "", text) for text in listed]
            assert list(known) == bare, item.name
        elif isinstance(listed, list) and known:
            assert set(known) <= set(listed) | {"None"}, item.name
            lacking = [text for text in set(listed) - set(known) if not text.startswith(("older:", "(", "<"))]
            assert not [text for text in lacking if text not in ("1", "2")], item.name


@pytest.mark.parametrize(
    ("layout", "unit"),
    [(layout, unit) for unit in UNITS for layout in unit.layouts if layout.title in RELATIVES],
    ids=lambda value: getattr(value, "title", ""),
)
def test_relatives_lists_are_the_contracts(layout: Layout, unit: type[Unit]) -> None:
    args = contracts()[RELATIVES[layout.title]]["args"]
    assert list(layout.defaults.values()) == [item["default"] for item in args]
    names = {item.name for item in dataclasses.fields(unit)}
    assert set(layout.defaults) <= names
    assert set(layout.convert) <= names


def test_the_relatives_are_all_there() -> None:
    known = {layout.title for unit in UNITS for layout in unit.layouts}
    assert set(RELATIVES) <= known


INTERNAL = {
    "AnimateDiff": {"is_i2i_batch", "prompt_scheduler", "video_default"},
    "ICLight": set(),
    "ADetailer": {"is_api"},
    "ControlNetUnit": {
        "animatediff_batch", "batch_image_files", "batch_images", "batch_keyframe_idx", "batch_mask_dir",
        "batch_modifiers", "input_mode", "is_ui", "loopback", "output_dir",
    },
}  # fmt: skip
"""Keys that are the web page's, or for folders on the server; `extra` sends them where there is need."""
BESIDE = {
    "ICLight": {"rembg_model", "foreground_threshold", "background_threshold", "erode_size"},  # the other line's
    "ADetailer": {"ad_mask_k_largest"},  # the older name
}


@pytest.mark.parametrize("name", INTERNAL)
def test_keys_of_objects_are_the_contracts(name: str) -> None:
    unit = next(unit for unit in UNITS if unit.__name__ == name)
    keys = {item["name"] for item in contracts()[CONTRACT[name]]["args"]}
    ours = {item.metadata.get("wire", item.name) for item in dataclasses.fields(unit) if not item.metadata.get("local")}
    assert ours - BESIDE.get(name, set()) == keys - INTERNAL[name]


# -- endpoints --------------------------------------------------------------------------------------------------------


def requests() -> list[Any]:
    found = {
        value
        for module in modules()
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Request) and value.__module__ == module.__name__
    }
    public = [kind for kind in found if not kind.__name__.startswith("_")]
    return sorted(public, key=lambda kind: kind.__name__)


REQUESTS = requests()


def path_of(kind: Any) -> str:
    path = kind.path
    return path if isinstance(path, str) else f"/deforum_api/{kind.folder}/{{id}}"


def test_every_endpoint_has_a_request() -> None:
    ours = {(kind.method, path_of(kind)) for kind in REQUESTS}
    theirs = {(item["method"], item["path"]) for contract in contracts().values() for item in contract["endpoints"]}
    assert theirs <= ours
    assert ours - theirs == {("POST", "/instruct-pix2pix/img2img")}


@pytest.mark.parametrize("kind", REQUESTS, ids=lambda kind: kind.__name__)
def test_parameters_are_the_contracts(kind: Any) -> None:
    listed = [
        item["request"]
        for contract in contracts().values()
        for item in contract["endpoints"]
        if (item["method"], item["path"]) == (kind.method, path_of(kind))
    ]
    if not listed or listed[0] == ["(body)"] or kind.__name__ in ("DeforumRun", "GetDeforumBatches"):
        return
    known = {name.rpartition(".")[2] for names in listed for name in names}
    local = {"ControlNetDetect": {"images", "masks"}, "SamPredict": {"sam_positive_points", "sam_negative_points"}}
    ours = {
        item.metadata.get("wire", item.name)
        for item in dataclasses.fields(kind)
        if item.name not in local.get(kind.__name__, ()) and item.name != "id"
    }
    if kind.__name__ in local:
        known -= {"controlnet_input_images", "controlnet_masks", "sam_positive_points", "sam_negative_points"}
    assert ours == known


# -- what a person reads ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [*UNITS, *REQUESTS], ids=lambda kind: kind.__name__)
def test_everything_has_a_docstring(kind: Any) -> None:
    assert kind.__doc__ is not None
    assert not kind.__doc__.startswith(f"{kind.__name__}("), "the one that dataclass makes"
    for item in fields_of(kind):
        assert item.doc or (kind.__name__, item.name) in {("Script", "name")}, item.name


@pytest.mark.parametrize("module", list(modules()), ids=lambda module: module.__name__.rpartition(".")[2])
def test_interfaces_are_documented(module: Any) -> None:
    assert module.__doc__
    for value in vars(module).values():
        if isinstance(value, type) and value.__name__.endswith("Interface") and value.__module__ == module.__name__:
            assert value.__doc__
            methods = {name: found for name, found in vars(value).items() if isinstance(found, endpoint)}
            assert methods
            for name, found in methods.items():
                assert found.build.__doc__, name
