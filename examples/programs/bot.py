"""A chat bot's loop without the chat service: a queue, progress, taking back.

    python examples/programs/bot.py

reads lines `USER COMMAND`: `ann /draw a cat`, `ann /cancel`, `bob /queue`; at the end of the input it ends when all
pictures are done. `Bot` knows nothing of where messages come from and go to: give it a `say` that sends to Discord,
Telegram or IRC.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import webuiapi

Say = Callable[[str, str], Awaitable[None]]


class Bot:
    """One picture a user at a time; the rest of the queue is the client's."""

    def __init__(self, api: webuiapi.AsyncWebUIApi, say: Say, folder: Path) -> None:
        self.api = api
        self.say = say
        self.folder = folder
        self.jobs: dict[str, webuiapi.AsyncJob[webuiapi.WebUIApiResult]] = {}
        self.tasks: set[asyncio.Task[None]] = set()

    async def hear(self, user: str, text: str) -> None:
        """What a user wrote."""
        command, _, rest = text.strip().partition(" ")
        if command == "/draw" and rest:
            await self.draw(user, rest)
        elif command == "/cancel":
            await self.cancel(user)
        elif command == "/queue":
            await self.say(user, f"{len(self.jobs)} in the queue")
        else:
            await self.say(user, "I know /draw PROMPT, /cancel and /queue")

    async def draw(self, user: str, prompt: str) -> None:
        """Take the order, and go on listening while it is worked on."""
        if user in self.jobs:
            await self.say(user, "yours is in the works already: /cancel takes it back")
            return
        job = self.jobs[user] = self.api.submit(webuiapi.Txt2Img(prompt, steps=20, width=512, height=512))
        task = asyncio.create_task(self.work(user, job))
        self.tasks.add(task)  # the loop itself holds tasks only weakly
        task.add_done_callback(self.tasks.discard)

    async def work(self, user: str, job: webuiapi.AsyncJob[webuiapi.WebUIApiResult]) -> None:
        """Tell the user how far it is, and hand over what comes out of it."""
        try:
            await self.follow(user, job)
            result = await job
            paths = await asyncio.to_thread(result.save, self.folder / f"{user}-{{seed}}.png")
            await self.say(user, f"done: {paths[0].name}")
        except webuiapi.JobCancelled:
            await self.say(user, "taken back")
        except webuiapi.WebUIApiError as error:
            await self.say(user, f"no picture: {error}")
        finally:
            del self.jobs[user]

    async def follow(self, user: str, job: webuiapi.AsyncJob[webuiapi.WebUIApiResult]) -> None:
        """A message for each quarter; chat services count how often one edits."""
        told = -1
        async for status in job.events():
            if isinstance(status, webuiapi.Queued) and told < 0:
                await self.say(user, "you are in the queue")
            elif isinstance(status, webuiapi.Running) and status.progress is not None:
                quarter = int(status.progress * 4)
                if quarter > told:
                    told = quarter
                    await self.say(user, f"{quarter * 25} %")

    async def cancel(self, user: str) -> None:
        """Take a user's job back, wherever it is: here, in the server's queue, or being painted."""
        job = self.jobs.get(user)
        if job is None:
            await self.say(user, "there is nothing of yours")
        else:
            await job.cancel()

    async def finish(self) -> None:
        """Wait until all that was ordered is done."""
        while self.tasks:
            await asyncio.wait(self.tasks)


async def main() -> None:
    async def say(user: str, text: str) -> None:
        print(f"{user}: {text}", flush=True)

    async with webuiapi.AsyncWebUIApi() as api:
        bot = Bot(api, say, Path())
        while line := await asyncio.to_thread(sys.stdin.readline):
            user, _, text = line.strip().partition(" ")
            if user:
                await bot.hear(user, text)
        await bot.finish()


if __name__ == "__main__":
    asyncio.run(main())
