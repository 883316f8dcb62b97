"""The words of a policy: requests, rules, hazards, decisions."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum


class Verdict(StrEnum):
    """What becomes of a request."""

    ALLOW = "allow"
    ASK = "ask"
    DENY = "deny"


class Access(StrEnum):
    """What is done to a file. Where a program may do either, it counts as writing."""

    READ = "read"
    WRITE = "write"


class Side(StrEnum):
    """Where a file is, its links and `..` followed, seen from the work tree."""

    INSIDE = "inside"
    OUTSIDE = "outside"


class Hazard(StrEnum):
    """What is always asked: an allow rule lets it pass only where its `overrides` names it. UNCLEAR has no override."""

    UNCLEAR = "unclear"
    DELETE = "delete"
    DISCARD = "discard"
    PUSH = "push"
    PUBLISH = "publish"
    CREDENTIALS = "credentials"
    CONTROL = "control"
    PRIVILEGE = "privilege"
    SYSTEM = "system"
    CODE = "code"
    ENVIRONMENT = "environment"
    NETWORK = "network"
    INSTALL = "install"
    STEERING = "steering"
    OUTSIDE_READ = "outside-read"
    OUTSIDE_WRITE = "outside-write"


@dataclass(frozen=True, slots=True)
class Request:
    """What an agent wants to do: a tool (Claude Code's names), and its command line, its file or its address."""

    tool: str
    command: str | None = None
    path: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """Where it would happen. Paths are absolute; `resolve` follows links, `exists` looks whether something is there."""

    workdir: str
    home: str
    resolve: Callable[[str], str]
    exists: Callable[[str], bool] = field(default=lambda path: False)
    ports: frozenset[int] = frozenset({3848})
    """Where Outrider itself listens on this machine."""


@dataclass(frozen=True, slots=True)
class CommandPattern:
    """Words with `*` and `?`: the first is the program, the others the words behind it; a last `*` is any rest."""

    text: str
    words: tuple[re.Pattern[str], ...]
    rest: bool


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. Every condition that is there must hold; a rule without conditions holds always."""

    name: str
    verdict: Verdict
    file: str
    line: int
    tools: tuple[str, ...] = ()
    commands: tuple[CommandPattern, ...] = ()
    without: tuple[str, ...] = ()
    paths: Side | tuple[str, ...] | None = None
    access: Access | None = None
    network: bool | None = None
    overrides: frozenset[Hazard] = frozenset()


@dataclass(frozen=True, slots=True)
class Policy:
    """Rules in order, the first that holds wins, and what holds where none does."""

    name: str
    label: str
    origin: str
    rules: tuple[Rule, ...]
    default: Verdict = Verdict.ASK


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided, and why. `part` is the part of the command that made it; `line` is 0 where no file did.

    `rule` is the name of a rule, `always-ask: HAZARD`, or `default`. `parts` are the decisions on the parts of a command.
    """

    verdict: Verdict
    rule: str
    file: str
    line: int
    part: str
    reason: str
    hazard: Hazard | None = None
    parts: "tuple[Decision, ...]" = ()


def command_pattern(text: str) -> CommandPattern:
    """Reads `git log *`. ValueError says what is wrong."""
    words = text.split()
    if not words:
        raise ValueError("the pattern is empty")
    if re.search(r"[;&|<>$`'\"\\(){}]", text):
        raise ValueError(
            f"{text!r} has quotes or operators of the shell; a pattern is words, `*` and `?` for one simple command"
        )
    rest = len(words) > 1 and words[-1] == "*"
    return CommandPattern(text, tuple(glob(word) for word in (words[:-1] if rest else words)), rest)


def glob(text: str) -> re.Pattern[str]:
    """A pattern of `*` and `?` for a whole word."""
    return re.compile("".join(".*" if c == "*" else "." if c == "?" else re.escape(c) for c in text), re.DOTALL)
