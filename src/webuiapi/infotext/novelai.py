"""The form of NovelAI, a description and a JSON object among the texts of a picture, in the webui's form."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

SAMPLERS: Mapping[str, str] = MappingProxyType(
    {
        "k_euler": "Euler",
        "k_euler_ancestral": "Euler a",
        "k_lms": "LMS",
        "k_heun": "Heun",
        "k_dpm_2": "DPM2",
        "k_dpm_fast": "DPM fast",
        "k_dpmpp_2m": "DPM++ 2M",
        "k_dpmpp_2m_sde": "DPM++ 2M SDE",
        "k_dpmpp_sde": "DPM++ SDE",
        "ddim": "DDIM",
        "plms": "PLMS",
    }
)
"""Those of its names that the webui 1.10.1 knows; any other is read as Euler a."""


def read(info: Mapping[str, Any], size: tuple[int, int], samplers: Mapping[str, str] = SAMPLERS) -> str | None:
    """The parameters among the texts of a picture of that size; None where they are not in that form.

    `samplers` are the names that a server has by the names that it also knows them by.
    """
    if info.get("Software") != "NovelAI":
        return None
    try:
        values = json.loads(info["Comment"])
        sampler = samplers.get(values["sampler"], "Euler a")
        pairs = (
            f"Steps: {values['steps']}, Sampler: {sampler}, CFG scale: {values['scale']}, Seed: {values['seed']}, "
            f"Size: {size[0]}x{size[1]}, Clip skip: 2, ENSD: 31337"
        )
        return f"{info['Description']}\nNegative prompt: {values['uc']}\n{pairs}"
    except (KeyError, TypeError, ValueError, RecursionError):  # not the form that is known
        return None
