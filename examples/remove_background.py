"""Remove the background (extension rembg)."""

from __future__ import annotations

from pictures import photo
from PIL import Image

import webuiapi


def main() -> None:
    api = webuiapi.WebUIApi()
    with Image.open(photo("photo.png")) as img:
        rembg = webuiapi.RemBGInterface(api)
        r = rembg.rembg(input_image=img, model="u2net", return_mask=False)
        print(r.image.mode, r.image.size)
        r.save("cut-out.png", overwrite=True)


if __name__ == "__main__":
    main()
