"""What a name that a person gives means among those that a server has."""

from __future__ import annotations

from typing import Any

import pytest

from webuiapi import SDModel
from webuiapi.errors import UnknownName
from webuiapi.names import find_model, find_name


def model(title: str, **fields: Any) -> SDModel:
    name = title.partition(" [")[0]
    return SDModel(title=title, model_name=name.rpartition(".")[0], filename=f"/models/{name}", **fields)


MODELS = [
    model("MIXPROV.safetensors [aaaa11]", hash="aaaa11", sha256="aaaa11" + "0" * 58),
    model("mixprov2.safetensors [bbbb22]", hash="bbbb22"),
    model("sub/dreamshaper_8.safetensors", hash=None),
    model("anything-v5.ckpt"),
]


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("MIXPROV.safetensors [aaaa11]", 0),
        ("MIXPROV.safetensors", 0),
        ("mixprov", 0),
        ("MixProv2", 1),
        ("aaaa11", 0),
        ("AAAA11" + "0" * 58, 0),
        ("dreamshaper_8", 2),
        ("dreamshaper_8.safetensors", 2),
        ("sub/dreamshaper_8", 2),
        ("shaper", 2),
        ("anything", 3),
        ("dreamshapr_8", 2),
    ],
)
def test_a_checkpoint_by_any_of_its_names(name: str, index: int) -> None:
    assert find_model(name, MODELS) is MODELS[index]


@pytest.mark.parametrize(
    ("name", "message", "near"),
    [
        ("mix", "model 'mix' could mean several: ", [MODELS[0].title, MODELS[1].title]),
        ("", "the server has no model ''", []),
        (
            "qqqq",
            r"the server has no model 'qqqq' \(it has 4: 'MIXPROV.safetensors \[aaaa11\]', .*, 'anything-v5.ckpt'\)$",
            [],
        ),
    ],
)
def test_a_name_that_means_none_or_several(name: str, message: str, near: list[str]) -> None:
    with pytest.raises(UnknownName, match=message) as caught:
        find_model(name, MODELS)
    assert (caught.value.kind, caught.value.name, caught.value.near) == ("model", name, near)
    assert isinstance(caught.value, ValueError)


def test_a_similar_name_only_where_that_was_wanted() -> None:
    with pytest.raises(UnknownName, match=r"similar are 'sub/dreamshaper_8.safetensors'"):
        find_model("dreamshapr_8", MODELS, find_closest=False)


def test_two_that_are_as_similar_are_none() -> None:
    twins = [model("cat_a.safetensors"), model("cat_b.safetensors")]
    with pytest.raises(UnknownName):
        find_model("cat_c.safetensors", twins)


def test_the_same_file_listed_twice_is_one() -> None:
    assert find_model("anything-v5", [MODELS[3], SDModel(MODELS[3])]) == MODELS[3]


def test_no_models_at_all() -> None:
    with pytest.raises(UnknownName, match=r"no model 'x' \(it has none\)$"):
        find_model("x", [])


VAES = ["Automatic", "None", "vae-ft-mse.safetensors", "vae-ft-ema.safetensors", "kl-f8.pt"]


@pytest.mark.parametrize(
    ("name", "found"),
    [("None", "None"), ("automatic", "Automatic"), ("kl-f8", "kl-f8.pt"), ("mse", "vae-ft-mse.safetensors"),
     ("VAE-FT-EMA", "vae-ft-ema.safetensors")],
)  # fmt: skip
def test_other_names(name: str, found: str) -> None:
    assert find_name("VAE", name, VAES) == found


def test_other_names_that_mean_none_or_several() -> None:
    with pytest.raises(UnknownName, match=r"VAE 'vae' could mean several: 'vae-ft-mse.safetensors', 'vae-ft-ema"):
        find_name("VAE", "vae", VAES)
    with pytest.raises(UnknownName, match=r"the server has no VAE 'vae-ft-msr.pt'; similar are 'vae-ft-mse"):
        find_name("VAE", "vae-ft-msr.pt", VAES)
    with pytest.raises(UnknownName, match="the server has no VAE ''"):
        find_name("VAE", "", VAES)


def test_of_many_names_none_is_listed_where_none_is_similar() -> None:
    with pytest.raises(UnknownName, match=r"no VAE 'qqqq' \(it has 13, none similar\)$"):
        find_name("VAE", "qqqq", [f"vae-{number}" for number in range(13)])
    with pytest.raises(UnknownName, match=r"no VAE 'qqqq' \(it has 12: 'vae-0', .*, 'vae-11'\)$"):
        find_name("VAE", "qqqq", [f"vae-{number}" for number in range(12)])


@pytest.mark.parametrize("name", [5, None, b"mixprov"])
def test_what_is_no_name(name: Any) -> None:
    with pytest.raises(TypeError, match=f"^name={name!r} must be a text$"):
        find_model(name, MODELS)
    with pytest.raises(TypeError, match=f"^name={name!r} must be a text$"):
        find_name("VAE", name, VAES)
