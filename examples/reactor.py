"""Another face in a picture (extension ReActor)."""

from __future__ import annotations

from pictures import face, photo
from PIL import Image

import webuiapi


def main() -> None:
    api = webuiapi.WebUIApi()
    with Image.open(photo("image.jpg")) as img, Image.open(face("face.jpeg")) as your_desired_face:
        reactor = webuiapi.ReActor(img=your_desired_face, enable=True)
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
            reactor=reactor,
        )
        print(result1.image.size)
        result1.save("face_swapped_image.png", overwrite=True)


if __name__ == "__main__":
    main()
