"""SAG, FreeU, dynamic thresholding and Cutoff: what they tell, refuse without a word, and change in the picture."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageFilter

from .shop import Painted, Shop, apart


@pytest.fixture
def plain(shop: Shop) -> Painted:
    return shop.txt2img()


def detail(image: Image.Image) -> float:
    """How much a picture differs from its blurred self."""
    return apart(image, image.filter(ImageFilter.GaussianBlur(2)))


def contrast(image: Image.Image) -> float:
    return float(np.asarray(image.convert("L"), np.float32).std())


def colour(image: Image.Image) -> float:
    values = np.asarray(image.convert("RGB"), np.float32)
    return float((values.max(2) - values.min(2)).mean())


# --- Self Attention Guidance


def test_sag(shop: Shop, plain: Painted) -> None:
    reply = shop.txt2img({"Self Attention Guidance": [True, 2.0]})
    assert reply.extra == {"SAG Guidance Scale": 2.0, "SAG Mask Threshold": 1.0}
    assert "SAG Guidance Scale: 2.0, SAG Mask Threshold: 1.0" in reply.infotext
    assert detail(reply.images[0]) > detail(plain.images[0]) * 1.1
    softer = shop.txt2img({"Self Attention Guidance": [True, -1.0]})
    assert detail(softer.images[0]) < detail(plain.images[0])
    assert shop.txt2img({"Self Attention Guidance": [False, 2.0]}).result == plain.result


@pytest.mark.parametrize("args", [[True, "strong"], [True, None], [True, 2, "x"]])
def test_sag_fails_silently(shop: Shop, plain: Painted, args: Any) -> None:
    reply = shop.txt2img({"Self Attention Guidance": args})
    assert reply.status == 200
    assert apart(reply.images[0], plain.images[0]) == 0


# --- FreeU


def test_freeu_as_a_list(shop: Shop, plain: Painted) -> None:
    reply = shop.txt2img({"FreeU": [True, 0, 1, 0, "Version 2"]})
    stages = [{"backbone_factor": 1.2, "skip_factor": 0.9}, {"backbone_factor": 1.4, "skip_factor": 0.2}]
    assert json.loads(reply.extra["FreeU Stages"]) == stages
    assert reply.extra["FreeU Schedule"] == "0.0, 1.0, 0.0"
    assert reply.extra["FreeU Version"] == "2"
    assert contrast(reply.images[0]) > contrast(plain.images[0]) * 1.05
    assert colour(reply.images[0]) > colour(plain.images[0]) * 1.05
    half = shop.txt2img({"FreeU": [True, 0, 0.5]})
    assert apart(reply.images[0], plain.images[0]) > apart(half.images[0], plain.images[0]) > 0


def test_freeu_as_an_object(shop: Shop, plain: Painted) -> None:
    reply = shop.txt2img({"FreeU": [{"stage_infos": [{"backbone_factor": 1.5, "skip_cutoff": 0.1}, {}]}]})
    assert json.loads(reply.extra["FreeU Stages"]) == [{"backbone_factor": 1.5, "skip_cutoff": 0.1}]
    assert reply.extra["FreeU Version"] == "1"
    assert contrast(reply.images[0]) > contrast(plain.images[0])
    assert shop.txt2img({"FreeU": [{"enable": False}]}).result == plain.result


@pytest.mark.parametrize("version", ["Version 2", "2", "Version 1", "1", "of tomorrow"])
def test_freeu_versions(shop: Shop, version: str) -> None:
    told = shop.txt2img({"FreeU": [True, 0, 1, 0, version]}).extra["FreeU Version"]
    assert told == ("2" if "2" in version else "1")


@pytest.mark.parametrize(
    "args", [[1], ["on"], [None], [{"strength": 1}], [{"stage_infos": [{"backbone": 1}]}], [True, "early"]]
)
def test_freeu_fails_silently(shop: Shop, plain: Painted, args: Any) -> None:
    reply = shop.txt2img({"FreeU": args})
    assert (reply.status, reply.result) == (200, plain.result)


# --- Dynamic Thresholding


def test_dynamic_thresholding(shop: Shop) -> None:
    title = "dynamic thresholding (cfg scale fix)"
    usual = shop.txt2img(cfg_scale=14)
    reply = shop.txt2img({title: [True, 7]}, cfg_scale=14)
    assert reply.extra == {
        "Dynamic thresholding enabled": True, "Mimic scale": 7, "Separate Feature Channels": True,
        "Scaling Startpoint": "MEAN", "Variability Measure": "AD", "Interpolate Phi": 1.0,
        "Threshold percentile": 100.0,
    }  # fmt: skip
    assert contrast(reply.images[0]) < contrast(usual.images[0])
    half = shop.txt2img({title: [True, 7, 100, "Constant", 0, "Constant", 0, 4, True, "MEAN", "AD", 0.5]}, cfg_scale=14)
    assert contrast(reply.images[0]) < contrast(half.images[0]) < contrast(usual.images[0])
    assert shop.txt2img({title: [False, 7]}, cfg_scale=14).result == usual.result


def test_dynamic_thresholding_tells_its_schedulers(shop: Shop) -> None:
    args = [True, 7, 99, "Power Up", 2, "Linear Down", 3, 5]
    told = shop.txt2img({"Dynamic Thresholding (CFG Scale Fix)": args}).extra
    assert (told["Mimic mode"], told["Mimic scale minimum"]) == ("Power Up", 2)
    assert (told["CFG mode"], told["CFG scale minimum"]) == ("Linear Down", 3)
    assert told["Scheduler value"] == 5
    args[3] = "Cosine Up"
    assert "Scheduler value" not in shop.txt2img({"Dynamic Thresholding (CFG Scale Fix)": args}).extra


@pytest.mark.parametrize("sampler", ["DDIM", "PLMS", "UniPC"])
def test_dynamic_thresholding_refuses_samplers_silently(shop: Shop, sampler: str) -> None:
    usual = shop.txt2img(sampler_name=sampler)
    reply = shop.txt2img({"Dynamic Thresholding (CFG Scale Fix)": [True, 3]}, sampler_name=sampler)
    assert reply.status == 200
    assert reply.result == usual.result


def test_dynamic_thresholding_with_an_unknown_scheduler(shop: Shop, plain: Painted) -> None:
    reply = shop.txt2img({"Dynamic Thresholding (CFG Scale Fix)": [True, 3, 100, "Sometimes"]})
    assert reply.status == 200
    assert apart(reply.images[0], plain.images[0]) == 0


# --- Cutoff


def test_cutoff(shop: Shop, plain: Painted) -> None:
    reply = shop.txt2img({"Cutoff": [True, "red, blue", 1.0]})
    assert reply.extra == {
        "Cutoff enabled": True, "Cutoff targets": ["red", "blue"], "Cutoff padding": "_</w>", "Cutoff weight": 1.0,
        "Cutoff disable_for_neg": True, "Cutoff strong": False, "Cutoff interpolation": "lerp",
    }  # fmt: skip
    assert "Cutoff targets: red, " in reply.infotext  # of a list the webui tells each picture its own item
    assert colour(reply.images[0]) > colour(plain.images[0]) * 1.05
    strong = shop.txt2img({"Cutoff": [True, "red, blue", 1.0, True, True]})
    assert colour(strong.images[0]) > colour(reply.images[0])


@pytest.mark.parametrize(
    ("given", "told"), [("", "_</w>"), ("49406", 49406), (7, 7), ("cat", "cat</w>"), ("x</w>", "x</w>")]
)
def test_padding_of_cutoff(shop: Shop, given: Any, told: Any) -> None:
    reply = shop.txt2img({"Cutoff": [True, "red", 0.5, True, False, given]})
    assert reply.extra["Cutoff padding"] == told


@pytest.mark.parametrize("args", [[False, "red"], [True, ""], [True, " , "], [True, 5]])
def test_cutoff_without_targets(shop: Shop, plain: Painted, args: Any) -> None:
    assert shop.txt2img({"Cutoff": args}).result == plain.result
