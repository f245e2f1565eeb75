"""How far a generation is, shown while it runs: a bar in a terminal, a bar with the preview in a notebook.

`bar_for(title)` chooses: in a notebook widgets where ipywidgets is installed, else plain HTML; on a terminal rich's
bar; None where nobody would see it.
"""

from __future__ import annotations

import base64
import html
import io
import os
import sys
from typing import TYPE_CHECKING, Any, ClassVar

from .errors import MissingExtra

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from typing_extensions import Self

    from .jobs import Running

_PREVIEW = 384  # pixels that the longer side of a preview takes in a notebook


class Bar:
    """Shows how far a job is. A context manager; called with each status."""

    previews: ClassVar[bool] = False
    """It shows pictures of the progress too."""
    also: Callable[[Running], None] | None = None
    """Called with each status too."""

    def __init__(self, title: str) -> None:
        self.title = title

    def __enter__(self) -> Self:
        raise NotImplementedError

    def show(self, now: Running) -> None:
        """Show a status."""
        raise NotImplementedError

    def close(self) -> None:
        """Take it away: the result has come, or none will."""
        raise NotImplementedError

    def __call__(self, now: Running) -> None:
        self.show(now)
        if self.also is not None:
            self.also(now)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()


class TerminalBar(Bar):
    """A line on standard error, by rich."""

    def __enter__(self) -> Self:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        columns: list[Any] = [
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.fields[where]}", markup=False),
            TextColumn("{task.fields[left]}", style="cyan", markup=False),
            TimeElapsedColumn(),
        ]
        self._bars = Progress(*columns, console=Console(stderr=True), transient=True)
        self._bars.start()
        self._task = self._bars.add_task(self.title, total=None, where="", left="")
        return self

    def show(self, now: Running) -> None:
        done = now.progress or 0.0
        total = 1.0 if done > 0 else None  # nothing is known before the first step
        self._bars.update(self._task, total=total, completed=done, where=where(now), left=left(now))

    def close(self) -> None:
        self._bars.stop()


class NotebookBar(Bar):
    """HTML that is written anew in its place, with the preview below."""

    previews = True

    def __enter__(self) -> Self:
        from IPython.display import HTML, display  # type: ignore[import-not-found,unused-ignore]

        self._html = HTML
        self._picture = ""
        self._handle = display(HTML(self._page(0.0, "")), display_id=True)
        return self

    def show(self, now: Running) -> None:
        if now.preview is not None:
            source = base64.b64encode(_jpeg(now.preview)).decode()
            self._picture = f'<br><img src="data:image/jpeg;base64,{source}" style="max-width:{_PREVIEW}px">'
        self._handle.update(self._html(self._page(now.progress or 0.0, _words(now)) + self._picture))

    def close(self) -> None:
        self._handle.update(self._html(""))

    def _page(self, done: float, words: str) -> str:
        bar = f'<progress max="1" value="{done:.3f}"></progress>'
        return f"{html.escape(self.title)} {bar} {html.escape(words)}"


class WidgetBar(Bar):
    """The same by ipywidgets."""

    previews = True

    def __enter__(self) -> Self:
        import ipywidgets as widgets  # type: ignore[import-not-found,import-untyped,unused-ignore]
        from IPython.display import display

        self._bar = widgets.FloatProgress(value=0.0, min=0.0, max=1.0, description=self.title)
        self._words = widgets.Label(value="")
        self._picture = widgets.Image(format="jpeg", layout=widgets.Layout(display="none", max_width=f"{_PREVIEW}px"))
        self._box = widgets.VBox([widgets.HBox([self._bar, self._words]), self._picture])
        display(self._box)
        return self

    def show(self, now: Running) -> None:
        self._bar.value = now.progress or 0.0
        self._words.value = _words(now)
        if now.preview is not None:
            self._picture.value = _jpeg(now.preview)
            self._picture.layout.display = ""

    def close(self) -> None:
        self._box.close()


def bar_for(title: str) -> Bar | None:
    """What shows a job here; None where there is neither a notebook nor a terminal.

    Raises `MissingExtra` on a terminal where rich is not installed.
    """
    from importlib.util import find_spec

    if in_notebook():
        return WidgetBar(title) if find_spec("ipywidgets") is not None else NotebookBar(title)
    if not on_terminal():
        return None
    if find_spec("rich") is None:
        raise MissingExtra.of("progress=True on a terminal", "rich")
    return TerminalBar(title)


def in_notebook() -> bool:
    """Whether this is a kernel of Jupyter, or of one that shows what it shows."""
    ipython: Any = sys.modules.get("IPython")  # which has to be loaded there
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and hasattr(shell, "kernel")


def on_terminal() -> bool:
    """Whether standard error is a terminal on which a line can be written over."""
    return sys.stderr is not None and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


def where(now: Running) -> str:
    """`step 6 of 20`, and the pass when there are several; "" where the server does not say."""
    if not now.steps or not now.progress:
        return ""
    text = f"step {min(now.step or 0, now.steps)} of {now.steps}"
    passes = now.job_count or 1
    return f"{text}, pass {min((now.job_no or 0) + 1, passes)} of {passes}" if passes > 1 else text


def left(now: Running) -> str:
    """`3 s left`, as the server guesses; "" where it does not say."""
    seconds = now.eta or 0.0
    if not now.progress or seconds <= 0:
        return ""
    return f"{seconds:.0f} s left" if seconds < 90 else f"{seconds / 60:.0f} min left"


def _words(now: Running) -> str:
    return ", ".join(filter(None, (where(now), left(now))))


def _jpeg(picture: Any) -> bytes:
    out = io.BytesIO()
    picture.convert("RGB").save(out, "JPEG", quality=80)
    return out.getvalue()
