"""img2img with ADetailer."""

from __future__ import annotations

from pictures import photo
from PIL import Image

import webuiapi


def main() -> None:
    api = webuiapi.WebUIApi()
    with Image.open(photo("image.jpg")) as img:
        ads = webuiapi.ADetailer(ad_model="face_yolov8n.pt")
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
            adetailer=[ads],
        )
        print(result1.image.size)
        result1.save("img2img_output_image.png", overwrite=True)


if __name__ == "__main__":
    main()
