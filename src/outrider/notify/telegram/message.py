"""A notice as a message of Telegram: HTML, and buttons for what is still open."""

from collections.abc import Mapping, Sequence
from html import escape
from urllib.parse import quote

from outrider.logic import answering
from outrider.logic.notice_text import body, cut, title
from outrider.model.approval import Approval
from outrider.model.notice import Item, Notice, Urgency

MOST_DIALOGS, MOST_OPTIONS = 6, 8
LONGEST_LABEL, LONGEST_DATA = 40, 64  # the second in bytes, says the Bot API
ANSWER, SHOW = "a", "s"
Button = Mapping[str, str]


def message(notice: Notice, dashboard: str) -> dict[str, object]:
    """The parameters of `sendMessage` and `editMessageText` but for where it goes; `dashboard` is its address, or ''."""
    text = f"<b>{escape(title(notice))}</b>"
    said = body(notice)
    return {
        "text": f"{text}\n{escape(said)}" if said else text,
        "parse_mode": "HTML",
        "link_preview_options": {"is_disabled": True},
        "reply_markup": {"inline_keyboard": keyboard(notice, dashboard)},
    }


def is_silent(notice: Notice) -> bool:
    """Whether it makes no sound."""
    return notice.urgency is Urgency.LOW


def keyboard(notice: Notice, dashboard: str) -> list[list[Button]]:
    """Rows of buttons: for each open dialog its answers, for each agent a look at it."""
    still = [item for item in notice.items if item.closed_ms is None][:MOST_DIALOGS]
    several = len(notice.items) > 1
    rows: list[list[Button]] = []
    for item in still:
        name = f" {item.event.fact.session}" if several else ""
        rows += answers(item.approval, name) if item.approval is not None else []
        look = _look(item, name, dashboard)
        rows += [[look]] if look is not None else []
    return rows


def answers(approval: Approval, name: str) -> list[list[Button]]:
    """Approve and deny where it is clear which options those are, else every option by its label."""
    yes, no = answering.approving(approval.options), answering.denying(approval.options)
    if len(yes) == 1 and len(no) == 1:
        pair = [
            _press(f"✅ Approve{name}", approval, answering.APPROVE),
            _press(f"❌ Deny{name}", approval, answering.DENY),
        ]
        return [[button for button in pair if button is not None]]
    found = [
        _press(f"{number}. {option.label}", approval, str(number))
        for number, option in enumerate(approval.options[:MOST_OPTIONS], 1)
        if not option.text
    ]
    return [[button] for button in found if button is not None]


def _press(label: str, approval: Approval, answer: str) -> Button | None:
    return _button(label, f"{ANSWER}:{approval.id}:{answer}")


def _look(item: Item, name: str, dashboard: str) -> Button | None:
    session = item.event.fact.session
    if not session:
        return None
    if dashboard:
        return {"text": f"🔎 Open{name}", "url": f"{dashboard}/#/agent/{quote(session, safe='')}"}
    return _button(f"🔎 Open{name}", f"{SHOW}:{session}")


def _button(label: str, data: str) -> Button | None:
    """A button, or None where what it says does not fit into what Telegram brings back."""
    return {"text": cut(label, LONGEST_LABEL), "callback_data": data} if len(data.encode()) <= LONGEST_DATA else None


def pre(head: str, lines: Sequence[str], most: int = 3500) -> str:
    """A head, and the last of the lines, as they are; at most so many characters of them."""
    text = "\n".join(lines)
    shown = text if len(text) <= most else "…" + text[-most:]
    return f"<b>{escape(head)}</b>\n<pre>{escape(shown)}</pre>"
