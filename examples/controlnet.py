"""ControlNet: what is there, one unit, two units, a preprocessor alone.

`input_image` is the name of webuiapi up to 0.9.10; it is `image` today, and the old one is understood with a warning.
"""

from __future__ import annotations

import webuiapi


def main() -> None:
    api = webuiapi.WebUIApi()
    print(api.controlnet_model_list()[:2])
    print(api.controlnet_version())
    print(api.controlnet_module_list()[:2])

    r = api.txt2img(prompt="photo of a beautiful girl with blonde hair", height=512, seed=100)
    img = r.image

    unit1 = webuiapi.ControlNetUnit(  # type: ignore[call-arg]
        input_image=img, module="canny", model="control_canny-fp16 [e3fe7712]"
    )
    r = api.txt2img(prompt="photo of a beautiful girl", controlnet_units=[unit1])
    print(len(r.images))
    r.save("controlnet.png", overwrite=True)

    unit2 = webuiapi.ControlNetUnit(image=img, module="depth", model="control_depth-fp16 [400750f6]", weight=0.5)
    r2 = api.img2img(
        prompt="girl",
        images=[img],
        width=512,
        height=512,
        controlnet_units=[unit1, unit2],
        sampler_name="Euler a",
        cfg_scale=7,
    )
    print(len(r2.images), r2.images[1].size, r2.images[2].size)  # the picture, then a map of each unit
    r2.save("controlnet-two.png", overwrite=True)

    edges = api.controlnet_detect(images=[img], module="canny")
    edges.save("edges.png", overwrite=True)
    print(edges.image.size)


if __name__ == "__main__":
    main()
