"""The audit's chain breaks wherever somebody touches it."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from outrider.logic.chain import START, Head, digest_of, look
from outrider.model.audit import AuditEntry, AuditRow


def chained(count: int, actor: str = "uid:1") -> list[AuditEntry]:
    entries: list[AuditEntry] = []
    for number in range(1, count + 1):
        entry = AuditEntry(number, AuditRow(number, actor, "command", "task", {"text": f"go {number} ü"}), "")
        entries.append(replace(entry, digest=digest_of(entries[-1].digest if entries else START, entry)))
    return entries


def test_a_whole_chain_is_whole() -> None:
    found = look(chained(5), newest=5)
    assert (found.rows, found.head.id, found.wrong) == (5, 5, None)
    assert look([]).wrong is None


def changed(entries: list[AuditEntry], at: int, **changes: object) -> list[AuditEntry]:
    entry = entries[at]
    return [*entries[:at], replace(entry, row=replace(entry.row, **changes)), *entries[at + 1 :]]  # type: ignore[arg-type]


TAMPERED: tuple[tuple[str, Callable[[list[AuditEntry]], list[AuditEntry]], str], ...] = (
    ("the actor", lambda rows: changed(rows, 2, actor="uid:0"), "Line 3 is not"),
    ("the time", lambda rows: changed(rows, 0, at_ms=7), "Line 1 is not"),
    ("the text", lambda rows: changed(rows, 4, data={"text": "rm"}), "Line 5 is not"),
    ("one in the middle taken away", lambda rows: rows[:2] + rows[3:], "Line 3 is missing"),
    ("the first taken away", lambda rows: rows[1:], "Line 1 is missing"),
    ("the newest taken away", lambda rows: rows[:3], "Lines 4 to 5 are missing"),
    ("all taken away", lambda _: [], "Lines 1 to 5 are missing"),
    ("two exchanged", lambda rows: [rows[1], rows[0], *rows[2:]], "missing"),
    (
        "one put in between and the rest renumbered",
        lambda rows: [*rows[:1], *(replace(row, id=row.id + 1) for row in rows)],
        "Line 2 is not",
    ),
)


@pytest.mark.parametrize(("what", "tamper", "told"), TAMPERED, ids=[row[0] for row in TAMPERED])
def test_what_was_touched_is_told(what: str, tamper: Callable[[list[AuditEntry]], list[AuditEntry]], told: str) -> None:
    assert told in str(look(tamper(chained(5)), newest=5).wrong)


def test_a_chain_made_anew_is_told_by_a_head_of_earlier() -> None:
    honest, forged = chained(5), chained(5, actor="uid:0")
    known = Head(4, honest[3].digest)
    assert look(honest, known=known).wrong is None
    assert look(forged).wrong is None
    assert "written anew" in str(look(forged, known=known).wrong)
    assert "missing" in str(look(honest[:3], known=known).wrong)
