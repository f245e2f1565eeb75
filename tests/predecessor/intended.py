"""What differs on purpose in cases marked `same`: which defect of the predecessor it cures, or why it is equal."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from .compare import Difference

_ANY = object()
_GENERATE = r"/sdapi/v1/(txt2img|img2img)/"
_UNIT = r"/sdapi/v1/\w+/alwayson_scripts/controlnet/args/\*/"
_ROOP = r"/sdapi/v1/\w+/alwayson_scripts/roop/args/"
_DIFF = r"/sdapi/v1/\w+/alwayson_scripts/animatediff/args/\*/"


@dataclass(frozen=True)
class Intended:
    """One difference that is meant."""

    kind: str
    place: str
    """A regular expression for the whole place."""
    theirs: Any
    """What they send there."""
    defect: str
    """What it cures; "" where nothing changes."""
    why: str
    case: str
    """A case that shows it."""

    def covers(self, found: Difference, case: str) -> bool:
        """Whether a difference found in a case is this one."""
        if found.kind in ("requests", "raises") and case != self.case:
            return False
        value = self.theirs is _ANY or (found.theirs == self.theirs and (found.theirs is True) == (self.theirs is True))
        return self.kind == found.kind and value and re.fullmatch(self.place, found.place) is not None


def _left_out(place: str, theirs: Any, defect: str, why: str, case: str = "txt2img_default") -> Intended:
    return Intended("left out", place, theirs, defect, why, case)


def _instead(kind: str, theirs: Any, defect: str, why: str, case: str) -> Intended:
    return Intended(kind, "step 0", theirs, defect, why, case)


_TWICE = "idle twice: a pause between two jobs is not the end"
_REFUSED = "the extension drops all units for it, without a word"
_OPTION = "the server's own option applies, as on its page"
_EQUAL = "another word for the server's default"

INTENDED = (
    _left_out(_GENERATE + "scheduler", "automatic", "D04", "it undoes the schedule in old combined sampler names"),
    _left_out(_GENERATE + "sampler_index", _ANY, "D03", "the server looks at sampler_name first, which is sent"),
    _left_out(_GENERATE + "eta", 1.0, "D31", "DDIM and PLMS have 0"),
    _left_out(_GENERATE + "s_(churn|tmax|tmin)", 0, "D31", _OPTION),
    _left_out(_GENERATE + "s_noise", 1, "D31", _OPTION),
    _left_out(_GENERATE + "restore_faces", False, "D31", _OPTION),
    _left_out(_GENERATE + "tiling", False, "D31", _OPTION),
    _left_out("/sdapi/v1/img2img/initial_noise_multiplier", 1, "D31", _OPTION, "img2img_readme"),
    _left_out(
        "/sdapi/v1/img2img/image_cfg_scale", 1.5, "D31", "read by InstructPix2Pix models alone", "img2img_readme"
    ),
    _left_out("/sdapi/v1/txt2img/denoising_strength", 0.7, "D31", "read with enable_hr alone, and sent then"),
    _left_out("/sdapi/v1/txt2img/alwayson_scripts", None, "D22", "the server refuses null", "txt2img_none_collections"),
    _left_out("/sdapi/v1/txt2img/hr_upscaler", "Latent", "", _EQUAL),
    _left_out("/sdapi/v1/img2img/mask_blur", 4, "", "the server's mask_blur_x and mask_blur_y are 4", "img2img_readme"),
    _left_out(_GENERATE + "styles", [], "", _EQUAL),
    _left_out(_GENERATE + "override_settings", {}, "", _EQUAL),
    _left_out(_GENERATE + "seed_resize_from_[hw]", 0, "", "0 and -1 are both off"),
    _left_out(_UNIT + "processor_res", 512, "D31", "the module's own applies", "txt2img_controlnet_default_unit"),
    _left_out(_UNIT + "threshold_[ab]", 64, "D31", "the module's own applies", "txt2img_controlnet_default_unit"),
    _left_out(_UNIT + "resize_mode", "Resize and Fill", "D31", "as on the page", "txt2img_controlnet_default_unit"),
    _left_out(_UNIT + "image", "", "", _EQUAL, "txt2img_controlnet_default_unit"),
    _left_out(_ROOP + "[346]", _ANY, "D31", "the extension's own restorer and upscaler", "txt2img_roop_default"),
    _left_out(_DIFF + "format", ["GIF"], "D31", _OPTION, "txt2img_animatediff_default"),
    _left_out(
        "/sam/controlnet-seg/autosam_conf/points_per_side", None, "", "null makes the extension fail", "sam_seg_all"
    ),
    Intended(
        "added", _DIFF + "latent_\\w+", None, "", "said, and without effect in txt2img", "txt2img_animatediff_all"
    ),
    Intended("added", _DIFF + "video_source", None, "D24", "it is sent", "txt2img_animatediff_all"),
    Intended(
        "changed",
        "/sdapi/v1/img2img/init_images/\\*",
        {"$picture": "data:image/png;base64,PNG RGB 8x4 340a7554f1be2f66"},
        "D29",
        "a photo is sent the way up that its EXIF data says",
        "img2img_jpeg_exif",
    ),
    Intended(
        "changed",
        "/sdapi/v1/options authorization",
        "Basic dXPpcjpw5A==",
        "",
        "UTF-8, as browsers send it and password files have it (A1111 refuses both forms)",
        "init_auth_unicode",
    ),
    Intended("changed", "/sdapi/v1/progress query", None, "D35", "no preview for nothing", "util_wait_for_ready_idle"),
    _instead("requests", ["GET /sdapi/v1/progress"], "D34", _TWICE, "util_wait_for_ready_idle"),
    _instead("requests", ["GET /sdapi/v1/progress"] * 3, "D34", _TWICE, "util_wait_for_ready_busy"),
    _instead("requests", ["POST /sdapi/v1/txt2img"], "D49", _REFUSED, "txt2img_controlnet_mode_3"),
    _instead("raises", None, "D49", _REFUSED, "txt2img_controlnet_mode_3"),
)

RETURNS = {
    "txt2img_default": ("", "a prompt that was not said is not sent, and the stub answers with what it was sent"),
    "txt2img_positional": ("", "a prompt that was not said is not sent, and the stub answers with what it was sent"),
    "img2img_animatediff": ("", "a prompt that was not said is not sent, and the stub answers with what it was sent"),
    "init_default": ("D04", "`default_scheduler` is None"),
    "txt2img_controlnet_mode_3": ("D49", "it is refused"),
    "answer_info_plain_text": ("D26", "`info` of a generation is a dict, empty where the server sent none"),
    "answer_no_fields": ("D26", "`info` and `parameters` of a generation are dicts"),
    "png_info_json_looking": ("D26", "`info` of png_info is a text, even one that reads as a number"),
}
"""Cases whose result is another on purpose."""
