"""txt2img and img2img: the parameters of a generation, and the result.

Facts about defaults, ranges and silent rules are of AUTOMATIC1111 1.10.1 unless another server is named. A parameter
left at None is not sent, so the server's own default applies; `extra` sends fields that are not listed here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, cast

from .. import images as pictures
from ..answers import read_generation
from ..checks import Problem, field_problems, in_stages, number_of, within
from ..extensions.base import ignored, units_of
from ..request import LOCAL, Answer, ClientDefaults, Flow, replaced, said, sent_as
from ..results import WebUIApiResult
from .files import ToFiles
from .masks import mask_problems

if TYPE_CHECKING:
    from typing_extensions import Self

    from ..extensions.base import Unit
    from ..images import ImageInput
    from ..infotext import GenerationParameters


@dataclass(frozen=True, eq=False)
class Generation(ToFiles[WebUIApiResult]):
    """What txt2img and img2img have in common."""

    generation: ClassVar[bool] = True
    reads_arriving: ClassVar[bool] = True

    prompt: str | None = None
    """What to paint. `<lora:name:weight>` uses a LoRA, `(word:1.2)` weighs, `# ...` to the end of a line is cut."""
    _: KW_ONLY
    negative_prompt: str | None = None
    """What to keep out of the picture."""
    styles: Sequence[str] | None = None
    """Names of saved styles, in any case, applied in order. Unknown ones do nothing: a warning."""
    seed: int | None = None
    """-1 (default): the server draws one. Picture i of a call has seed + i. May be larger than 32 bits."""
    subseed: int | None = None
    """The variation seed; -1 (default): the server draws one."""
    subseed_strength: float | None = field(default=None, metadata=within(0, 1))
    """0 (default) to 1: how far to go from the seed's picture to the subseed's. Above 0 all share the seed."""
    seed_resize_from_h: int | None = None
    """Height in pixels of a picture whose composition is to be kept at another size; -1 or 0: off (default)."""
    seed_resize_from_w: int | None = None
    """Width in pixels of a picture whose composition is to be kept at another size; -1 or 0: off (default)."""
    sampler_name: str | None = None
    """Name as get_samplers() gives it, in any case. Unknown: `UnknownName` (A1111 1.10 would take DPM++ 2M)."""
    scheduler: str | None = None
    """Name or label as get_schedulers() gives it (server 1.9 and newer). Unknown: Automatic. Default: the sampler's."""
    batch_size: int | None = field(default=None, metadata=within(1))
    """Pictures painted at the same time, from 1 (default). Costs graphics memory."""
    n_iter: int | None = field(default=None, metadata=within(1))
    """Batches painted one after the other, from 1 (default): batch_size x n_iter pictures in all."""
    steps: int | None = field(default=None, metadata=within(1))
    """Sampling steps, from 1. The server's default is 50; a client's, sent when this is not said, 20."""
    cfg_scale: float | None = None
    """How closely to follow the prompt: 1 ignores the negative prompt, 7 is the default, 30 is extreme."""
    width: int | None = field(default=None, metadata=within(8))
    """Pixels, default 512. Cut to a multiple of 8."""
    height: int | None = field(default=None, metadata=within(8))
    """Pixels, default 512. Cut to a multiple of 8."""
    restore_faces: bool | None = None
    """Repair faces afterwards. Default: the server's option."""
    tiling: bool | None = None
    """Make opposite edges meet, for textures. Default: the server's option."""
    do_not_save_samples: bool | None = None
    """Without effect: the server sets it to the opposite of save_images."""
    do_not_save_grid: bool | None = None
    """Without effect: the server sets it to the opposite of save_images."""
    eta: float | None = None
    """Noise multiplier of ancestral samplers and DDIM, 0 to 1. Default: the server's options (1 and 0)."""
    denoising_strength: float | None = field(default=None, metadata=within(0, 1))
    """0 to 1: how much is painted anew. img2img: default 0.75. txt2img: for the hires pass, 0.7 is sent by default."""
    s_min_uncond: float | None = field(default=None, metadata=within(0, 15))
    """0 to 15: skip the negative prompt in steps whose sigma is below; faster. Default: the server's option."""
    s_churn: float | None = field(default=None, metadata=within(0, 100))
    """0 to 100: stochasticity of some samplers. Default: the server's option."""
    s_tmax: float | None = field(default=None, metadata=within(0))
    """Highest sigma to which s_churn applies; 0 is no limit. Default: the server's option."""
    s_tmin: float | None = field(default=None, metadata=within(0, 10))
    """Lowest sigma to which s_churn applies, 0 to 10. Default: the server's option."""
    s_noise: float | None = field(default=None, metadata=within(0, 1.1))
    """0 to 1.1: noise added by s_churn. Default: the server's option."""
    override_settings: Mapping[str, Any] | None = None
    """Options for this call only, as in set_options(). Unknown ones, checkpoints and VAEs: `UnknownName`."""
    override_settings_restore_afterwards: bool | None = None
    """Put the options back afterwards. Default true; false leaves them changed for everyone."""
    refiner_checkpoint: str | None = None
    """Checkpoint that takes over for the last steps, by any name; "None" is off. Unknown: `UnknownName`."""
    refiner_switch_at: float | None = field(default=None, metadata=within(0, 1))
    """0 to 1: the share of the steps after which the refiner takes over."""
    disable_extra_networks: bool | None = None
    """Leave LoRAs and hypernetworks of the prompt out. Default false."""
    firstpass_image: str | None = None
    """Unusable over HTTP (the server does not decode it): kept for completeness."""
    comments: Mapping[str, Any] | None = None
    """For the server's own use: kept for completeness."""
    force_task_id: str | None = None
    """A name for the task, to ask for its progress with (server 1.8 and newer)."""
    sampler_index: str | None = None
    """The old name of sampler_name; used when that is not given."""
    script_name: str | None = None
    """Title of a selectable script, in any case. Unknown: an error."""
    script_args: Sequence[Any] | None = None
    """The script's arguments: exactly as many as it has, see get_script_info()."""
    send_images: bool | None = None
    """Send the pictures back. Default true."""
    save_images: bool | None = None
    """Save the pictures on the server too. Default false. With several, a grid then comes first."""
    alwayson_scripts: Mapping[str, Any] | None = None
    """Arguments of always-on scripts: `{"title": {"args": [...]}}`, titles in any case. Unknown: an error."""
    infotext: str | None = None
    """Generation parameters as the webui writes them; they fill what the call does not say (server 1.8 and newer)."""
    scripts: Unit | Sequence[Unit] | None = field(default=None, metadata=LOCAL)
    """Units of extensions and scripts: `[XYZPlot(...), FreeU(...)]`; at most one that is a selectable script."""
    controlnet_units: Unit | Sequence[Unit] | None = field(default=None, metadata=LOCAL)
    """`ControlNetUnit`, one or several."""
    adetailer: Unit | Sequence[Unit] | None = field(default=None, metadata=LOCAL)
    """`ADetailer`, one or several."""
    animatediff: Unit | Sequence[Unit] | None = field(default=None, metadata=LOCAL)
    """`AnimateDiff`."""
    roop: Unit | Sequence[Unit] | None = field(default=None, metadata=LOCAL)
    """`Roop`."""
    reactor: Unit | Sequence[Unit] | None = field(default=None, metadata=LOCAL)
    """`ReActor`."""
    sag: Unit | Sequence[Unit] | None = field(default=None, metadata=LOCAL)
    """`Sag`: self-attention guidance."""
    model: str | None = field(default=None, metadata=LOCAL)
    """A checkpoint for this call only: title, name, file name, hash or a unique part. Unknown: `UnknownName`."""
    vae: str | None = field(default=None, metadata=LOCAL)
    """A VAE for this call only, by name; "Automatic" or "None". Unknown: `UnknownName`."""
    clip_skip: int | None = field(default=None, metadata={**LOCAL, **within(1, 12)})
    """For this call only: stop at this layer of the text encoder from the end, 1 (none skipped) to 12."""
    refiner: str | None = field(default=None, metadata=LOCAL)
    """The refiner_checkpoint by any name that `model` takes. Unknown: `UnknownName`."""
    progress: bool | None = field(default=None, metadata=LOCAL)
    """Show how far it is: a bar on a terminal (needs rich), with the preview in a notebook. Not for submitted jobs."""
    extra: Mapping[str, Any] | None = field(default=None, metadata=LOCAL)
    """Fields that are not listed here, sent as they are. `{"name": None}` sends a null."""

    def payload(self) -> dict[str, Any]:
        payload = said(self)
        if self.sampler_name is None and self.sampler_index is not None:
            payload.setdefault("sampler_name", self.sampler_index)  # servers look at the new name first
        return payload

    def problems(self) -> Iterator[Problem]:
        return in_stages(self._wrong_values(), self.contradictions())

    def _wrong_values(self) -> Iterator[Problem]:
        yield from field_problems(self)
        yield from self.wrong_files()
        for name in ("width", "height"):
            yield from _odd_size(name, getattr(self, name))
        for unit in units_of(self):
            yield from unit.problems()

    def contradictions(self) -> Iterator[Problem]:
        for unit in units_of(self):
            yield from unit.pitfalls(self)

    def review(self, result: WebUIApiResult) -> Iterator[str]:
        yield from ignored(units_of(self), result)
        used, asked = result.info.get("sampler_name"), self.sampler_name or self.sampler_index
        if (
            isinstance(used, str)
            and isinstance(asked, str)
            and used
            and not f"{asked} ".casefold().startswith(f"{used} ".casefold())
        ):
            yield f"sampler_name={asked!r} was asked for, and the server used {used!r}"
        yield from self._other_model(result)

    def _other_model(self, result: WebUIApiResult) -> Iterator[str]:
        """That another checkpoint was used; a script may have gone through several."""
        asked = self.model or (self.override_settings or {}).get("sd_model_checkpoint")
        used, digest = result.info.get("sd_model_name"), result.info.get("sd_model_hash") or ""
        scripted = self.script_name or any(unit.selectable for unit in units_of(self))
        if not (isinstance(asked, str) and isinstance(used, str) and asked and used) or scripted:
            return
        wanted, name, short = asked.casefold(), used.casefold(), str(digest).casefold()
        titles = [f"{name}{suffix} [{short}]" for suffix in ("", ".safetensors", ".ckpt")]
        if name not in wanted and not (short and short in wanted) and not any(wanted in title for title in titles):
            yield f"the model {asked!r} was asked for, and the server used {used!r}"

    def preparation(self) -> Flow[Self] | None:
        from .prepare import prepare

        return prepare(self)

    def with_defaults(self, defaults: ClientDefaults) -> Self:
        if self.infotext is not None:  # its sampler and steps are to be used, not the client's
            return self
        changes: dict[str, Any] = {}
        extra = self.extra if isinstance(self.extra, Mapping) else {}  # anything else is refused, before this is sent
        named = self.sampler_name is not None or self.sampler_index is not None
        if not named and not {"sampler_name", "sampler_index"} & extra.keys():
            changes["sampler_name"] = defaults.sampler
        if self.scheduler is None and "scheduler" not in extra:
            changes["scheduler"] = defaults.scheduler
        if self.steps is None and "steps" not in extra:
            changes["steps"] = defaults.steps
        return replaced(self, **changes)

    def parse(self, answer: Answer) -> WebUIApiResult:
        return read_generation(answer, self.seed if isinstance(self.seed, int) else None)


