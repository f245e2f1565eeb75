"""Enlarge one picture."""

from __future__ import annotations

import webuiapi


def main() -> None:
    api = webuiapi.WebUIApi()
    result2 = api.txt2img(prompt="cute cat", seed=5555)
    result3 = api.extra_single_image(image=result2.image, upscaler_1=webuiapi.Upscaler.ESRGAN_4x, upscaling_resize=1.5)
    print(result3.image.size)
    result3.save("upscaled.png", overwrite=True)


if __name__ == "__main__":
    main()
