"""Webhook: the notice as JSON, posted to an address, signed as Standard Webhooks has it (standardwebhooks.com).

The signature is HMAC-SHA256 over `id.timestamp.body`; the id is the same each time that a notice is sent, so whoever takes it in
can tell what it has seen already.
"""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable

from outrider.exchange import Address
from outrider.kinds.table import Table
from outrider.logic.notice_text import as_json
from outrider.model.notice import Notice
from outrider.notify.http import Caller, address_of
from outrider.notify.secrets import Secrets
from outrider.notify.way import WayOut

PREFIX = "whsec_"


class Webhook(WayOut):
    """Posts to one address; whatever answers 2xx has taken it."""

    idempotent = True

    def __init__(self, to: Address, key: bytes, timeout_s: float, now_s: Callable[[], int]) -> None:
        self.about = f"{to.url}{to.prefix.partition('?')[0]}"
        self._key = key
        self._now_s = now_s
        self._caller = Caller(to, "The webhook", timeout_s)

    async def send(self, notice: Notice) -> None:
        body = json.dumps(as_json(notice)).encode()
        headers = {"webhook-id": notice.id, "webhook-timestamp": str(self._now_s())}
        if self._key:
            headers["webhook-signature"] = signature(self._key, notice.id, headers["webhook-timestamp"], body)
        self._caller.check(await self._caller.post("", body, headers))


def signature(key: bytes, notice_id: str, timestamp: str, body: bytes) -> str:
    """The header `webhook-signature`."""
    signed = hmac.new(key, f"{notice_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(signed).decode()}"


def read(table: Table, secrets: Secrets, timeout_s: float, now_s: Callable[[], int]) -> Webhook:
    """A webhook from its table: `url`, and a `secret` to sign with."""
    to = address_of(table, "url")
    secret = secrets.take(table, "secret", required=False)
    return Webhook(to, _key(table, secret), timeout_s, now_s)


def _key(table: Table, secret: str) -> bytes:
    """What is signed with: of `whsec_…` the bytes that it encodes, of anything else its UTF-8."""
    if not secret.startswith(PREFIX):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise table.bad("secret", f"what follows {PREFIX} should be base64.") from None
