"""Progress from a spec: Markdown in, items with weights and phases out.

The text is read by a CommonMark parser, so that what only looks like an item (in a code fence, in an HTML comment, escaped) is
none. Three things count: task list items (`- [ ] text`), rows of a table that has a status column, and a `progress:` in YAML
front matter, which is the author's own word and wins over what was counted. The document is a tree: headings hold items, items
hold items. Whatever holds something counts as what it holds; its own box says nothing.

What is not said is not guessed: "in progress" is not done, and a text without items has no progress.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from markdown_it import MarkdownIt
from markdown_it.token import Token


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to do. `line` counts from 1 (lines end in LF, CRLF or CR) and is where its box or its row stands.

    `share` is 0 to 1: 1 is done; between them only what has `parts` (items below it) or a per cent figure in a table. `weight`
    is its own, among its neighbours. `phase` is an index into the spec's phases. `box` tells a task list item from a table's row.
    """

    text: str
    line: int
    share: float
    weight: float
    depth: int
    phase: int | None
    parts: int
    box: bool

    @property
    def done(self) -> bool:
        """Whether nothing of it is left to do."""
        return self.share >= 1


@dataclass(frozen=True, slots=True)
class Phase:
    """A heading with items below it, those of its sub-headings included. `items` and `done` count what has no parts itself."""

    title: str
    line: int
    level: int
    items: int
    done: int
    progress: float


@dataclass(frozen=True, slots=True)
class Spec:
    """What a text says: its items and phases in their order, and the progress, 0 to 100, None where nothing says so."""

    items: tuple[Item, ...] = ()
    phases: tuple[Phase, ...] = ()
    progress: float | None = None
    stated: bool = False
    """Whether the progress is the front matter's and not counted."""


@dataclass(frozen=True, slots=True)
class SpecFile:
    """A file's name that makes it a spec; `boxes` where it is one only if it holds task list items."""

    name: str
    boxes: bool = False


# Looked for in the agent's own work tree, first match wins.
SPEC_FILES: tuple[SpecFile, ...] = (
    SpecFile("TASKS.md"),
    SpecFile("TODO.md"),
    SpecFile("PLAN.md"),
    SpecFile("SPEC.md"),
    SpecFile(".tasks.md"),
    SpecFile("README.md", boxes=True),
)


def is_spec(file: SpecFile, spec: Spec) -> bool:
    """Whether a file of that name with that content is to be followed."""
    return not file.boxes or any(item.box for item in spec.items)


def parse(text: str) -> Spec:
    """What the text says; any text is good. Takes about a second for a megabyte."""
    stated, body = _front_matter(text.removeprefix("\ufeff"))
    root = _Reader().read(_markdown().parse(body))
    _weigh(root)
    spec = _flatten(root)
    counted = _per_cent(root.share) if spec.items else None
    return Spec(spec.items, spec.phases, counted if stated is None else stated, stated=stated is not None)


# ---- reading ------------------------------------------------------------------------------------------------------------

_BOX = re.compile(r"\[([ xX])\][ \t]+(?=\S)")
_COMMENT = re.compile(r"<!--.*?-->")
_WEIGHT = re.compile(r"\{w=(\d{1,6}(?:\.\d{1,3})?)\}")
# A larger figure in brackets is a year or an issue's number.
_BRACKETS = re.compile(r"^\((100|\d{1,2}(?:\.\d{1,3})?)\)(?=\s)|(?<=\s)\((100|\d{1,2}(?:\.\d{1,3})?)\)$")
_STATED = re.compile(r"^progress:[ \t]*([\"']?)(\d{1,3}(?:\.\d{1,6})?)[ \t]*%?\1[ \t]*(?:#.*)?$", re.MULTILINE)
_LINE_LIMIT, _TEXT_LIMIT = 1000, 200

