"""The two clients: one table of endpoints, and for each colour the loop that runs them.

All that does not wait is in `BaseClient`: settings, the way to the wire, the way back. `WebUIApi` blocks,
`AsyncWebUIApi` is awaited; both run requests and operations alike (see `request.py`).
"""

from __future__ import annotations

import asyncio
import copy
import logging
import string
import threading
import time
import warnings
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import partial
from importlib.util import find_spec
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, NoReturn, TypeAlias, TypeVar, cast
from urllib.parse import quote, urlencode

from . import server_info, utilities, wire
from .address import LOCAL
from .api import admin, agent_scheduler, custom, extras, generate, internal, jobs, lists, options, relatives
from .api.agent_scheduler import GetQueueResults, QueueTask
from .checks import Checks, check_level, report
from .errors import ConnectionLost, MissingExtra, NotSupported, UnexpectedResult, WebUIApiError
from .exchange import Session, after_redirect, chosen_address, error_for, merged
from .extensions.base import SilentlyIgnored
from .gate import Gate
from .handles import AsyncJob, Job
from .images import convert
from .jobs import JobCore, Running, conduct, run_watched, scheduled, stop, through_queue, unschedule
from .request import Answer, ClientDefaults, Flow, Remember, Request, Sleep, Step, Watch, endpoint, remembered
from .results import WebUIApiResult
from .transport.base import AsyncTransport, Incoming, Outgoing, Timeout, Transport
from .version import __version__

if TYPE_CHECKING:
    from typing_extensions import Self

R = TypeVar("R")

_LAST_WORDS = 3.0
"""Seconds for each clean-up request of an operation that is broken off."""
_OFF_LOOP = 1 << 16
"""Bytes of an answer from which on it is read in a thread, so that the event loop goes on."""
_NO_HOST = b"127.0.0.1".decode()  # objects of their own: they tell "not given" from "given like the default"
_NO_PORT = int("7860")
ORDINARY = Timeout(connect=10.0, read=None, total=60.0)
GENERATION = Timeout(connect=10.0, read=None, total=None)


