"""Several calls at once: as webuiapi 0.9 does it, and with a client that is made for awaiting."""

from __future__ import annotations

import asyncio

import webuiapi


async def old_way() -> None:
    api = webuiapi.WebUIApi()
    result = await api.txt2img(prompt="cute kitten", seed=1001, use_async=True)  # type: ignore[call-arg, misc]
    print(result)


async def new_way() -> None:
    async with webuiapi.AsyncWebUIApi() as api:
        kitten, puppy = await asyncio.gather(
            api.txt2img(prompt="cute kitten", seed=1001), api.txt2img(prompt="cute puppy", seed=1002)
        )
    print(kitten.seeds, puppy.seeds)


def main() -> None:
    asyncio.run(old_way())
    asyncio.run(new_way())


if __name__ == "__main__":
    main()
