"""Whether a call that failed may be made again, and when: a decision, no sleeping in it.

Only what is safe is repeated: a GET always, anything whose connection was refused before a byte was sent, and a busy
answer of a server that refuses before it works. A generation that may have begun never is: the server finishes it even
when nobody waits for it any more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .errors import AnswerTooLarge, CallTimeout, ConnectError, TransportError

_BUSY = (429, 503)


@dataclass(frozen=True)
class Retry:
    """How often and how soon. `attempts` counts the first one: 1 repeats nothing."""

    attempts: int = 3
    first_pause: float = 0.1
    """Seconds before the second attempt; doubled for each further one, with up to a quarter of chance on top."""
    longest_pause: float = 10.0
    """Seconds at most, also where the server asks for more with `Retry-After`."""

    def __post_init__(self) -> None:
        if self.attempts < 1 or self.first_pause < 0 or self.longest_pause < 0:
            raise ValueError(f"{self!r}: attempts is at least 1, the pauses are at least 0")

    def _pause(self, attempt: int) -> float:
        exact: float = min(self.first_pause * 2.0 ** (attempt - 1), self.longest_pause)
        import random  # loads hashlib, for a pause that is seldom needed

        return exact * (1 + random.random() / 4)  # noqa: S311 - so that many clients do not come back at once

    def after_error(self, method: str, error: TransportError, attempt: int) -> float | None:
        """Seconds to wait before the next attempt after no answer came; None to give up."""
        if attempt >= self.attempts or isinstance(error, (CallTimeout, AnswerTooLarge)):
            return None
        if method == "GET" or isinstance(error, ConnectError):
            return self._pause(attempt)
        return None

    def after_status(
        self, method: str, status: int, headers: Mapping[str, str], attempt: int, *, refused: bool = False
    ) -> float | None:
        """Seconds to wait before the next attempt after a busy answer; None to take it as it is.

        `refused` says that this server answers 503 before it works (KoboldCpp), so that a generation may be asked for
        again too. A 429 never allows that: SD.Next's comes after the work.
        """
        if attempt >= self.attempts or status not in _BUSY:
            return None
        if method != "GET" and not (refused and status == 503):
            return None
        return min(max(_seconds(headers.get("retry-after")), self._pause(attempt)), self.longest_pause)


def retry_of(value: Retry | int | None) -> Retry:
    """The policy for a constructor's argument: a number of attempts, None or 0 for no repetition."""
    if isinstance(value, Retry):
        return value
    if value is None or value == 0:
        return Retry(attempts=1)
    if type(value) is not int or value < 0:
        raise ValueError(f"retries={value!r} must be a whole number of attempts, a Retry, or None")
    return Retry(attempts=value)


def _seconds(text: str | None) -> float:
    """`Retry-After` in seconds; 0 where it is missing or a date."""
    try:
        return max(0.0, float(text or 0))
    except ValueError:
        return 0.0
