"""Why there is no whole answer: nobody there, no way there, or what is there speaks another language."""

from __future__ import annotations

from dataclasses import replace

from ...address import Address
from ...errors import AnswerTooLarge, CallTimeout, ConnectError, ConnectionLost, WebUIApiError
from ...request import Flow
from ...transport.base import why_not_connected
from ..options import GetOptions
from .findings import Chart, one_line
from .here import Place
from .looking import look

_PORTS = {7860: "the webui's", 7861: "the webui's with --nowebui", 5001: "KoboldCpp's", 1234: "stable-diffusion.cpp's"}
"""Where servers of this kind listen if nobody says otherwise."""
_START = "Start the server (a webui with --api), or say where it is: url=, --url, WEBUIAPI_URL."


def why_nothing(chart: Chart, place: Place, error: WebUIApiError) -> Flow[None]:
    """Why there is no whole answer, and what to do about it."""
    address, said = place.address, one_line(error)
    where = address.origin
    if isinstance(error, ConnectError):
        yield from _not_connected(chart, place, error)
    elif isinstance(error, CallTimeout) and not error.may_have_begun:
        chart.problem(
            "no-connection",
            f"no connection to {where}: it does not even refuse",
            said,
            "Is the host on, and the address right? A firewall that drops what it does not like looks like this; a "
            "webui listens to other machines only with --listen.",
        )
    elif isinstance(error, CallTimeout):
        chart.problem(
            "no-answer",
            f"{where} takes the call and does not answer",
            said,
            "The server may be loading a model or have too many calls waiting (a webui has 40 threads): look at its "
            "console, wait, and if it stays so, start it again.",
        )
    elif isinstance(error, ConnectionLost):
        yield from _broken_off(chart, place, said)
    elif isinstance(error, AnswerTooLarge):
        chart.problem(
            "unreadable", f"the answer of {where} is larger than this client allows", said, "Raise max_response."
        )
    else:
        chart.problem(
            "unreadable",
            f"the answer of {where} can't be read",
            said,
            "Something in between spoils answers: a proxy that compresses or claims to. Go without it.",
        )


def _not_connected(chart: Chart, place: Place, error: ConnectError) -> Flow[None]:
    address, said = place.address, one_line(error)
    why, cause = why_not_connected(error)
    if place.proxy is not None and why in ("refused", "name", "other"):
        chart.problem(
            "proxy-unreachable",
            f"the proxy {place.proxy.address.origin} can't be reached, or does not reach on",
            said,
            f'Go without it (proxy="" or NO_PROXY={address.host}), or correct HTTP_PROXY and HTTPS_PROXY.',
        )
    elif why == "refused":
        chart.problem("nobody-listens", f"nobody listens at {address.origin}", said, _START)
        yield from _elsewhere(chart, place)
    elif why == "name":
        chart.problem(
            "unknown-host",
            f"the host name {address.host!r} is unknown",
            said,
            "Is it spelt right? Names of your own network may need the VPN, or the address in numbers.",
        )
    elif why == "certificate":
        chart.problem(
            "certificate",
            f"the certificate of {address.origin} is not trusted",
            one_line(cause),
            'Pass the file of certificates that you trust: verify="/path/to/ca.pem". verify=False trusts anybody.',
        )
    elif why == "tls":
        plain = yield from _answers(place, replace(address, scheme="http"))
        chart.problem(
            "tls-mismatch",
            f"{address.origin} does not speak https" + (", it speaks http" if plain else ""),
            said,
            f"Use {replace(address, scheme='http').root} (a webui speaks http unless it has --tls-certfile).",
        )
    else:
        chart.problem(
            "no-connection",
            f"no connection to {address.origin}",
            said,
            "Is this machine online, and in the server's network?",
        )


def _elsewhere(chart: Chart, place: Place) -> Flow[None]:
    """Whether one of the usual ports of that host answers instead."""
    for port, whose in _PORTS.items():
        other = Address("http", place.address.host, port)
        if port != place.address.port and (yield from _answers(place, other)):
            chart.note(
                "elsewhere",
                f"something answers at {other.origin}",
                f"{port} is {whose} usual port",
                f"If that is the server meant: url={other.root!r}",
            )


def _answers(place: Place, other: Address) -> Flow[bool]:
    return False if place.local else (yield from look(GetOptions(), other)).answer is not None


def _broken_off(chart: Chart, place: Place, said: str) -> Flow[None]:
    address = place.address
    if address.scheme == "http" and (yield from speaks_tls(place)):
        secure = replace(address, scheme="https")
        chart.problem(
            "tls-mismatch",
            f"{address.origin} speaks https, not http",
            said,
            f"Use {secure.root}",
        )
        return
    chart.problem(
        "broken-off",
        f"{address.origin} takes the call and breaks off",
        said,
        "What listens there may not be an HTTP server, or a server that is just going down: is the port right? The "
        "server's console may say more.",
    )


def speaks_tls(place: Place) -> Flow[bool]:
    """Whether https has an answer there, be it only a certificate that is not trusted."""
    if place.local:
        return False
    sight = yield from look(GetOptions(), replace(place.address, scheme="https"))
    return sight.answer is not None or (
        isinstance(sight.error, ConnectError) and why_not_connected(sight.error)[0] == "certificate"
    )