class BaseClient:
    """Everything that does not wait: the endpoints, and the way to the wire and back."""

    txt2img = endpoint(generate.Txt2Img)
    img2img = endpoint(generate.Img2Img)
    extra_single_image = endpoint(extras.ExtraSingleImage)
    extra_batch_images = endpoint(extras.ExtraBatchImages)
    png_info = endpoint(extras.PngInfo)
    interrogate = endpoint(extras.Interrogate)
    get_progress = endpoint(jobs.GetProgress)
    interrupt = endpoint(jobs.Interrupt)
    skip = endpoint(jobs.Skip)
    get_options = endpoint(options.GetOptions)
    set_options = endpoint(options.SetOptions)
    get_samplers = endpoint(lists.GetSamplers)
    get_schedulers = endpoint(lists.GetSchedulers)
    get_sd_models = endpoint(lists.GetSDModels)
    get_upscalers = endpoint(lists.GetUpscalers)
    get_latent_upscale_modes = endpoint(lists.GetLatentUpscaleModes)
    get_sd_vae = endpoint(lists.GetSDVae)
    get_sd_modules = endpoint(lists.GetSDModules)
    get_hypernetworks = endpoint(lists.GetHypernetworks)
    get_face_restorers = endpoint(lists.GetFaceRestorers)
    get_realesrgan_models = endpoint(lists.GetRealesrganModels)
    get_prompt_styles = endpoint(lists.GetPromptStyles)
    get_embeddings = endpoint(lists.GetEmbeddings)
    get_loras = endpoint(lists.GetLoras)
    get_scripts = endpoint(lists.GetScripts)
    get_script_info = endpoint(lists.GetScriptInfo)
    get_extensions = endpoint(lists.GetExtensions)
    get_memory = endpoint(lists.GetMemory)
    get_cmd_flags = endpoint(lists.GetCmdFlags)
    refresh_checkpoints = endpoint(admin.RefreshCheckpoints)
    refresh_embeddings = endpoint(admin.RefreshEmbeddings)
    refresh_vae = endpoint(admin.RefreshVae)
    refresh_loras = endpoint(admin.RefreshLoras)
    unload_checkpoint = endpoint(admin.UnloadCheckpoint)
    reload_checkpoint = endpoint(admin.ReloadCheckpoint)
    create_embedding = endpoint(admin.CreateEmbedding)
    create_hypernetwork = endpoint(admin.CreateHypernetwork)
    train_embedding = endpoint(admin.TrainEmbedding)
    train_hypernetwork = endpoint(admin.TrainHypernetwork)
    server_kill = endpoint(admin.ServerKill)
    server_restart = endpoint(admin.ServerRestart)
    server_stop = endpoint(admin.ServerStop)
    get_task_progress = endpoint(internal.GetTaskProgress)
    get_pending_tasks = endpoint(internal.GetPendingTasks)
    ping = endpoint(internal.Ping)
    get_version = endpoint(relatives.GetVersion)
    get_status = endpoint(relatives.GetStatus)
    get_history = endpoint(relatives.GetHistory)
    queue_task = endpoint(agent_scheduler.QueueTask)
    get_queue = endpoint(agent_scheduler.GetQueue)
    get_queue_history = endpoint(agent_scheduler.GetQueueHistory)
    get_queue_task = endpoint(agent_scheduler.GetQueueTask)
    get_queue_results = endpoint(agent_scheduler.GetQueueResults)
    delete_queue_task = endpoint(agent_scheduler.DeleteQueueTask)
    pause_queue = endpoint(agent_scheduler.PauseQueue)
    resume_queue = endpoint(agent_scheduler.ResumeQueue)
    clear_queue = endpoint(agent_scheduler.ClearQueue)
    custom_get = endpoint(custom.CustomGet)
    custom_post = endpoint(custom.custom_post)
    util_get_model_names = endpoint(utilities.get_model_names)
    util_get_sampler_names = endpoint(utilities.get_sampler_names)
    util_get_scheduler_names = endpoint(utilities.get_scheduler_names)
    util_get_current_model = endpoint(utilities.get_current_model)
    util_set_model = endpoint(utilities.set_model)
    util_wait_for_ready = endpoint(utilities.wait_for_ready)
    server = remembered(server_info.server)

    _transport: Any

    def __init__(
        self,
        host: str = _NO_HOST,
        port: int = _NO_PORT,
        baseurl: str | None = None,
        sampler: str | None = "Euler a",
        scheduler: str | None = None,
        steps: int | None = 20,
        use_https: bool = False,
        username: str | None = None,
        password: str | None = None,
        *,
        url: str | None = None,
        timeout: float | Timeout | None = None,
        headers: Mapping[str, str] | None = None,
        verify: Any = True,
        proxy: str | None = None,
        transport: Any = None,
        compress: bool = False,
        checks: Checks = "default",
        max_in_flight: int | None = 2,
    ) -> None:
        given_host, given_port = None if host is _NO_HOST else host, None if port is _NO_PORT else port
        local = LOCAL in (given_host, url, baseurl)
        self.local = local
        self._address, credentials = chosen_address(
            host=given_host, port=given_port, baseurl=baseurl, url=url, use_https=use_https,
            username=username, password=password,
        )  # fmt: skip
        self.default_sampler = sampler
        """Sent with generations that name no sampler; None leaves it to the server."""
        self.default_scheduler = scheduler
        """Sent with generations that name no scheduler; None leaves it to the server."""
        self.default_steps = steps
        """Sent with generations that say no steps; None leaves them to the server."""
        self.timeout = _timeout(timeout)
        self.compress = compress
        self.checks: Checks = check_level(checks)
        """How much is said about requests before they are sent: "default", "strict", "warn" or "off"."""
        self.gate = Gate(max_in_flight)
        """How many generations are under way at a time; the rest wait here."""
        self.session = Session(self._address, credentials, headers, verify, proxy)
        """Headers, credentials, certificates and proxies, to look at and to change."""
        self._facts: dict[str, Any] = {}  # what operations have found out about the server
        self._transport = transport if transport is not None else self._make_transport(local)

    def _make_transport(self, local: bool) -> Any:
        raise NotImplementedError

    @property
    def url(self) -> str:
        """The server's address, without credentials."""
        return LOCAL if self.local else self._address.root

    @property
    def baseurl(self) -> str:
        """The address of the API, as webuiapi 0.9 calls it: `http://host:port/sdapi/v1`."""
        return f"{self._address.root}/sdapi/v1"

    def set_auth(self, username: str, password: str) -> None:
        """Use these credentials from now on. Nothing is sent."""
        self.session.set_auth(username, password)

    def perform(self, build: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """What a method of the table does: make the request or the operation, and run it."""
        if args or "use_async" in kwargs or "use_deprecated_controlnet" in kwargs:
            from . import compat

            if compat.is_old(build, args, kwargs):
                return compat.call(self, build, args, kwargs)
        return self.run(build(*args, **kwargs))

    def run(self, work: Any) -> Any:
        """Send a request, or drive an operation to its end."""
        raise NotImplementedError

    def forget(self) -> None:
        """Forget what was found out about the server (which it is, its lists): it is asked again when needed."""
        self._facts.clear()

    def get_endpoint(self, endpoint: str, baseurl: bool) -> str:
        """The URL of a path below the server's address, or below /sdapi/v1 with `baseurl`. Nothing is sent."""
        return self._address.root + custom.endpoint_path(endpoint, baseurl)

    def get_artists(self) -> NoReturn:
        """Gone: no server has had it since 2023."""
        raise NotSupported("get_artists: the webui dropped its list of artists in 2023, and no server has one")

    def get_artist_categories(self) -> NoReturn:
        """Gone: no server has had it since 2023."""
        raise NotSupported(
            "get_artist_categories: the webui dropped its list of artists in 2023, and no server has one"
        )

    def with_options(
        self,
        *,
        timeout: float | Timeout | None = None,
        headers: Mapping[str, str] | None = None,
        compress: bool | None = None,
        checks: Checks | None = None,
    ) -> Self:
        """A light copy of this client with other settings, on the same connections. `headers` come on top."""
        other = copy.copy(self)
        if timeout is not None:
            other.timeout = _timeout(timeout)
        if compress is not None:
            other.compress = compress
        if checks is not None:
            other.checks = check_level(checks)
        other.session = self.session.with_headers(headers or {})
        return other

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.url!r})"

    # -- the way to the wire and back

    def _outgoing(self, request: Request[Any], hurry: bool = False) -> Outgoing:
        """The HTTP call for a request. Raises `TypeError` or `ValueError` for what cannot be sent."""
        defaults = ClientDefaults(self.default_sampler, self.default_scheduler, self.default_steps)
        request = request.with_defaults(defaults)
        report(request.problems(), self.checks)
        query = request.query()
        path = quote(self._address.prefix + request.path, safe=string.punctuation)
        target = path + (f"?{urlencode(query)}" if query else "")
        headers = {
            "User-Agent": f"webuiapi/{__version__}",
            "Accept": "application/json, */*",
            "Accept-Encoding": "gzip, deflate" if self.compress else "identity",
        }
        pieces: Any = ()
        if request.method != "GET":
            payload = request.payload()
            length = 0
            if payload is not None:
                body = wire.encode(payload, convert)
                pieces, length = body.pieces, body.length
                headers["Content-Type"] = "application/json"
            headers["Content-Length"] = str(length)
        headers = merged(headers, self.session.for_wire())
        timeout = self.timeout or (GENERATION if request.slow else ORDINARY)
        if hurry:
            timeout = Timeout(_LAST_WORDS, None, _LAST_WORDS)
        settings = self.session.settings(self._address.scheme)
        return Outgoing(request.method, self._address, target, headers, pieces, timeout, settings)

    def _flow(self, work: Request[R] | Flow[R], on_progress: OnProgress | None) -> Flow[R]:
        if on_progress is None:
            return iter(work)
        if not isinstance(work, Request):
            raise TypeError("on_progress is for a request, not for an operation of several calls")
        return run_watched(work, on_progress, self._alone)

    def _alone(self) -> bool:
        """Whether no more than one generation of this client is under way."""
        return self.gate.at_work <= 1

    def _halt(self, job: JobCore[Any]) -> Flow[None]:
        return stop(job, self._alone)

    def _reviewed(self, request: Request[R], result: R) -> R:
        """The result, with what speaks for something having been ignored said as `checks` wants it."""
        if self.checks != "off":
            for text in request.review(result):
                if self.checks == "strict":
                    raise UnexpectedResult(text, result)
                warnings.warn(text, SilentlyIgnored, stacklevel=4)
        return result

    def _result(self, request: Request[R], call: Outgoing, incoming: Incoming) -> R:
        """The result of an answer. Raises `StatusError` or `AnswerError`."""
        if incoming.status >= 300:
            raise error_for(call, incoming)
        answer = Answer(incoming.status, incoming.headers, incoming.body, call.method, call.url)
        return request.parse(answer)


