"""A description of a picture in words."""

from __future__ import annotations

from pictures import photo
from PIL import Image

import webuiapi


def main() -> None:
    api = webuiapi.WebUIApi()
    with Image.open(photo("image.jpg")) as img:
        interrogate_result = api.interrogate(image=img, model="deepdanbooru")
        prompt = interrogate_result.info
        print(prompt)

        print(api.interrogate(image=img, model="clip").info == api.interrogate(image=img).info)  # clip is the default


if __name__ == "__main__":
    main()
