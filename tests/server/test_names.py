"""Samplers and schedulers by their names: exact ones, combined ones, and the silent fallbacks."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.compare import CATALOG
from webuiapi.server.catalog import Catalog
from webuiapi.server.processing.names import Names, sampler_pairs, schedule_pairs

CATALOGUE = Catalog.of(CATALOG)
NAMES = Names(CATALOGUE)
SAMPLERS = [item["name"] for item in CATALOGUE.samplers]
SCHEDULERS = [item["label"] for item in CATALOGUE.schedulers]


@pytest.mark.parametrize(
    ("sampler", "scheduler", "expected"),
    [
        ("Heun", None, ("Heun", "Automatic")),
        ("Heun", "Beta", ("Heun", "Beta")),
        ("Heun", "beta", ("Heun", "Beta")),
        ("Heun", "SGMUniform", ("Heun", "Automatic")),
        ("heun", "Beta", ("DPM++ 2M", "Beta")),
        ("k_heun", None, ("DPM++ 2M", "Automatic")),
        (None, None, ("DPM++ 2M", "Automatic")),
        ("DPM2 a", "Karras", ("DPM2 a", "Automatic")),
        ("DPM++ 3M SDE", "exponential", ("DPM++ 3M SDE", "Automatic")),
        ("DPM++ 3M SDE Exponential", None, ("DPM++ 3M SDE", "Automatic")),
        ("LMS Karras", None, ("LMS", "Karras")),
        ("LMS Karras", "Beta", ("LMS", "Karras")),
        ("LMS SGMUniform", None, ("LMS", "SGM Uniform")),
        ("LMS sgm_uniform", None, ("LMS", "SGM Uniform")),
        ("LMS SGM Uniform", None, ("DPM++ 2M", "Uniform")),
        ("LMS KL Optimal", None, ("LMS", "KL Optimal")),
        ("LMS Exponential Karras", None, ("LMS", "Exponential")),
        ("LMS Karras Exponential", None, ("DPM++ 2M", "Exponential")),
        ("LMSKarras", None, ("DPM++ 2M", "Automatic")),
    ],
)
def test_resolving(sampler: str | None, scheduler: str | None, expected: tuple[str, str]) -> None:
    assert NAMES.resolve(sampler, scheduler) == expected


def test_the_samplers_own_scheduler_stays_named_where_the_pipeline_asks() -> None:
    assert NAMES.resolve("Restart", "karras", automatic=False) == ("Restart", "Karras")


@settings(deadline=None)
@given(st.sampled_from(SAMPLERS), st.sampled_from(SCHEDULERS))
def test_known_names_resolve_to_themselves(sampler: str, scheduler: str) -> None:
    assert NAMES.resolve(sampler, scheduler, automatic=False) == (sampler, scheduler)


@settings(deadline=None)
@given(st.text(), st.one_of(st.none(), st.text()))
def test_whatever_is_asked_for_something_known_is_used(sampler: str, scheduler: str | None) -> None:
    found_sampler, found_scheduler = NAMES.resolve(sampler, scheduler)
    assert found_sampler in SAMPLERS
    assert found_scheduler in SCHEDULERS


@pytest.mark.parametrize(
    ("sampler", "scheduler", "label"),
    [
        ("Restart", "Automatic", "Karras"),
        ("DPM++ 2M SDE Heun", None, "Exponential"),
        ("Heun", "Automatic", None),
        ("Heun", "Normal", "Normal"),
        ("DDIM", "Karras", None),
        ("UniPC", "Beta", None),
    ],
)
def test_the_schedule_that_is_followed(sampler: str, scheduler: str | None, label: str | None) -> None:
    assert NAMES.schedule(sampler, scheduler) == label


def test_aliases_in_any_case_are_known_to_scripts_only() -> None:
    assert (NAMES.any_sampler("K_HEUN") or {})["name"] == "Heun"
    assert (NAMES.any_sampler("dpm++ sde") or {})["name"] == "DPM++ SDE"
    assert NAMES.any_sampler("nothing") is None


def test_what_samplers_add_to_the_infotext() -> None:
    options = {"eta_ancestral": 0.9, "eta_ddim": 0.0, "s_churn": 2.0, "s_tmin": 0.0, "s_tmax": 0.0, "s_noise": 1.1}
    assert sampler_pairs("DPM2 a", None, options) == {"Eta": 0.9, "Sigma noise": 1.1}
    assert sampler_pairs("DPM2 a", 1.0, options) == {"Sigma noise": 1.1}
    assert sampler_pairs("DDIM", 0.4, options) == {"Eta DDIM": 0.4}
    assert sampler_pairs("Heun", 0.4, options) == {"Sigma churn": 2.0, "Sigma noise": 1.1}
    assert sampler_pairs("LCM", 0.4, options) == {}


def test_what_schedulers_add_to_the_infotext() -> None:
    options = {"sigma_min": 0.1, "sigma_max": 0, "rho": 5.0, "beta_dist_alpha": 0.6, "beta_dist_beta": 0.7}
    assert schedule_pairs("Karras", NAMES.scheduler("Karras"), options) == {
        "Schedule min sigma": 0.1,
        "Schedule rho": 5.0,
    }
    assert schedule_pairs("Beta", NAMES.scheduler("Beta"), options) == {
        "Schedule min sigma": 0.1,
        "Beta schedule alpha": 0.6,
        "Beta schedule beta": 0.7,
    }
