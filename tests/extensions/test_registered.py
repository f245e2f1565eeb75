"""What holds for every unit that is registered: one test over all of them, whatever their form."""

from __future__ import annotations

import dataclasses
import pickle
from typing import Any, get_type_hints

import pytest

from webuiapi.extensions import registered
from webuiapi.extensions._faceswaplab_parts import FaceSwapUnit
from webuiapi.extensions.base import DictUnit, OptionsUnit, SelectableScript, Unit
from webuiapi.extensions.tiled_diffusion import TiledRegion

from .bench import PNG, RAW, URI, Bench, Json, contracts, described, joined
from .test_contracts import CONTRACT, POSITIONAL, UNITS

SPECIAL: dict[tuple[str, str], Any] = {
    ("TiledDiffusion", "regions"): [TiledRegion()],
    ("FaceSwapLab", "units"): [FaceSwapUnit(source_face="x")],
    ("FaceSwapLab", "postprocessing"): None,
    ("XYZPlot", "x"): ("Steps", [20, 30]),
    ("XYZPlot", "y"): ("Steps", [20, 30]),
    ("XYZPlot", "z"): ("Steps", [20, 30]),
    ("ControlNetUnit", "extra"): {"loopback": False},
    ("ControlNetUnit", "resize_mode"): "Just Resize",
    ("ControlNetUnit", "control_mode"): "Balanced",
    ("ControlNetUnit", "hr_option"): "Both",
    ("AnimateDiff", "format"): ["GIF"],
    ("FreeU", "version"): "Version 1",
    ("ReActor", "device"): "CUDA",
}
AXES = ["Nothing", "Seed", "Steps"]


def entry(unit: type[Unit]) -> Json:
    """The unit's script as its server describes it."""
    found = described(CONTRACT[unit.__name__])
    if unit.__name__ == "XYZPlot":
        for index, argument in enumerate(found["args"]):
            argument["choices"] = AXES if index in (0, 3, 6) else None
            argument["value"] = "Nothing" if index in (0, 3, 6) else argument["value"]
    return {**found, "tabs": list(unit.tabs)}


def sample(unit: type[Unit], item: Any) -> Any:
    """A value for a field that its server would take."""
    if (unit.__name__, item.name) in SPECIAL:
        return SPECIAL[unit.__name__, item.name]
    how, hint = item.metadata, str(item.type)
    if how.get("picture"):
        return PNG
    choices = how.get("choices")
    if how.get("numbered"):
        return 0
    if choices:
        return [choices[-1]] if "Sequence" in hint else choices[-1]
    if "bool" in hint:
        return True
    low, high, _ = how.get("range") or (None, None, None)
    if "int" in hint or "float" in hint:
        return high if high is not None else low if low is not None else 3
    return ["1", "2"] if "Sequence[float]" in hint else "None" if choices == () else "x"


def bare(unit: type[Unit], **said: Any) -> Any:
    """A unit with only these values said; what says itself is taken back."""
    silent = {item.name: None for item in dataclasses.fields(unit) if item.name in ("enable", "enabled", "enable_unet")}
    return unit(**{**silent, **said})


RELATIVES_ONLY = {
    ("ControlNetUnit", "guessmode"),  # an old name, with a warning
    ("Sag", "blur_sigma"),
    ("PromptsFromFile", "make_combined"),
    *(("ICLight", name) for name in ("rembg_model", "foreground_threshold", "background_threshold", "erode_size")),
}
"""What the script of the contract does not know: see test_versions.py."""
FIELDS = [
    pytest.param(unit, item, id=f"{unit.__name__}.{item.name}")
    for unit in UNITS
    for item in dataclasses.fields(unit)
    if (unit.__name__, item.name) not in RELATIVES_ONLY
]
PLACED = [
    pytest.param(unit, item, id=f"{unit.__name__}.{item.name}")
    for unit in POSITIONAL
    for item in dataclasses.fields(unit)
    if "at" in item.metadata and (unit.__name__, item.name) not in RELATIVES_ONLY
]


def test_registered_gives_each_once() -> None:
    assert len(UNITS) == len(set(UNITS)) == len({unit.title.casefold() for unit in UNITS})
    assert registered() == UNITS


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.__name__)
def test_it_says_what_it_is(unit: type[Unit]) -> None:
    assert unit.title
    assert set(unit.tabs) <= {"txt2img", "img2img"}
    assert unit.tabs
    built_in = unit.selectable and unit.__name__ != "UltimateSDUpscale"
    forge = unit.title.endswith("Integrated")
    own = unit.__name__ in ("SoftInpainting", "Hypertile")
    assert bool(unit.source) == (not built_in and not forge and not own), unit.source
    if unit.source:
        assert len(unit.source.split("/")) == 2


