"""What the painter makes of a prompt: words that it knows become a scene, a figure and colours; others hash to some."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from .painter_colours import AIRS, BODIES, COLOURS, GLOWS, PLAIN, Ramp, mix, ramp_of_hue
from .painter_noise import key

# The scenes are the functions of `painter_scenes`, the figures tables in `painter_figures`.
SCENES = {
    "hills": "hill landscape valley meadow field countryside village farm spring autumn fall house cottage road sky "
    "cloud horse",
    "peaks": "mountain alps peak cliff volcano snow winter glacier dragon castle canyon",
    "dunes": "desert dune sand sahara egypt camel pyramid mars",
    "sea": "ocean sea beach lake river water island ship boat wave coast sail underwater fish harbor mermaid",
    "forest": "forest wood jungle tree park squirrel deer fox bear owl wolf elf mushroom fairy",
    "city": "city street skyline town tokyo cyberpunk building neon architecture car robot futuristic york scifi",
    "space": "space galaxy nebula planet star universe cosmos astronaut alien spaceship moon cosmic",
    "bloom": "flower rose mandala lotus bouquet ornament sunflower dahlia tulip daisy blossom kaleidoscope",
    "flow": "abstract fluid marble pattern texture smoke fire liquid psychedelic silk paint flame wallpaper logo",
}
FIGURES = {
    "cat": "cat kitten kitty tiger lion lynx panther",
    "squirrel": "squirrel chipmunk",
    "dog": "dog puppy corgi hound bear",
    "fox": "fox wolf coyote husky",
    "rabbit": "rabbit bunny hare",
    "bird": "bird crow raven sparrow robin parrot eagle owl chicken duck",
    "woman": "girl woman lady princess queen elf witch portrait face model bride mermaid fairy person 1girl she",
    "man": "man boy king knight wizard human astronaut warrior samurai child guy 1boy he",
}
# Ramps of `AIRS`.
MOODS = {
    "day": "day sunny bright summer sky morning",
    "sunset": "sunset dusk evening golden sundown romantic sunrise dawn",
    "forest": "forest wood jungle leaf nature moss park squirrel deer",
    "ocean": "ocean sea underwater lake river wave beach island",
    "night": "night midnight moon dark moonlight starry star gothic horror",
    "winter": "winter snow ice frozen glacier cold alps snowy",
    "autumn": "autumn fall october harvest",
    "desert": "desert dune sand sahara egypt mars canyon",
    "spring": "spring blossom pastel sakura princess fairy cherry",
    "neon": "neon cyberpunk synthwave tokyo futuristic robot vaporwave scifi",
    "cosmos": "space galaxy nebula universe cosmos cosmic psychedelic alien",
    "fire": "fire flame volcano lava hell dragon phoenix",
    "mist": "mist fog misty foggy rain rainy monochrome storm",
}
LIGHTS = {
    "dark": "night midnight moon dark moonlight starry gothic horror space galaxy nebula neon cyberpunk",
    "low": "sunset dusk evening sunrise dawn golden romantic fire flame lava",
}


# What stands for what the words leave open.
DEFAULT_AIRS = {
    "hills": "day",
    "peaks": "winter",
    "dunes": "desert",
    "sea": "ocean",
    "forest": "forest",
    "city": "day",
    "space": "cosmos",
}
DEFAULT_GLOWS = {
    "hills": ("gold", "sun", "rose"),
    "peaks": ("rose", "sun", "gold"),
    "dunes": ("sun",),
    "sea": ("gold",),
    "forest": ("gold",),
    "city": ("sun", "rose"),
    "space": ("rose", "moon", "neon"),
    "bloom": ("gold", "rose"),
    "flow": ("gold", "sun", "rose"),
}


def _index(groups: dict[str, str]) -> dict[str, tuple[str, ...]]:
    """The names of the groups that a word is in."""
    words = {word for text in groups.values() for word in text.split()}
    return {word: tuple(name for name, text in groups.items() if word in text.split()) for word in words}


SCENE_OF, FIGURE_OF, MOOD_OF, LIGHT_OF = _index(SCENES), _index(FIGURES), _index(MOODS), _index(LIGHTS)


@dataclass(frozen=True)
class Idea:
    """What to paint."""

    scene: str
    figure: str | None
    ramps: tuple[Ramp, Ramp, Ramp]
    """Colours of the air, of what is near the light, and of the figure."""
    dark: bool
    low_sun: bool


def words_of(prompt: str) -> list[str]:
    """The words of a prompt in lower case, in the singular as far as the vocabulary knows it."""
    found = re.findall(r"[^\W_]+", prompt.lower())
    known = (SCENE_OF, FIGURE_OF, MOOD_OF)
    return [word[:-1] if word.endswith("s") and any(word[:-1] in index for index in known) else word for word in found]


@lru_cache(maxsize=128)
def read(prompt: str, negative: str) -> Idea:
    """What the words of a prompt ask for. Words of the negative prompt are not followed; its colours are avoided."""
    unwanted = set(words_of(negative))
    words = [word for word in words_of(prompt) if word not in unwanted]
    number = key("prompt", " ".join(words))
    lights = {name for word in words for name in LIGHT_OF.get(word, ())}
    figure = next((FIGURE_OF[word][0] for word in words if word in FIGURE_OF), None)
    scene = next((SCENE_OF[word][0] for word in words if word in SCENE_OF), None)
    if scene is None or (figure and scene in ("space", "bloom", "flow")):
        open_to = ("hills", "sea", "forest", "dunes") if figure or lights else ("flow", "hills", "sea", "bloom")
        scene = open_to[number % 4]

    air, body = _colours(words, scene, figure, number)
    for word in sorted(unwanted & COLOURS.keys()):
        hue, chroma = COLOURS[word]
        air = mix(air, ramp_of_hue(hue + 180, chroma * 0.6, 0), 0.25)
    glows = DEFAULT_GLOWS[scene]
    if "dark" in lights and scene != "space":
        glows = ("neon",) if scene == "city" else ("moon",)
    elif "low" in lights:
        glows = ("sun",)
    glow = GLOWS[glows[number // 7 % len(glows)]]
    if body is None:  # a blossom may have any colour, poured paint those of its light
        vivid = ramp_of_hue(number // 11 % 3600 / 10, 0.15, 50)
        body = vivid if scene == "bloom" else mix(glow, vivid, 0.25)
    return Idea(scene, figure, (air, glow, body), "dark" in lights, "low" in lights)


def _colours(words: list[str], scene: str, figure: str | None, number: int) -> tuple[Ramp, Ramp | None]:
    """The ramps of the air and of the figure. A colour belongs to the figure that it stands before, or to the air."""
    airs = [AIRS[name] for word in words for name in MOOD_OF.get(word, ())]
    body = BODIES[figure] if figure else None
    for place, word in enumerate(words):
        ramp = PLAIN.get(word) or (ramp_of_hue(*COLOURS[word], 35) if word in COLOURS else None)
        if ramp is None:
            continue
        if body and any(other in FIGURE_OF for other in words[place + 1 : place + 3]):
            body = mix(body, ramp, 0.8)
        elif scene == "bloom" or (scene == "flow" and airs):
            body = mix(body, ramp, 0.5) if body else ramp
        else:
            airs.append(ramp)
    if not airs:
        airs.append(ramp_of_hue(number % 3600 / 10, 0.07 + number // 3600 % 5 / 100, 40 + number // 20000 % 100))
        if scene in DEFAULT_AIRS and number % 2:
            airs.append(AIRS[DEFAULT_AIRS[scene]])
    air = airs[0]
    for place, other in enumerate(airs[1:], 2):
        air = mix(air, other, 1 / place)
    return air, body
