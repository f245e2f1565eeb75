"""Endpoints that give words: prompts, keywords, tags."""

from __future__ import annotations

import pytest

import webuiapi
from support.callers import Caller

from ..bench import PNG, URI, Bench, Bound, Json


def test_prompt_generation(bench: Bench, client: Caller) -> None:
    models = ["AUTOMATIC/promptgen-lexart", "AUTOMATIC/promptgen-majinai-safe"]
    bench.answers |= {
        "/promptgen/list_models": {"available_models": models},
        "/promptgen/generate": {"prompts": ["a box, blue", "a box, red"]},
    }
    assert client.list_prompt_gen_models() == models
    assert client.prompt_gen(text="a box") == ["a box, blue", "a box, red"]
    assert bench.last == {"batch_size": 10, "text": "a box"}
    client.prompt_gen("m", 2, 5, "a box", 10, 100, 2, 1.5, 1.2, -1, "Top P", 20, 0.5)
    assert bench.last == {
        "model_name": "m", "batch_count": 2, "batch_size": 5, "text": "a box", "min_length": 10, "max_length": 100,
        "num_beams": 2, "temperature": 1.5, "repetition_penalty": 1.2, "length_preference": -1,
        "sampling_mode": "Top P", "top_k": 20, "top_p": 0.5,
    }  # fmt: skip
    with pytest.raises(ValueError, match="top_k=51 must be from 1 to 50"):
        client.prompt_gen(top_k=51)


def test_model_keyword(bench: Bench, client: Caller) -> None:
    bench.answers["/model_keyword/get_keywords"] = {
        "keywords": ["nousr robot"], "model": "robo-diffusion-v1.ckpt", "hash": "41fef4bd",
        "match_source": "model-keyword.txt",
    }  # fmt: skip
    found = Bound(client, webuiapi.ModelKeywordInterface).get_keywords()
    assert found == webuiapi.ModelKeywordResult(
        ["nousr robot"], "robo-diffusion-v1.ckpt", "41fef4bd", "model-keyword.txt"
    )
    assert (found.keywords, found.model, found.oldhash) == (["nousr robot"], "robo-diffusion-v1.ckpt", "41fef4bd")


FLAT = {"general": 0.9, "sensitive": 0.1, "questionable": 0.01, "explicit": 0.0, "1girl": 0.8, "solo": 0.7}
NESTED = {"tag": {"1girl": 0.8, "solo": 0.7}, "rating": {"general": 0.9, "sensitive": 0.1}}


@pytest.mark.parametrize("caption", [FLAT, NESTED], ids=["toriato", "picobyte"])
def test_the_taggers_of_both_lines(bench: Bench, client: Caller, caption: Json) -> None:
    bench.answers["/tagger/v1/interrogate"] = {"caption": caption}
    result = Bound(client, webuiapi.TaggerInterface).tagger_interrogate(PNG)
    assert bench.last == {"image": URI, "model": "wd14-vit-v2-git", "threshold": 0.3}
    assert result.info == caption
    assert result.tags == {"1girl": 0.8, "solo": 0.7}
    assert result.ratings["general"] == 0.9
    assert set(result.ratings) >= {"general", "sensitive"}


def test_the_rest_of_the_tagger(bench: Bench, client: Caller) -> None:
    bench.answers |= {
        "/tagger/v1/interrogate": {"caption": {"rating:safe": 0.9, "1girl": 0.8}},
        "/tagger/v1/interrogators": {"models": ["wd14-vit-v2-git"]},
        "/tagger/v1/unload-interrogators": "Successfully unloaded 1 model(s)",
    }
    tagger = Bound(client, webuiapi.TaggerInterface)
    assert tagger.tagger_interrogators() == {"models": ["wd14-vit-v2-git"]}
    assert tagger.tagger_interrogators().models == ["wd14-vit-v2-git"]
    assert tagger.unload_interrogators() == "Successfully unloaded 1 model(s)"
    result = tagger.tagger_interrogate(URI, "m", 0.5, queue="q", name_in_queue="<sha256>")
    assert bench.last == {"image": URI, "model": "m", "threshold": 0.5, "queue": "q", "name_in_queue": "<sha256>"}
    assert (result.tags, result.ratings) == ({"1girl": 0.8}, {"safe": 0.9})
    bench.answers["/tagger/v1/interrogate"] = {"caption": None}
    assert tagger.tagger_interrogate(PNG).info == {}