def _timeout(timeout: float | Timeout | None) -> Timeout | None:
    if timeout is None or isinstance(timeout, Timeout):
        return timeout
    if isinstance(timeout, bool) or not isinstance(timeout, (int, float)):
        raise TypeError(f"timeout={timeout!r} must be a number of seconds or a Timeout")
    return Timeout(connect=min(10.0, timeout) if timeout > 0 else timeout, total=timeout)


OnProgress: TypeAlias = Callable[[Running], None]
"""Called with how far a generation is: `progress` (0 to 1), `step`, `steps`, `eta` in seconds."""


class WebUIApi(BaseClient):
    """A client that blocks. Safe to share between threads.

    `WebUIApi()` is the server on this machine; `WebUIApi(url="http://gpu-box:7860")` another; `WebUIApi(":local:")` the
    embedded one, in this process. No call is made before the first method. See the README for the other parameters.
    """

    _transport: Transport

    def _make_transport(self, local: bool) -> Transport:
        if local:
            from .transport.local import LocalTransport

            return LocalTransport()
        from .transport.plain import PlainTransport

        return PlainTransport()

    def run(self, work: Request[R] | Flow[R], *, on_progress: OnProgress | None = None) -> R:
        """Send a request (`Txt2Img("a cat")`), or drive an operation to its end.

        `on_progress` is called with how far it is. When the call is broken off by Ctrl-C, the server is told to stop
        if it works on this.
        """
        if on_progress is None and isinstance(work, Request):
            return self._call(work)
        flow = self._flow(work, on_progress)
        step: Callable[[], Step] = partial(next, flow)
        ending: BaseException | None = None
        left: list[threading.Thread] = []
        while True:
            try:
                todo = step()
            except StopIteration as end:
                if ending is not None:
                    raise ending from None
                return cast("R", end.value)
            except BaseException as error:
                if ending is not None and error is not ending:
                    raise ending from error
                raise
            finally:
                if ending is not None:
                    for thread in left:
                        thread.join(_LAST_WORDS)
            try:
                step = partial(flow.send, self._do(todo, ending is not None, left))
            except Exception as error:  # noqa: BLE001 - thrown into the operation
                step = partial(flow.throw, error)
            except BaseException as error:
                if ending is not None:
                    flow.close()
                    raise
                ending = error
                step = partial(flow.throw, error)

    def _do(self, todo: Step, hurry: bool, left: list[threading.Thread]) -> Any:
        if isinstance(todo, Sleep):
            return time.sleep(todo.seconds)
        if isinstance(todo, Remember):
            if todo.refresh or todo.key not in self._facts:
                self._facts[todo.key] = self.run(todo.find())
            return self._facts[todo.key]
        if isinstance(todo, Watch):
            return self._watched(todo, left)
        return self._call(todo, hurry)

    def awaitable(self, like: AsyncWebUIApi | None = None) -> AsyncWebUIApi:
        """An awaitable client of the same settings; on the connections of `like`, where that is given."""
        other = object.__new__(AsyncWebUIApi)
        other.__dict__.update(self.__dict__)
        other._transport = like._transport if like is not None else self._awaitable_transport()
        return other

    def _awaitable_transport(self) -> AsyncTransport:
        from .transport.local import AsyncLocalTransport, LocalTransport

        if isinstance(self._transport, LocalTransport):
            return AsyncLocalTransport(self._transport)
        return lazy_transport()

    def submit(
        self, request: Request[R], *, priority: int = 0, via: Literal["agent-scheduler"] | None = None
    ) -> Job[R]:
        """Start a generation and go on: the job tells its status and has the result.

        At most `max_in_flight` are under way; the others wait here, higher `priority` first. `via="agent-scheduler"`
        puts it into the queue of that extension instead, where it survives this program: see `attach`.
        """
        report(request.problems(), self.checks)
        if via is not None:
            return cast("Job[R]", self.attach(self.run(QueueTask(cast("Any", request)))))
        job = Job(self, request, partial(conduct, placed=True), self._halt)
        job.wait_for_turn(priority)
        return job

    def attach(self, task_id: str) -> Job[WebUIApiResult]:
        """The job of a task in the queue of the extension agent-scheduler, also one of an earlier program's."""
        job = Job(self, GetQueueResults(task_id), scheduled, unschedule)
        job.id = task_id
        job.start()
        return job

    @contextmanager
    def _place(self, needed: bool) -> Iterator[None]:
        """A place among the generations under way."""
        if not needed:
            yield
            return
        turn = threading.Event()
        ticket = self.gate.ask(turn.set)
        try:
            while not turn.wait(0.5):  # in short waits: on Windows a long one can't be broken off
                pass
        except BaseException:
            if not self.gate.withdraw(ticket):
                self.gate.leave()
            raise
        try:
            yield
        finally:
            self.gate.leave()

    def _last_words(self, request: Request[Any]) -> None:
        """A generation was broken off: have the server stop it, as far as it can be told from others."""
        flow = stop(JobCore(request), self._alone)
        try:
            todo = next(flow)
            while True:
                try:
                    answer = self._do(todo, True, [])
                except Exception as error:  # noqa: BLE001 - thrown into the operation
                    todo = flow.throw(error)
                else:
                    todo = flow.send(answer)
        except StopIteration:
            pass
        except WebUIApiError as error:
            logging.getLogger("webuiapi").info("the server could not be told to stop: %s", error)

    def _call(self, request: Request[R], hurry: bool = False, placed: bool = False, minded: bool = False) -> R:
        asked, preparation = request, request.preparation()
        if preparation is not None:
            request = self.run(preparation)
        call = self._outgoing(request, hurry)
        with self._place(request.generation and not placed):
            try:
                incoming = self._transport.send(call)
                while (other := after_redirect(call, incoming)) is not None:
                    call = other
                    incoming = self._transport.send(call)
            except ConnectionLost:
                if not request.may_break:
                    raise
                incoming = Incoming(204, {}, b"")
            except Exception:
                raise
            except BaseException:  # Ctrl-C
                if request.generation and not minded:
                    self._last_words(request)
                raise
        return self._reviewed(asked, self._result(request, call, incoming))

    def _watched(self, watch: Watch[R], left: list[threading.Thread]) -> R:
        """The call in a thread of its own, what goes on beside it in this one, which Ctrl-C reaches."""
        done = threading.Event()
        outcome: list[Any] = [None, None]

        def work() -> None:
            try:
                outcome[0] = self._call(watch.request, placed=watch.placed, minded=True)
            except BaseException as error:  # noqa: BLE001 - raised again by the one who waits
                outcome[1] = error
            finally:
                done.set()

        thread = threading.Thread(target=work, name="webuiapi-call", daemon=True)
        thread.start()
        left.append(thread)
        trouble = self._beside(watch, done)
        while not done.wait(0.2):  # in short waits: on Windows a long one can't be broken off
            pass
        left.remove(thread)
        if outcome[1] is not None:
            raise outcome[1]
        if trouble is not None:
            raise trouble
        return cast("R", outcome[0])

    def _beside(self, watch: Watch[Any], done: threading.Event) -> Exception | None:
        flow = watch.beside()
        step: Callable[[], Any] = partial(next, flow)
        try:
            while not done.is_set():
                try:
                    todo = step()
                except StopIteration:
                    return None
                except Exception as error:  # noqa: BLE001 - raised when the call has ended
                    return error
                if isinstance(todo, Sleep):
                    done.wait(todo.seconds)
                    step = partial(flow.send, None)
                    continue
                try:
                    step = partial(flow.send, self._call(todo))
                except Exception as error:  # noqa: BLE001 - thrown into the operation
                    step = partial(flow.throw, error)
            return None
        finally:
            flow.close()

    def using_model(self, name: str) -> utilities.Borrowed:
        """`with api.using_model("dreamshaper"):` loads a checkpoint and afterwards the old one again."""
        return utilities.Borrowed(self.run, lambda: utilities.exchange_model(name))

    def using_options(self, options: Mapping[str, Any] | None = None, **named: Any) -> utilities.Borrowed:
        """`with api.using_options(CLIP_stop_at_last_layers=2):` sets options and afterwards their old values again.

        Options hold for all users of the server: for one call, `override_settings` is better.
        """
        return utilities.Borrowed(self.run, lambda: utilities.exchange_options({**(options or {}), **named}))

    def close(self) -> None:
        """Close the kept connections. The client stays usable: the next call opens new ones."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()


class AsyncWebUIApi(BaseClient):
    """A client to await: the same methods, each awaitable. Safe to share between tasks. Needs `aiohttp`."""

    _transport: AsyncTransport

    def _make_transport(self, local: bool) -> AsyncTransport:
        if local:
            from .transport.local import AsyncLocalTransport

            return AsyncLocalTransport()
        return lazy_transport()

    async def run(self, work: Request[R] | Flow[R], *, on_progress: OnProgress | None = None) -> R:
        """Send a request (`Txt2Img("a cat")`), or drive an operation to its end.

        `on_progress` is called with how far it is. When the task is cancelled, the server is told to stop if it works
        on this.
        """
        if on_progress is None and isinstance(work, Request):
            return await self._call(work)
        flow = self._flow(work, on_progress)
        step: Callable[[], Step] = partial(next, flow)
        ending: BaseException | None = None
        while True:
            try:
                todo = step()
            except StopIteration as end:
                if ending is not None:
                    raise ending from None
                return cast("R", end.value)
            except BaseException as error:
                if ending is not None and error is not ending:
                    raise ending from error
                raise
            try:
                step = partial(flow.send, await self._do(todo, ending is not None))
            except Exception as error:  # noqa: BLE001 - thrown into the operation
                step = partial(flow.throw, error)
            except BaseException as error:
                if ending is not None:
                    flow.close()
                    raise
                ending = error
                step = partial(flow.throw, error)

    async def _do(self, todo: Step, hurry: bool) -> Any:
        if isinstance(todo, Sleep):
            return await asyncio.sleep(todo.seconds)
        if isinstance(todo, Remember):
            if todo.refresh or todo.key not in self._facts:
                self._facts[todo.key] = await self.run(todo.find())
            return self._facts[todo.key]
        if isinstance(todo, Watch):
            return await self._watched(todo)
        return await self._call(todo, hurry)

    def submit(
        self, request: Request[R], *, priority: int = 0, via: Literal["agent-scheduler"] | None = None
    ) -> AsyncJob[R]:
        """Start a generation and go on: the job tells its status, and awaiting it gives the result.

        At most `max_in_flight` are under way; the others wait here, higher `priority` first. `via="agent-scheduler"`
        puts it into the queue of that extension instead, where it survives this program: see `attach`.
        """
        report(request.problems(), self.checks)
        if via is not None:
            return AsyncJob(self, request, through_queue, unschedule).started()
        job = AsyncJob(self, request, partial(conduct, placed=True), self._halt)
        job.wait_for_turn(priority)
        return job

    def attach(self, task_id: str) -> AsyncJob[WebUIApiResult]:
        """The job of a task in the queue of the extension agent-scheduler, also one of an earlier program's."""
        job = AsyncJob(self, GetQueueResults(task_id), scheduled, unschedule)
        job.id = task_id
        return job.started()

    @asynccontextmanager
    async def _place(self, needed: bool) -> AsyncIterator[None]:
        """A place among the generations under way."""
        if not needed:
            yield
            return
        loop = asyncio.get_running_loop()
        turn = asyncio.Event()

        def start() -> None:
            loop.call_soon_threadsafe(turn.set)

        ticket = self.gate.ask(start)
        try:
            await turn.wait()
        except BaseException:
            if not self.gate.withdraw(ticket):
                self.gate.leave()
            raise
        try:
            yield
        finally:
            self.gate.leave()

    async def _last_words(self, request: Request[Any]) -> None:
        """A generation was broken off: have the server stop it, as far as it can be told from others."""
        flow = stop(JobCore(request), self._alone)
        try:
            todo = next(flow)
            while True:
                try:
                    answer = await self._do(todo, True)
                except Exception as error:  # noqa: BLE001 - thrown into the operation
                    todo = flow.throw(error)
                else:
                    todo = flow.send(answer)
        except StopIteration:
            pass
        except WebUIApiError as error:
            logging.getLogger("webuiapi").info("the server could not be told to stop: %s", error)

    async def _call(self, request: Request[R], hurry: bool = False, placed: bool = False, minded: bool = False) -> R:
        asked, preparation = request, request.preparation()
        if preparation is not None:
            request = await self.run(preparation)
        # Pictures are encoded and decoded in a thread: the event loop has other things to do.
        heavy = request.generation or request.sends_pictures
        call = await asyncio.to_thread(self._outgoing, request, hurry) if heavy else self._outgoing(request, hurry)
        async with self._place(request.generation and not placed):
            try:
                incoming = await self._transport.send(call)
                while (other := after_redirect(call, incoming)) is not None:
                    call = other
                    incoming = await self._transport.send(call)
            except ConnectionLost:
                if not request.may_break:
                    raise
                incoming = Incoming(204, {}, b"")
            except Exception:
                raise
            except BaseException:  # cancelled
                if request.generation and not minded:
                    await self._last_words(request)
                raise
        if len(incoming.body) > _OFF_LOOP:
            result = await asyncio.to_thread(self._result, request, call, incoming)
        else:
            result = self._result(request, call, incoming)
        return self._reviewed(asked, result)

    async def _watched(self, watch: Watch[R]) -> R:
        call = asyncio.ensure_future(self._call(watch.request, placed=watch.placed, minded=True))
        beside = asyncio.ensure_future(self._beside(watch))
        try:
            await asyncio.wait({call})
            return call.result()
        finally:
            for task in (call, beside):
                task.cancel()
                with suppress(asyncio.CancelledError, Exception):
                    await task

    async def _beside(self, watch: Watch[Any]) -> None:
        flow = watch.beside()
        step: Callable[[], Any] = partial(next, flow)
        try:
            while True:
                try:
                    todo = step()
                except StopIteration:
                    return
                try:
                    step = partial(flow.send, await self._do(todo, False))
                except Exception as error:  # noqa: BLE001 - thrown into the operation
                    step = partial(flow.throw, error)
        finally:
            flow.close()

    def using_model(self, name: str) -> utilities.AsyncBorrowed:
        """`async with api.using_model("dreamshaper"):` loads a checkpoint and afterwards the old one again."""
        return utilities.AsyncBorrowed(self.run, lambda: utilities.exchange_model(name))

    def using_options(self, options: Mapping[str, Any] | None = None, **named: Any) -> utilities.AsyncBorrowed:
        """`async with api.using_options(CLIP_stop_at_last_layers=2):` sets options and afterwards the old values again.

        Options hold for all users of the server: for one call, `override_settings` is better.
        """
        return utilities.AsyncBorrowed(self.run, lambda: utilities.exchange_options({**(options or {}), **named}))

    async def aclose(self) -> None:
        """Close the kept connections. The client stays usable: the next call opens new ones."""
        await self._transport.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        await self.aclose()


def lazy_transport() -> AsyncTransport:
    """The awaitable transport, which loads aiohttp at the first call. Raises `MissingExtra` where there is none."""
    if find_spec("aiohttp") is None:
        raise MissingExtra.of("AsyncWebUIApi", "aiohttp")
    return _LazyTransport()


class _LazyTransport:
    """aiohttp takes a third of a second to import: at the first call, not before."""

    _inner: AsyncTransport | None = None

    async def send(self, call: Outgoing) -> Incoming:
        if self._inner is None:
            from .transport.awaitable import AwaitableTransport

            self._inner = AwaitableTransport()
        return await self._inner.send(call)

    async def aclose(self) -> None:
        if self._inner is not None:
            await self._inner.aclose()
