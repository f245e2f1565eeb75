"""Generation parameters as the webui writes them into a picture: read, written, and made into a request again.

The text ("infotext") is the prompt, a line that starts with `Negative prompt:`, and a last line of `key: value` pairs.

    parameters = webuiapi.infotext.parse(text)
    parameters = GenerationParameters.from_image("old.png")
    parameters.steps, parameters["Sampler"], parameters.hires
    str(parameters)                                            # the text again, to the letter

Everything here works offline, and nothing decodes pixels.

    text        the format: quoting, cutting into its parts, writing
    parameters  `GenerationParameters`, the value with typed properties
    images      where pictures keep the text: PNG, JPEG, WebP, AVIF, GIF
    novelai     NovelAI's form, read as the webui's
    exif        the EXIF block, whose UserComment holds the text
    defaults    the text as png-info answers it: with everything that the webui adds
    settings    the settings of the server that a text tells
    request     the text as fields of a request that makes the same picture again
"""

from __future__ import annotations

from .defaults import with_defaults
from .exif import exif_user_comment
from .images import embed, png_text_chunk, read_image_text
from .parameters import GenerationParameters, Hires, Mask, parse
from .request import request_fields
from .text import quote, unquote

__all__ = [
    "GenerationParameters",
    "Hires",
    "Mask",
    "embed",
    "exif_user_comment",
    "parse",
    "png_text_chunk",
    "quote",
    "read_image_text",
    "request_fields",
    "unquote",
    "with_defaults",
]
