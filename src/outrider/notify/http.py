"""HTTP as ways out use it: one request, and what its answer means for a notice."""

import asyncio
import json
import ssl
from collections.abc import Mapping

from outrider.errors import OutriderError
from outrider.exchange import Address, Answer, NoAnswer, NotSent, exchange, web_address
from outrider.kinds.table import Table
from outrider.notify.way import Refused, Unclear, Unsent

MOST_BYTES = 4 * 1024 * 1024
SAID = 200
LATER = frozenset({408, 425, 429})


def address_of(table: Table, key: str, default: str | None = None) -> Address:
    """The address under that key, checked."""
    try:
        return web_address(table.text(key, default))
    except ValueError as error:
        raise table.bad(key, f"{error}.") from None


class Caller:
    """Makes requests to one server. `name` is what it is called in sentences: never its address, which may hold a secret."""

    def __init__(self, to: Address, name: str, timeout_s: float) -> None:
        self._to = to
        self._name = name
        self._timeout_s = timeout_s
        self._tls: ssl.SSLContext | None = None

    async def post(
        self, target: str, body: bytes, headers: Mapping[str, str] | None = None, *, timeout_s: float | None = None
    ) -> Answer:
        """Posts JSON. Unsent where there was no connection, Unclear where there was one and no answer came."""
        if self._to.secure and self._tls is None:
            self._tls = await asyncio.to_thread(ssl.create_default_context)
        every = {"Content-Type": "application/json", "User-Agent": "outrider", **(headers or {})}
        limit = timeout_s or self._timeout_s
        try:
            return await exchange(
                self._to, "POST", target, every, body, timeout_s=limit, tls=self._tls, most=MOST_BYTES
            )
        except NotSent as error:
            raise Unsent(f"{self._name}: {error.message}.") from None
        except NoAnswer as error:
            raise Unclear(f"{self._name}: {error.message}; it may have arrived.") from None
        except OutriderError as error:
            raise Refused(f"{self._name}: {error.message}") from None

    def check(self, answer: Answer) -> None:
        """Returns where the answer says that it was taken; else Unsent or Refused."""
        if 200 <= answer.status < 300:
            return
        told = f"{self._name} answered {answer.status}{_said(answer)}"
        if 300 <= answer.status < 400:
            raise Refused(f"{told}: it wants to be asked elsewhere, which is not followed. Correct its address.")
        if answer.status in LATER or answer.status >= 500:
            raise Unsent(f"{told}.", after_s=_after_s(answer))
        raise Refused(f"{told}.")


def _after_s(answer: Answer) -> float | None:
    try:
        return min(3600.0, max(0.0, float(answer.headers["retry-after"])))
    except (KeyError, ValueError):
        return None


def _said(answer: Answer) -> str:
    """A beginning of what it said about that."""
    text = " ".join(answer.body[: SAID * 4].decode("utf-8", "replace").split())[:SAID]
    return f" ({text})" if text else ""


def as_object(answer: Answer) -> Mapping[str, object]:
    """The JSON object in an answer; an empty one where there is none."""
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
