"""Dialogs on screens, as objects: what is asked, about what, and what can be answered.

In comes a screen; out comes the dialog on it, if its kind's rules see one there. Four forms of dialogs are known: numbered
options below one another, a bar of words (the marked one differs in colour), a line that takes a letter, an entry for text.
The fingerprint is made of what is asked, not of how it is drawn: the mark, the pane's width and the screen around do not enter it.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from outrider.logic import detect, dialog
from outrider.logic.screen import Layout
from outrider.logic.styled import odd
from outrider.model.approval import DialogKind, Form, Option, Shown
from outrider.model.kind import Kind
from outrider.model.pane import Screen
from outrider.model.state import Detail, State

# A dialog's box begins at the last such row above its first option.
TOP = re.compile(
    r"^\s*─{10,}|^ ?╭─|^\s{0,3}(?:Would you like to |Question \d+/\d+|Folder access|Welcome to Codex|Implement this plan)"
)
LOOSE = 12
PLAN_TOP = re.compile(r"^\s*(?:Ready to code\?|Exit plan mode\?)")
BAR = re.compile(r"^\s*[┃│|]?\s{1,4}(?P<words>\S.*?)\s+(?:ctrl\+\w \w+\s+)?⇆ select\b")
LETTERS = re.compile(r"\((?P<key>[A-Z])\)(?P<rest>[^/\[(:]*)")
ENTRY = re.compile(r"\((?:Press|Use) Enter to (?:submit|confirm)")
CHECKBOX = re.compile(r"^\[(?P<mark>[^\]]?)\]\s*")
HINT = re.compile(r"\s*\((?P<key>[a-z]|esc|shift\+tab)\)$")
SUBMIT = re.compile(r"^\s*(?P<mark>❯)?\s+(?P<label>Submit)\s*$")
TEXT = re.compile(r"^(?:Type (?:something|your own)|Tell Claude what|Enter a custom)", re.IGNORECASE)
DASHES = re.compile(r"^\s*╌{3,}")
CHANGED = re.compile(r"^\s*\d+\s+[-+] ")
NUMBERED = re.compile(r"^\s*(?:\d+(?:\s|$)|\+)")
HEADER = re.compile(
    r"^\s*(?:(?P<verb>Edit|Create|Write|Overwrite) file|→ (?P<does>Edit|Write|Create) (?P<path>\S.*))\s*$"
)
TOOLS = {"Edit": "Edit", "Create": "Write", "Write": "Write", "Overwrite": "Write"}
ASKS = {
    "Do you want to make this edit to ": "Edit",
    "Do you want to create ": "Write",
    "Do you want to overwrite ": "Write",
}
OPENING = re.compile(r"^Would you like to .*\?$")
# Codex asks for leave to edit below what it would edit, which is no part of the dialog's own rows.
EDITS = re.compile(r"^ *Would you like to make the following edits\?")
EDITED = re.compile(r"^• (?:Edited|Added|Deleted) ")
TABS = re.compile(r"[☐☒].*✔ Submit|^\s*Question \d+/\d+")

# What is asked, by its words; the first row that matches decides, and what the kind's rule says comes before all.
KINDS: tuple[tuple[re.Pattern[str], DialogKind], ...] = (
    (
        re.compile(r"\btrust\b|API key|authenticate|Bypass Permissions mode|Choose how you want to use"),
        DialogKind.TRUST,
    ),
    (re.compile(r"\bplan\b"), DialogKind.PLAN),
    (
        re.compile(
            r"^Do you want to (?:proceed|make|create|overwrite|allow|run)|^Would you like to |^(?:Allow|Apply) |"
            r"^Permission required|^(?:Run|Create|Edit|Allow)\b[^?]*\?"
        ),
        DialogKind.PERMISSION,
    ),
)
REASONS = {"permission": DialogKind.PERMISSION, "plan": DialogKind.PLAN}


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A dialog's parts as found on the screen: the rows above its options are `box`, and `edits` those above that belong to it."""

    form: Form
    box: Sequence[str]
    question: str | None
    options: tuple[Option, ...]
    marked: int | None
    edits: Sequence[str] = ()


def read(kind: Kind, screen: Screen) -> Shown | None:
    """The dialog on this screen, or None where the kind's rules see none; of one that is drawn in colours alone, which option
    is marked can be told only from a styled screen."""
    layout = Layout(screen, kind.regions)
    said = next(iter(detect.spoken(kind, layout, screen.taken_ms)), None)
    if said is None or said.state is not State.WAITING:
        return None
    readers = (_entry, _list, _bar, _line)
    found = (reader(screen.rows, screen.styled, said.detail) for reader in readers)
    return next((each for each in found if each is not None), None)


