"""A kind of agent: everything that is particular to Claude Code, Codex, a shell …, read from one TOML file."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from outrider.model.state import Confidence, State


@dataclass(frozen=True, slots=True)
class LaunchSpec:
    """How to start it. `argv[0]` is looked up on PATH; `install` is the line a person types where it is missing.

    `model_flag` goes before the model's name, `auto` has the agent's own arguments for each preset of autonomy it knows
    (`standard`; `yolo` is its skip-everything flag); `env` is set, `unset` names (exact, or ending in `*`) are removed from
    what the agent inherits, so that it is not taken for another agent's child.
    """

    argv: tuple[str, ...]
    install: str = ""
    model_flag: tuple[str, ...] = ()
    auto: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    unset: tuple[str, ...] = ()
    resume: tuple[str, ...] = ()
    """What has it go on with a conversation of its own; `{conversation}` stands for that one's id. Empty where it cannot."""
    version: tuple[str, ...] = ()
    """The argv that prints its version, empty where there is none."""
    state: tuple[str, ...] = ()
    """Its own files and folders (a `/` at the end), below `~/` or `$NAME/`: what it writes outside of its work tree."""


@dataclass(frozen=True, slots=True)
class Signs:
    """How to recognise it in a pane that somebody else started: any one match is enough.

    `programs` are names of processes in the pane's tree, `argv` patterns on their command lines (joined by blanks),
    `titles` patterns on the pane's title.
    """

    programs: tuple[str, ...] = ()
    argv: tuple[re.Pattern[str], ...] = ()
    titles: tuple[re.Pattern[str], ...] = ()


class Side(StrEnum):
    """Where a region lies to the one it is `within`: inside of it, or above or below it and its fences."""

    IN = "in"
    ABOVE = "above"
    BELOW = "below"


class Pick(StrEnum):
    """Which row of several that match `start` begins a region.

    Two are looked for from its last row upwards, also beyond the region that it is within: `run` is the first of the matching rows
    that stand one below the other down to there, `wrapped` the first matching one from which every row is full down to there.
    """

    FIRST = "first"
    LAST = "last"
    RUN = "run"
    WRAPPED = "wrapped"


@dataclass(frozen=True, slots=True)
class Region:
    """A named part of the visible rows, found by structure: it begins with the row that `pick` chooses of those matching `start`.

    It lies on one `side` of the region `within` (empty: the whole screen). `fence` must match the row just above its start,
    `end` is the first row after the start that is not part of it; `closed` means that without such a row there is no region.
    `open` means that it begins at the top where `start` matches nowhere. `rows` keeps only so many rows from its start, if set.
    `without` names regions whose presence means that this one is not there. Fences are not part of the region.
    """

    name: str
    within: str = ""
    side: Side = Side.IN
    fence: re.Pattern[str] | None = None
    start: re.Pattern[str] | None = None
    end: re.Pattern[str] | None = None
    closed: bool = False
    open: bool = False
    pick: Pick = Pick.LAST
    rows: int = 0
    without: tuple[str, ...] = ()


class By(StrEnum):
    """What makes a rule's state and detail more exact than the rule itself: the command it found, the tool, the dialog's form,
    or what a failure's message says."""

    RULE = "rule"
    COMMAND = "command"
    TOOL = "tool"
    DIALOG = "dialog"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class Rule:
    """Where `pattern` is found in `region` (rows joined by newlines, `^` and `$` at rows), the agent is in `state`.

    File order is precedence. `unless` found in the same region takes it back; every pattern of `where` must be found in its
    region as well. `detail` fills fields of `Detail` with templates of the named groups of `pattern` and `where`.
    """

    id: str
    state: State
    region: str
    pattern: re.Pattern[str]
    unless: re.Pattern[str] | None = None
    where: Mapping[str, re.Pattern[str]] = field(default_factory=dict)
    by: By = By.RULE
    detail: Mapping[str, str] = field(default_factory=dict)
    confidence: Confidence = Confidence.HIGH


@dataclass(frozen=True, slots=True)
class Composer:
    """Where its user types: the region, the prompt sign before the text, and what stands there when nobody typed.

    `prompt` matches the sign at the start of the composer's first row, the text follows; `placeholder` matches ghost text
    that is not a draft, `ghost_dim` says that ghost text is drawn dim (SGR 2), `ghost_coloured` in a colour, with the cursor on its
    first character; `pasted` matches what stands for a long paste, `tab` is what a tab is drawn as, where that is
    no blank. `echo` says that what was submitted stays above it, behind the same sign.
    """

    region: str = "composer"
    prompt: re.Pattern[str] | None = None
    placeholder: re.Pattern[str] | None = None
    ghost_dim: bool = False
    ghost_coloured: bool = False
    pasted: re.Pattern[str] | None = None
    tab: str = ""
    echo: bool = False


