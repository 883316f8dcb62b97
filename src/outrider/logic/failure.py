"""What class of failure an agent met: by the word it has for it, the status its backend answered, and what it said."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from outrider.model.state import ErrorClass

_ERRORS: Mapping[str, ErrorClass] = MappingProxyType(
    {
        "server_error": ErrorClass.SERVER,
        "overloaded": ErrorClass.SERVER,
        "rate_limit": ErrorClass.RATE_LIMIT,
        "authentication_failed": ErrorClass.AUTH,
        "oauth_org_not_allowed": ErrorClass.AUTH,
        "billing_error": ErrorClass.BILLING,
        "invalid_request": ErrorClass.INVALID_REQUEST,
        "model_not_found": ErrorClass.INVALID_REQUEST,
        "max_output_tokens": ErrorClass.INVALID_REQUEST,
    }
)
# What the message says more exactly than the class; first match wins.
_MESSAGES: tuple[tuple[re.Pattern[str], ErrorClass], ...] = (
    (
        re.compile(
            r"prompt is too long|context (limit|window|length)|maximum context|conversation too long", re.IGNORECASE
        ),
        ErrorClass.CONTEXT_FULL,
    ),
    (re.compile(r"(usage|session|weekly|\d-hour|opus|sonnet) limit", re.IGNORECASE), ErrorClass.USAGE_LIMIT),
    (re.compile(r"credit balance|billing", re.IGNORECASE), ErrorClass.BILLING),
    (re.compile(r"API key not valid|invalid API key", re.IGNORECASE), ErrorClass.AUTH),
    (
        re.compile(r"unable to connect|connection error|ECONN|ENOTFOUND|ETIMEDOUT|fetch failed|socket", re.IGNORECASE),
        ErrorClass.NETWORK,
    ),
)
_STATUS: tuple[tuple[range, ErrorClass], ...] = (
    (range(401, 402), ErrorClass.AUTH),
    (range(402, 403), ErrorClass.BILLING),
    (range(403, 404), ErrorClass.AUTH),
    (range(429, 430), ErrorClass.RATE_LIMIT),
    (range(400, 500), ErrorClass.INVALID_REQUEST),
    (range(500, 600), ErrorClass.SERVER),
)


_NUMBER = re.compile(r"(?<![\w.:/])([45]\d\d)(?![\w.])")
_WORDS: tuple[tuple[re.Pattern[str], ErrorClass], ...] = (
    (re.compile(r"rate.?limit|too many requests|quota", re.IGNORECASE), ErrorClass.RATE_LIMIT),
    (re.compile(r"authentication|unauthorized|incorrect api key", re.IGNORECASE), ErrorClass.AUTH),
    (re.compile(r"overloaded|internal (server )?error|internalserver|unavailable", re.IGNORECASE), ErrorClass.SERVER),
    (
        re.compile(r"disconnected|network error|\bterminated|connection (reset|refused|error)", re.IGNORECASE),
        ErrorClass.NETWORK,
    ),
    (re.compile(r"bad ?request|invalid.request", re.IGNORECASE), ErrorClass.INVALID_REQUEST),
)


def error_class(error: str, message: str) -> ErrorClass | None:
    """The class of a failure by Claude Code's word for it and its message; None where neither tells."""
    by_message = next((found for pattern, found in _MESSAGES if pattern.search(message)), None)
    return by_message or _ERRORS.get(error)


def of_status(status: object, message: str = "") -> ErrorClass | None:
    """The class of an HTTP status, but for what the message says more exactly; None where neither tells."""
    told = error_class("", message)
    if told is not None or not isinstance(status, int):
        return told
    return next((found for numbers, found in _STATUS if status in numbers), None)


def of_words(message: str) -> ErrorClass | None:
    """The class that a message on the screen tells of, by a status in it or its words; None where it tells of none."""
    number = _NUMBER.search(message)
    told = of_status(int(number[1]) if number is not None else None, message)
    return told or next((found for pattern, found in _WORDS if pattern.search(message)), None)
