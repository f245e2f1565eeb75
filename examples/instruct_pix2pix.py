"""InstructPix2Pix, which is part of the webui today: img2img with such a model loaded, and image_cfg_scale."""

from __future__ import annotations

from pictures import photo
from PIL import Image

import webuiapi


def main() -> None:
    api = webuiapi.WebUIApi()
    with Image.open(photo("photo.png")) as pil_img:
        r = api.img2img(prompt="sunset", images=[pil_img], cfg_scale=7.5, image_cfg_scale=1.5)
        print(r.image.size)
        r.save("sunset.png", overwrite=True)


if __name__ == "__main__":
    main()
