"""Approvals and what policies said to them, as JSON."""

from outrider.model.approval import Approval
from outrider.model.ruling import PartRuling, Ruling
from outrider.model.shapes import ApprovalJSON, PartRulingJSON, RulingJSON


def approval_json(approval: Approval) -> ApprovalJSON:
    """The approval with its options, in the dialog's order."""
    return {
        "id": approval.id,
        "session": approval.session,
        "status": approval.status,
        "kind": approval.kind,
        "question": approval.question,
        "tool": approval.tool,
        "command": approval.command,
        "file": approval.file,
        "diff": approval.diff,
        "options": [
            {
                "number": number,
                "label": option.label,
                "key": option.key,
                "text": option.text,
                "checked": option.checked,
            }
            for number, option in enumerate(approval.options, 1)
        ],
        "asked": approval.asked_ms,
        "changed": approval.changed_ms,
        "answer": approval.answer,
        "by": approval.by,
        "reason": approval.reason,
        "rule": approval.rule,
        "way": approval.way,
        "note": approval.note,
        "ruling": ruling_json(approval.ruling) if approval.ruling is not None else None,
    }


def ruling_json(ruling: Ruling) -> RulingJSON:
    """The ruling as everybody gets it."""
    return {
        "policy": ruling.policy,
        "verdict": ruling.verdict,
        "rule": ruling.rule,
        "where": ruling.where,
        "part": ruling.part,
        "reason": ruling.reason,
        "parts": [_part(part) for part in ruling.parts],
    }


def _part(part: PartRuling) -> PartRulingJSON:
    return {
        "verdict": part.verdict,
        "rule": part.rule,
        "where": part.where,
        "part": part.part,
        "reason": part.reason,
    }
