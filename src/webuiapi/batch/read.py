"""Jobs from files: JSON lines, a JSON list, CSV, YAML, a text of prompts, a folder of pictures. One at a time.

A file may be read as often as wanted and gives the same jobs each time: the first time to check them all, the second to
run them. What is wrong with one is told in its place, with the line, and the others go on.
"""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, TypeAlias

import orjson

from ..errors import MissingExtra
from .jobs import Bad, Job, Wrong, built, canonical, digest, kinds_of, request_class
from .sweeps import expanded
from .templates import chooser, filled, is_template

STDIN = "-"
PICTURES = {".png", ".jpg", ".jpeg", ".webp", ".avif", ".gif", ".bmp", ".tif", ".tiff"}
FORMATS = ("jsonl", "json", "csv", "yaml", "txt", "folder")
_SUFFIXES = {".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "json", ".csv": "csv", ".yaml": "yaml", ".yml": "yaml",
             ".txt": "txt"}  # fmt: skip
_ABOUT = ("kind", "name", "repeat", "sweep", "templates")
"""What is said about a job beside the fields of its request."""
_PROMPTS = ("prompt", "negative_prompt", "hr_prompt", "hr_negative_prompt")
_MOST_REPEATS = 1_000_000

Written: TypeAlias = "tuple[int, Any]"
"""Where a job stands, and what is written there, or `Wrong`."""


@dataclass(frozen=True)
class JobFile:
    """Where jobs are written. Iterating reads it from its beginning."""

    source: str
    """Its name, as it was given."""
    path: Path | None
    """None for standard input, which was read whole."""
    format: str
    content: bytes | None
    folder: Path
    """Where relative paths begin."""
    kind: str | None = None
    defaults: Mapping[str, Any] | None = None
    wildcards: Path | None = None

    def __iter__(self) -> Iterator[Job | Bad]:
        seen: _Seen = _Seen()
        defaults: dict[str, Any] = dict(self.defaults or {})
        try:
            for line, value in self._written():
                if isinstance(value, _Defaults):
                    defaults = {**value.values, **(self.defaults or {})}
                    continue
                yield from self._jobs(line, value, defaults, seen)
        except Wrong as error:  # of the file, not of one job
            yield Bad(self.source, 1, str(error), error.field)

    def _written(self) -> Iterator[Written | tuple[int, _Defaults]]:
        if self.format == "folder":
            yield from _of_folder(self.folder)
            return
        with self._opened() as file:
            yield from _READERS[self.format](file)

    def _opened(self) -> IO[bytes]:
        if self.content is not None or self.path is None:
            return io.BytesIO(self.content or b"")
        return self.path.open("rb")

    def _jobs(self, line: int, value: Any, defaults: Mapping[str, Any], seen: _Seen) -> Iterator[Job | Bad]:
        """The jobs that an entry stands for; what is wrong with it, once."""
        try:
            if isinstance(value, Wrong):
                raise value
            if not isinstance(value, Mapping):
                raise Wrong(f"{value!r:.60} is no job: an object with fields is needed")
            given = {**defaults, **value}
            about = {name: given.pop(name) for name in _ABOUT if name in given}
            kind = about.get("kind", self.kind or ("img2img" if "images" in given else "txt2img"))
            cls = request_class(kind)
            if self.format == "folder":
                given["images" if kind == "img2img" else "image"] = given.pop("picture")
            elif self.format == "csv":
                given = {name: _from_text(item, kinds_of(cls).get(name, "")) for name, item in given.items()}
            repeat = _repeats(about.get("repeat", 1))
            decides = _decides(about.get("templates", True))
            name = about.get("name")
            if name is not None and not isinstance(name, str):
                name = str(name)
            for fields in expanded(given, kinds_of(cls), self.folder, about.get("sweep", "product")):
                for _ in range(repeat):
                    yield self._job(line, kind, fields, name, decides, seen)
        except Wrong as error:
            yield Bad(self.source, line, str(error), error.field)

    def _job(self, line: int, kind: str, given: Mapping[str, Any], name: str | None, decides: bool, seen: _Seen) -> Job:
        fields = canonical(kind, given)
        if decides and any(is_template(fields[key]) for key in _PROMPTS if isinstance(fields.get(key), str)):
            content = digest(kind, fields, self.folder)
            choose = chooser(content + seen.count(content).to_bytes(8, "big"))
            for key in _PROMPTS:
                if isinstance(fields.get(key), str):
                    fields[key] = filled(fields[key], choose, self.wildcards)
        built(kind, fields, self.folder)
        content = digest(kind, fields, self.folder)
        nth = seen.count(content)
        if nth:
            content = digest(kind, {**fields, "nth": nth}, self.folder)
        return Job(content[:8].hex(), kind, fields, self.source, line, name, self.folder)


