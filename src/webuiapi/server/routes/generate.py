"""txt2img and img2img.

What is wrong with a request is found out in the webui's order: its fields, the missing init images, the mask, the
infotext, the names of scripts; then it waits for its turn, and all else, the init images first, is found out then.

`save_images` stores nothing: this server writes no files. It switches grids on, as there.
"""

from __future__ import annotations

from typing import Any

from ..errors import HTTPError
from ..processing.fill_from_infotext import fill
from ..processing.generation import Generation
from ..processing.img2img import Img2Img
from ..processing.info import Processed
from ..processing.names import AUTOMATIC, Names
from ..processing.pictures import decode, decode_all, encode
from ..processing.pipeline import process
from ..processing.slots import Chosen, Slots
from ..processing.txt2img import Txt2Img
from ..routing import Call, route


@route("POST", "/sdapi/v1/txt2img")
def txt2img(call: Call) -> dict[str, Any]:
    """Pictures from words."""
    fields = dict(call.fields)
    chosen = _choose(call, fields, "txt2img")
    with call.state.queued("txt2img", fields["force_task_id"], "scripts_txt2img") as job:
        run = Txt2Img(call.state, job, _for_pipeline(call, fields))
        job.start()
        processed = _paint(run, chosen)
    return _answer(call, fields, processed)


@route("POST", "/sdapi/v1/img2img")
def img2img(call: Call) -> dict[str, Any]:
    """Pictures from pictures."""
    state, fields = call.state, dict(call.fields)
    init_images, mask = fields["init_images"], fields["mask"]
    if init_images is None:
        raise HTTPError(404, "Init image not found")
    if mask:
        mask = decode(mask, state.options)
    chosen = _choose(call, fields, "img2img")
    with state.queued("img2img", fields["force_task_id"], "scripts_img2img") as job:
        run = Img2Img(state, job, {**_for_pipeline(call, fields), "mask": mask or None})
        run.init_images = decode_all(init_images, state.options)
        job.start()
        processed = _paint(run, chosen)
    if not fields["include_init_images"]:
        fields["init_images"] = fields["mask"] = None
    return _answer(call, fields, processed)


def _choose(call: Call, fields: dict[str, Any], kind: str) -> Chosen:
    """Read the infotext into the fields, and find the scripts that they name."""
    slots = Slots(call.state.catalog, kind)
    read = fill(fields, call.given, kind, call.state, slots)
    selected = slots.selectable(fields["script_name"])
    return slots.choose(selected, fields["script_args"], fields["alwayson_scripts"], read)


def _for_pipeline(call: Call, fields: dict[str, Any]) -> dict[str, Any]:
    """The fields as the pipeline takes them: sampler and scheduler that exist, and grids where pictures are saved."""
    names = Names(call.state.catalog)
    sampler, scheduler = names.resolve(fields["sampler_name"] or fields["sampler_index"], fields["scheduler"])
    given = fields["scheduler"]
    if not given and scheduler != AUTOMATIC:
        given = scheduler
    return {**fields, "sampler_name": sampler, "scheduler": given, "do_not_save_grid": not fields["save_images"]}


def _paint(run: Generation, chosen: Chosen) -> Processed:
    """Run the selectable script, if there is one that this server knows; any other is passed over."""
    run.scripts = chosen.active
    if chosen.script is None:
        return process(run)
    processed: Processed = chosen.script.run(run, *chosen.script_arguments)
    return processed


def _answer(call: Call, fields: dict[str, Any], processed: Processed) -> dict[str, Any]:
    images = [encode(image, call.state.options) for image in processed.images] if fields["send_images"] else []
    return {"images": images, "parameters": fields, "info": processed.to_json()}
