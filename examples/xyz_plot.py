"""The script X/Y/Z plot: by the argument list of old scripts, and by the names of its axes."""

from __future__ import annotations

import webuiapi

# The axes of the webui of early 2023, by number. The list below is recognised and translated for the server that runs.
AXES = [
    "Nothing", "Seed", "Var. seed", "Var. strength", "Steps", "Hires steps", "CFG Scale", "Prompt S/R", "Prompt order",
    "Sampler", "Checkpoint name", "Sigma Churn", "Sigma min", "Sigma max", "Sigma noise", "Eta", "Clip skip",
    "Denoising", "Hires upscaler", "VAE", "Styles",
]  # fmt: skip

PROMPT = "cute girl with short brown hair in black t-shirt in animation style"


def main() -> None:
    api = webuiapi.WebUIApi()

    # x_type, x_values, y_type, y_values, z_type, z_values, draw_legend, include_lone_images, include_sub_grids,
    # no_fixed_seeds, margin_size
    result = api.txt2img(
        prompt=PROMPT,
        seed=1003,
        script_name="X/Y/Z Plot",
        script_args=[
            AXES.index("Steps"), "20,30",
            AXES.index("Sampler"), "Euler a, LMS",
            AXES.index("Nothing"), "",
            "True", "False", "False", "False", 0,
        ],
    )  # fmt: skip
    print(result.image.size)
    result.save("plot.png", overwrite=True)

    plot = webuiapi.XYZPlot(x=("Steps", [20, 30]), y=("Sampler", ["Euler a", "LMS"]))
    same = api.txt2img(PROMPT, seed=1003, scripts=[plot])
    print(same.content == result.content)


if __name__ == "__main__":
    main()
