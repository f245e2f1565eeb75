"""Units of ControlNet in a generation: what fails the request, what has no effect, and what is told."""

from __future__ import annotations

from typing import Any

import pytest

from .shop import Shop, apart, disc, flower, share, text_of

CANNY: dict[str, Any] = {"enabled": True, "module": "canny", "model": "control_v11p_sd15_canny"}


def unit(**changes: Any) -> dict[str, Any]:
    return {**CANNY, "image": text_of(flower()), **changes}


def error_of(shop: Shop, **changes: Any) -> tuple[int, str, str]:
    return shop.txt2img({"ControlNet": [unit(**changes)]}, steps=1).error


REFUSED = [
    ({"module": "nope"}, "module\n  module(nope) not found in supported modules. (type=value_error)"),
    ({"module": "Canny"}, "module\n  module(Canny) not found in supported modules. (type=value_error)"),
    ({"module": None}, "module\n  module(None) not found in supported modules. (type=value_error)"),
    ({"model": None}, "model\n  none is not an allowed value (type=type_error.none.not_allowed)"),
    (
        {"weight": 2.5},
        "weight\n  ensure this value is less than or equal to 2 (type=value_error.number.not_le; limit_value=2)",
    ),
    (
        {"weight": -1},
        "weight\n  ensure this value is greater than or equal to 0 (type=value_error.number.not_ge; limit_value=0)",
    ),
    ({"resize_mode": 1}, "resize_mode\n   (type=assertion_error)"),
    ({"resize_mode": "crop"}, "resize_mode\n  'crop' is not a valid ResizeMode (type=value_error)"),
    (
        {"guidance_start": 0.7, "guidance_end": 0.2},
        "__root__\n  guidance_start(0.7) > guidance_end(0.2) (type=value_error)",
    ),
    ({"ipadapter_input": []}, "ipadapter_input\n  input cannot be empty (type=assertion_error)"),
    ({"advanced_weighting": "x"}, "advanced_weighting\n  value is not a valid list (type=type_error.list)"),
]


@pytest.mark.parametrize(("changes", "problem"), REFUSED, ids=str)
def test_refused(shop: Shop, changes: dict[str, Any], problem: str) -> None:
    text = f"1 validation error for ControlNetUnit\n{problem}"
    assert error_of(shop, **changes) == (500, "ValidationError", text)


@pytest.mark.parametrize("mode", ["balanced", 0, None])
def test_refused_control_modes(shop: Shop, mode: Any) -> None:
    status, kind, text = error_of(shop, control_mode=mode)
    assert (status, kind) == (500, "ValidationError")
    assert "control_mode\n  value is not a valid enumeration member; permitted: 'Balanced', 'My prompt" in text
    assert text.endswith("<ControlMode.CONTROL: 'ControlNet is more important'>])")


def test_several_refusals_and_what_follows_from_them(shop: Shop) -> None:
    _, _, text = error_of(shop, resize_mode=2, processor_res=None, hr_option=1)
    lines = text.splitlines()
    assert lines[0] == "4 validation errors for ControlNetUnit"
    assert [line for line in lines[1:] if not line.startswith(" ")] == [
        "resize_mode",
        "processor_res",
        "hr_option",
        "__root__",
    ]


@pytest.mark.parametrize(
    ("changes", "kind", "text"),
    [
        ({"input_image": "x"}, "AssertionError", "Conflict of field 'input_image' and 'image'"),
        ({"lowvram": True, "low_vram": False}, "AssertionError", "Conflict of field 'lowvram' and 'low_vram'"),
        ({"mask": "x", "mask_image": "y"}, "ValueError", "Cannot specify both 'mask' and 'mask_image'!"),
        ({"effective_region_mask": "xxx"}, "HTTPException", "Invalid encoded image"),
    ],
)
def test_refused_otherwise(shop: Shop, changes: dict[str, Any], kind: str, text: str) -> None:
    assert error_of(shop, **changes) == (500, kind, text)


def test_a_refused_unit_that_is_off_fails_too(shop: Shop) -> None:
    assert error_of(shop, enabled=False, module="nope")[1] == "ValidationError"


SILENT = [
    {"model": "nope [12345678]"},
    {"model": "None"},
    {"image": "xxx"},
    {"image": None},
    {"image": ["x"]},
    {"image": ["x", "y", "z"]},
    {"image": {"mask": "x"}},
    {"image": 5},
    {"image": None, "mask": "x"},
]


