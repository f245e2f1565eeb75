"""img2img with a mask: what is white is painted anew."""

from __future__ import annotations

from PIL import Image, ImageDraw

import webuiapi


def main() -> None:
    api = webuiapi.WebUIApi()
    result2 = api.txt2img(prompt="cute cat", seed=5555)

    mask = Image.new("RGB", result2.image.size, color="black")
    # mask = result2.image.copy()
    draw = ImageDraw.Draw(mask)
    draw.ellipse((210, 150, 310, 250), fill="white")
    draw.ellipse((80, 120, 160, 120 + 80), fill="white")

    inpainting_result = api.img2img(
        images=[result2.image],
        mask_image=mask,
        inpainting_fill=1,
        prompt="cute cat",
        seed=104,
        cfg_scale=5.0,
        denoising_strength=0.7,
    )
    print(inpainting_result)
    inpainting_result.save("inpainted.png", overwrite=True)


if __name__ == "__main__":
    main()
