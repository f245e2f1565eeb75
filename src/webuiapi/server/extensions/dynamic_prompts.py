"""Dynamic Prompts: `{a|b}` and `__name__` in prompts are filled in, by the seed or in all combinations.

It is on unless a request switches it off, whether it names the script or not. Understood are choices with weights
(`{3::a|b}`), several at once (`{2$$a|b|c}`, `{1-2$$ and $$a|b|c}`), one within another, and wildcards with `*`.
"""

from __future__ import annotations

import itertools
import math
import random
import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from ..processing.limits import MOST_PICTURES
from ..processing.scripts import Script
from .base import Extension, argument
from .wildcards import wildcards_of

if TYPE_CHECKING:
    from ..processing.generation import Generation

dynamic_prompts = Extension(
    "dynamic-prompts",
    repository="adieyal/sd-dynamic-prompts",
    commit="e8326b5eee92c78f3bc2aa424d5ea4a91bed2c38",
    date=1711497600,
)

MAGIC_MODELS = (
    "Gustavosta/MagicPrompt-Stable-Diffusion", "daspartho/prompt-extend", "succinctly/text2image-prompt-generator",
    "microsoft/Promptist", "AUTOMATIC/promptgen-lexart", "AUTOMATIC/promptgen-majinai-safe",
    "AUTOMATIC/promptgen-majinai-unsafe",
)  # fmt: skip
_MAGIC = ("highly detailed", "sharp focus", "soft light", "wide view", "intricate", "matte painting", "evening mood")
_COUNT = re.compile(r"(\d+)?(-)?(\d+)?$")
_WEIGHT = re.compile(r"\s*(\d+(?:\.\d+)?)::")
_WILDCARD = re.compile(r"__([\w*/ -]+?)__")
_DEEPEST = 32
"""How deep lists may name lists, and choices lie in choices."""

Part = Any
"""A text, or an alternative of the template."""


