"""txt2img with ADetailer, which paints faces again in detail."""

from __future__ import annotations

import webuiapi


def main() -> None:
    api = webuiapi.WebUIApi()
    ads = webuiapi.ADetailer(ad_model="face_yolov8n.pt")
    result1 = api.txt2img(
        prompt="cute squirrel",
        negative_prompt="ugly, out of frame",
        seed=-1,
        styles=["anime"],
        cfg_scale=7,
        adetailer=[ads],
        steps=30,
        enable_hr=True,
        denoising_strength=0.5,
    )
    print(result1.image.size)
    result1.save("output_image.png", overwrite=True)


if __name__ == "__main__":
    main()
