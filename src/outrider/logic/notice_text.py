"""What a notice says: a line for each event, a title, and all of it as JSON for programs; secrets in it are blanked."""

from collections import Counter
from collections.abc import Mapping, Sequence

from outrider.logic.secrets import cleaned, redacted
from outrider.model import wire
from outrider.model.event import Event, EventName
from outrider.model.notice import TEST, Item, Notice

LONGEST_TITLE, LONGEST_TEXT, LONGEST_PART, SHOWN = 300, 3000, 600, 20
NODE = "this node"

# What several agents of which that is told are said to do: one, more.
TOGETHER: Mapping[EventName, tuple[str, str]] = {
    EventName.AGENT_WAITING: ("waits for you", "wait for you"),
    EventName.AGENT_STUCK: ("is stuck", "are stuck"),
    EventName.AGENT_ERROR: ("met an error", "met errors"),
    EventName.AGENT_COMPLETE: ("is done", "are done"),
    EventName.AGENT_EXITED: ("ended", "ended"),
}


def title(notice: Notice) -> str:
    """One line: what it is about. At most `LONGEST_TITLE` characters."""
    if notice.rule == TEST:
        return "Outrider: a test"
    if notice.text:
        return cut(notice.text.partition(". ")[0], LONGEST_TITLE)
    return cut(redacted(_title(notice)), LONGEST_TITLE)


def _title(notice: Notice) -> str:
    prefix = "Still unanswered: " if notice.round > 1 or notice.escalated else ""
    if len(notice.items) == 1 and not notice.more:
        return prefix + headline(notice.items[0].event)
    counts = Counter(item.event.fact.name for item in notice.items)
    parts = [_together(name, count) for name, count in counts.most_common()]
    return prefix + ", ".join(parts) + (f", and {notice.more} more" if notice.more else "")


def _together(name: EventName, count: int) -> str:
    one, more = TOGETHER.get(name, (_words(name), _words(name)))
    return f"{count} {one if count == 1 else more}"


def headline(event: Event) -> str:
    """What happened, in a line that begins with who it was."""
    who, data, name = event.fact.session or event.node or NODE, event.fact.data, event.fact.name
    detail = _table(data.get("detail"))
    match name:
        case EventName.AGENT_WAITING:
            return f"{who} waits for you"
        case EventName.AGENT_STUCK:
            return f"{who} is stuck ({data.get('reason') or 'it does not move'})"
        case EventName.AGENT_ERROR:
            return f"{who} met an error{_said(detail, 'error')}"
        case EventName.AGENT_COMPLETE:
            return f"{who} is done"
        case EventName.AGENT_EXITED:
            status = data.get("exitStatus")
            return f"{who} ended" + (f" with {status}" if status is not None else "")
        case EventName.APPROVAL_ANSWERED:
            return f"{who}: answered {data.get('answer')!r} by {data.get('by')}"
        case EventName.STATE_CHANGE:
            return f"{who} is {data.get('state')}"
        case EventName.PROGRESS:
            return f"{who} is at {data.get('progress')} %"
        case EventName.ALERT:
            return f"alert: {data.get('message')}"
        case _:
            return f"{who}: {_words(name)}"


def details(item: Item) -> list[str]:
    """What more there is to say of it, a line each; as the agent's screen or hook told it, so nothing of it is to be trusted."""
    event, asked = item.event, item.approval
    detail = _table(event.fact.data.get("detail"))
    shown: list[object] = []
    if asked is not None:
        shown = [asked.tool, asked.question, asked.command, asked.file, asked.diff]
    shown += [detail.get("question"), detail.get("command"), detail.get("file"), detail.get("message")]
    if event.fact.name is not EventName.ALERT:  # which has said it in its headline
        shown += [event.fact.data.get("error"), event.fact.data.get("message")]
    lines = list(dict.fromkeys(cut(str(each), LONGEST_PART) for each in shown if each))
    options = detail.get("options")
    if isinstance(options, Sequence) and not isinstance(options, str):
        lines += [cut(f"{number}. {label}", LONGEST_PART) for number, label in enumerate(options, 1)]
    return lines


def body(notice: Notice) -> str:
    """All of it, without the title, in lines; '' where the title says everything. At most `LONGEST_TEXT` characters."""
    if notice.text:
        return notice.text
    single = len(notice.items) == 1
    lines: list[str] = []
    for item in notice.items[:SHOWN]:
        own = [] if single else [headline(item.event)]
        told = details(item) if single else [cut(" · ".join(details(item)), LONGEST_PART // 3)]
        lines += [*own, *(each for each in told if each), *_end(item)]
    left = len(notice.items) - SHOWN + notice.more if len(notice.items) > SHOWN else notice.more
    if left:
        lines.append(f"… and {left} more")
    return cut(redacted("\n".join(lines)), LONGEST_TEXT)


def _end(item: Item) -> list[str]:
    return [f"→ {item.outcome}"] if item.outcome else []


def as_json(notice: Notice) -> dict[str, object]:
    """The notice for programs: `id` is the same each time that it is sent, `events` are as on the WebSocket, `approvals` as over HTTP."""
    return {
        "id": notice.id,
        "way": notice.way,
        "rule": notice.rule,
        "urgency": notice.urgency.value,
        "round": notice.round,
        "escalated": notice.escalated,
        "created": notice.created_ms,
        "title": title(notice),
        "text": body(notice),
        "more": notice.more,
        "events": cleaned([wire.event_json(item.event) for item in notice.items]),
        "approvals": cleaned([wire.approval_json(item.approval) for item in notice.items if item.approval is not None]),
    }


def cut(text: str, most: int) -> str:
    """The text, at most so many characters of it."""
    return text if len(text) <= most else text[: most - 1] + "…"


def _words(name: EventName) -> str:
    return name.value.removeprefix("agent_").replace("_", " ")


def _said(detail: Mapping[str, object], name: str) -> str:
    return f" ({detail[name]})" if detail.get(name) else ""


def _table(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}
