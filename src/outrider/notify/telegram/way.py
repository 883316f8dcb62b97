"""The way out by Telegram, and the way in: one bot, the chats that it writes to, and those who may answer."""

import asyncio
import re
from collections.abc import Awaitable, Callable

import structlog

from outrider.errors import OutriderError, StoreError
from outrider.kinds.table import Table
from outrider.model.notice import Notice
from outrider.notify.http import address_of
from outrider.notify.secrets import Secrets
from outrider.notify.telegram import incoming
from outrider.notify.telegram.bot import Bot
from outrider.notify.telegram.incoming import Message, Press, Update
from outrider.notify.telegram.message import is_silent, message
from outrider.notify.telegram.talk import MENU, Talk
from outrider.notify.way import Refused, Unsent, WayOut

log = structlog.get_logger()

BASE = "https://api.telegram.org"
TOKEN = re.compile(r"\d{3,20}:[\w-]{10,}")
POLL_S = 25
SHORTEST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 60.0
LONGEST_ANSWER = 200  # characters of an answer to a press, says the Bot API
STRANGERS = 100
LOOKS, LOOK_S = 10, 0.1
Find = Callable[[str], Awaitable[Notice | None]]


class Telegram(WayOut):
    """`chats` are told, each by itself. `users` may answer, and send; where none is named, in a chat with one person that person
    may, and in a group nobody. `find` gives the notice of a receipt; without `talk` nothing is listened to."""

    def __init__(
        self,
        bot: Bot,
        *,
        chats: tuple[int, ...],
        users: frozenset[int],
        dashboard: str,
        poll_s: float,
        talk: Talk | None,
        find: Find | None,
    ) -> None:
        self.targets = tuple(map(str, chats))
        self.about = f"chat {', '.join(self.targets)}"
        self._bot = bot
        self._chats = frozenset(chats)
        self._users = users
        self._dashboard = dashboard
        self._poll_s = poll_s
        self._talk = talk
        self._find = find
        self._strangers: set[int] = set()
        self._offset = 0
        self._bot_id = 0

    # ---- out -------------------------------------------------------------------------------------

    async def send(self, notice: Notice) -> str | None:
        """The receipt is `chat:message`."""
        place = {"chat_id": int(notice.target), "disable_notification": is_silent(notice)}
        result = await self._bot.call("sendMessage", {**place, **message(notice, self._dashboard)})
        number = result.get("message_id") if isinstance(result, dict) else None
        return f"{notice.target}:{number}" if isinstance(number, int) else None

    async def amend(self, notice: Notice) -> None:
        """Says what became of it, and takes the buttons away that lead nowhere."""
        chat, _, number = (notice.receipt or "").rpartition(":")
        if chat and number.isdigit():
            place = {"chat_id": int(chat), "message_id": int(number)}
            await self._bot.call("editMessageText", {**place, **message(notice, self._dashboard)})

    # ---- in --------------------------------------------------------------------------------------

    async def listen(self) -> None:
        """Asks for what came in, for ever. Each update is dealt with before it is confirmed; dealt with twice, it does nothing more."""
        pause = SHORTEST_PAUSE_S
        while self._talk is not None:
            try:
                if not self._bot_id:
                    await self._introduce()
                for update in await self._updates():
                    # Whoever ends the listening does not end an answer in the middle of its keys.
                    await asyncio.shield(self._update(update, self._talk))
                    self._offset = update.id + 1
            except OutriderError as error:
                after = error.after_s if isinstance(error, Unsent) and error.after_s else 0
                self._tell(error.message)
                await asyncio.sleep(max(pause, after))
                pause = LONGEST_PAUSE_S if isinstance(error, Refused) else min(LONGEST_PAUSE_S, pause * 2)
            else:
                pause, self.why = SHORTEST_PAUSE_S, ""

    def _tell(self, why: str) -> None:
        if why != self.why:
            log.warning("what comes in by Telegram cannot be read", why=why)
        self.why = why

    async def _introduce(self) -> None:
        """Finds out who the bot is, and what it understands is put into its menu."""
        me = await self._bot.call("getMe", {})
        number = me.get("id") if isinstance(me, dict) else None
        if not isinstance(number, int):
            raise Refused("What answers as Telegram does not know its own bot: see base_url.")
        commands = [{"command": word, "description": text} for word, text in MENU]
        await self._bot.call("setMyCommands", {"commands": commands})
        self._bot_id = number

    async def _updates(self) -> list[Update]:
        asked = {"offset": self._offset, "timeout": self._poll_s, "allowed_updates": ["message", "callback_query"]}
        return incoming.updates(await self._bot.call("getUpdates", asked, wait_s=self._poll_s))

    async def _update(self, update: Update, talk: Talk) -> None:
        try:
            match update.what:
                case Press() as press if self._may(press):
                    await self._pressed(press, talk)
                case Message() as said if self._may(said):
                    key = f"telegram-{self._bot_id}-{update.id}"
                    await self._say(said.sender.chat, await talk.message(said, await self._about(said), key))
                case Press() | Message() as other:
                    await self._refuse(other)
        except StoreError:
            raise  # what could not be looked up is asked for again
        except OutriderError as error:
            log.info("an answer did not reach Telegram", why=error.message)

    def _may(self, what: Press | Message) -> bool:
        sender = what.sender
        if sender.chat not in self._chats:
            return False
        return sender.user in self._users if self._users else sender.user == sender.chat

    async def _pressed(self, press: Press, talk: Talk) -> None:
        said, more = await talk.press(press)
        answer = {"callback_query_id": press.id, "text": said.text[:LONGEST_ANSWER], "show_alert": said.loud}
        try:
            await self._bot.call("answerCallbackQuery", answer)
        except Refused:  # it took too long for that: then as a message, where there is something to say
            more = more or said.text
        await self._say(press.sender.chat, more)

    async def _refuse(self, what: Press | Message) -> None:
        """Says so, to a chat that is not known once, and changes nothing."""
        sender = what.sender
        log.warning("somebody who may not wrote on Telegram", chat=sender.chat, user=sender.user)
        known = sender.chat in self._chats
        who = f"User {sender.user} may not answer here" if known else f"This chat ({sender.chat}) is not known"
        text = f"{who}: notify.toml says who may, in {'users' if known else 'chats'}."
        self.note = f"Somebody was refused: {text[0].lower()}{text[1:]}"
        if isinstance(what, Press):
            await self._bot.call(
                "answerCallbackQuery", {"callback_query_id": what.id, "text": text, "show_alert": True}
            )
        elif sender.chat not in self._strangers and len(self._strangers) < STRANGERS:
            self._strangers.add(sender.chat)
            await self._say(sender.chat, text)

    async def _about(self, said: Message) -> Notice | None:
        """The notice that it answers. A message may be answered before its receipt is on the disk: that is waited for, shortly."""
        if said.reply_to is None or self._find is None:
            return None
        for _ in range(LOOKS):
            found = await self._find(f"{said.sender.chat}:{said.reply_to}")
            if found is not None:
                return found
            await asyncio.sleep(LOOK_S)
        return None

    async def _say(self, chat: int, text: str | None) -> None:
        if text:
            plain = {"parse_mode": "HTML", "link_preview_options": {"is_disabled": True}}
            await self._bot.call("sendMessage", {"chat_id": chat, "text": text, **plain})


def read(table: Table, secrets: Secrets, timeout_s: float, *, talk: Talk | None, find: Find | None) -> Telegram:
    """A bot from its table."""
    token = secrets.take(table, "token")
    if not TOKEN.fullmatch(token):
        raise table.bad("token", "is no bot's token: it should look as @BotFather gives it, 123456:ABC….")
    chats = table.numbers("chats")
    if not chats or len(set(chats)) < len(chats):
        raise table.bad("chats", "should be the numbers of the chats to write to, each once, such as [123456789].")
    users = frozenset(table.numbers("users"))
    base = address_of(table, "base_url", BASE)
    dashboard = table.text("dashboard", "").rstrip("/")
    if dashboard:
        address_of(table, "dashboard")
    listens, poll_s = table.flag("listen", default=True), table.number("poll_s", POLL_S)
    return Telegram(
        Bot(base, token, timeout_s),
        chats=chats,
        users=users,
        dashboard=dashboard,
        poll_s=poll_s,
        talk=talk if listens else None,
        find=find,
    )
