"""Sending, decided: which notice is next, and what an attempt makes of it."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from outrider.logic.notices import MINUTE_MS, shut
from outrider.logic.rates import backoff_ms
from outrider.model.approval import UNANSWERED, Approval, ApprovalStatus
from outrider.model.notice import Item, Notice, NoticeStatus, Try

FIRST_WAIT_S, LONGEST_WAIT_MS = 2.0, 15 * MINUTE_MS
LONGEST = 4000
"""Characters of a dialog's command or diff that are kept."""
PATIENCE_MS = 10_000
CUT_OFF = "The daemon ended in the middle of it."


def next_ms(standing: Iterable[Notice]) -> int | None:
    """When (ms) the next of these may be sent; None where none is to be."""
    return min((each.due_ms for each in standing if each.status is NoticeStatus.QUEUED), default=None)


def next_up(standing: Iterable[Notice], way: str, now_ms: int) -> Notice | None:
    """What is to be sent by that way now: the one that has been due for longest; None where none is."""
    due = [
        each for each in standing if each.way == way and each.status is NoticeStatus.QUEUED and each.due_ms <= now_ms
    ]
    return min(due, key=lambda each: (each.due_ms, each.created_ms, each.id), default=None)


def dialog(item: Item) -> str:
    """The id of the dialog that it is about; '' where it is about none."""
    found = item.event.fact.data.get("approval")
    return found if isinstance(found, str) else ""


def dialogs(notice: Notice) -> list[str]:
    """The ids of the dialogs that it is about."""
    return [found for item in notice.items if (found := dialog(item))]


def begun(notice: Notice, now_ms: int, asked: Mapping[str, Approval] | None = None) -> Notice:
    """The notice with an attempt that is about to be made. `asked` are its dialogs, by their ids, as they are now."""
    known = {each: _short(approval) for each, approval in (asked or {}).items()}
    items = tuple(replace(item, approval=known.get(dialog(item), item.approval)) for item in notice.items)
    notice = replace(notice, items=items)
    tries = (*notice.tries, Try(len(notice.tries) + 1, now_ms))
    return replace(notice, status=NoticeStatus.SENDING, tries=tries, error=None, changed_ms=now_ms)


def _short(approval: Approval) -> Approval:
    command, diff = (text and text[:LONGEST] for text in (approval.command, approval.diff))
    return replace(approval, command=command, diff=diff)


def arrived(notice: Notice, receipt: str | None, now_ms: int) -> Notice:
    """The notice as the other side confirmed it; stale where some of it was closed meanwhile."""
    stale = receipt is not None and any(item.closed_ms is not None for item in notice.items)
    done = replace(_over(notice, None, now_ms), status=NoticeStatus.SENT, receipt=receipt, error=None)
    return replace(done, stale=stale)


def unsent(
    notice: Notice, why: str, now_ms: int, *, attempts: int, jitter: float, after_s: float | None = None
) -> Notice:
    """The notice after an attempt of which nothing arrived: to be tried again, `after_s` at the soonest, or failed."""
    over = _over(notice, why, now_ms)
    if len(over.tries) >= attempts:
        return replace(over, status=NoticeStatus.FAILED)
    pause = min(LONGEST_WAIT_MS, backoff_ms(len(over.tries), FIRST_WAIT_S, jitter))
    due = now_ms + max(pause, round((after_s or 0) * 1000))
    again = replace(over, status=NoticeStatus.QUEUED, due_ms=due)
    return shut(again, now_ms) if any(item.closed_ms is not None for item in again.items) else again


def refused(notice: Notice, why: str, now_ms: int) -> Notice:
    """The notice after an attempt that was refused, and would be each time."""
    return replace(_over(notice, why, now_ms), status=NoticeStatus.FAILED)


def unclear(notice: Notice, why: str, now_ms: int) -> Notice:
    """The notice after an attempt of which it cannot be told whether it arrived."""
    return replace(_over(notice, why, now_ms), status=NoticeStatus.UNCERTAIN)


def again(notice: Notice, now_ms: int) -> Notice:
    """The notice, to be sent once more because a person wants that."""
    return replace(notice, status=NoticeStatus.QUEUED, due_ms=now_ms, error=None, changed_ms=now_ms)


def restored(notice: Notice, now_ms: int, *, idempotent: bool) -> Notice:
    """A notice as an earlier daemon left it: one in the middle of being sent is sent again where the other side knows it by its
    id, and else uncertain."""
    if notice.status is not NoticeStatus.SENDING:
        return notice
    if idempotent:
        return replace(_over(notice, CUT_OFF, now_ms), status=NoticeStatus.QUEUED, due_ms=now_ms)
    return unclear(notice, f"{CUT_OFF} It may have arrived.", now_ms)


def undecided(notice: Notice, asked: Mapping[str, Approval], now_ms: int) -> bool:
    """Whether it is to be known soon how it came to its end: an agent goes on before its answer is known to have been taken."""
    ended = [item for item in notice.items if item.closed_ms is not None and now_ms < item.closed_ms + PATIENCE_MS]
    found = (asked.get(dialog(item)) for item in ended)
    return any(approval is not None and approval.status in UNANSWERED for approval in found)


def explained(notice: Notice, asked: Mapping[str, Approval]) -> Notice:
    """The notice with what its dialogs know of how they were answered."""
    return replace(notice, items=tuple(_explained(item, asked.get(dialog(item))) for item in notice.items))


def _explained(item: Item, approval: Approval | None) -> Item:
    if item.closed_ms is None or approval is None or approval.status is not ApprovalStatus.ANSWERED:
        return item
    return replace(item, outcome=f"answered {approval.answer!r} by {approval.by}")


def mended(notice: Notice, as_mended: Notice, now_ms: int) -> Notice:
    """The notice after what was sent was brought up to what `as_mended` is; stale still where it has gone on since."""
    return replace(notice, stale=notice.stale and notice.items != as_mended.items, changed_ms=now_ms)


def _over(notice: Notice, why: str | None, now_ms: int) -> Notice:
    last = replace(notice.tries[-1], ended_ms=now_ms, error=why)
    return replace(notice, tries=(*notice.tries[:-1], last), error=why, changed_ms=now_ms)