@pytest.mark.parametrize("changes", SILENT, ids=str)
def test_without_control_and_without_a_word(shop: Shop, changes: dict[str, Any]) -> None:
    plain = shop.txt2img()
    reply = shop.txt2img({"ControlNet": [unit(**changes)]})
    assert reply.status == 200
    assert apart(reply.images[0], plain.images[0]) == 0
    assert len(reply.images) == 1
    assert reply.extra["ControlNet 0"].startswith(f"Module: canny, Model: {changes.get('model', CANNY['model'])}, ")


def test_one_that_cannot_work_switches_all_off(shop: Shop) -> None:
    reply = shop.txt2img({"ControlNet": [unit(), unit(model="None")]})
    assert len(reply.images) == 1
    assert sorted(reply.extra) == ["ControlNet 0", "ControlNet 1"]
    assert apart(reply.images[0], shop.txt2img().images[0]) == 0


def test_unknown_fields_and_what_is_no_unit(shop: Shop) -> None:
    reply = shop.txt2img({"controlnet": [True, unit(guessmode=True), "canny"]})
    assert (reply.status, len(reply.images)) == (200, 2)
    assert list(reply.extra) == ["ControlNet 0"]


def test_no_more_units_than_there_are_places(shop: Shop) -> None:
    reply = shop.txt2img({"ControlNet": [unit()] * 5})
    assert len(reply.images) == 4
    assert list(reply.extra) == ["ControlNet 0", "ControlNet 1", "ControlNet 2"]


def test_units_that_are_off_are_not_counted(shop: Shop) -> None:
    reply = shop.txt2img({"ControlNet": [unit(enabled=False), unit(weight=0.5)]})
    assert list(reply.extra) == ["ControlNet 0"]
    assert "Weight: 0.5" in reply.extra["ControlNet 0"]


def test_values_out_of_range_become_those_of_the_module(shop: Shop) -> None:
    told = shop.txt2img({"ControlNet": [unit(processor_res=30, threshold_a=300, threshold_b=7.5)]}).extra[
        "ControlNet 0"
    ]
    assert "Processor Res: 512, Threshold A: 100, Threshold B: 7.5, " in told
    told = shop.txt2img({"ControlNet": [unit(processor_res="64", threshold_a=90, weight="1.5")]}).extra["ControlNet 0"]
    assert "Weight: 1.5, " in told
    assert "Processor Res: 64, Threshold A: 90.0, Threshold B: 200, " in told


def test_old_names_and_labels(shop: Shop) -> None:
    given = {**CANNY, "input_image": text_of(flower()), "guidance": 0.5, "lowvram": True}
    reply = shop.txt2img({"ControlNet": [{**given, "resize_mode": "Envelope (Outer Fit)"}]})
    assert len(reply.images) == 2
    assert "Resize Mode: Resize and Fill, " in reply.extra["ControlNet 0"]
    assert "Guidance End: 0.5, " in reply.extra["ControlNet 0"]


@pytest.mark.parametrize("module", ["depth", "depth_midas", "softedge_hed", "lineart_realistic"])
def test_modules_by_both_names(shop: Shop, module: str) -> None:
    reply = shop.txt2img({"ControlNet": [unit(module=module, model="depth", processor_res=64)]})
    assert len(reply.images) == 2
    assert reply.extra["ControlNet 0"].startswith(f"Module: {module}, Model: depth, ")


def test_forms_of_pictures(shop: Shop) -> None:
    picture = text_of(flower())
    forms: list[Any] = [
        {"image": picture},
        {"image": picture, "mask": None},
        [{"image": picture}],
        f"data:image/png;base64,{picture}",
    ]
    maps = [shop.txt2img({"ControlNet": [unit(image=form)]}).images[1] for form in forms]
    assert {apart(one, maps[0]) for one in maps} == {0.0}


def test_a_mask_takes_the_place_of_the_picture(shop: Shop) -> None:
    mask = disc(256, 60).getchannel("R").point([255 if value > 100 else 0 for value in range(256)])
    reply = shop.txt2img({"ControlNet": [unit(module="none", mask=text_of(mask))]})
    assert 0.1 < share(reply.images[1]) < 0.3
    pair = shop.txt2img({"ControlNet": [unit(module="none", image=[text_of(flower()), text_of(mask)])]})
    assert apart(pair.images[1], reply.images[1]) == 0
    wrong = shop.txt2img({"ControlNet": [unit(mask=text_of(disc(64)))]})
    assert len(wrong.images) == 1


