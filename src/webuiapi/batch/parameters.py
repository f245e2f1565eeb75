"""What a picture was made with, as plain values by the names of the request's fields: for tables and the gallery."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from ..infotext import parse, request_fields

_OF_THE_BATCH = ("batch_size", "n_iter")


def parameters_of(
    kind: str,
    fields: Mapping[str, Any],
    *,
    seed: int | None,
    width: int | None,
    height: int | None,
    infotext: str | None,
) -> dict[str, Any]:
    """The parameters of one picture: what the server wrote into it, and over that what the job says.

    Texts, numbers and truth values only; anything deeper is JSON.
    """
    found: dict[str, Any] = {"kind": kind}
    if infotext:
        parameters = parse(infotext)
        told, _ = request_fields(parameters, kind="img2img" if kind == "img2img" else "txt2img")
        settings = told.pop("override_settings", {})
        found |= told
        found["model"] = parameters.model or settings.get("sd_model_checkpoint")
    found |= {name: _plain(value) for name, value in fields.items()}
    found |= {"seed": seed, "width": width, "height": height}
    return {name: value for name, value in found.items() if value is not None}


def read_row(row: sqlite3.Row) -> tuple[dict[str, Any], dict[str, int], dict[str, Any]]:
    """Of a picture's row in the journal: the job's fields, what was drawn, and the arguments of `parameters_of`."""
    about = {name: row[name] for name in ("seed", "width", "height", "infotext")}
    if about["seed"] is not None:
        about["seed"] = int(about["seed"])  # large ones are kept as text
    return json.loads(row["fields"]), json.loads(row["drawn"]), about


def fields_of_one(
    fields: Mapping[str, Any], drawn: Mapping[str, int], *, seed: int | None, infotext: str | None
) -> dict[str, Any]:
    """The fields of a job that makes this picture alone; of one without a seed (a grid), those of the whole job."""
    if seed is None:
        return {**fields, **drawn}
    one = {name: value for name, value in fields.items() if name not in _OF_THE_BATCH}
    one["seed"] = seed
    if fields.get("subseed_strength") and infotext:
        told, _ = request_fields(parse(infotext))
        one["subseed"] = told.get("subseed", drawn.get("subseed", fields.get("subseed")))
    return one


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