_STATUS_HEADS = frozenset({"status", "state", "done", "done?", "complete", "complete?", "progress", "✓", "✔", "✅"})
_WEIGHT_HEADS = frozenset({"weight", "points", "w"})
_DONE = re.compile(r"(?:done|completed?|finished|closed|merged|shipped|yes|ok|passed)\b|[✅✓✔☑]|\[x\]|x$")
_OPEN = re.compile(
    r"(?:to[ -]?do|open|pending|planned|not\b|in[ -]?progress|wip|doing|started|blocked|waiting|next|backlog|no|failed)\b"
    r"|[❌✗☐⬜🚧🔄⏳🟡🔴]|\[ ?\]|[-–—]+$"
)
_PER_CENT = re.compile(r"(\d{1,3}(?:\.\d+)?) ?%")


@dataclass(slots=True)
class _Node:
    """A heading or an item while the tree is built; `weight` is None where none was written, `level` 0 for items."""

    text: str = ""
    line: int = 0
    level: int = 0
    weight: float | None = None
    share: float = 0.0
    box: bool = False
    children: list["_Node"] = field(default_factory=list)


def _markdown() -> MarkdownIt:
    """CommonMark's blocks and tables. What is within a line is left alone: it holds no items, and takes most of the time."""
    return MarkdownIt("commonmark", {"maxNesting": 100}).enable("table").disable(["inline", "reference"])


def _front_matter(text: str) -> tuple[float | None, str]:
    """What it states, and the text with the front matter's lines emptied, so that lines keep their numbers."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if lines[0].rstrip() != "---":
        return None, text
    end = next((n for n, line in enumerate(lines[1:], 1) if line.rstrip() in ("---", "...")), None)
    if end is None:
        return None, text
    found = _STATED.search("\n".join(line.rstrip() for line in lines[1:end]))
    stated = float(found[2]) if found and float(found[2]) <= 100 else None
    return stated, "\n".join([""] * (end + 1) + lines[end + 1 :])


class _Reader:
    """Walks the parser's tokens once and hangs items below headings and items."""

    def __init__(self) -> None:
        self._headings = [_Node()]
        self._items: list[_Node | None] = []  # open list items; None for one without a box
        self._rows: list[tuple[int, list[str]]] = []

    def read(self, tokens: Sequence[Token]) -> _Node:
        """The root of the tree."""
        for place, token in enumerate(tokens):
            match token.type:
                case "list_item_open":
                    self._items.append(None)
                case "list_item_close":
                    self._items.pop()
                case "table_open":
                    self._rows = []
                case "tr_open":
                    self._rows.append((_line(token), []))
                case "table_close":
                    self._table()
                case "inline":
                    self._inline(token, tokens[place - 1], tokens[max(place - 2, 0)])
        return self._headings[0]

    def _inline(self, token: Token, opened: Token, before: Token) -> None:
        if opened.type == "heading_open" and opened.level == 0:
            self._heading(token, int(opened.tag[1:]))
        elif opened.type in ("th_open", "td_open"):
            self._rows[-1][1].append(token.content.strip())
        elif opened.type == "paragraph_open" and before.type == "list_item_open" and (box := _BOX.match(token.content)):
            text, weight = _text_and_weight(token.content[box.end() :])
            share = 0.0 if box[1] == " " else 1.0
            node = _Node(text, _line(token), weight=weight, share=share, box=True)
            self._above().children.append(node)
            self._items[-1] = node

    def _heading(self, token: Token, level: int) -> None:
        while self._headings[-1].level >= level:
            self._headings.pop()
        text, weight = _text_and_weight(token.content, brackets=False)
        node = _Node(text, _line(token), level=level, weight=weight)
        self._headings[-1].children.append(node)
        self._headings.append(node)

    def _table(self) -> None:
        """Rows become items where a column is headed as a status and most of what stands in it reads as one."""
        heads = [head.lower().strip("*_ ") for head in self._rows[0][1]] if self._rows else []
        status = next((n for n, head in enumerate(heads) if head in _STATUS_HEADS), None)
        if status is None:
            return
        rows = [(line, cells) for line, cells in self._rows[1:] if any(cells)]
        shares = [_share(cells[status]) for _, cells in rows]
        filled = sum(bool(cells[status]) for _, cells in rows)
        if sum(share is not None for share in shares) * 2 <= filled:
            return
        weigher = next((n for n, head in enumerate(heads) if head in _WEIGHT_HEADS), None)
        for (line, cells), share in zip(rows, shares, strict=True):
            said = next(
                (cell for n, cell in enumerate(cells) if cell and n not in (status, weigher) and not cell.isdigit()), ""
            )
            text, weight = _text_and_weight(said)
            if weigher is not None and re.fullmatch(r"\d{1,6}(\.\d{1,3})?", cells[weigher]):
                weight = float(cells[weigher])
            self._above().children.append(_Node(text, line, weight=weight, share=share or 0.0))

    def _above(self) -> _Node:
        return next((item for item in reversed(self._items) if item is not None), self._headings[-1])


