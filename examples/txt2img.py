"""txt2img: a picture from a text."""

from __future__ import annotations

import webuiapi


def main() -> None:
    api = webuiapi.WebUIApi()
    result1 = api.txt2img(
        prompt="cute squirrel",
        negative_prompt="ugly, out of frame",
        seed=1003,
        styles=["anime"],
        cfg_scale=7,
        # sampler_index="DDIM",
        # steps=30,
        # enable_hr=True,
        # hr_scale=2,
        # hr_upscaler=webuiapi.HiResUpscaler.Latent,
        # hr_second_pass_steps=20,
        # hr_resize_x=1536,
        # hr_resize_y=1024,
        # denoising_strength=0.4,
    )
    print(len(result1.images), result1.image.size)  # Pillow images; `image` is the first of them
    print(result1.info["seed"], result1.info["sampler_name"])  # what the server says about them
    print(result1.parameters["prompt"])  # the request as the server understood it
    result1.save("squirrel.png", overwrite=True)


if __name__ == "__main__":
    main()
