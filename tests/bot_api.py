"""A Bot API server on loopback: it behaves as core.telegram.org/bots/api says, for the methods that are used here."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from receiver import Receiver, Reply, Request, receiver

TOKEN = "123456:AAbbCCddEEffGGhhIIjj"
BOT = 123456
Json = dict[str, object]


@dataclass
class Sent:
    """A message that the bot sent, as it reads now."""

    id: int
    chat: int
    text: str
    buttons: list[Json]
    silent: bool = False
    edits: int = 0

    def button(self, label: str) -> str:
        """What pressing that button brings."""
        return next(str(each["callback_data"]) for each in self.buttons if label in str(each["text"]))


@dataclass
class BotApi:
    """`fault` answers instead of the server where it is set; `pops` are the answers to presses."""

    url: str = ""
    sent: list[Sent] = field(default_factory=list)
    pops: list[Json] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    fault: dict[str, Reply] = field(default_factory=dict)
    _updates: list[Json] = field(default_factory=list)
    _next: int = 1
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _closed: bool = False

    def press(self, message: Sent, label: str, *, user: int, chat: int | None = None) -> None:
        """Somebody presses a button of a message."""
        query = {
            "id": f"q{self._next}",
            "from": {"id": user, "is_bot": False, "first_name": "U"},
            "message": {"message_id": message.id, "chat": {"id": chat or message.chat, "type": "private"}},
            "data": message.button(label),
        }
        self._push({"callback_query": query})

    def say(self, text: str, *, user: int, chat: int, reply_to: int | None = None) -> int:
        """Somebody writes to the bot; the number of the update."""
        message: Json = {"message_id": 10_000 + self._next, "from": {"id": user}, "chat": {"id": chat}, "text": text}
        if reply_to is not None:
            message["reply_to_message"] = {"message_id": reply_to, "chat": {"id": chat}}
        return self._push({"message": message})

    def again(self, number: int) -> None:
        """Brings an update once more, as happens where its receipt was not confirmed."""
        with self._changed:
            if not any(each["update_id"] == number for each in self._updates):
                self._updates.append(next(each for each in self._old if each["update_id"] == number))
            self._changed.notify_all()

    _old: list[Json] = field(default_factory=list)

    def _push(self, update: Json) -> int:
        with self._changed:
            number, self._next = self._next, self._next + 1
            self._updates.append({"update_id": number, **update})
            self._old.append(self._updates[-1])
            self._changed.notify_all()
        return number

    def texts(self) -> list[str]:
        """What the bot has said, in order."""
        return [each.text for each in self.sent]

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def answer(self, request: Request) -> Reply:
        """What the server says to a request."""
        _, who, method = request.path.split("/")
        if who != f"bot{TOKEN}":
            return _refusal(401, "Unauthorized")
        if method in self.fault:
            return self.fault[method]
        self.calls.append(method)
        result = getattr(self, f"_{method}")(request.json)
        return result if isinstance(result, Reply) else _ok(result)

    def _getMe(self, _asked: Json) -> object:  # noqa: N802
        return {"id": BOT, "is_bot": True, "username": "outrider_test_bot"}

    def _setMyCommands(self, _asked: Json) -> object:  # noqa: N802
        return True

    def _getUpdates(self, asked: Json) -> object:  # noqa: N802
        offset, timeout = int(str(asked["offset"])), float(str(asked["timeout"]))
        with self._changed:
            self._updates = [each for each in self._updates if int(str(each["update_id"])) >= offset]
            self._changed.wait_for(lambda: bool(self._updates) or self._closed, timeout)
            return list(self._updates)

    def _sendMessage(self, asked: Json) -> object:  # noqa: N802
        if len(str(asked["text"])) > 6000:
            return _refusal(400, "Bad Request: message is too long")
        made = Sent(len(self.sent) + 1, int(str(asked["chat_id"])), "", [], bool(asked.get("disable_notification")))
        self._write(made, asked)
        self.sent.append(made)
        return {"message_id": made.id, "chat": {"id": made.chat}}

    def _editMessageText(self, asked: Json) -> object:  # noqa: N802
        found = next(
            (each for each in self.sent if each.id == asked["message_id"] and each.chat == asked["chat_id"]), None
        )
        if found is None:
            return _refusal(400, "Bad Request: message to edit not found")
        before = (found.text, found.buttons)
        self._write(found, asked)
        if before == (found.text, found.buttons):
            return _refusal(400, "Bad Request: message is not modified")
        found.edits += 1
        return {"message_id": found.id}

    def _answerCallbackQuery(self, asked: Json) -> object:  # noqa: N802
        self.pops.append(asked)
        return True

    @staticmethod
    def _write(message: Sent, asked: Json) -> None:
        message.text = str(asked["text"])
        markup = asked.get("reply_markup")
        rows = markup["inline_keyboard"] if isinstance(markup, dict) else []
        message.buttons = [button for row in rows for button in row]


def _ok(result: object) -> Reply:
    return Reply(200, json.dumps({"ok": True, "result": result}).encode())


def _refusal(code: int, description: str, **parameters: object) -> Reply:
    said = {"ok": False, "error_code": code, "description": description, "parameters": parameters}
    return Reply(code, json.dumps(said).encode())


@contextmanager
def bot_api() -> Iterator[BotApi]:
    """One that listens until the test is over."""
    with receiver() as server:
        one = BotApi(server.url)
        server.answer = one.answer
        try:
            yield one
        finally:
            one.close()


__all__ = ["BOT", "TOKEN", "BotApi", "Receiver", "Sent", "bot_api"]
