"""One request to a daemon: where it is, and what it means that no answer comes.

A general HTTP client takes longer to import than a verb of the command line may take in all, and the daemon is on this machine, or
one address away.
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

from outrider.errors import InvalidInput, NoDaemon, TimedOut
from outrider.exchange import PLAIN, SECURE, Address, Answer, NoAnswer, NotSent, TooLate
from outrider.exchange import exchange as ask


def address(url: str) -> Address:
    """Reads `http://host:port[/prefix]`, `https://…` or `unix:/path`; InvalidInput says what is wrong with it."""
    if url.startswith("unix:"):
        path = url.removeprefix("unix:")
        path = path.removeprefix("//") if path.startswith("///") else path
        if not path.startswith("/"):
            raise InvalidInput(
                f"The address {url} should name a socket by its whole path, such as unix:/run/user/1000/o.sock."
            )
        return Address(url, path=path)
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise InvalidInput(f"The address {url} cannot be read: {error}.") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise InvalidInput(f"The address {url} should look like http://127.0.0.1:3848 or unix:/path/to/socket.")
    secure = parts.scheme == "https"
    prefix = parts.path.rstrip("/")
    return Address(
        f"{parts.scheme}://{parts.netloc}{prefix}",
        parts.hostname,
        port or (SECURE if secure else PLAIN),
        prefix,
        secure,
    )


async def exchange(
    to: Address, method: str, target: str, headers: Mapping[str, str], body: bytes, *, timeout_s: float
) -> Answer:
    """Sends one request and reads its whole answer.

    NoDaemon where nothing listens, or what listens breaks off; TimedOut where no whole answer came in `timeout_s`. In
    both cases it is not known whether the request was acted on, unless nothing listened (`detail.sent` is then false).
    """
    try:
        return await ask(to, method, target, headers, body, timeout_s=timeout_s)
    except NotSent as error:
        raise NoDaemon(absence(to), detail={"url": to.url, "sent": False}) from error
    except TooLate as error:
        raise TimedOut(f"The daemon at {to.url} did not answer within {timeout_s:g} s.") from error
    except NoAnswer as error:
        raise NoDaemon(f"At {to.url} {error.message}. See whether a daemon runs there: outrider doctor") from error


def absence(to: Address) -> str:
    """The sentence for an address at which nothing answers."""
    return f"No daemon answers at {to.url}. Start it with: outrider up"
