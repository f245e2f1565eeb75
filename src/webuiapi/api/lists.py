"""What a server has: samplers, schedulers, models, upscalers and the rest of its lists, each with typed properties."""

from __future__ import annotations

from typing import Any

from ..items import (
    Item,
    anything,
    flag,
    integer,
    items,
    mapping,
    number,
    optional_number,
    optional_text,
    text,
    texts,
)
from .base import GetItem, GetList


class Sampler(Item):
    """A sampler."""

    name = text()
    aliases = texts()
    """Other names; the webui does not accept them in requests."""
    options = mapping()


class Scheduler(Item):
    """A schedule of noise levels (server 1.9 and newer)."""

    name = text()
    """As in `karras`."""
    label = text()
    """As in `Karras`."""
    aliases = texts()
    default_rho = optional_number()
    need_inner_model = flag()


class SDModel(Item):
    """A checkpoint."""

    title = text()
    """As options and requests name it: `name.safetensors [hash]`, without the hash until the first load."""
    model_name = text()
    hash = optional_text()
    """The first ten digits of sha256; None until the first load."""
    sha256 = optional_text()
    filename = text()
    """Path on the server."""
    config = optional_text()


class Upscaler(Item):
    """An upscaler."""

    name = text()
    model_name = optional_text()
    model_path = optional_text()
    """Path on the server, or the address it will be downloaded from."""
    model_url = optional_text()
    scale = number()


class LatentUpscaleMode(Item):
    """A way of enlarging before the hires pass without leaving latent space."""

    name = text()


class SDVae(Item):
    """A VAE."""

    model_name = text()
    filename = text()
    """Path on the server."""


class SDModule(SDVae):
    """A VAE or text encoder of Forge; `filename` goes into the option `forge_additional_modules`."""


class Hypernetwork(Item):
    """A hypernetwork."""

    name = text()
    path = optional_text()


class FaceRestorer(Item):
    """A face restorer."""

    name = text()
    cmd_dir = optional_text()


class RealesrganModel(Item):
    """A Real-ESRGAN upscaler."""

    name = text()
    path = optional_text()
    scale = optional_number()


class PromptStyle(Item):
    """A saved style."""

    name = text()
    prompt = optional_text()
    """What it adds; `{prompt}` in it is the place of the prompt."""
    negative_prompt = optional_text()


class Embedding(Item):
    """A textual inversion."""

    step = optional_number()
    sd_checkpoint = optional_text()
    """Hash of the checkpoint it was trained on."""
    sd_checkpoint_name = optional_text()
    shape = integer()
    """Numbers in each vector: 768 for SD 1, 1024 for SD 2, 1280 for SDXL."""
    vectors = integer()
    """Tokens it takes up in a prompt."""


class Embeddings(Item):
    """The textual inversions: those that fit the current checkpoint, and those that do not."""

    @property
    def loaded(self) -> dict[str, Embedding]:
        """By name. SD.Next gives names only, so the items are empty there."""
        return _by_name(self.get("loaded"))

    @property
    def skipped(self) -> dict[str, Embedding]:
        """Made for another kind of checkpoint, by name."""
        return _by_name(self.get("skipped"))


def _by_name(value: Any) -> dict[str, Embedding]:
    if isinstance(value, dict):
        return {name: Embedding.read(item if isinstance(item, dict) else {}) for name, item in value.items()}
    return {name: Embedding() for name in value if isinstance(name, str)} if isinstance(value, list) else {}


class Lora(Item):
    """A LoRA; `<lora:name:weight>` in a prompt uses it."""

    name = text()
    alias = text()
    path = text()
    metadata = mapping()


class Scripts(Item):
    """The names of the installed scripts, selectable and always-on mixed, mostly in lower case."""

    txt2img = texts()
    img2img = texts()


class ScriptArg(Item):
    """One argument of a script."""

    label = optional_text()
    value = anything()
    """The default."""
    minimum = optional_number()
    maximum = optional_number()
    step = optional_number()
    choices = texts()


class ScriptInfo(Item):
    """A script and its arguments in positional order."""

    name = text()
    is_alwayson = flag()
    is_img2img = flag()
    args = items(ScriptArg)