@pytest.mark.parametrize(("unit", "item"), FIELDS)
def test_only_what_was_said_is_sent(unit: type[Unit], item: Any) -> None:
    value = sample(unit, item)
    tab = unit.tabs[-1]
    body = joined(bare(unit, **({} if value is None else {item.name: value})), entry(unit), tab=tab)
    if unit.selectable:
        assert body["script_name"] == unit.title
        assert len(body["script_args"]) == len(entry(unit)["args"])
        assert "alwayson_scripts" not in body
        return
    args = body["alwayson_scripts"][unit.title]["args"]
    if issubclass(unit, OptionsUnit):
        assert args == []
        assert body["override_settings"] == {item.metadata["wire"]: value}
    elif unit.__name__ == "ADetailer":
        name = {"skip_img2img": None, "ad_mask_k": "ad_mask_k_largest"}.get(item.name, item.name)
        assert args == [True, item.name == "skip_img2img", {} if name is None else {name: value}]
    elif unit.__name__ == "ControlNetUnit":
        sent = {"loopback": False} if item.name == "extra" else {item.name: RAW if value is PNG else value}
        assert args == [sent]
    elif issubclass(unit, DictUnit):
        name = item.metadata.get("wire", item.name)
        assert args == [{name: RAW if value is PNG else value}]
    elif "at" in item.metadata:
        always = 23 if unit.__name__ == "ReActor" else 0
        assert len(args) == max(item.metadata["at"] + 1, always)


@pytest.mark.parametrize(("unit", "item"), PLACED)
def test_a_value_goes_to_its_place_and_defaults_before_it(unit: type[Unit], item: Any) -> None:
    info = entry(unit)
    index = item.metadata["at"]
    value = sample(unit, item)
    body = joined(bare(unit, **{item.name: value}), info, tab=unit.tabs[-1])
    args = body["script_args"] if unit.selectable else body["alwayson_scripts"][unit.title]["args"]
    numbers = {place: 0 for place, argument in enumerate(contracts()[CONTRACT[unit.__name__]]["args"])
               if isinstance(argument.get("default"), int) and not isinstance(argument["default"], bool)
               and isinstance(info["args"][place]["value"], str)}  # fmt: skip
    convert = item.metadata["convert"]
    sent = {PNG: URI if item.metadata.get("picture") == "uri" else RAW}.get(value) if value is PNG else value
    assert args[index] == (convert(sent) if convert is not None else sent)
    implied = {14} if unit.__name__ == "UltimateSDUpscale" else set()  # the kind of size, by the sizes given
    for place, argument in enumerate(info["args"][: len(args)]):
        if place not in {index, *implied}:
            assert args[place] == (numbers[place] if place in numbers else argument["value"]), place


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.__name__)
def test_it_works_in_its_tabs_and_says_why_not_in_others(unit: type[Unit]) -> None:
    for tab in ("txt2img", "img2img"):
        if tab in unit.tabs:
            joined(unit(), entry(unit), tab=tab)
            continue
        with pytest.raises(ValueError, match=rf"^{unit.__name__} is for img2img, not for txt2img"):
            joined(unit(), {**entry(unit), "tabs": ["txt2img", "img2img"]}, tab=tab)


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.__name__)
def test_it_can_be_pickled(unit: type[Unit]) -> None:
    kept = [item for item in dataclasses.fields(unit) if (unit.__name__, item.name) not in RELATIVES_ONLY]
    said = {item.name: sample(unit, item) for item in kept}
    one = unit(**{name: value for name, value in said.items() if value is not None})
    other = pickle.loads(pickle.dumps(one))
    assert type(other) is unit
    tab = unit.tabs[-1]
    assert joined(one, entry(unit), tab=tab) == joined(other, entry(unit), tab=tab)


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.__name__)
def test_it_is_frozen_and_keeps_nothing_of_the_callers(unit: type[Unit]) -> None:
    given: Any = [["left"], "x"]
    name = dataclasses.fields(unit)[0].name
    one: Any = unit(**{name: given})
    given[0].append("right")
    assert getattr(one, name) == [["left"], "x"]
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(one, name, None)


@pytest.mark.parametrize("unit", [unit for unit in UNITS if unit.listed], ids=lambda unit: unit.__name__)
def test_without_a_readable_list_it_is_sent_as_it_is(unit: type[Unit]) -> None:
    bench = Bench(unlisted=True, undescribed=True)
    if unit.__name__ == "XYZPlot":
        return  # its axes are the server's: see test_scripts.py
    units = unit()
    call = bench.client(checks="off")
    if "txt2img" in unit.tabs:
        call.txt2img("a", scripts=[units])
    else:
        call.img2img(PNG, "a", scripts=[units])
    found = bench.last.get("script_name") or next(iter(bench.last["alwayson_scripts"]))
    assert found == unit.title


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.__name__)
def test_its_annotations_can_be_resolved(unit: type[Unit]) -> None:
    assert get_type_hints(unit, localns={"ImageInput": bytes, "Generation": object, "Slot": object})


@pytest.mark.parametrize("unit", [unit for unit in POSITIONAL if not issubclass(unit, SelectableScript)])
def test_several_of_what_a_call_can_have_once_are_an_error(unit: type[Unit]) -> None:
    with pytest.raises(ValueError, match=rf"^{unit.__name__}: 2 are given, and a call can have one"):
        joined([unit(), unit()], entry(unit), tab=unit.tabs[-1])
