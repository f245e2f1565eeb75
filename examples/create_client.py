"""Make a client. Nothing is sent by that."""

from __future__ import annotations

import webuiapi


def main() -> None:
    # The server on this machine, or the one that WEBUIAPI_URL names.
    api = webuiapi.WebUIApi()
    print(api.server)

    # With another host and port, with https, with other defaults for sampler and steps:
    print(webuiapi.WebUIApi(host="127.0.0.1", port=7860))
    print(webuiapi.WebUIApi(host="webui.example.com", port=443, use_https=True))
    print(webuiapi.WebUIApi(sampler="Euler a", steps=20).default_sampler)

    # For a server that was started with --api-auth=username:password. They travel in clear unless it is https.
    api.set_auth("username", "password")


if __name__ == "__main__":
    main()
