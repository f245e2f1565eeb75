"""Models by name, and waiting for the server."""

from __future__ import annotations

import webuiapi


def main() -> None:
    api = webuiapi.WebUIApi()
    old_model = api.util_get_current_model()
    models = api.util_get_model_names()
    print(old_model in models, len(models))

    api.refresh_checkpoints()  # look on the disk again
    print(api.util_set_model(models[0]) == models[0])  # by its exact name
    print(api.util_set_model("robodiffusion").partition(" ")[0])  # by one that comes close
    api.util_wait_for_ready()


if __name__ == "__main__":
    main()