def test_maps_can_be_left_out(shop: Shop) -> None:
    assert len(shop.txt2img({"ControlNet": [unit(save_detected_map=False), unit()]}).images) == 2
    settings = {"override_settings": {"control_net_no_detectmap": True}}
    assert len(shop.txt2img({"ControlNet": [unit()]}, **settings).images) == 1


def test_maps_follow_the_grid_and_have_no_infotext(shop: Shop) -> None:
    reply = shop.txt2img({"ControlNet": [unit()]}, batch_size=2, save_images=True)
    assert [image.size for image in reply.images] == [(256, 128), (128, 128), (128, 128), (128, 128)]
    assert len(reply.info["infotexts"]) == 3
    assert reply.images[3].info == {}


def test_two_maps_with_hires_fix(shop: Shop) -> None:
    fields = {"enable_hr": True, "hr_scale": 2, "denoising_strength": 0.5}
    reply = shop.txt2img({"ControlNet": [unit()]}, **fields)
    assert [image.size for image in reply.images] == [(256, 256), (256, 256), (128, 128)]


def test_the_picture_follows_the_map(shop: Shop) -> None:
    plain = shop.txt2img(prompt="a calm sea").images[0]

    def changed(**changes: Any) -> float:
        return apart(shop.txt2img({"ControlNet": [unit(**changes)]}, prompt="a calm sea").images[0], plain)

    assert changed() > 3
    assert changed(weight=0.3) < changed() < changed(weight=2)
    assert (
        changed(control_mode="My prompt is more important")
        < changed()
        < changed(control_mode="ControlNet is more important")
    )
    assert changed(guidance_start=0.5, guidance_end=0.6) < changed()
    assert changed(weight=0) == 0


def test_the_control_is_where_its_region_is(shop: Shop) -> None:
    left = flower().point(lambda _: 0).convert("L")
    left.paste(255, (0, 0, 128, 256))
    plain = shop.txt2img().images[0]
    image = shop.txt2img({"ControlNet": [unit(effective_region_mask=text_of(left))]}).images[0]
    assert apart(image, plain, (0, 0, 60, 128)) > 2
    assert apart(image, plain, (68, 0, 128, 128)) == 0


def test_colours_of_a_tile(shop: Shop) -> None:
    plain = shop.txt2img(prompt="a calm sea").images[0]
    tile = {"enabled": True, "module": "tile_resample", "model": "tile", "image": text_of(disc(64, 40))}
    image = shop.txt2img({"ControlNet": [tile]}, prompt="a calm sea").images[0]
    middle = (48, 48, 80, 80)
    assert apart(image, disc(128, 80), middle) < apart(plain, disc(128, 80), middle) * 0.7


def test_modules_without_a_model(shop: Shop) -> None:
    reference = {"enabled": True, "module": "reference_only", "image": text_of(disc())}
    reply = shop.txt2img({"ControlNet": [reference]})
    assert len(reply.images) == 2
    assert apart(reply.images[0], shop.txt2img().images[0]) > 3


def test_img2img_takes_its_own_picture_and_resize_mode(shop: Shop) -> None:
    wide = flower().resize((200, 100))
    given = {**CANNY, "processor_res": 100}
    squashed = shop.img2img(wide, {"ControlNet": [given]}, resize_mode=0).images[1]
    fitted = shop.img2img(wide, {"ControlNet": [given]}, resize_mode=2).images[1]
    assert squashed.size == fitted.size == (128, 128)
    assert share(fitted, (0, 0, 128, 28)) == 0 < share(squashed, (0, 0, 128, 28))


def test_several_pictures_only_for_those_that_take_them(shop: Shop) -> None:
    both = [{"image": text_of(flower())}, {"image": text_of(disc())}]
    adapter = {"enabled": True, "module": "ip-adapter_clip_sd15", "model": "ip-adapter_sd15", "image": both}
    assert len(shop.txt2img({"ControlNet": [adapter]}).images) == 2
    assert len(shop.txt2img({"ControlNet": [unit(image=both)]}).images) == 1


def test_no_maps_of_sd_upscale(shop: Shop) -> None:
    script = {"script_name": "SD upscale", "script_args": [None, 16, 0, 2]}
    reply = shop.img2img(flower().resize((128, 128)), {"ControlNet": [CANNY]}, **script)
    assert (reply.status, len(reply.images)) == (200, 1)
