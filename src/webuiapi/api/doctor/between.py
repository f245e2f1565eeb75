"""What lies in between: other people's proxies and tunnels, compression, and how fast it all is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...request import Flow, Request
from ...server_info import Probe
from ..internal import Ping
from .findings import Chart
from .here import Place
from .looking import Sight, look

_BY_HEADER = {
    "cf-ray": "Cloudflare", "ngrok-agent-ips": "ngrok", "ngrok-error-code": "ngrok", "ngrok-trace-id": "ngrok",
    "x-amz-cf-id": "CloudFront", "x-amzn-trace-id": "a load balancer of AWS", "x-served-by": "a cache",
    "x-envoy-upstream-service-time": "Envoy", "x-runpod-request-id": "RunPod",
}  # fmt: skip
"""Headers that only something in between sets."""
_BY_SERVER = ("cloudflare", "nginx", "openresty", "apache", "caddy", "traefik", "envoy", "haproxy", "varnish", "iis")
"""Words in `Server`, where a webui says uvicorn."""
_BY_HOST = {
    ".gradio.live": "gradio's share link", ".ngrok-free.app": "ngrok", ".ngrok-free.dev": "ngrok",
    ".ngrok.app": "ngrok", ".ngrok.io": "ngrok", ".trycloudflare.com": "Cloudflare's tunnel",
    ".proxy.runpod.net": "RunPod",
    ".hf.space": "a Space of Hugging Face", ".googleusercontent.com": "Colab", ".colab.dev": "Colab",
    ".loca.lt": "localtunnel", ".devtunnels.ms": "a dev tunnel", ".app.github.dev": "a codespace",
}  # fmt: skip
"""Ends of host names of tunnels and hosters."""
_SLOW_CALL = 0.5  # seconds
_SLOW_LINK = 1.5e6  # bytes in a second: a picture of 1.5 MB in 2
_ENOUGH = 50_000  # bytes from which on a rate says something


def who_is_between(host: str, headers: Mapping[str, str]) -> str:
    """What stands between here and the server, by the host's name and an answer's headers; "" for nothing known."""
    for end, name in _BY_HOST.items():
        if host.endswith(end):
            return name
    for header, name in _BY_HEADER.items():
        if header in headers:
            return name
    server = headers.get("server", "").lower()
    known = next((name for name in _BY_SERVER if name in server), "")
    return known or (f"a proxy ({headers['via']})" if headers.get("via") else "")


def look_between(chart: Chart, place: Place, sight: Sight[Any]) -> None:
    """What an answer tells about its way."""
    name = who_is_between(place.address.host, sight.headers)
    if name:
        chart.note(
            "proxy",
            f"between here and the server is {name}",
            _telling(sight.headers),
            "Such things break off what takes longer than 60 to 100 seconds, limit sizes, and some show a page of "
            "their own first (ngrok: headers={'ngrok-skip-browser-warning': '1'}). submit() and on_progress survive a "
            "broken connection where the server knows tasks.",
        )
    encoding = sight.headers.get("content-encoding", "identity")
    if encoding != "identity" and not place.compress:
        chart.warning(
            "compressed",
            f"answers come compressed ({encoding}), although nobody asked for it",
            _telling(sight.headers),
            "Pictures do not get smaller by that, only later: switch it off in the proxy for /sdapi.",
        )


def _telling(headers: Mapping[str, str]) -> str:
    names = [name for name in (*_BY_HEADER, "server", "via", "content-encoding") if name in headers]
    return ", ".join(f"{name}: {headers[name][:60]}" for name in names)


def measure(chart: Chart, light: Request[object]) -> Flow[None]:
    """How long a small call takes, and how fast a larger answer comes."""
    times = []
    for _ in range(3):
        sight = yield from look(light)
        if sight.error is None:
            times.append(sight.seconds)
    if not times:
        return
    latency = min(times)
    told = f"a small call takes {latency * 1000:.0f} ms"
    if latency < _SLOW_CALL:
        chart.ok("latency", told, f"{light.method} {light.path}, the best of {len(times)}")
    else:
        chart.warning(
            "latency",
            told,
            f"{light.method} {light.path}, the best of {len(times)}",
            "The way is long, or the server is at work: progress and interrupting will lag.",
        )
    yield from _rate(chart, latency)


def _rate(chart: Chart, latency: float) -> Flow[None]:
    schema = Probe("/openapi.json")
    yield from look(schema)  # the webui makes it at the first request
    sight = yield from look(schema)
    size = len(sight.answer.body) if sight.answer is not None else 0
    if sight.error is not None or size < _ENOUGH:
        return
    rate = size / max(sight.seconds - latency, 1e-3)
    told = f"answers come with {rate / 1e6:.1f} MB/s"
    if rate >= _SLOW_LINK:
        chart.ok("rate", told, f"{size} bytes of /openapi.json")
    else:
        chart.warning(
            "rate",
            told,
            f"{size} bytes of /openapi.json in {sight.seconds:.1f} s",
            "compress=True makes lists smaller, not pictures; for these ask for JPEG or WebP: "
            "set_options({'samples_format': 'jpg'}).",
        )


def lightest(paths: tuple[Request[object], ...] = ()) -> Flow[Request[object] | None]:
    """The lightest call that the server has, out of those given; None where it has none."""
    for request in (Ping(), *paths):
        sight = yield from look(request)
        if sight.error is None:
            return request
    return None
