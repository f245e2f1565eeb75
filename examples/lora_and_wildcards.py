"""A LoRA in the prompt, and an always-on script without arguments."""

from __future__ import annotations

import webuiapi


def main() -> None:
    api = webuiapi.WebUIApi()
    r = api.txt2img(
        prompt="photo of a cute girl with green hair <lora:Moxin_10:0.6> shuimobysim __juice__",
        seed=1000,
        save_images=True,
        alwayson_scripts={"Simple wildcards": []},  # it has no arguments
    )
    print(r)
    r.save("green-hair.png", overwrite=True)


if __name__ == "__main__":
    main()
