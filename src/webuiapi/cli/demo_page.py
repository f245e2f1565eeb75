"""The page that the demo leaves: pictures side by side with prompt, seed and parameters. It works offline."""

from __future__ import annotations

from datetime import datetime
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import quote

from ..version import __version__

if TYPE_CHECKING:
    from .demo_steps import Done, Picture

_STYLE = """
:root { color-scheme: light dark; --ink: #1f2328; --soft: #59636e; --ground: #f6f7f9; --card: #fff; --line: #d8dee4;
  --accent: #0a6c74; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6edf3; --soft: #9aa5b1; --ground: #0f1318; --card: #181e25; --line: #2c353f; --accent: #5cc8d0; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main { max-width: 1180px; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .5rem; }
header p { color: var(--soft); margin: .25rem 0; max-width: 46rem; }
section { margin-top: 1.75rem; padding: 1.25rem 1.4rem 1.4rem; background: var(--card); border: 1px solid var(--line);
  border-radius: 12px; }
h2 { font-size: 1.2rem; margin: 0; display: flex; gap: .75rem; align-items: baseline; flex-wrap: wrap; }
h2 small { font-weight: 400; font-size: .85rem; color: var(--soft); margin-left: auto;
  font-variant-numeric: tabular-nums; }
section > p { margin: .3rem 0 .8rem; color: var(--soft); }
blockquote { margin: 0 0 1rem; padding: .1rem 0 .1rem .9rem; border-left: 3px solid var(--accent); }
.pictures { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 250px), 1fr)); }
.pictures.few { grid-template-columns: repeat(auto-fit, minmax(min(100%, 250px), 340px)); }
.pictures.one { grid-template-columns: minmax(0, 520px); }
figure { margin: 0; min-width: 0; }
figure img { display: block; width: 100%; height: auto; border-radius: 8px; border: 1px solid var(--line); }
figcaption { margin-top: .4rem; font-size: .85rem; color: var(--soft); display: flex; justify-content: space-between;
  gap: .5rem; font-variant-numeric: tabular-nums; }
figcaption b { color: var(--ink); font-weight: 600; }
details { margin-top: .35rem; font-size: .85rem; }
summary { cursor: pointer; color: var(--accent); }
section > details { margin-top: .9rem; }
pre { margin: .4rem 0 0; padding: .7rem .85rem; border: 1px solid var(--line); border-radius: 8px;
  background: var(--ground); font: 12.5px/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace;
  white-space: pre-wrap; overflow-wrap: anywhere; }
footer { margin-top: 2rem; color: var(--soft); font-size: .85rem; }
a { color: var(--accent); }
"""


def page(done: list[Done], *, where: str, notice: str, seconds: float) -> str:
    """The page for the steps that are done."""
    count = sum(len(step.files) for step in done)
    server = "the embedded server" if notice else f"the server at {where}"
    said = f"<p>{escape(notice)}</p>" if notice else ""
    when = datetime.now().strftime("%Y-%m-%d %H:%M")  # noqa: DTZ005 - for whoever sits here
    files = {step.step.name: step.files for step in done}
    sections = "\n".join(_section(number, step, files) for number, step in enumerate(done, 1))
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>webuiapi demo</title>
<style>{_STYLE}</style>
</head>
<body>
<main>
<header>
<h1>webuiapi demo</h1>
<p>{count} pictures in {seconds:.1f} s by {escape(server)}, {len(done)} calls through a socket.</p>
{said}
</header>
{sections}
<footer>Made by webuiapi {escape(__version__)} on {when}. Every picture is the file that the server sent, with its
generation parameters inside: <code>webuiapi png-info *.png</code> prints them.</footer>
</main>
</body>
</html>
"""


def _section(number: int, done: Done, files: dict[str, list[Picture]]) -> str:
    step = done.step
    prompt = f"<blockquote>{escape(done.prompt)}</blockquote>" if done.prompt else ""
    text = f"<pre>{escape(done.text)}</pre>" if done.text else ""
    figures = [_plain_figure(files[name][place].file, "given") for name, place in step.beside]
    figures += [_plain_figure(name, name) for name in step.shown]
    figures += [_figure(picture, step.title, opened=len(done.files) == 1) for picture in done.files]
    width = " one" if len(figures) == 1 else " few" if len(figures) < 4 else ""
    grid = f'<div class="pictures{width}">{"".join(figures)}</div>' if figures else ""
    return f"""<section id="{escape(step.name)}">
<h2>{number}. {escape(step.title)} <small>{done.seconds:.1f} s</small></h2>
<p>{escape(step.text)}</p>
{prompt}{grid}{text}
<details><summary>The call</summary><pre>{escape(done.call)}</pre></details>
</section>"""


def _figure(picture: Picture, title: str, *, opened: bool) -> str:
    seed = f"<span>seed <b>{picture.seed}</b></span>" if picture.seed is not None else "<span></span>"
    width, height = picture.size
    state = " open" if opened else ""
    parameters = (
        f"<details{state}><summary>Parameters</summary><pre>{escape(picture.infotext)}</pre></details>"
        if picture.infotext
        else ""
    )
    source = quote(picture.file)
    alt = escape(f"{title}: {picture.file}", quote=True)
    return (
        f'<figure><a href="{source}"><img src="{source}" width="{width}" height="{height}" alt="{alt}" '
        f'loading="lazy"></a><figcaption>{seed}<span>{width} × {height}</span></figcaption>{parameters}</figure>'
    )


def _plain_figure(name: str, caption: str) -> str:
    source = quote(name)
    return (
        f'<figure><a href="{source}"><img src="{source}" alt="{escape(name)}"></a>'
        f"<figcaption><span>{escape(caption)}</span></figcaption></figure>"
    )