def _odd_size(name: str, value: Any) -> Iterator[Problem]:
    number = number_of(value)
    if number is not None and number > 8 and number == number // 1 and number % 8:
        cut = int(number) // 8 * 8
        yield Problem(f"{name}={int(number)} is no multiple of 8: the server makes it {cut}", fatal=False)


_FOR_HIRES = (
    "hr_scale", "hr_upscaler", "hr_second_pass_steps", "hr_resize_x", "hr_resize_y", "hr_checkpoint_name",
    "hr_sampler_name", "hr_scheduler", "hr_prompt", "hr_negative_prompt",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Txt2Img(Generation):
    """Paint pictures from a text: POST /sdapi/v1/txt2img."""

    path: ClassVar[str] = "/sdapi/v1/txt2img"

    _: KW_ONLY
    enable_hr: bool | None = None
    """Hires fix: paint again at a larger size. Default false."""
    firstphase_width: int | None = None
    """Deprecated on the server; 0 (default) is off."""
    firstphase_height: int | None = None
    """Deprecated on the server; 0 (default) is off."""
    hr_scale: float | None = field(default=None, metadata=within(above=0))
    """Factor of the hires pass, default 2."""
    hr_upscaler: str | None = None
    """A latent mode (get_latent_upscale_modes()) or an upscaler. Default Latent. Unknown: `UnknownName`."""
    hr_second_pass_steps: int | None = field(default=None, metadata=within(0))
    """Steps of the hires pass; 0 (default): as many as steps."""
    hr_resize_x: int | None = field(default=None, metadata=within(0))
    """Width of the hires pass in pixels instead of hr_scale; 0 (default): by the other side's ratio."""
    hr_resize_y: int | None = field(default=None, metadata=within(0))
    """Height of the hires pass in pixels instead of hr_scale; 0 (default): by the other side's ratio."""
    hr_checkpoint_name: str | None = None
    """Another checkpoint for the hires pass, by any name. Unknown: `UnknownName`."""
    hr_sampler_name: str | None = None
    """Another sampler for the hires pass. Unknown: `UnknownName`."""
    hr_scheduler: str | None = None
    """Another scheduler for the hires pass."""
    hr_prompt: str | None = None
    """Another prompt for the hires pass; "" (default): the same."""
    hr_negative_prompt: str | None = None
    """Another negative prompt for the hires pass; "" (default): the same."""

    left_out: Sequence[str] | None = field(default=None, metadata=LOCAL)
    """What `from_image` and `from_parameters` could not carry over, a sentence each."""

    @classmethod
    def from_parameters(cls, parameters: GenerationParameters | str) -> Self:
        """The request that makes the picture with these generation parameters again; see `left_out`."""
        from ..infotext import parse, request_fields

        fields, left_out = request_fields(parse(parameters) if isinstance(parameters, str) else parameters)
        return cls(**fields, left_out=left_out)

    @classmethod
    def from_image(cls, image: ImageInput) -> Self:
        """The request that makes a picture again, from the generation parameters in its file; see `left_out`.

        Raises `ValueError` when the file holds none.
        """
        from ..infotext import GenerationParameters

        data = pictures.received_bytes(Path(image) if isinstance(image, str) else image, "image")
        return cls.from_parameters(GenerationParameters.from_image(cast("Any", image) if data is None else data))

    def contradictions(self) -> Iterator[Problem]:
        yield from super().contradictions()
        said = [name for name in _FOR_HIRES if getattr(self, name)]
        # A false that was said means what it says; generation parameters in a text may switch it on.
        if said and self.enable_hr is None and self.infotext is None and "enable_hr" not in (self.extra or {}):
            yield Problem(f"{', '.join(said)} without enable_hr=True: no effect", fatal=False)

    def payload(self) -> dict[str, Any]:
        payload = super().payload()
        if payload.get("enable_hr") and "denoising_strength" not in payload:
            payload["denoising_strength"] = 0.7  # the server has no default and would fail
        return payload


@dataclass(frozen=True, eq=False)
class InitImages:
    """The pictures that img2img starts from: before the prompt, since they come first in a call."""

    images: ImageInput | Sequence[ImageInput] | None = field(default=None, metadata=sent_as("init_images"))
    """One picture or several. With several, batch_size is to be their number: one for each."""


@dataclass(frozen=True, eq=False)
class Img2Img(Generation, InitImages):
    """Paint pictures from pictures: POST /sdapi/v1/img2img."""

    path: ClassVar[str] = "/sdapi/v1/img2img"

    _: KW_ONLY
    mask_image: ImageInput | None = field(default=None, metadata=sent_as("mask"))
    """White is painted anew, black is kept. Of a picture with real transparency, the alpha channel is the mask."""
    resize_mode: int | None = field(default=None, metadata=within(0, 3))
    """How a picture of another size is fitted: 0 resize (default), 1 crop and resize, 2 resize and fill, 3 latent."""
    image_cfg_scale: float | None = None
    """How closely to follow the picture, for InstructPix2Pix models; 1.5 is usual there."""
    mask_blur: int | None = field(default=None, metadata=within(0))
    """Softness of the mask's edge in pixels, in both directions. Default: 4."""
    mask_blur_x: int | None = field(default=None, metadata=within(0))
    """Softness of the mask's edge in pixels, horizontally. Default 4."""
    mask_blur_y: int | None = field(default=None, metadata=within(0))
    """Softness of the mask's edge in pixels, vertically. Default 4."""
    mask_round: bool | None = None
    """Make the mask black and white. Default true; false keeps soft values."""
    inpainting_fill: int | None = field(default=None, metadata=within(0, 3))
    """What the masked part starts from: 0 fill (default), 1 original, 2 latent noise, 3 latent nothing."""
    inpaint_full_res: bool | None = None
    """Paint only the masked part, at full size, and put it back (default); the result has the picture's size."""
    inpaint_full_res_padding: int | None = field(default=None, metadata=within(0))
    """Pixels of the surroundings taken along with the masked part. Default 0; the web page's is 32."""
    inpainting_mask_invert: int | None = field(default=None, metadata=within(0, 1))
    """1: paint what is not masked. Default 0."""
    initial_noise_multiplier: float | None = None
    """0 to 1.5: strength of the noise added at first. Default: the server's option."""
    latent_mask: str | None = None
    """Unusable over HTTP (the server does not decode it): kept for completeness."""
    include_init_images: bool | None = None
    """Send the given pictures back in `parameters`. Default false."""
    size: Literal["input"] | tuple[int, int] | None = field(default=None, metadata=LOCAL)
    """"input": width and height are those of the picture. A pair: width and height."""

    def payload(self) -> dict[str, Any]:
        payload = super().payload()
        if self.images is not None:
            payload["init_images"] = pictures.several(self.images, "images")
        if self.mask_image is not None:
            payload["mask"] = pictures.outgoing(self.mask_image, "mask_image")
        payload.update(self._size())
        return payload

    def contradictions(self) -> Iterator[Problem]:
        yield from super().contradictions()
        given = [] if self.images is None else pictures.items(self.images)
        batch_size = int(number_of(self.batch_size) or 1)
        if not given and "init_images" not in (self.extra or {}):
            yield Problem(
                "images: img2img needs a picture to start from" + (", not only a mask" * (self.mask_image is not None))
            )
        elif len(given) > batch_size and len(given) > 1:
            yield Problem(
                f"images: {len(given)} pictures and batch_size={batch_size}: "
                f"the server wants batch_size={len(given)}, one picture for each"
            )
        elif not (self.extra and {"width", "height", "init_images"} & self.extra.keys()):
            yield from self._squashed()
        if 1 < len(given) < batch_size:
            yield Problem(f"batch_size={batch_size}: the server makes it {len(given)}, one for each picture", False)
        if self.size is not None and given:
            for name, value in self._size().items():
                yield from _odd_size(name, value)
        yield from mask_problems(self)

    def _size(self) -> dict[str, int]:
        if self.size is None:
            return {}
        if self.width is not None or self.height is not None:
            raise ValueError("size= and width= or height= are both given: give one of the two")
        if self.size != "input":
            pair: Any = self.size
            numbers = [number_of(side) for side in pair] if isinstance(pair, list) else []
            if len(numbers) != 2 or not all(number and number >= 8 and number == number // 1 for number in numbers):
                raise ValueError(f'size={pair!r:.60} must be "input" or a pair: (width, height), each from 8')
            width, height = pair
            return {"width": width, "height": height}
        size = self._first_size()
        if size is None:
            raise ValueError('size="input" needs a picture whose size can be read here: give width= and height=')
        return {"width": size[0], "height": size[1]}

    def _first_size(self) -> tuple[int, int] | None:
        if self.images is None:
            return None
        given = pictures.items(self.images)
        return pictures.size_of(given[0], "images[0]") if given else None

    def _squashed(self) -> Iterator[Problem]:
        if self.width is not None or self.height is not None or self.size is not None:
            return
        if self.mask_image is not None and self.inpaint_full_res is not False:
            return  # only the masked part is painted, and put back into a picture of the same size
        if self.infotext is not None:
            return  # which can hold a size
        try:
            size = self._first_size()
        except (TypeError, ValueError):
            return  # what is wrong with the picture is said when it is encoded
        if size is not None and size[0] != size[1]:
            yield Problem(
                f"img2img without width and height: the server makes 512x512 of this {size[0]}x{size[1]} picture, "
                'out of shape. Pass width= and height=, or size="input"',
                fatal=False,
            )
