"""The format itself, by the webui's rules: quoting, cutting a text into its parts, and writing it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping

NEGATIVE = "Negative prompt:"
LEAST_PAIRS = 3
"""With fewer pairs the last line belongs to the prompt."""

_RUN = re.compile(r"[\w \-/]+")
_WORD = re.compile(r"\w")
_BLANKS = re.compile(r"\s*")
_QUOTED = re.compile(r'"(?:\\.|[^\\"])+"')
_SIZE = re.compile(r"(\d+)x(\d+)$")
_JSON = json.JSONDecoder()


def quote(value: object) -> str:
    """The value as it stands in a pair: one with a comma, a colon or a newline is JSON, so a text is in quotes."""
    text = str(value)
    if "," in text or ":" in text or "\n" in text:
        return json.dumps(value if isinstance(value, (dict, list)) else text, ensure_ascii=False)
    return text


def unquote(text: str) -> str:
    """The value of a pair as it was before `quote`; what is no JSON string in quotes is returned as it is."""
    if len(text) < 2 or text[0] != '"' or text[-1] != '"':
        return text
    try:
        return str(json.loads(text))
    except ValueError:
        return text


def split_size(value: str) -> tuple[str, str] | None:
    """The two sides of a value like `512x768`, as texts."""
    match = _SIZE.match(value)
    return (match.group(1), match.group(2)) if match else None


def with_sides(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The pairs, those with a value of the form WxH as two."""
    values = {}
    for key, value in pairs:
        sides = split_size(value)
        if sides:
            values[f"{key}-1"], values[f"{key}-2"] = sides
        else:
            values[key] = value
    return values


def with_hypernet(prompt: str, values: Mapping[str, str]) -> str:
    """The prompt, with the hypernetwork that texts of 2022 name among their pairs."""
    name = values.get("Hypernet")
    if name is None:
        return prompt
    return f"{prompt}<hypernet:{name}:{values.get('Hypernet strength', '1.0')}>"


def cut(text: str) -> tuple[str, str, str]:
    """Prompt, negative prompt, and the line of pairs ("" if there are too few)."""
    *lines, last = text.strip().split("\n")
    if not _has_pairs(last):
        lines.append(last)
        last = ""
    prompt: list[str] = []
    negative: list[str] = []
    part = prompt
    for line in lines:
        line = line.strip()
        if line.startswith(NEGATIVE):
            part = negative
            line = line[len(NEGATIVE) :].strip()
        if part or line:  # empty lines count only once something has been said
            part.append(line)
    return "\n".join(prompt), "\n".join(negative), last


def _has_pairs(line: str) -> bool:
    pairs = read_pairs(line)
    return all(next(pairs, None) is not None for _ in range(LEAST_PAIRS))


def read_pairs(line: str, *, whole_json: bool = False) -> Iterator[tuple[str, str]]:
    """The pairs of a line as they stand there, quotes included; what is between them and no pair is passed over.

    A key is a word character and at least one more of word character, blank, `-`, `/`, before a colon. The webui cuts
    a value without quotes at the next comma, also a JSON object or list that other programs write; `whole_json` keeps
    these whole.
    """
    position = 0
    # Going from run to run of key characters takes a time that grows with the line only, not with its square.
    while run := _RUN.search(line, position):
        position = run.end()
        if line[position : position + 1] != ":":
            continue
        first = _WORD.search(line, run.start(), run.end())
        if first is None or run.end() - first.start() < 2:
            continue
        start = _end_of(_BLANKS, line, run.end() + 1)
        end = _end_of_value(line, start, whole_json=whole_json)
        yield line[first.start() : run.end()], line[start:end]
        position = end + 1


def _end_of_value(line: str, start: int, *, whole_json: bool) -> int:
    ends = [_end_of(_QUOTED, line, start)]
    if whole_json and line[start : start + 1] in ("{", "["):
        ends.append(_end_of_json(line, start))
    for end in ends:
        if end > start and line[end : end + 1] in ("", ","):
            return end
    comma = line.find(",", start)
    return len(line) if comma < 0 else comma


def _end_of_json(line: str, start: int) -> int:
    try:
        return _JSON.raw_decode(line, start)[1]
    except (ValueError, RecursionError):
        return start


def _end_of(pattern: re.Pattern[str], line: str, start: int) -> int:
    match = pattern.match(line, start)
    return match.end() if match else start


def write(prompt: str, negative_prompt: str, pairs: Mapping[str, object]) -> str:
    """The text as the webui writes it."""
    parts = []
    if prompt:
        parts.append(prompt)
    if negative_prompt:
        parts.append(f"{NEGATIVE} {negative_prompt}")
    if pairs:
        # A value equal to its key is written once.
        parts.append(", ".join(key if key == value else f"{key}: {quote(value)}" for key, value in pairs.items()))
    return "\n".join(parts).strip()