def fingerprint(agent_id: str, generation: str, shown: Shown) -> str:
    """16 hexadecimal digits: the same for the same dialog of the same agent."""
    # Which parts of a question are answered, and which boxes are ticked, is no other dialog.
    body = shown.body.replace("☒", "☐")
    parts = [agent_id, generation, shown.kind, shown.form, body, *(option.label for option in shown.options)]
    text = "\0".join(re.sub(r"\s+", "", part) for part in parts)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _list(rows: Sequence[str], styled: Sequence[str], detail: Detail) -> Shown | None:
    found = dialog.read(rows)
    if found is None:
        return None
    options = [_option(label) for label in found.options]
    marked = found.marked
    if any(option.checked is not None for option in options):
        submit = next((match for row in rows[found.last :] if (match := SUBMIT.match(row))), None) or next(
            (match for row in rows[found.first :] if (match := SUBMIT.match(row))), None
        )
        if submit is not None:
            options.append(Option(submit["label"]))
            marked = len(options) - 1 if submit["mark"] else marked
    if marked is None and styled:
        places = _places(rows, found.first, [option.label for option in options])
        marked = odd([styled[at] for at in places], [option.label for option in options]) if places else None
    box = _box(rows, found.first)
    edits = _edits(rows[: found.first - len(box)]) if box and EDITS.match(box[0]) else []
    return _shown(_Drawn(Form.LIST, box, found.question, tuple(options), marked, edits), detail)


def _places(rows: Sequence[str], first: int, labels: Sequence[str]) -> list[int]:
    """The row of each label, from that row on; empty where one is not found."""
    places: list[int] = []
    at = first
    for label in labels:
        while at < len(rows) and label not in rows[at]:
            at += 1
        if at == len(rows):
            return []
        places.append(at)
        at += 1
    return places


def _option(label: str) -> Option:
    """A label as drawn, without its box, its hint and what explains it."""
    box = CHECKBOX.match(label)
    bare = CHECKBOX.sub("", label)
    # What stands behind two blanks explains the option.
    bare = re.split(r"\s{2,}", bare)[0].removesuffix(" ✔")
    hint = HINT.search(bare)
    return Option(
        label=HINT.sub("", bare),
        key=hint["key"] if hint else None,
        text=TEXT.match(bare) is not None,
        checked=bool(box["mark"].strip()) if box else None,
    )


def _box(rows: Sequence[str], first: int) -> list[str]:
    """The rows of the dialog above its first option."""
    top = next((at for at in range(first - 1, -1, -1) if TOP.match(rows[at])), None)
    if top is None and first and rows[first - 1].lstrip().startswith("┃"):
        top = next((at for at in range(first - 1, -1, -1) if not rows[at].lstrip().startswith("┃")), None)
    plan = next((at for at in range(first - 1, -1, -1) if PLAN_TOP.match(rows[at])), None)
    if plan is not None and top is not None and plan < top:
        top = plan
    if top is None and not any(DASHES.match(row) for row in rows[:first]):
        top = max(0, first - LOOSE)  # what stands above a dialog without a box may move while it waits
    return list(rows[0 if top is None else top : first])


def _edits(above: Sequence[str]) -> list[str]:
    """The last block of these rows, if it says what would be edited."""
    at = next((at for at in range(len(above) - 1, -1, -1) if above[at][:1].strip()), None)
    return [row for row in above[at:] if row.strip()] if at is not None and EDITED.match(above[at]) else []


def _bar(rows: Sequence[str], styled: Sequence[str], detail: Detail) -> Shown | None:
    at = next((i for i in range(len(rows) - 1, -1, -1) if BAR.match(rows[i])), None)
    if at is None:
        return None
    match = BAR.match(rows[at])
    assert match is not None
    words = re.split(r"\s{3,}", match["words"])
    marked = odd([styled[at]] * len(words), words) if styled else None
    return _shown(_Drawn(Form.BAR, _box(rows, at), detail.question, tuple(map(Option, words)), marked), detail)