class Extension(Item):
    """An installed third-party extension."""

    name = text()
    remote = text()
    branch = text()
    commit_hash = text()
    version = text()
    commit_date = text()
    enabled = flag()


class Memory(Item):
    """Memory in bytes."""

    ram = mapping()
    """`free`, `used`, `total`."""
    cuda = mapping()
    """`system`, `active`, `allocated`, ... each with `free`/`used`/`total` or `current`/`peak`; or `error`."""


class CmdFlags(Item):
    """The flags that the server was started with. `api_auth` shows the passwords in clear."""

    def __repr__(self) -> str:
        return f"CmdFlags({ {name: '***' if 'auth' in name and value else value for name, value in self.items()} })"


class GetSamplers(GetList[Sampler]):
    """The samplers: GET /sdapi/v1/samplers."""

    path, kind = "/sdapi/v1/samplers", Sampler


class GetSchedulers(GetList[Scheduler]):
    """The schedulers (server 1.9 and newer): GET /sdapi/v1/schedulers."""

    path, kind = "/sdapi/v1/schedulers", Scheduler


class GetSDModels(GetList[SDModel]):
    """The checkpoints: GET /sdapi/v1/sd-models."""

    path, kind = "/sdapi/v1/sd-models", SDModel


class GetUpscalers(GetList[Upscaler]):
    """The upscalers: GET /sdapi/v1/upscalers."""

    path, kind = "/sdapi/v1/upscalers", Upscaler


class GetLatentUpscaleModes(GetList[LatentUpscaleMode]):
    """The latent upscale modes for hires fix: GET /sdapi/v1/latent-upscale-modes."""

    path, kind = "/sdapi/v1/latent-upscale-modes", LatentUpscaleMode


class GetSDVae(GetList[SDVae]):
    """The VAEs (not on Forge, which has sd-modules): GET /sdapi/v1/sd-vae."""

    path, kind = "/sdapi/v1/sd-vae", SDVae


class GetSDModules(GetList[SDModule]):
    """The VAEs and text encoders of Forge: GET /sdapi/v1/sd-modules."""

    path, kind = "/sdapi/v1/sd-modules", SDModule


class GetHypernetworks(GetList[Hypernetwork]):
    """The hypernetworks: GET /sdapi/v1/hypernetworks."""

    path, kind = "/sdapi/v1/hypernetworks", Hypernetwork


class GetFaceRestorers(GetList[FaceRestorer]):
    """The face restorers: GET /sdapi/v1/face-restorers."""

    path, kind = "/sdapi/v1/face-restorers", FaceRestorer


class GetRealesrganModels(GetList[RealesrganModel]):
    """The Real-ESRGAN upscalers: GET /sdapi/v1/realesrgan-models."""

    path, kind = "/sdapi/v1/realesrgan-models", RealesrganModel


class GetPromptStyles(GetList[PromptStyle]):
    """The saved styles: GET /sdapi/v1/prompt-styles."""

    path, kind = "/sdapi/v1/prompt-styles", PromptStyle


class GetLoras(GetList[Lora]):
    """The LoRAs: GET /sdapi/v1/loras."""

    path, kind = "/sdapi/v1/loras", Lora


class GetScriptInfo(GetList[ScriptInfo]):
    """The scripts with their arguments: GET /sdapi/v1/script-info."""

    path, kind = "/sdapi/v1/script-info", ScriptInfo


class GetExtensions(GetList[Extension]):
    """The third-party extensions: GET /sdapi/v1/extensions."""

    path, kind = "/sdapi/v1/extensions", Extension


class GetEmbeddings(GetItem[Embeddings]):
    """The textual inversions: GET /sdapi/v1/embeddings."""

    path, kind = "/sdapi/v1/embeddings", Embeddings


class GetScripts(GetItem[Scripts]):
    """The names of the scripts: GET /sdapi/v1/scripts."""

    path, kind = "/sdapi/v1/scripts", Scripts


class GetMemory(GetItem[Memory]):
    """Main and graphics memory: GET /sdapi/v1/memory."""

    path, kind = "/sdapi/v1/memory", Memory


class GetCmdFlags(GetItem[CmdFlags]):
    """The flags that the server was started with, passwords included: GET /sdapi/v1/cmd-flags."""

    path, kind = "/sdapi/v1/cmd-flags", CmdFlags
