"""Approvals: dialogs that wait for a person, as objects that can be listed and answered."""

from dataclasses import dataclass
from enum import StrEnum

from outrider.model.ruling import Ruling


class DialogKind(StrEnum):
    """What is asked: may a tool run, which of these, is the plan good, is this folder or key trusted, anything else."""

    PERMISSION = "permission"
    QUESTION = "question"
    PLAN = "plan"
    TRUST = "trust"
    OTHER = "other"


class Form(StrEnum):
    """How a dialog is drawn, which decides by which keys it is answered.

    A list of numbered options, a bar of words beside one another, a line that takes a letter, an entry for free text.
    """

    LIST = "list"
    BAR = "bar"
    LINE = "line"
    ENTRY = "entry"


class ApprovalStatus(StrEnum):
    """Where an approval stands. `expired`: the dialog went by itself, `changed`: another took its place unanswered."""

    OPEN = "open"
    ANSWERING = "answering"
    ANSWERED = "answered"
    EXPIRED = "expired"
    CHANGED = "changed"


class Way(StrEnum):
    """How an answer reached the agent."""

    HOOK = "hook"
    SERVER = "server"
    KEYS = "keys"


class Behavior(StrEnum):
    """What a hook is told."""

    ALLOW = "allow"
    DENY = "deny"


UNANSWERED = frozenset({ApprovalStatus.OPEN, ApprovalStatus.ANSWERING})


@dataclass(frozen=True, slots=True)
class Option:
    """One thing that can be answered, by its label as drawn. `key` is the one that the dialog itself shows for it, if any.

    `text` says that it wants words typed. `checked` is set in dialogs where several may be chosen.
    """

    label: str
    key: str | None = None
    text: bool = False
    checked: bool | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """A dialog as one screen shows it. `marked` is the index of the option that Enter would take, where that can be seen.

    `command` and `diff` are as drawn: wrapped to the pane, and cut where it is too small; `whole` says that the command is all of
    it, unwrapped. `body` is what stands in the dialog above its options.
    """

    kind: DialogKind
    form: Form
    question: str
    options: tuple[Option, ...] = ()
    marked: int | None = None
    tool: str | None = None
    command: str | None = None
    file: str | None = None
    diff: str | None = None
    whole: bool = False
    body: str = ""


@dataclass(frozen=True, slots=True)
class Approval:
    """One dialog of one agent, from when it came up until it was answered or went.

    `id` begins with `fingerprint`, which is the same for the same dialog of the same agent, however it is drawn; what follows
    tells its occurrences apart. `command` is as a hook told it, else as drawn; `whole` says that nothing of it is missing.
    `by`, `answer`, `reason`, `rule` and `way` say who answered what, why and how; `note` is a sentence on how it ended.
    """

    id: str
    fingerprint: str
    agent: str
    session: str
    kind: DialogKind
    question: str
    asked_ms: int
    changed_ms: int
    status: ApprovalStatus = ApprovalStatus.OPEN
    options: tuple[Option, ...] = ()
    tool: str | None = None
    command: str | None = None
    file: str | None = None
    diff: str | None = None
    whole: bool = False
    url: str | None = None
    by: str | None = None
    answer: str | None = None
    reason: str | None = None
    rule: str | None = None
    way: Way | None = None
    note: str | None = None
    ruling: Ruling | None = None
    """What the agent's policy said, where it runs under one."""
