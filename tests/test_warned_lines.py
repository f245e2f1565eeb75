"""Warnings show the line of whoever called, however deep in the package they arise: else nobody finds what to mend."""

from __future__ import annotations

import pytest

import webuiapi
from conftest import Connect
from extensions import bench
from support import callers
from support.samples import PNG
from support.scripted import Scripted, answer


def shown(caught: pytest.WarningsRecorder) -> set[str]:
    return {item.filename for item in caught}


def test_parts_that_are_no_pictures(connect: Connect, scripted: Scripted) -> None:
    whole = webuiapi.raw_b64_img(PNG)
    scripted.play(answer({"images": [whole, ""], "info": "", "parameters": {}}))
    with pytest.warns(UserWarning, match="image 1 of the answer is empty") as caught:
        connect(url=scripted.url).txt2img("a")
    assert shown(caught) == {callers.__file__}


def test_what_a_servers_script_has_no_place_for() -> None:
    unit = webuiapi.Sag(blur_sigma=3)
    with pytest.warns(webuiapi.ParameterWarning, match="knows no blur_sigma") as caught:
        bench.joined(unit, bench.described("sag"))
    assert shown(caught) == {bench.__file__}