def _line(token: Token) -> int:
    return token.map[0] + 1 if token.map else 0


def _text_and_weight(content: str, *, brackets: bool = True) -> tuple[str, float | None]:
    """The first line as a person reads it, without comments and the weight, which is returned beside it."""
    text = _COMMENT.sub("", content.split("\n", 1)[0][:_LINE_LIMIT]).strip()
    found = _WEIGHT.search(text) or (_BRACKETS.search(text) if brackets else None)
    weight = None
    if found:
        weight = float(next(group for group in found.groups() if group))
        text = f"{text[: found.start()].rstrip()} {text[found.end() :].lstrip()}".strip()
    return text[:_TEXT_LIMIT], weight


def _share(cell: str) -> float | None:
    """How much of a row is done by its status; None where the cell does not read as one."""
    said = cell.lower().strip("*_`~ ")
    if figure := _PER_CENT.match(said):
        return min(float(figure[1]), 100.0) / 100
    if _DONE.match(said):
        return 1.0
    return 0.0 if _OPEN.match(said) else None


# ---- counting -----------------------------------------------------------------------------------------------------------


def _weigh(node: _Node) -> float:
    """Sets the shares of everything that holds items, from the bottom up; returns what the node weighs among its neighbours."""
    weights = [_weigh(child) for child in node.children]
    total = sum(weights)
    if _holds_nothing(node):
        return 0.0
    # All of weight 0: they count alike.
    counting = weights if total else [0.0 if _holds_nothing(child) else 1.0 for child in node.children]
    if any(counting):
        node.share = sum(weight * child.share for weight, child in zip(counting, node.children, strict=True)) / sum(
            counting
        )
    if node.weight is None:
        node.weight = total if node.children else 1.0
    return node.weight


def _holds_nothing(node: _Node) -> bool:
    """A heading without items is no phase."""
    return node.level > 0 and not any(not _holds_nothing(child) for child in node.children)


def _per_cent(share: float) -> float:
    """To two places; 100 only where nothing is left."""
    return 100.0 if share >= 1 else min(round(share * 100, 2), 99.99)


def _flatten(root: _Node) -> Spec:
    items: list[Item] = []
    phases: list[Phase] = []

    def walk(node: _Node, depth: int, phase: int | None) -> tuple[int, int]:
        """How many leaves there are below, and how many of them are done."""
        if node.level and _holds_nothing(node):
            return 0, 0
        place = len(phases) if node.level else len(items)
        if node.level:
            phase = place
            phases.append(Phase(node.text, node.line, node.level, 0, 0, _per_cent(node.share)))
        elif node is not root:
            own = node.weight if node.weight is not None else 1.0
            items.append(Item(node.text, node.line, node.share, own, depth, phase, len(node.children), node.box))
            depth += 1
        if not node.children:
            return 1, int(node.share >= 1)
        below = [walk(child, depth, phase) for child in node.children]
        count, done = sum(leaf for leaf, _ in below), sum(leaf for _, leaf in below)
        if node.level:
            phases[place] = Phase(node.text, node.line, node.level, count, done, _per_cent(node.share))
        return count, done

    walk(root, 0, None)
    return Spec(tuple(items), tuple(phases))
