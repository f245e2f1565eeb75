"""img2img: a picture from a picture."""

from __future__ import annotations

import webuiapi


def main() -> None:
    api = webuiapi.WebUIApi()
    result1 = api.txt2img(prompt="cute squirrel", seed=1003)
    result2 = api.img2img(images=[result1.image], prompt="cute cat", seed=5555, cfg_scale=6.5, denoising_strength=0.6)
    print(result2)
    result2.save("cat.png", overwrite=True)


if __name__ == "__main__":
    main()