@dataclass(frozen=True, slots=True)
class Calm:
    """How long (ms) a screen must stand before it is believed that work is over. What each figure was measured on is said beside
    it in the kind's file.

    `shown_ms` where a rule of confidence `high` says so: the program has drawn that it is done. `absent_ms` where nothing but the
    absence of its busy marks does: longer than it takes between two of them while it works.
    """

    shown_ms: int = 400
    absent_ms: int = 400


class Method(StrEnum):
    """How text goes in: a paste, in brackets where the program asked for them or whether it did or not, or literal keys.

    `bracketed` is for programs that know the brackets from their first key on, and draw their composer before they ask.
    """

    PASTE = "paste"
    BRACKETED = "bracketed"
    KEYS = "keys"


@dataclass(frozen=True, slots=True)
class Caveat:
    """Texts that a kind does not take as they are: those that `pattern` finds, and `why`, a sentence."""

    pattern: re.Pattern[str]
    why: str


@dataclass(frozen=True, slots=True)
class Typing:
    """How to type into it, times in ms. What each figure was measured on is said beside it in the kind's file.

    `settle_ms` passes between the text and Enter (agents ignore Enter within their paste-burst window). A text that starts
    with one of `guard_leading` gets one blank in front, one that ends in a backslash one behind where `guard_backslash`; with
    `tab_blanks` a tab becomes so many blanks, as the program would make them itself. What `refused` finds is never typed, whatever
    is put around it; of what `altered` finds the program makes something else, which the proof says.
    `clear` are the keys that empty the composer. `patience_ms` is how long to wait for the proof after Enter, `intake_ms` how much longer
    a text may stand in the composer after an Enter that was heard, for each thousand of its characters.
    `queues` says that it takes a prompt while it works. A draft of at most `draft_rows` rows is drawn whole, and can be put aside
    and put back; 0 where that is not known. `before` are keys without effect in an empty composer that are pressed right in front of a
    text: what a person pressed a moment before may run together with the next key.
    """

    method: Method = Method.PASTE
    before: tuple[str, ...] = ()
    settle_ms: int = 500
    guard_leading: tuple[str, ...] = ()
    guard_backslash: bool = False
    tab_blanks: int = 0
    refused: tuple[Caveat, ...] = ()
    altered: tuple[Caveat, ...] = ()
    submit: tuple[str, ...] = ("Enter",)
    clear: tuple[str, ...] = ("C-u",)
    patience_ms: int = 5000
    intake_ms: int = 0
    queues: bool = False
    draft_rows: int = 0


@dataclass(frozen=True, slots=True)
class Stop:
    """Keys that interrupt what it does, and keys that make it leave in good order, pressed one by one until it has.

    Between two interrupts at least `apart_ms` pass. Until what the first did is seen, its state is an old one: a second press may come
    to an agent at rest, and a third opens Claude Code's Rewind. Of 50 agents that flip, the slowest one in a hundred is seen after 0.3 s.
    """

    interrupt: tuple[str, ...] = ("Escape",)
    quit_keys: tuple[str, ...] = ("C-c", "C-c")
    apart_ms: int = 1500


STATUS: Mapping[str, State] = MappingProxyType(
    {
        "idle": State.IDLE,
        "working": State.WORKING,
        "done": State.COMPLETE,
        "blocked": State.WAITING,
        "error": State.ERROR,
    }
)
"""The program status protocol's states (revision 0.2), as ours."""


@dataclass(frozen=True, slots=True)
class Announces:
    """What it says of itself in its raw output, where no screen shows it: reports of the program status protocol (`OSC 7501`).

    `osc` is the number of the sequence, 0 for none. Reports count whose `app` is its own; `states` gives the state of each of theirs.
    One that is not there (the protocol's `clear`) takes the last word back.
    """

    osc: int = 0
    app: str = ""
    states: Mapping[str, State] = field(default_factory=lambda: STATUS)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of agent. `channel` names the native channel module it has (`claude`), empty for none.

    `origin` is the file it was read from, for messages; `version` the agent's version its rules were recorded on.
    `shell` says that it is itself a shell: another program in front of it is its work; for all others a shell in front
    means that the agent has left.
    """

    name: str
    label: str
    origin: str
    launch: LaunchSpec
    version: str = ""
    channel: str = ""
    shell: bool = False
    signs: Signs = Signs()
    regions: tuple[Region, ...] = ()
    rules: tuple[Rule, ...] = ()
    titles: tuple[Rule, ...] = ()
    composer: Composer = Composer()
    typing: Typing = Typing()
    stop: Stop = Stop()
    calm: Calm = Calm()
    announces: Announces = Announces()
    banner: re.Pattern[str] | None = None
    """What its first screens say of its version, in a group `version`."""
    stuck: Mapping[str, float] = field(default_factory=dict)
    """Thresholds of its own, in seconds (`looping`: times), that go before those of the settings."""
