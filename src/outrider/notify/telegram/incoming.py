"""What comes in from Telegram, taken apart: messages and presses of buttons. Whatever is not as it should be is nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sender:
    """Who it was, and in which chat."""

    chat: int
    user: int


@dataclass(frozen=True, slots=True)
class Message:
    """A text; `reply_to` is the id of the message that it answers."""

    sender: Sender
    text: str
    reply_to: int | None = None


@dataclass(frozen=True, slots=True)
class Press:
    """A button that was pressed; `id` is what Telegram wants to hear an answer to."""

    sender: Sender
    id: str
    data: str


@dataclass(frozen=True, slots=True)
class Update:
    """One of Telegram's updates; `what` is None where it is nothing that is understood here."""

    id: int
    what: Message | Press | None


def updates(result: object) -> list[Update]:
    """The updates in a result of `getUpdates`, in order."""
    found = [each for each in result if isinstance(each, Mapping)] if isinstance(result, Sequence) else []
    return [Update(number, _what(each)) for each in found if (number := _number(each, "update_id")) is not None]


def _what(update: Mapping[str, object]) -> Message | Press | None:
    press, message = _table(update, "callback_query"), _table(update, "message")
    if press:
        chat, user = _number(_table(_table(press, "message"), "chat"), "id"), _number(_table(press, "from"), "id")
        data, name = press.get("data"), press.get("id")
        if chat is None or user is None or not isinstance(data, str) or not isinstance(name, str):
            return None
        return Press(Sender(chat, user), name, data)
    chat, user = _number(_table(message, "chat"), "id"), _number(_table(message, "from"), "id")
    text = message.get("text")
    if chat is None or user is None or not isinstance(text, str):
        return None
    return Message(Sender(chat, user), text, _number(_table(message, "reply_to_message"), "message_id"))


def _table(value: Mapping[str, object], key: str) -> Mapping[str, object]:
    found = value.get(key)
    return found if isinstance(found, Mapping) else {}


def _number(value: Mapping[str, object], key: str) -> int | None:
    found = value.get(key)
    return found if isinstance(found, int) and not isinstance(found, bool) else None
