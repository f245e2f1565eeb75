"""The extensions' own endpoints, in both colours: what is sent, and what is made of answers of the contracts' shape."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PIL import Image

import webuiapi
from support.callers import Caller, Colour
from support.pictures import file_of
from webuiapi.checks import ParameterWarning

from .bench import PICTURE, PNG, RAW, URI, Bench, Json

MASK = Image.new("L", (8, 4), 255)
MASK_RAW = base64.b64encode(file_of(MASK)).decode()
Ask = Callable[..., Any]


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
def client(bench: Bench, colour: Colour) -> Iterator[Caller]:
    caller = bench.caller(colour)
    yield caller
    caller.close()


class Bound:
    """An interface whose methods are called here; what the awaitable colour gives is awaited."""

    def __init__(self, caller: Caller, interface: Any) -> None:
        self.caller, self.interface = caller, interface(caller.api)

    def __getattr__(self, name: str) -> Ask:
        method = getattr(self.interface, name)
        return lambda *args, **kwargs: self.caller.finish(method(*args, **kwargs))


def pixels(image: Image.Image | None) -> bytes:
    assert image is not None
    return image.convert("RGB").tobytes()


# -- ControlNet -------------------------------------------------------------------------------------------------------


def test_controlnets_lists(bench: Bench, client: Caller) -> None:
    bench.answers |= {
        "/controlnet/version": {"version": 3},
        "/controlnet/model_list": {"model_list": ["canny [d14c016b]", "depth [4b8939aa]"]},
        "/controlnet/module_list": {"module_list": ["none", "canny"], "module_detail": {}},
        "/controlnet/control_types": {"control_types": {"Canny": {"module_list": ["canny"]}}},
        "/controlnet/settings": {"control_net_unit_count": 3},
    }
    assert client.controlnet_version() == 3
    assert client.controlnet_model_list() == ["canny [d14c016b]", "depth [4b8939aa]"]
    assert client.controlnet_module_list() == ["none", "canny"]
    assert client.controlnet_control_types() == {"Canny": {"module_list": ["canny"]}}
    assert client.controlnet_settings().control_net_unit_count == 3
    assert client.controlnet_model_list(update=False)
    assert client.controlnet_module_list(True)
    assert [target for _, target, _ in bench.sent][-2:] == [
        "/controlnet/model_list?update=false",
        "/controlnet/module_list?alias_names=true",
    ]


def test_controlnets_detection(bench: Bench, client: Caller) -> None:
    poses = [{"people": [], "canvas_width": 8, "canvas_height": 4}]
    bench.answers |= {
        "/controlnet/detect": {"images": [RAW], "info": "Success", "poses": poses, "tensor": ["AAA="]},
        "/controlnet/render_openpose_json": {"images": [RAW], "info": "Success"},
    }
    result = client.controlnet_detect([PNG, PNG], "canny", 256, 100, 200, masks=PNG, low_vram=True)
    assert bench.last == {
        "controlnet_input_images": [URI, URI], "controlnet_module": "canny", "controlnet_processor_res": 256,
        "controlnet_threshold_a": 100, "controlnet_threshold_b": 200, "controlnet_masks": [URI], "low_vram": True,
    }  # fmt: skip
    assert (result.info, result.poses, result.tensor) == ("Success", poses, ["AAA="])
    assert pixels(result.image) == PICTURE.tobytes()
    client.controlnet_detect(PNG)
    assert bench.last == {"controlnet_input_images": [URI]}
    assert len(client.render_openpose_json(poses)) == 1
    assert bench.last == poses


def test_forges_answer_for_what_is_no_picture(bench: Bench, client: Caller) -> None:
    bench.answers["/controlnet/detect"] = {"images": [RAW, "Detect result is not image"], "info": "Success"}
    with pytest.warns(UserWarning, match="image 1 of the answer is no picture"):
        result = client.controlnet_detect([PNG, PNG], "inpaint_only")
    assert len(result) == 1
    assert result.errors[0].index == 1


@pytest.mark.parametrize("warned", [True, False])
def test_the_old_controlnet_interface_is_translated(bench: Bench, client: Caller, warned: bool) -> None:
    bench.answers |= {
        "/sdapi/v1/scripts": {"txt2img": ["controlnet"], "img2img": ["controlnet"]},
        "/controlnet/model_list": {"model_list": ["m"]},
    }
    client = client.with_options(checks="off")
    if warned:
        with pytest.warns(DeprecationWarning, match="ControlNetInterface: .* since 2023") as caught:
            old = Bound(client, webuiapi.ControlNetInterface)
        assert len(caught) == 1
        assert caught[0].filename == __file__
    else:
        old = Bound(client, lambda api: webuiapi.ControlNetInterface(api, show_deprecation_warning=False))
    assert old.model_list() == ["m"]
    old.txt2img(
        "p", "n", [PNG], [PNG], "canny", "m", 0.6, "Scale to Fit (Inner Fit)", True, 256, 1, 2, 0.5, True, 0.4, 2,
        "Lanczos", True, 1, 2, 0.5, "Euler", 2, 2, 5, 6, 64, 72, True, {"CLIP_stop_at_last_layers": 2}, False,
    )  # fmt: skip
    target, body = bench.posts[-1]
    unit = {
        "image": RAW, "mask": RAW, "module": "canny", "model": "m", "weight": 0.6, "resize_mode": "Crop and Resize",
        "low_vram": True, "processor_res": 256, "threshold_a": 1, "threshold_b": 2, "guidance_end": 0.5,
        "control_mode": "ControlNet is more important", "enabled": True,
    }  # fmt: skip
    assert target == "/sdapi/v1/txt2img"
    assert body == {
        "prompt": "p", "negative_prompt": "n", "enable_hr": True, "denoising_strength": 0.4, "hr_scale": 2,
        "hr_upscaler": "Lanczos", "seed": 1, "subseed": 2, "subseed_strength": 0.5, "sampler_name": "Euler",
        "batch_size": 2, "n_iter": 2, "steps": 5, "cfg_scale": 6, "width": 64, "height": 72, "restore_faces": True,
        "override_settings": {"CLIP_stop_at_last_layers": 2}, "override_settings_restore_afterwards": False,
        "alwayson_scripts": {"ControlNet": {"args": [unit]}},
    }  # fmt: skip
    old.img2img([PNG], PNG, 4, prompt="p", controlnet_image=[PNG, PNG], controlnet_mask=[PNG], guess_mode=False,
                sampler_index="", width=8, height=8)  # fmt: skip
    target, body = bench.posts[-1]
    assert target == "/sdapi/v1/img2img"
    units = body.pop("alwayson_scripts")["ControlNet"]["args"]
    assert units == [
        {"image": RAW, "mask": RAW, "control_mode": "Balanced", "enabled": True},
        {"image": RAW, "control_mode": "Balanced", "enabled": True},
    ]
    assert body == {
        "init_images": [URI], "mask": URI, "mask_blur": 4, "prompt": "p", "width": 8, "height": 8,
    }  # fmt: skip


# -- RemBG ------------------------------------------------------------------------------------------------------------


def test_rembg(bench: Bench, client: Caller) -> None:
    bench.answers["/rembg"] = {"image": RAW}
    rembg = Bound(client, webuiapi.RemBGInterface)
    result = rembg.rembg(input_image=PNG, model="u2net", return_mask=False)
    assert bench.posts == [("/rembg", {"input_image": URI, "model": "u2net", "return_mask": False})]
    assert pixels(result.image) == PICTURE.tobytes()
    assert (result.info, result.parameters, len(result)) == ("", {}, 1)
    rembg.rembg(PNG, "isnet-anime", True, True, 200, 20, 5)
    assert bench.last == {
        "input_image": URI, "model": "isnet-anime", "return_mask": True, "alpha_matting": True,
        "alpha_matting_foreground_threshold": 200, "alpha_matting_background_threshold": 20,
        "alpha_matting_erode_size": 5,
    }  # fmt: skip
    with pytest.raises(ValueError, match="alpha_matting_erode_size=41 must be from 0 to 40"):
        rembg.rembg(PNG, alpha_matting_erode_size=41)


def test_rembg_without_a_model_gives_nothing(bench: Bench, client: Caller) -> None:
    bench.answers["/rembg"] = b"null"
    with pytest.warns(ParameterWarning, match="model='None' means no model"):
        result = Bound(client, webuiapi.RemBGInterface).rembg(PNG, model="None")
    assert len(result) == 0
    with pytest.raises(LookupError, match="the answer holds no pictures: no model was chosen"):
        _ = result.image


@pytest.mark.parametrize("body", [{}, [], {"info": "x"}])
def test_an_answer_that_is_no_result(bench: Bench, client: Caller, body: Any) -> None:
    bench.answers["/rembg"] = body
    with pytest.raises(webuiapi.AnswerError, match="/rembg answered without 'image'"):
        Bound(client, webuiapi.RemBGInterface).rembg(PNG)


def test_a_damaged_picture_is_told(bench: Bench, client: Caller) -> None:
    bench.answers["/rembg"] = {"image": RAW[:60]}
    with pytest.raises(webuiapi.ImageError, match="no picture in the answer is whole"):
        Bound(client, webuiapi.RemBGInterface).rembg(PNG)


# -- Segment Anything -------------------------------------------------------------------------------------------------


@pytest.fixture
def sam(client: Caller) -> Bound:
    return Bound(client, webuiapi.SegmentAnythingInterface)


def test_sam_says_it_is_there(bench: Bench, sam: Bound) -> None:
    bench.answers |= {"/sam/heartbeat": {"msg": "Success!"}, "/sam/sam-model": ["a.pth", "b.pth"]}
    assert sam.heartbeat() == {"msg": "Success!"}
    assert sam.heartbeat().msg == "Success!"
    assert sam.get_sam_models() == ["a.pth", "b.pth"]


def test_sam_predict(bench: Bench, sam: Bound) -> None:
    bench.answers["/sam/sam-predict"] = {
        "msg": "done", "blended_images": [RAW] * 3, "masks": [MASK_RAW] * 3, "masked_images": [URI] * 3,
    }  # fmt: skip
    result = sam.sam_predict(PNG, "m.pth", [(0.5, 0.25), (2, 3)], [[7.0, 1.5]], True, "d", "a cat", 0.4, True, [0, 2])
    assert bench.last == {
        "input_image": RAW, "sam_model_name": "m.pth", "sam_positive_points": [[4, 1], [2, 3]],
        "sam_negative_points": [[7.0, 1.5]], "dino_enabled": True, "dino_model_name": "d",
        "dino_text_prompt": "a cat", "dino_box_threshold": 0.4, "dino_preview_checkbox": True,
        "dino_preview_boxes_selection": [0, 2],
    }  # fmt: skip
    assert isinstance(result, webuiapi.SegmentAnythingSamResult)
    assert result.message == "done"
    assert [len(found) for found in (result.blended_images, result.masks, result.masked_images)] == [3, 3, 3]
    assert pixels(result.blended_images[0]) == PICTURE.tobytes()
    assert result.masks[2].mode == "L"


def test_sam_finds_nothing(bench: Bench, sam: Bound) -> None:
    bench.answers["/sam/sam-predict"] = {"msg": "You neither added point prompts nor enabled GroundingDINO."}
    with pytest.warns(ParameterWarning, match="neither points nor dino_enabled=True"):
        result = sam.sam_predict(image=PNG)
    assert bench.last == {"input_image": RAW}
    assert result.message.startswith("You neither added")
    assert (result.blended_images, result.masks, result.masked_images) == ([], [], [])
    with pytest.warns(ParameterWarning, match="without dino_text_prompt= looks for nothing"):
        sam.sam_predict(image=PNG, dino_enabled=True)


def test_sams_pictures_are_looked_at_on_arrival(bench: Bench, sam: Bound) -> None:
    bench.answers["/sam/sam-predict"] = {"msg": "", "masks": [RAW, RAW[:60]]}
    with pytest.raises(webuiapi.ImageError, match="/sam/sam-predict: 'masks' is cut off"):
        sam.sam_predict(PNG, sam_positive_points=[(1, 1)])
    bench.answers["/sam/sam-predict"] = []
    with pytest.raises(webuiapi.AnswerError, match="answered list where an object was expected"):
        sam.sam_predict(PNG, sam_positive_points=[(1, 1)])


def test_sams_boxes(bench: Bench, sam: Bound) -> None:
    bench.answers["/sam/dino-predict"] = {"msg": "Done", "image_with_box": RAW}
    result = sam.dino_predict(PNG, "cat", "d", 0.5)
    assert bench.last == {"input_image": RAW, "text_prompt": "cat", "dino_model_name": "d", "box_threshold": 0.5}
    assert (result.message, pixels(result.image_with_box)) == ("Done", PICTURE.tobytes())
    bench.answers["/sam/dino-predict"] = {"msg": "Please add text prompts", "image_with_box": None}
    assert sam.dino_predict(PNG, "") == webuiapi.SegmentAnythingGinoResult("Please add text prompts", None)


def test_sams_dilation(bench: Bench, sam: Bound) -> None:
    bench.answers["/sam/dilate-mask"] = {"blended_image": RAW, "mask": MASK_RAW, "masked_image": RAW}
    result = sam.dilate_mask(PNG, MASK, 30)
    assert bench.last["dilate_amount"] == 30
    assert bench.last["input_image"] == RAW
    assert pixels(result.mask) == MASK.convert("RGB").tobytes()
    assert pixels(result.blended_image) == pixels(result.masked_image) == PICTURE.tobytes()


def test_sams_segmentation(bench: Bench, sam: Bound) -> None:
    keys = ("sem_presam", "sem_postsam", "blended_presam", "blended_postsam")
    bench.answers["/sam/controlnet-seg"] = {"msg": "ok", **dict.fromkeys(keys, RAW)}
    result = sam.generate_semantic_segmentation(
        PNG, "m.pth", "SEG_ofcoco", 256, True, 2, 64, 72, points_per_side=16, crop_overlap_ratio=0.25,
        min_mask_region_area=3,
    )  # fmt: skip
    assert bench.last == {
        "payload": {
            "input_image": RAW, "sam_model_name": "m.pth", "processor": "seg_ofcoco", "processor_res": 256,
            "pixel_perfect": True, "resize_mode": 2, "target_W": 64, "target_H": 72,
        },
        "autosam_conf": {"points_per_side": 16, "crop_overlap_ratio": 0.25, "min_mask_region_area": 3},
    }  # fmt: skip
    assert isinstance(result, webuiapi.SegmentAnythingControlNetSegNotRandomResult)
    assert all(pixels(getattr(result, key)) == PICTURE.tobytes() for key in keys)


def test_sams_random_segmentation(bench: Bench, sam: Bound) -> None:
    answer: Json = {"msg": "ok", "blended_images": RAW, "random_seg": RAW, "edit_anything_control": RAW}
    bench.answers["/sam/controlnet-seg"] = answer
    result = sam.generate_semantic_segmentation(PNG, processor="random")
    assert bench.last == {"payload": {"input_image": RAW, "processor": "random"}, "autosam_conf": {}}
    assert isinstance(result, webuiapi.SegmentAnythingControlNetSegRandomResult)
    assert pixels(result.blended_image) == pixels(result.random_seg) == PICTURE.tobytes()
    bench.answers["/sam/controlnet-seg"] = {"msg": "ControlNet extension not found."}
    nothing = sam.generate_semantic_segmentation(PNG, processor="random")
    assert nothing == webuiapi.SegmentAnythingControlNetSegRandomResult(
        "ControlNet extension not found.", None, None, None
    )
    nothing = sam.generate_semantic_segmentation(PNG)
    assert nothing == webuiapi.SegmentAnythingControlNetSegNotRandomResult(
        "ControlNet extension not found.", None, None, None, None
    )


def test_sams_categories(bench: Bench, sam: Bound) -> None:
    keys = ("blended_image", "mask", "masked_image", "resized_input")
    bench.answers["/sam/category-mask"] = {"msg": "Done", **dict.fromkeys(keys, RAW)}
    result = sam.sam_and_semantic_seg_with_cat_id(PNG, "1+2+3", "m.pth")
    assert bench.last == {
        "payload": {"input_image": RAW, "category": "1+2+3", "sam_model_name": "m.pth"},
        "autosam_conf": {},
    }
    assert result.message == "Done"
    assert all(pixels(getattr(result, key)) == PICTURE.tobytes() for key in keys)


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ({"category": "cat"}, "category='cat' must be numbers joined with \\+: \"1\\+2\\+3\""),
        ({"category": "1", "pixel_perfect": True}, "pixel_perfect=True needs target_width= and target_height="),
        ({"category": "1", "processor": "seg"}, "'seg_ufade20k', 'seg_ofade20k', 'seg_ofcoco'"),
        ({"category": "1", "processor_res": 32}, "processor_res=32 must be from 64 to 2048"),
    ],
)
def test_sams_wrong_values(sam: Bound, bench: Bench, said: Json, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        sam.sam_and_semantic_seg_with_cat_id(PNG, **said)
    assert bench.posts == []


# -- words ------------------------------------------------------------------------------------------------------------


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


# -- faces ------------------------------------------------------------------------------------------------------------


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


# -- Deforum ----------------------------------------------------------------------------------------------------------

JOB = {"id": "batch(1)-0", "status": "ACCEPTED", "phase": "GENERATING", "phase_progress": 0.5, "message": None}


def test_deforums_batches_and_jobs(bench: Bench, client: Caller) -> None:
    done = {**JOB, "status": "SUCCEEDED", "phase": "DONE", "outdir": "/out", "timestring": "2024"}
    bench.answers |= {
        "/deforum_api/batches": {"message": "Job(s) accepted", "batch_id": "batch(1)", "job_ids": ["batch(1)-0"]},
        "/deforum_api/batches/batch%281%29": [JOB],
        "/deforum_api/jobs": {"batch(1)-0": JOB},
        "/deforum_api/jobs/batch%281%29-0": done,
    }
    deforum = Bound(client, webuiapi.DeforumInterface)
    batch = deforum.submit({"W": 64, "prompts": {"0": "a cat"}}, {"sd_vae": "None"})
    assert bench.last == {
        "deforum_settings": {"W": 64, "prompts": {"0": "a cat"}},
        "options_overrides": {"sd_vae": "None"},
    }
    assert (batch.batch_id, batch.job_ids) == ("batch(1)", ["batch(1)-0"])
    (job,) = deforum.batch(batch.batch_id)
    assert (job.phase, job.phase_progress, job.finished, job.message) == ("GENERATING", 0.5, False, None)
    assert deforum.jobs()["batch(1)-0"].phase == "GENERATING"
    finished = deforum.wait(batch.job_ids[0])
    assert (finished.finished, finished.outdir) == (True, "/out")
    assert deforum.job("batch(1)-0").status == "SUCCEEDED"
    bench.answers |= {
        "/deforum_api/batches": {"batch(1)": ["batch(1)-0"]},
        "/deforum_api/batches/batch%281%29": {"ids": ["batch(1)-0"], "message:": "1 job(s) cancelled."},
        "/deforum_api/jobs/batch%281%29-0": {"id": "batch(1)-0", "message": "Job cancelled."},
    }
    assert deforum.batches() == {"batch(1)": ["batch(1)-0"]}
    assert bench.sent[-1][1] == "/deforum_api/batches?id="
    cancelled = deforum.cancel_batch("batch(1)")
    assert (cancelled.ids, cancelled.message) == (["batch(1)-0"], "1 job(s) cancelled.")
    assert deforum.cancel_job("batch(1)-0").message == "Job cancelled."
    assert [method for method, _, _ in bench.sent][-2:] == ["DELETE", "DELETE"]


def test_waiting_for_deforum(bench: Bench, client: Caller) -> None:
    states = iter([JOB, {**JOB, "status": "FAILED", "error_type": "TERMINAL", "message": "no model"}])
    bench.answers["/deforum_api/jobs/x"] = lambda _: next(states)
    deforum = Bound(client, webuiapi.DeforumInterface)
    job = deforum.wait("x", check_interval=0.001)
    assert (job.status, job.message) == ("FAILED", "no model")
    bench.answers["/deforum_api/jobs/x"] = JOB
    with pytest.raises(webuiapi.CallTimeout, match=r"x is not finished after 0.01 s: GENERATING 50%"):
        deforum.wait("x", check_interval=1, timeout=0.01)
    with pytest.raises(webuiapi.NotFound):
        deforum.wait("y")


def test_deforums_simple_api(bench: Bench, client: Caller) -> None:
    bench.answers |= {
        "/deforum/version": {"version": "v1"},
        "/deforum/api_version": {"version": "1.0"},
        "/deforum/run": {"outdir": "/out"},
    }
    deforum = Bound(client, webuiapi.DeforumInterface)
    assert (deforum.version(), deforum.api_version()) == ("v1", "1.0")
    assert deforum.run_simple({"W": 64, "seed": 1}) == "/out"
    method, target, body = bench.sent[-1]
    assert (method, body) == ("POST", None)
    query = "settings_json=" + "%7B%22W%22%3A%2064%2C%20%22seed%22%3A%201%7D"
    assert target.replace("+", "%20") == f"/deforum/run?{query}&allowed_params=W%3Bseed"
    deforum.run_simple({"W": 64, "seed": 1}, ["W"])
    assert bench.sent[-1][1].endswith("&allowed_params=W")


# -- the rest ---------------------------------------------------------------------------------------------------------


def test_instruct_pix2pix(bench: Bench, client: Caller) -> None:
    bench.answers["/instruct-pix2pix/img2img"] = {"images": [RAW], "info": json.dumps({"seed": 3})}
    old = Bound(client, webuiapi.InstructPix2PixInterface)
    assert old.img2img().info == {"seed": 3}
    assert bench.last == {
        "init_images": [], "prompt": "", "negative_prompt": "", "output_batches": 1, "sampler": "Euler a", "steps": 20,
        "seed": 0, "randomize_seed": True, "text_cfg": 7.5, "image_cfg": 1.5, "randomize_cfg": False,
        "output_image_width": 512,
    }  # fmt: skip
    old.img2img([PNG], "sunset", steps=5)
    assert bench.last.items() >= {"init_images": [URI], "prompt": "sunset", "steps": 5}.items()


def test_videos_of_an_answer_are_kept(bench: Bench, client: Caller) -> None:
    video = b"\0\0\0\x20ftypisom" + bytes(20)
    bench.answers["/sdapi/v1/scripts"] = {"txt2img": ["animatediff"], "img2img": []}
    bench.answers["/sdapi/v1/txt2img"] = {
        "images": [base64.b64encode(video).decode(), RAW], "parameters": {}, "info": "{}",
    }  # fmt: skip
    result = client.txt2img("a", animatediff=webuiapi.AnimateDiff(format=["MP4"]))
    assert result.videos == [video]
    assert [part.kind for part in result.errors] == ["mp4"]
    assert repr(result).endswith("; 1 video>")
    assert len(result) == 1
    bench.answers["/sdapi/v1/txt2img"]["images"] = [base64.b64encode(video).decode()]
    only = client.txt2img("a", animatediff=webuiapi.AnimateDiff(format=["MP4"]))
    assert (only.videos, only.images) == ([video], [])
    with pytest.raises(LookupError, match="no pictures, but videos: they are in `videos`"):
        _ = only.image


def test_an_interface_shows_whose_it_is(client: Caller) -> None:
    bound = webuiapi.RemBGInterface(client.api)
    assert repr(bound) == f"RemBGInterface({client.api!r})"
    assert bound.rembg.__name__ == "rembg"
    assert bound.rembg.__doc__ == webuiapi.RemBG.__doc__


def test_an_endpoint_that_is_missing_says_so(client: Caller) -> None:
    with pytest.raises(webuiapi.NotFound, match="the extension that serves it is not installed or not enabled there"):
        Bound(client, webuiapi.RemBGInterface).rembg(PNG)
