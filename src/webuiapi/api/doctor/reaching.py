"""Whether anything answers at the address, whether it is the API, and whether it lets us in."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ...request import Flow
from ..internal import Ping
from ..lists import GetSamplers
from ..options import GetOptions, Options
from .between import look_between
from .findings import Chart, one_line
from .here import Place
from .looking import Sight, look
from .unreached import speaks_tls, why_nothing


def reach(chart: Chart, place: Place) -> Flow[Sight[Options] | None]:
    """The first exchange, with the server's options where it gave them; None where it is no use to go on."""
    sight = yield from look(GetOptions())
    if sight.answer is None:
        assert sight.error is not None
        yield from why_nothing(chart, place, sight.error)
        return None
    look_between(chart, place, sight)
    if _redirected(chart, place, sight):
        return None
    return sight if (yield from _is_api(chart, place, sight)) else None


def _redirected(chart: Chart, place: Place, sight: Sight[Any]) -> bool:
    """Note where the address leads to; whether that is the end of it."""
    assert sight.answer is not None
    root = place.address.root
    target = sight.headers.get("location") if 300 <= sight.status < 400 else None
    if target is not None:
        chart.problem(
            "redirect",
            f"{root} sends everybody to {one_line(target)}",
            f"status {sight.status}",
            "Use that address, if it is the server's; a login page means that a proxy wants a login.",
        )
        return True
    path = GetOptions.path
    if sight.answer.url != place.address.root + path:
        better = sight.answer.url.removesuffix(path)
        chart.warning(
            "redirect",
            f"{place.address.root} leads to {better}",
            f"{path} was redirected",
            f"Use {better}: what paints is sent by POST, which follows a redirect only where it says 307 or 308.",
        )
    return False


def _is_api(chart: Chart, place: Place, sight: Sight[Options]) -> Flow[bool]:
    """Whether what answers is the API and lets us in."""
    status, root = sight.status, place.address.root
    if status < 300 and sight.error is None:
        chart.ok("reached", f"the API answers at {place.url}", f"GET {GetOptions.path}: {status}")
        return True
    if status in (401, 403, 407):
        _refused(chart, place, sight)
        return False
    if status in (502, 504) or 520 <= status <= 530:
        chart.problem(
            "gateway",
            f"a proxy answers at {root}, and has no server behind it",
            _told(sight),
            "Start the server, or correct where the proxy looks for it.",
        )
        return False
    if status in (429, 503):
        chart.problem("busy", f"{root} is too busy, or not up yet", _told(sight), "Wait a little and ask again.")
        return False
    if status in (404, 405, 501):
        samplers = yield from look(GetSamplers())  # which some have without options
        if samplers.error is None:
            chart.ok("reached", f"the API answers at {place.url}", "there are samplers, but no options")
            return True
        yield from _no_api(chart, place, sight)
        return False
    if status >= 500:
        chart.warning(
            "server-error",
            "the server can't tell its options",
            _told(sight),
            "An option may hold a value of a wrong type: set it right in the server's settings, or in its config.json.",
        )
        return True
    yield from _something_else(chart, place, sight)
    return False


def _refused(chart: Chart, place: Place, sight: Sight[Any]) -> None:
    root, told = place.address.root, _told(sight)
    asks = sight.headers.get("www-authenticate", "")
    if sight.status == 407:
        chart.problem(
            "proxy-credentials",
            "the proxy on the way out wants a user name and a password",
            told,
            "Give them in its address: proxy=http://user:password@host:port",
        )
    elif sight.status == 403:
        chart.problem(
            "forbidden",
            f"{root} refuses us",
            told,
            "A proxy or firewall lets only some in: an address, a header, a login. Ask who runs it.",
        )
    elif place.session.auth is not None:
        chart.problem(
            "credentials-wrong",
            f"{root} does not accept this user name and password",
            told,
            "They must be one pair of the webui's --api-auth (letters of ASCII only); --gradio-auth is for the page "
            "and not for the API.",
        )
    else:
        by_proxy = f" A proxy asks for them ({one_line(asks, 60)}), not the webui itself." if asks else ""
        chart.problem(
            "credentials-missing",
            f"{root} wants a user name and a password",
            told,
            f"Those of the webui's --api-auth: username= and password=, --auth user:password, WEBUIAPI_AUTH.{by_proxy}",
        )


def _no_api(chart: Chart, place: Place, sight: Sight[Any]) -> Flow[None]:
    """It answers, and knows no /sdapi/v1: a webui without --api, a wrong path, or something else altogether."""
    root = place.address.root
    if place.address.prefix:
        bare = replace(place.address, prefix="")
        at_root = yield from look(GetOptions(), bare)
        if at_root.status == 401 or (at_root.answer is not None and at_root.error is None):
            chart.problem(
                "sub-path",
                f"the API is not below {place.address.prefix!r}, but at {bare.root}",
                _told(sight),
                f"Use {bare.root}: a webui's --subpath moves its page and not its API.",
            )
            return
    ping = yield from look(Ping())
    page = yield from look(_Page())
    if ping.error is None or "gradio" in _text(page).lower():
        chart.problem(
            "no-api",
            f"a webui answers at {root}, and has no API",
            f"{_told(sight)}; " + ("/internal/ping answers" if ping.error is None else "its page is gradio's"),
            "Start it with --api (COMMANDLINE_ARGS in webui-user.bat or webui-user.sh). A page that asks for a login "
            "(--gradio-auth) has nothing to do with it.",
        )
        return
    yield from _something_else(chart, place, page if page.page is not None else sight)


def _something_else(chart: Chart, place: Place, sight: Sight[Any]) -> Flow[None]:
    if place.address.scheme == "http" and sight.status == 400 and (yield from speaks_tls(place)):
        chart.problem(
            "tls-mismatch",
            f"{place.address.origin} speaks https, not http",
            _told(sight),
            f"Use {replace(place.address, scheme='https').root}",
        )
        return
    title = f": {one_line(sight.page, 80)!r}" if sight.page else ""
    what = f"a web page{title}" if sight.page is not None else "something that is not the API of a webui"
    chart.problem(
        "not-an-api",
        f"{place.address.root} answers with {what}",
        _told(sight),
        "Is the address right (host, port, path)? A login, a warning page of a tunnel or the page of a network "
        "answers like this too. Servers speak /sdapi/v1: A1111's webui, Forge, SD.Next, KoboldCpp and others.",
    )


class _Page(Ping):
    """The page that a browser would show."""

    path = "/"


def _text(sight: Sight[Any]) -> str:
    return "" if sight.answer is None else bytes(sight.answer.body).decode("utf-8", "replace")


def _told(sight: Sight[Any]) -> str:
    """What was answered to what, in a line."""
    if sight.answer is None:
        return one_line(sight.error)
    said = one_line(getattr(sight.error, "message", "") or "", 160)
    return f"{sight.answer.method} {sight.answer.url}: {sight.status}" + (f", {said}" if said else "")
