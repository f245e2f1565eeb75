"""Self-attention guidance: sharper structure (extension sd_webui_SAG)."""

from __future__ import annotations

from pictures import photo
from PIL import Image

import webuiapi


def main() -> None:
    api = webuiapi.WebUIApi()
    with Image.open(photo("image.jpg")) as img:
        sag = webuiapi.Sag(enable=True, scale=0.75, mask_threshold=1.00)
        result1 = api.img2img(
            images=[img],
            prompt="a cute squirrel",
            steps=25,
            seed=-1,
            cfg_scale=7,
            denoising_strength=0.5,
            resize_mode=2,
            width=512,
            height=512,
            sag=sag,
        )
        print(result1.image.size)
        result1.save("guided.png", overwrite=True)


if __name__ == "__main__":
    main()