class _Seen:
    """How often each content has come already; eight bytes of it are kept, so that a million take little room."""

    def __init__(self) -> None:
        self._once: set[int] = set()
        self._more: dict[int, int] = {}

    def count(self, content: bytes) -> int:
        """How often it came before, and take note of it."""
        key = int.from_bytes(content[:8], "big")
        if key not in self._once:
            self._once.add(key)
            return 0
        self._more[key] = self._more.get(key, 0) + 1
        return self._more[key]


def job_file(
    path: str | Path,
    *,
    form: str | None = None,
    kind: str | None = None,
    defaults: Mapping[str, Any] | None = None,
    wildcards: str | Path | None = None,
) -> JobFile:
    """A file of jobs, a folder of pictures, or `-` for standard input.

    `form` is one of `FORMATS` where the suffix does not say it. `kind` is that of jobs that name none. `defaults` go
    before those in the file, and behind what a job says. `wildcards` is the folder of wildcards; by default `wildcards`
    beside the file, if there is one. Raises `ValueError` for what is no such file.
    """
    if kind is not None:
        request_class(kind)
    if form is not None and form not in FORMATS:
        raise ValueError(f"form={form!r} must be one of {', '.join(FORMATS)}")
    source, content, found = str(path), None, Path(path)
    if source == STDIN:
        content, folder, chosen = sys.stdin.buffer.read(), Path(), form or "jsonl"
    elif found.is_dir():
        folder, chosen = found, form or "folder"
        if kind not in ("img2img", "upscale"):
            raise ValueError(f"{source}: a folder of pictures needs kind='img2img' or kind='upscale'")
    elif found.is_file():
        folder = found.parent
        chosen = form or _SUFFIXES.get(found.suffix.lower(), "")
        if not chosen:
            raise ValueError(
                f"{source}: {found.suffix or 'no suffix'} says no format: give one of {', '.join(FORMATS)}"
            )
    else:
        raise ValueError(f"{source}: there is no such file or folder")
    if chosen == "yaml":
        _yaml()
    lists = Path(wildcards) if wildcards is not None else folder / "wildcards"
    if wildcards is not None and not lists.is_dir():
        raise ValueError(f"wildcards={str(wildcards)!r} is no folder")
    return JobFile(
        source, None if source == STDIN else found, chosen, content, folder, kind, defaults,
        lists if lists.is_dir() else None,
    )  # fmt: skip


def read_jobs(path: str | Path, **how: Any) -> Iterator[Job | Bad]:
    """The jobs of a file, and what is wrong with those that are none; see `job_file`."""
    return iter(job_file(path, **how))


@dataclass
class Report:
    """What a file of jobs holds."""

    good: int
    """Jobs that can be run."""
    bad: list[Bad]
    """The first thousand of those that can't."""
    bad_count: int


def validate(path: str | Path | JobFile, **how: Any) -> Report:
    """Look at all jobs of a file, and run none."""
    report = Report(0, [], 0)
    for job in path if isinstance(path, JobFile) else job_file(path, **how):
        if isinstance(job, Job):
            report.good += 1
            continue
        report.bad_count += 1
        if len(report.bad) < 1000:
            report.bad.append(job)
    return report


# -- kinds of files ---------------------------------------------------------------------------------------------------


@dataclass
class _Defaults:
    """What a file says for all jobs in it."""

    values: dict[str, Any]


def _of_lines(file: IO[bytes]) -> Iterator[Any]:
    for number, line in enumerate(file, 1):
        text = line.strip().removeprefix(b"\xef\xbb\xbf")
        if not text or text.startswith((b"#", b"//")):
            continue
        try:
            value = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            yield number, Wrong(f"is no JSON: {error}")
            continue
        if isinstance(value, dict) and set(value) == {"defaults"} and isinstance(value["defaults"], dict):
            yield number, _Defaults(value["defaults"])
        else:
            yield number, value


def _of_json(file: IO[bytes]) -> Iterator[Any]:
    try:
        value = orjson.loads(file.read())
    except orjson.JSONDecodeError as error:
        raise Wrong(f"is no JSON: {error}") from error
    yield from _of_document(value, lambda number: number)


