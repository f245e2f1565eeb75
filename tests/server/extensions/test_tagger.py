"""The tagger, both lines of it."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from ..studio import text_of
from .shop import Shop, disc

MODEL = "wd14-vit-v2"


@pytest.fixture
def older(shop: Shop) -> Shop:
    """A server with toriato's line."""
    remote = "https://github.com/toriato/stable-diffusion-webui-wd14-tagger.git"
    extensions = [
        {**item, "remote": remote} if "tagger" in item["name"] else item for item in shop.app.catalog.data["extensions"]
    ]
    return Shop({**shop.app.catalog.data, "extensions": extensions})


def asked(shop: Shop, **fields: Any) -> Any:
    return shop.post("/tagger/v1/interrogate", {"image": text_of(disc()), "model": MODEL, **fields})


def test_tags_and_ratings(shop: Shop) -> None:
    caption = asked(shop).body["caption"]
    assert set(caption) == {"tag", "rating"}
    assert list(caption["rating"]) == ["general", "sensitive", "questionable", "explicit"]
    assert "blue_theme" in caption["tag"]
    shares = list(caption["tag"].values())
    assert shares == sorted(shares, reverse=True)
    edge = shares[1]
    assert edge not in asked(shop, threshold=edge).body["caption"]["tag"].values()
    assert asked(shop, threshold=2).body["caption"]["tag"] == {}


def test_tags_of_the_older_line(older: Shop) -> None:
    caption = asked(older).body["caption"]
    assert list(caption)[:4] == ["general", "sensitive", "questionable", "explicit"]
    shares = list(caption.values())[4:]
    assert shares == sorted(shares, reverse=True)
    assert min(shares) >= 0.35
    edge = shares[1]
    assert edge in list(asked(older, threshold=edge).body["caption"].values())[4:]
    for threshold in (1.1, -0.1):
        answer = asked(older, threshold=threshold)
        assert (answer.status, answer.body["detail"][0]["loc"]) == (422, ["body", "threshold"])
    assert older.post("/tagger/v1/unload-interrogators").status == 404


@pytest.mark.parametrize("image", ["", "no picture"])
def test_no_picture(shop: Shop, older: Shop, image: str) -> None:
    for one in (shop, older):
        answer = asked(one, image=image)
        assert (answer.status, answer.body["detail"]) == (500, "Invalid encoded image")


def test_null_and_unknown(shop: Shop) -> None:
    answer = asked(shop, model="wd15")
    assert (answer.status, answer.body["detail"]) == (404, "Model not found")
    assert shop.post("/tagger/v1/interrogate", {"image": ""}).body["detail"][0]["loc"] == ["body", "model"]


def test_models(shop: Shop) -> None:
    assert MODEL in shop.get("/tagger/v1/interrogators").body["models"]
    assert shop.post("/tagger/v1/unload-interrogators").body == "Successfully unload 0 model(s)"


def test_queues(shop: Shop) -> None:
    queued = asked(shop, queue="q", name_in_queue="one").body["caption"]
    assert queued == {f"q/{MODEL}": {"one": "queued"}}
    name = hashlib.sha256(disc().tobytes()).hexdigest()
    assert asked(shop, queue="q", name_in_queue="<sha256>").body["caption"] == {
        f"q/{MODEL}": {"one": "queued", name: "queued"}
    }
    results = asked(shop, queue="q").body["caption"][f"q/{MODEL}"]
    assert set(results) == {"one", name}
    assert results["one"]["rating:general"] > 0.5
    assert "blue_theme" in results["one"]
    assert asked(shop, queue="q").body["caption"] == {f"q/{MODEL}": {}}
