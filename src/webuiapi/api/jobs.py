"""What the server is doing: progress, interrupt, skip."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from ..items import Item, flag, integer, number, optional_text, text
from ..request import Answer, Request
from .base import Order, read_item

if TYPE_CHECKING:
    from PIL.Image import Image


def opened(text: str | None) -> Image | None:
    """A picture from base64 text or a data URI; None where there is none."""
    from .. import encoding
    from ..wire import decode_image

    part = decode_image(text or "")
    try:
        return None if part.problem else encoding.opened(part.content)
    except ValueError:  # a preview in a format that Pillow does not know
        return None


class ProgressState(Item):
    """The server's account of the running job, or of the last one when idle."""

    job = text()
    """`scripts_txt2img`, `Batch 1 out of 3`, ...; "" when idle."""
    job_count = integer()
    """Passes in the job: n_iter, doubled by hires fix. 0 when idle, -1 before the pipeline starts."""
    job_no = integer()
    job_timestamp = text()
    sampling_step = integer()
    sampling_steps = integer()
    skipped = flag()
    interrupted = flag()
    stopping_generation = flag()


class Progress(Item):
    """How far the running job is, whoever's it is."""

    progress = number()
    """0 to 1; 0.0 when idle."""
    eta = number("eta_relative")
    """Seconds left, as the server guesses."""
    current_image = optional_text()
    """The preview as base64, when there is one and it was not skipped."""
    textinfo = optional_text()

    @property
    def state(self) -> ProgressState:
        """The server's account of the job."""
        return ProgressState.read(self.get("state") or {})

    @property
    def job(self) -> str:
        """The running job's name; "" when idle."""
        return self.state.job

    @property
    def step(self) -> int:
        """Sampling steps done in this pass."""
        return self.state.sampling_step

    @property
    def steps(self) -> int:
        """Sampling steps of this pass."""
        return self.state.sampling_steps

    @property
    def idle(self) -> bool:
        """Nothing runs at the moment."""
        return self.state.job_count == 0 and self.progress in (0.0, 1.0)

    @property
    def preview(self) -> Image | None:
        """The picture as it is now, smaller than the final one; None when there is none yet."""
        return opened(self.current_image)

    def __repr__(self) -> str:
        where = f"step {self.step} of {self.steps}, {self.eta:.1f} s left"
        return f"<Progress: {self.progress:.0%}, {where}, {self.job or 'idle'}>"


@dataclass(frozen=True, eq=False)
class GetProgress(Request[Progress]):
    """How far the running job is, whoever's it is: GET /sdapi/v1/progress."""

    method: ClassVar[str] = "GET"
    path: ClassVar[str] = "/sdapi/v1/progress"

    skip_current_image: bool | None = None
    """True leaves the preview out, which saves the server the work. Not sent by default."""

    def query(self) -> dict[str, Any]:
        return {} if self.skip_current_image is None else {"skip_current_image": str(self.skip_current_image).lower()}

    def parse(self, answer: Answer) -> Progress:
        return read_item(answer, Progress)


class Interrupt(Order):
    """Stop the running job, whoever's it is: POST /sdapi/v1/interrupt. Its call returns with the pictures so far."""

    path = "/sdapi/v1/interrupt"


class Skip(Order):
    """End the running batch early and go on with the next: POST /sdapi/v1/skip."""

    path = "/sdapi/v1/skip"
