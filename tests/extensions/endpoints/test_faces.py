"""Endpoints that swap faces: ReActor, Roop, FaceSwapLab."""

from __future__ import annotations

import pytest

import webuiapi
from support.callers import Caller

from ..bench import PICTURE, PNG, RAW, Bench, Bound, pixels


def test_reactors_endpoints(bench: Bench, client: Caller) -> None:
    bench.answers |= {
        "/reactor/image": {"image": RAW},
        "/reactor/models": {"models": ["inswapper_128.onnx"]},
        "/reactor/upscalers": {"upscalers": ["None", "Lanczos"]},
        "/reactor/facemodels": {"facemodels": ["ann"]},
    }
    reactor = Bound(client, webuiapi.ReActorInterface)
    result = reactor.image(
        PNG, PNG, [0], face_restorer="CodeFormer", restore_first=True, mask_face=False, device="CUDA"
    )
    assert bench.last == {
        "source_image": RAW, "target_image": RAW, "source_faces_index": [0], "face_restorer": "CodeFormer",
        "restore_first": 1, "mask_face": 0, "device": "CUDA",
    }  # fmt: skip
    assert all(type(bench.last[name]) is int for name in ("restore_first", "mask_face"))
    assert pixels(result.image) == PICTURE.tobytes()
    assert reactor.models() == ["inswapper_128.onnx"]
    assert reactor.upscalers() == ["None", "Lanczos"]
    assert reactor.facemodels() == ["ann"]
    assert reactor.build_facemodel([PNG, PNG], "ann", 1) == ["ann"]
    assert bench.last == {"source_images": [RAW, RAW], "name": "ann", "compute_method": 1}


def test_roops_endpoints(bench: Bench, client: Caller) -> None:
    bench.answers |= {"/roop/image": {"image": RAW}, "/roop/models": {"models": ["a.onnx"]}}
    roop = Bound(client, webuiapi.RoopInterface)
    assert pixels(roop.image(PNG, PNG, [1], 2).image) == PICTURE.tobytes()
    assert bench.last == {"source_image": RAW, "target_image": RAW, "face_index": [1], "scale": 2}
    assert roop.models() == ["a.onnx"]


def test_faceswaplabs_endpoints(bench: Bench, client: Caller) -> None:
    bench.answers |= {
        "/faceswaplab/version": {"version": "1.2.7"},
        "/faceswaplab/swap_face": {"images": [RAW, RAW], "infos": []},
        "/faceswaplab/compare": 0.75,
        "/faceswaplab/extract": {"images": [RAW], "infos": []},
        "/faceswaplab/build": "data:application/face;base64,AAAA",
    }
    lab = Bound(client, webuiapi.FaceSwapLabInterface)
    assert lab.version() == "1.2.7"
    unit = webuiapi.FaceSwapUnit(
        source_img=PNG, batch_images=PNG, faces_index="1", enable=True, swap_in_source=True,
        swapping_options=webuiapi.FaceSwapOptions(sharpen=True),
    )  # fmt: skip
    post = webuiapi.FaceSwapPostprocessing(
        scale=2, inpainting_when="never", inpainting_options=webuiapi.FaceSwapInpainting(inpainting_seed=3)
    )
    assert len(lab.swap_face(PNG, unit, post)) == 2
    assert bench.last == {
        "image": RAW,
        "units": [
            {"source_img": RAW, "batch_images": [RAW], "faces_index": [1], "swapping_options": {"sharpen": True}}
        ],
        "postprocessing": {"scale": 2, "inpainting_when": "Never", "inpainting_options": {"inpainting_seed": 3}},
    }
    assert lab.compare(PNG, PNG) == 0.75
    assert bench.last == {"image1": RAW, "image2": RAW}
    assert len(lab.extract([PNG], post)) == 1
    assert bench.last["images"] == [RAW]
    assert lab.build(PNG) == "data:application/face;base64,AAAA"
    assert bench.last == [RAW]
    bench.answers["/faceswaplab/build"] = b"null"
    assert lab.build([PNG]) is None
    with pytest.raises(ValueError, match="the endpoint takes one face a unit"):
        lab.swap_face(PNG, webuiapi.FaceSwapUnit(PNG, faces_index=[0, 1]))
    with pytest.raises(ValueError, match=r"units\[0\].min_sim=3 must be from 0 to 1"):
        lab.swap_face(PNG, [webuiapi.FaceSwapUnit(PNG, min_sim=3)])


def test_faceswaplabs_postprocessing_is_checked_wherever_it_is_given(bench: Bench, client: Caller) -> None:
    lab, wrong = Bound(client, webuiapi.FaceSwapLabInterface), webuiapi.FaceSwapPostprocessing(scale=11)
    with pytest.raises(ValueError, match=r"^ExtractFaces\.postprocessing\.scale=11 must be from 0 to 10$"):
        lab.extract(PNG, wrong)
    with pytest.raises(ValueError, match=r"^SwapFace\.postprocessing\.scale=11 must be from 0 to 10$"):
        lab.swap_face(PNG, webuiapi.FaceSwapUnit(PNG), wrong)
    assert bench.sent == []


def test_faceswaplabs_objects_are_its_own(bench: Bench, client: Caller) -> None:
    lab, unit = Bound(client, webuiapi.FaceSwapLabInterface), webuiapi.FaceSwapUnit(PNG)
    with pytest.raises(ValueError, match=r"^SwapFace\.units\[0\]='x' must be a FaceSwapUnit$"):
        lab.swap_face(PNG, ["x"])
    with pytest.raises(ValueError, match=r"^SwapFace\.postprocessing=FaceSwapUnit\(.* must be a FaceSwapPost"):
        lab.swap_face(PNG, unit, unit)
    with pytest.raises(ValueError, match=r"^FaceSwapLab\.units\[0\]\.pre_inpainting=5 must be a FaceSwapInpainting$"):
        client.txt2img("a", scripts=webuiapi.FaceSwapLab([webuiapi.FaceSwapUnit(PNG, pre_inpainting=5)]))  # type: ignore[arg-type]
    assert bench.sent == []


def test_a_resemblance_that_is_no_number(bench: Bench, client: Caller) -> None:
    bench.answers["/faceswaplab/compare"] = {"detail": "no face"}
    with pytest.raises(webuiapi.AnswerError, match=r"/faceswaplab/compare answered dict where a number was expected$"):
        Bound(client, webuiapi.FaceSwapLabInterface).compare(PNG, PNG)


@pytest.mark.parametrize("faces", [0, [0.5], ["a"]])
def test_lists_of_numbers(bench: Bench, client: Caller, faces: object) -> None:
    with pytest.raises(ValueError, match=r"^face_index=.* must be a list of whole numbers$"):
        Bound(client, webuiapi.RoopInterface).image(PNG, PNG, faces)
    assert bench.sent == []


@pytest.mark.parametrize("answer", [{"image": RAW}, {"image": RAW, "info": "one face"}])
def test_the_json_of_a_picture_is_what_came(bench: Bench, client: Caller, answer: dict[str, str]) -> None:
    bench.answers["/roop/image"] = answer
    assert Bound(client, webuiapi.RoopInterface).image(PNG, PNG).json == answer


@pytest.mark.parametrize("answer", [{"images": [RAW, RAW], "infos": []}, {"images": [RAW]}, {"images": []}])
def test_the_json_of_several_pictures_is_what_came(bench: Bench, client: Caller, answer: dict[str, list[str]]) -> None:
    bench.answers["/faceswaplab/extract"] = answer
    assert Bound(client, webuiapi.FaceSwapLabInterface).extract(PNG).json == answer
