"""Enlarge several pictures in one call."""

from __future__ import annotations

import webuiapi


def main() -> None:
    api = webuiapi.WebUIApi()
    squirrel = api.txt2img(prompt="cute squirrel", seed=1003)
    cat = api.txt2img(prompt="cute cat", seed=104)
    result4 = api.extra_batch_images(
        images=[squirrel.image, cat.image], upscaler_1=webuiapi.Upscaler.ESRGAN_4x, upscaling_resize=1.5
    )
    print([image.size for image in (result4.images[0], result4.images[1])])
    result4.save("upscaled-{index}.png", overwrite=True)


if __name__ == "__main__":
    main()