def _line(rows: Sequence[str], styled: Sequence[str], detail: Detail) -> Shown | None:
    last = next((at for at in range(len(rows) - 1, -1, -1) if rows[at].strip()), None)
    if last is None:
        return None
    found = list(LETTERS.finditer(rows[last]))
    if len(found) < 2:
        return None
    options = tuple(Option(f"{each['key']}{each['rest'].rstrip()}", key=each["key"].lower()) for each in found)
    usual = re.search(r"\[(\w[^\]]*)\]:?\s*$", rows[last])
    marked = next((i for i, option in enumerate(options) if usual and option.label == usual[1]), None)
    top = next((at for at in range(last, -1, -1) if not rows[at].strip()), -1)
    question = rows[last][: found[0].start()].strip()
    return _shown(_Drawn(Form.LINE, rows[top + 1 : last + 1], question, options, marked), detail)


def _entry(rows: Sequence[str], styled: Sequence[str], detail: Detail) -> Shown | None:
    if not ENTRY.search(detail.message or ""):
        return None
    at = next(i for i in range(len(rows) - 1, -1, -1) if ENTRY.search(rows[i]))
    box = _box(rows, at)
    question = next((text for row in box if (text := dialog.plain(row).strip())), "")
    return _shown(
        _Drawn(Form.ENTRY, box, question, (Option(dialog.plain(rows[at]).strip("() "), text=True),), None), detail
    )


def _shown(drawn: _Drawn, detail: Detail) -> Shown:
    form, box, question = drawn.form, drawn.box, drawn.question
    bare = [dialog.plain(row) for row in box]
    body = "\n".join(row.rstrip() for row in (*drawn.edits, *bare)).strip("\n")
    asked = question or "" if form is Form.LINE else detail.question or question or ""
    opening = next((row.strip() for row in bare if row.strip()), "")
    if form is Form.LIST and ("?" not in asked or OPENING.match(opening)):
        asked = opening or asked
    header = next((match for row in bare if (match := HEADER.match(row))), None)
    kind = _kind(asked, body, detail)
    tool = detail.tool if kind is not DialogKind.TRUST else None
    return Shown(
        kind=kind,
        form=form,
        question=asked,
        options=drawn.options,
        marked=drawn.marked,
        tool=tool or _tool(asked, header),
        command=detail.command,
        file=_file(bare, header, detail),
        diff="\n".join(drawn.edits) or _diff(box, bare, detail.tool),
        whole=detail.command is not None and _unwrapped(detail.command, box),
        body=body,
    )


def _kind(question: str, body: str, detail: Detail) -> DialogKind:
    if any(TABS.search(row) for row in body.split("\n")):
        return DialogKind.QUESTION
    said = REASONS.get(detail.reason or "")
    if said is not None and not KINDS[0][0].search(question):
        return said
    if detail.reason == "picker":
        return DialogKind.OTHER
    for text in (question, body):
        for pattern, kind in KINDS:
            if pattern.search(text):
                return kind
    return DialogKind.QUESTION if "?" in question else DialogKind.OTHER


def _tool(question: str, header: re.Match[str] | None) -> str | None:
    if header is not None:
        return TOOLS[header["verb"] or header["does"]]
    return next((tool for words, tool in ASKS.items() if question.startswith(words)), None)


def _file(bare: Sequence[str], header: re.Match[str] | None, detail: Detail) -> str | None:
    """The path as the dialog tells it, which is more than the name in its question."""
    if header is None:
        return detail.file
    if header["path"]:
        return header["path"]
    at = next(i for i, row in enumerate(bare) if row == header.string)
    path = bare[at + 1].strip() if at + 1 < len(bare) else ""
    return path or detail.file


def _diff(box: Sequence[str], bare: Sequence[str], tool: str | None) -> str | None:
    """What would be changed: between two dashed rules, or the rows with line numbers where some of them are changes, or all are new."""
    dashes = [at for at, row in enumerate(box) if DASHES.match(row)]
    if dashes:
        first = dashes[0] + 1 if len(dashes) > 1 else 0
        return "\n".join(row.rstrip() for row in box[first : dashes[-1]]) or None
    # Gemini CLI draws a box of its own around it.
    inner = [dialog.plain(row) if row.strip()[:1] == "│" else row for row in bare]
    if tool != "WriteFile" and not any(CHANGED.match(row) for row in inner):
        return None
    return "\n".join(row for row in inner if NUMBERED.match(row)) or None


def _unwrapped(command: str, box: Sequence[str]) -> bool:
    """Whether the command stands in one row that is not full: so nothing was cut, and no blank of a line's end is in it."""
    width = max((len(row) for row in box), default=0)
    return any(
        dialog.plain(row).strip(" │┃").removeprefix("$ ") == command and len(row.rstrip(" │┃")) < max(width, 60) - 4
        for row in box
    )
