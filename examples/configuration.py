"""What a server is set to, has and does."""

from __future__ import annotations

import webuiapi


def main() -> None:
    api = webuiapi.WebUIApi()

    options = api.get_options()
    print(options["sd_model_checkpoint"])

    # Set only what is to change. A checkpoint is named by its title, such as "model.ckpt [7460a6fa]".
    api.set_options({"sd_model_checkpoint": api.get_sd_models()[0].title})
    print(api.get_options()["sd_model_checkpoint"])

    for name in (
        "get_samplers", "get_hypernetworks", "get_face_restorers", "get_realesrgan_models", "get_prompt_styles",
    ):  # fmt: skip
        print(name, [item["name"] for item in getattr(api, name)()][:3])
    print(api.get_progress().progress, sorted(api.get_embeddings()), sorted(api.get_scripts()))
    print(api.get_cmd_flags()["api"], sorted(api.get_memory()))
    for gone in (api.get_artist_categories, api.get_artists):
        try:
            gone()
        except webuiapi.WebUIApiError as error:
            print(error)

    api.interrupt()
    api.skip()


if __name__ == "__main__":
    main()