@dynamic_prompts.script(
    argument("Dynamic Prompts enabled", True),
    argument("Combinatorial generation", False),
    argument("Combinatorial batches", 1, 1, 10, 1),
    argument("Magic prompt", False),
    argument("I'm feeling lucky", False),
    argument("Attention grabber", False),
    argument("Minimum attention", 1.1, -1, 2, 0.1),
    argument("Maximum attention", 1.5, -1, 2, 0.1),
    argument("Max magic prompt length", 100, 30, 300, 10),
    argument("Magic prompt creativity", 0.7, 0.1, 3.0, 0.1),
    argument("Fixed seed", False),
    argument("Unlink seed from prompt", False),
    argument("Don't apply to negative prompts", True),
    argument("Enable Jinja2 templates", False),
    argument("Don't generate images", False),
    argument("Max generations (0 = all combinations - the batch count value is ignored)", 0, 0, 1000, 1),
    argument("Magic prompt model", MAGIC_MODELS[0], choices=MAGIC_MODELS),
    argument("Magic prompt blocklist regex", ""),
)
class DynamicPrompts(Script):
    """The script."""

    title = "Dynamic Prompts v2.17.1"
    always_on = True

    def process(self, run: Generation, args: Sequence[Any]) -> None:
        """Fill in the prompts; as many pictures as there are prompts then."""
        if not args[0]:
            return
        (combinatorial, batches, magic, _, grabber, low, high, length) = args[1:9]
        fixed_seed, unlinked, _, jinja, no_images, most = args[10:16]
        prompt, negative = run.all_prompts[0], run.all_negative_prompts[0]
        plain = not any(sign in text for text in (prompt, negative) for sign in ("{", "__"))
        if plain and not (combinatorial or magic or grabber or no_images or fixed_seed):
            return
        seed = run.state.random.getrandbits(32) if unlinked else run.all_seeds[0]
        template = _Template(wildcards_of(run.state.catalog), plain=bool(jinja))
        count = len(run.all_prompts)
        if combinatorial:
            every = template.all_of(prompt, int(most) or MOST_PICTURES)
            prompts = every * min(max(int(batches), 1), MOST_PICTURES // len(every) + 1)
            negatives = [template.one_of(negative, random.Random(seed + place)) for place in range(len(prompts))]  # noqa: S311
        else:
            chances = [random.Random(seed + place) for place in range(count)]  # noqa: S311 - words, no secrets
            prompts = [template.one_of(prompt, chance) for chance in chances]
            negatives = [template.one_of(negative, chance) for chance in chances]
        chance = random.Random(seed)  # noqa: S311 - words, no secrets
        if grabber:
            prompts = [_stressed(text, chance, float(low), float(high)) for text in prompts]
        if magic:
            blocked = re.compile(args[17], re.IGNORECASE) if args[17] else None
            prompts = [_magic(text, chance, int(length), blocked) for text in prompts]
        _set(run, prompts, negatives, same_seed=bool(fixed_seed))
        if no_images:
            run.n_iter = 0


def _set(run: Generation, prompts: list[str], negatives: list[str], *, same_seed: bool) -> None:
    count = len(prompts)
    run.n_iter = math.ceil(count / run.batch_size)
    counted = not same_seed and run.subseed_strength == 0
    first, sub = run.all_seeds[0], run.all_subseeds[0]
    run.all_prompts, run.all_negative_prompts = prompts, negatives
    run.all_seeds = [first + place if counted else first for place in range(count)]
    run.all_subseeds = [sub + place for place in range(count)]
    for attribute, texts in (("all_hires_prompts", prompts), ("all_hires_negative_prompts", negatives)):
        if getattr(run, attribute) is not None:
            setattr(run, attribute, list(texts))


def _stressed(text: str, chance: random.Random, low: float, high: float) -> str:
    """One part of a prompt given weight."""
    parts = text.split(",")
    place = chance.randrange(len(parts))
    if parts[place].strip():
        parts[place] = f" ({parts[place].strip()}:{chance.uniform(low, high):.2f})".lstrip(" " if not place else "")
    return ",".join(parts)


def _magic(text: str, chance: random.Random, length: int, blocked: re.Pattern[str] | None) -> str:
    """A prompt with a few phrases more."""
    phrases = [phrase for phrase in _MAGIC if not (blocked and blocked.search(phrase))]
    chance.shuffle(phrases)
    room = max(length // 30, 1)
    return ", ".join([text, *phrases[:room]])


class _Template:
    """Reads the syntax; `plain` leaves braces alone (they are then another language's)."""

    def __init__(self, lists: dict[str, list[str]], *, plain: bool) -> None:
        self._lists = lists
        self._plain = plain

    def one_of(self, text: str, chance: random.Random, depth: int = 0) -> str:
        """One filled-in prompt."""
        return "".join(
            part if isinstance(part, str) else self._pick(*part, chance, depth) for part in self._parts(text)
        )

    def all_of(self, text: str, most: int) -> list[str]:
        """All of them, the last choice varying fastest, each once."""
        found = dict.fromkeys(itertools.islice(self._every(text, 0), most))
        return list(found) or [""]

    def _pick(self, options: list[str], weights: list[float], least: int, top: int, joint: str, *how: Any) -> str:
        chance, depth = how
        if not options or depth > _DEEPEST:
            return ""
        count = chance.randint(least, top) if top > least else least
        if count == 1:
            chosen = chance.choices(options, weights) if sum(weights) > 0 else [chance.choice(options)]
        else:
            chosen = chance.sample(options, min(count, len(options)))
        return joint.join(self.one_of(option, chance, depth + 1) for option in chosen)

    def _every(self, text: str, depth: int) -> Iterator[str]:
        yield from self._every_of_parts(self._parts(text), depth)

    def _every_of_parts(self, parts: list[Part], depth: int) -> Iterator[str]:
        if not parts:
            yield ""
            return
        for start in [parts[0]] if isinstance(parts[0], str) else self._every_of(*parts[0], depth=depth):
            for end in self._every_of_parts(parts[1:], depth):
                yield start + end

    def _every_of(
        self, options: list[str], weights: list[float], least: int, top: int, joint: str, *, depth: int
    ) -> Iterator[str]:
        del weights
        if depth > _DEEPEST:
            yield ""
            return
        for count in range(least, top + 1):
            for chosen in itertools.combinations(options, min(count, len(options))):
                each = [list(itertools.islice(self._every(option, depth + 1), MOST_PICTURES)) for option in chosen]
                for together in itertools.product(*each):
                    yield joint.join(together)

    def _parts(self, text: str) -> list[Part]:
        """Texts and alternatives in their order. A brace that never closes is text."""
        parts: list[Part] = []
        while text:
            opening = -1 if self._plain else text.find("{")
            wildcard = _WILDCARD.search(text)
            if wildcard and (opening < 0 or wildcard.start() < opening):
                parts += [text[: wildcard.start()], self._list(wildcard)]
                text = text[wildcard.end() :]
                continue
            end = _closing(text, opening) if opening >= 0 else -1
            if end < 0:
                parts.append(text)
                break
            parts += [text[:opening], _alternatives(text[opening + 1 : end])]
            text = text[end + 1 :]
        return [part for part in parts if part != ""]

    def _list(self, wildcard: re.Match[str]) -> Part:
        """The lines of all lists that a wildcard names; without any the text stays."""
        lines = [line for name, lines in self._lists.items() if fnmatchcase(name, wildcard.group(1)) for line in lines]
        return (lines, [1.0] * len(lines), 1, 1, "") if lines else wildcard.group()


def _closing(text: str, opening: int) -> int:
    depth = 0
    for place in range(opening, len(text)):
        depth += (text[place] == "{") - (text[place] == "}")
        if not depth:
            return place
    return -1


def _alternatives(text: str) -> Part:
    """What stands between braces: options, their weights, how many at once, and what joins them."""
    pieces = text.split("$$")
    least = top = 1
    joint = ", "
    count = _COUNT.match(pieces[0].strip()) if len(pieces) > 1 and "|" not in pieces[0] else None
    if count:
        text = pieces[-1]
        joint = pieces[1] if len(pieces) > 2 else joint
    options, weights = [], []
    for option in _split(text):
        weight = _WEIGHT.match(option)
        weights.append(float(weight.group(1)) if weight else 1.0)
        options.append(option[weight.end() :] if weight else option)
    if count:
        low, dash, high = count.groups()
        least = int(low or 1)
        top = min(int(high or len(options)), len(options)) if dash else least
    return options, weights, min(least, len(options)), min(max(top, least), len(options)), joint


def _split(text: str) -> list[str]:
    """The text at its bars, not at those inside inner braces."""
    options, depth, start = [], 0, 0
    for place, sign in enumerate(text):
        depth += (sign == "{") - (sign == "}")
        if sign == "|" and not depth:
            options.append(text[start:place])
            start = place + 1
    return [*options, text[start:]]