def _of_document(value: Any, line_of: Callable[[int], int]) -> Iterator[Any]:
    """A list of jobs, or an object with `jobs`, and `defaults` for them."""
    if isinstance(value, dict) and "jobs" in value:
        others = set(value) - {"jobs", "defaults"}
        if others:
            raise Wrong(f"beside 'jobs' and 'defaults' there may be nothing: {', '.join(map(repr, sorted(others)))}")
        defaults = value.get("defaults") or {}
        if not isinstance(defaults, dict):
            raise Wrong(f"defaults={defaults!r:.60} must be an object with fields")
        yield 1, _Defaults(defaults)
        value = value["jobs"]
    elif isinstance(value, dict):
        value = [value]
    if not isinstance(value, list):
        raise Wrong("holds no list of jobs, and no object with 'jobs'")
    for number, job in enumerate(value, 1):
        yield line_of(number), job


def _of_yaml(file: IO[bytes]) -> Iterator[Any]:
    yaml = _yaml()
    data = file.read()
    try:
        node = yaml.compose(data, Loader=yaml.SafeLoader)
        value = yaml.safe_load(data)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise Wrong(f"is no YAML: {' '.join(str(error).split())}") from error
    jobs = node
    if node is not None and isinstance(node, yaml.MappingNode):
        jobs = next((item for key, item in node.value if key.value == "jobs"), node)
    lines = [item.start_mark.line + 1 for item in jobs.value] if isinstance(jobs, yaml.SequenceNode) else [1]
    yield from _of_document(value, lambda number: lines[number - 1])


def _yaml() -> Any:
    try:
        import yaml  # type: ignore[import-untyped]
    except ImportError as error:
        raise MissingExtra.of("a YAML file of jobs", "PyYAML") from error
    return yaml


def _of_csv(file: IO[bytes]) -> Iterator[Any]:
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    rows = csv.reader(text)
    try:
        names = [name.strip() for name in next(rows, [])]
        if not all(names) or len(set(names)) < len(names):
            raise Wrong(f"the first line must name each column, once: {', '.join(map(repr, names))}")
        line = rows.line_num + 1
        for row in rows:
            if len(row) > len(names):
                yield line, Wrong(f"has {len(row)} columns, and the first line names {len(names)}")
            elif any(row):
                yield line, {name: item for name, item in zip(names, row, strict=False) if item != ""}
            line = rows.line_num + 1
    except (csv.Error, UnicodeDecodeError) as error:
        raise Wrong(f"is no CSV: {error}") from error
    finally:
        text.detach()  # the file is closed by who opened it


def _of_text(file: IO[bytes]) -> Iterator[Any]:
    for number, line in enumerate(file, 1):
        text = line.removeprefix(b"\xef\xbb\xbf").strip()
        if not text or text.startswith(b"#"):
            continue
        try:
            yield number, {"prompt": text.decode("utf-8")}
        except UnicodeDecodeError as error:
            yield number, Wrong(f"is no UTF-8 text: {error}")


def _of_folder(folder: Path) -> Iterator[Any]:
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in PICTURES and path.is_file())
    if not paths:
        raise Wrong("there are no pictures in it")
    for number, path in enumerate(paths, 1):
        within = path.relative_to(folder)
        yield number, {"picture": within.as_posix(), "name": within.with_suffix("").as_posix()}


_READERS: Mapping[str, Callable[[IO[bytes]], Iterator[Any]]] = {
    "jsonl": _of_lines, "json": _of_json, "csv": _of_csv, "yaml": _of_yaml, "txt": _of_text,
}  # fmt: skip


# -- values -----------------------------------------------------------------------------------------------------------


_TRUE, _FALSE = ("true", "yes", "1"), ("false", "no", "0")


def _from_text(value: Any, annotation: str) -> Any:
    """A cell of a CSV file as a value of its field."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    if text[:1] in "[{" and text[-1:] in "]}":
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError:
            return value
    if annotation == "bool" and text.lower() in _TRUE + _FALSE:
        return text.lower() in _TRUE
    return [value] if annotation == "Sequence[str]" else value


def _repeats(value: Any) -> int:
    if isinstance(value, str) and value.strip().isdecimal():
        value = int(value)
    if type(value) is not int or not 1 <= value <= _MOST_REPEATS:
        raise Wrong(f"repeat={value!r} must be a whole number from 1 to {_MOST_REPEATS}", "repeat")
    return value


def _decides(value: Any) -> bool:
    said = str(value).lower()
    if said in _TRUE or said in _FALSE:
        return said in _TRUE
    raise Wrong(f"templates={value!r} must be true or false", "templates")
