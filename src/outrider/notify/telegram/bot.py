"""The Bot API as far as it is needed: methods by POST of JSON (core.telegram.org/bots/api). The token is in no message of an error.

A client of our own, on what the daemon has anyway: whether a message may have arrived must be told apart, which libraries that try
again by themselves do not tell, and they write the token into their logs.
"""

import json
from collections.abc import Mapping

from outrider.exchange import Address, Answer
from outrider.notify.http import Caller, as_object
from outrider.notify.way import Refused, Unsent

NAME = "Telegram"
GRACE_S, LONGEST_PAUSE_S = 10.0, 3600.0


class Bot:
    """One bot, known by its token."""

    def __init__(self, base: Address, token: str, timeout_s: float) -> None:
        self._caller = Caller(base, NAME, timeout_s)
        self._token = token

    async def call(self, method: str, parameters: Mapping[str, object], *, wait_s: float = 0) -> object:
        """The result of a method, which may take `wait_s` longer than others.

        Unsent where it was not done and may be later, Refused where it never will be, Unclear where that cannot be told.
        """
        body = json.dumps(parameters).encode()
        limit = wait_s + GRACE_S if wait_s else None
        answer = await self._caller.post(f"/bot{self._token}/{method}", body, timeout_s=limit)
        said = as_object(answer)
        if said.get("ok") is True:
            return said.get("result")
        raise _failure(answer, said)


def _failure(answer: Answer, said: Mapping[str, object]) -> Refused | Unsent:
    """What an answer means that is not ok; its `error_code` is the status of HTTP."""
    what = str(said.get("description") or f"answered {answer.status}")[:300]
    match answer.status:
        case 401 | 404:
            return Refused(f"{NAME} refuses the bot's token ({what}): take the one that @BotFather gave.")
        case 409:
            return Refused(
                f"{NAME}: another program reads this bot's messages ({what}). A token belongs to one way of one daemon, and to no webhook."
            )
        case 429:
            return Unsent(f"{NAME} wants fewer messages ({what}).", after_s=_after_s(said))
        case status if status >= 500 or not said:
            return Unsent(f"{NAME} answered {status} ({what}).")
        case _:
            return Refused(f"{NAME}: {what}.")


def _after_s(said: Mapping[str, object]) -> float:
    parameters = said.get("parameters")
    after = parameters.get("retry_after") if isinstance(parameters, dict) else None
    return min(LONGEST_PAUSE_S, max(0.0, after)) if isinstance(after, int | float) else 5.0
