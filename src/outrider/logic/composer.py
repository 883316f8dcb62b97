"""The composer: the place where an agent's user types, and what stands there.

In comes a screen; out comes the text in its composer, as well as a screen can tell it: agents wrap long lines, rewrite tabs
and fold long pastes into a mark. Whether a given text stands there is decided strictly: a wrong yes presses Enter on
something else, a wrong no only means that somebody looks again.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from outrider.logic.cells import FORMAT, cells
from outrider.logic.screen import Layout
from outrider.model.kind import Composer, Kind, Pick
from outrider.model.pane import Screen

SGR = re.compile(r"\x1b\[([0-9;:]*)m")
ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*[0-~])")
# What is joined to an emoji: a cell of tmux 3.3a keeps 21 bytes of such a sequence, and drops the rest.
JOINED = re.compile(r"\u200d\S?")
# Blanks, what is drawn in no cell, and what some draw in place of that.
FADING = re.compile(rf"(?:\s|\ufffd|{FORMAT.pattern})+")
LINES = re.compile(r"\+?(\d+) lines")
CHARS = re.compile(r"(\d+) chars")
TAIL = 64  # characters of a text's end that must be seen where its beginning has scrolled out of the composer


@dataclass(frozen=True, slots=True)
class ComposerView:
    """What stands in the composer. `empty`: nothing that anybody typed (ghost text counts as nothing).

    `text` has wrapped rows joined; `pasted` are the marks that stand for folded pastes, `mark` is the pattern they were
    found by; `rows` is how many rows of the screen it takes, without blank ones below.
    """

    text: str
    empty: bool
    pasted: bool
    rows: int = 1
    mark: re.Pattern[str] | None = None


def view(kind: Kind, screen: Screen) -> ComposerView | None:
    """The composer as it stands on this screen, or None where none is drawn (a dialog, a picker, another program)."""
    return seen(kind, Layout(screen, kind.regions), screen)


def seen(kind: Kind, layout: Layout, screen: Screen) -> ComposerView | None:
    """The same for a screen that is already cut into regions."""
    composer = kind.composer
    span = layout.span(composer.region)
    if span is None or composer.prompt is None:
        return None
    rows = list(screen.rows[span.first : span.after])
    sign = composer.prompt.match(rows[0])
    if sign is None:
        return None
    indent = len(sign.group())
    wrapped = any(region.name == composer.region and region.pick is Pick.WRAPPED for region in kind.regions)
    after = rows[1:] if wrapped else [_continued(row, composer.prompt, indent) for row in rows[1:]]
    lines = [rows[0][indent:], *after]
    text = _unwrapped(lines, screen.pane.width - indent).strip()
    blank = next((n for n, line in enumerate(reversed(lines)) if line.strip()), len(lines) - 1)
    if composer.tab:
        text = text.replace(composer.tab, "\t")
    ghost = _is_ghost(composer, text, screen.styled[span.first : span.after], indent)
    pasted = composer.pasted is not None and composer.pasted.search(text) is not None
    shown = "" if ghost else text
    return ComposerView(
        text=shown, empty=not shown, pasted=pasted and not ghost, rows=len(rows) - blank, mark=composer.pasted
    )


def holds(composer: ComposerView, text: str) -> bool:
    """Whether the composer holds this text and nothing else, all of it, ready for Enter.

    Blanks don't count (wrapping, tabs). Where it is folded into a mark, what is left beside it must be the text's beginning
    and end, and the mark's number of lines must fit; where only the end fits into the composer, the end must be there.
    """
    want = squeezed(text)
    have = squeezed(composer.text)
    if not want or not have or composer.empty:
        return False
    if have == want:
        return True
    if composer.pasted and composer.mark is not None:
        return _holds_marks(composer, composer.mark, text, want)
    return composer.rows >= 3 and len(have) >= TAIL and len(have) < len(want) and want.endswith(have)


def squeezed(text: str) -> str:
    """The text without anything that a screen shows differently: blanks, what is joined, the form of composed characters."""
    return FADING.sub("", JOINED.sub("", unicodedata.normalize("NFC", text)))


def _holds_marks(composer: ComposerView, mark: re.Pattern[str], text: str, want: str) -> bool:
    pieces = [squeezed(piece) for piece in _between(composer.text, mark)]
    if not want.startswith(pieces[0]) or not want.endswith(pieces[-1]):
        return False
    at = 0
    for piece in pieces:
        found = want.find(piece, at)
        if found < 0:
            return False
        at = found + len(piece)
    if sum(map(len, pieces)) >= len(want):
        return False
    folds = "\n".join(fold.group() for fold in mark.finditer(composer.text))
    lines, chars = sum(map(int, LINES.findall(folds))), sum(map(int, CHARS.findall(folds)))
    newlines = text.strip("\n").count("\n")
    if any(pieces):
        return lines <= newlines + 1 and chars <= _units(text)
    # Nothing beside the mark says what is in it: its number of lines or characters must be the text's.
    if chars and not lines:
        return chars in (len(text), _units(text), len(text.strip()), _units(text.strip()))
    return abs(lines - newlines) <= 1


def _units(text: str) -> int:
    """Its length as JavaScript counts it."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _between(text: str, mark: re.Pattern[str]) -> list[str]:
    pieces: list[str] = []
    at = 0
    for match in mark.finditer(text):
        pieces.append(text[at : match.start()])
        at = match.end()
    return [*pieces, text[at:]]


def _continued(row: str, sign: re.Pattern[str], indent: int) -> str:
    """A row after the first: without the sign where it is drawn on every row, else without as much blank."""
    again = sign.match(row)
    if again is not None:
        return row[again.end() :]
    blank = len(row) - len(row.lstrip())
    return row[min(blank, indent) :]


def _unwrapped(lines: Sequence[str], width: int) -> str:
    """Rows joined: by a blank where the next word would not have fitted on the row, by a newline where it would."""
    text = lines[0].rstrip()
    last = text
    for line in lines[1:]:
        word = line.split(" ", 1)[0]
        full = cells(last) + 1 + cells(word) > width - 2
        whole = cells(last) >= width - 1
        text += ("" if whole else " " if full and word else "\n") + line.rstrip()
        last = line.rstrip()
    return text


def _is_ghost(composer: Composer, text: str, styled: Sequence[str], indent: int) -> bool:
    if not text:
        return False
    if composer.placeholder is not None and composer.placeholder.match(text):
        return True
    if not styled:
        return False
    drawn = [cell for n, row in enumerate(styled) for cell in _beyond(row, indent if n == 0 else 0)]
    inked = [cell for cell in drawn if not cell.char.isspace()]
    if composer.ghost_coloured and len(inked) > 1 and inked[0].cursor and all(cell.coloured for cell in inked[1:]):
        return True
    return composer.ghost_dim and any(cell.dim for cell in inked) and all(cell.dim or cell.reverse for cell in inked)


@dataclass(frozen=True, slots=True)
class _Cell:
    """A character and how it is drawn. A cursor that the program draws itself is in reverse or underlined."""

    char: str
    dim: bool = False
    reverse: bool = False
    underlined: bool = False
    coloured: bool = False

    @property
    def cursor(self) -> bool:
        return self.reverse or self.underlined


def _beyond(row: str, indent: int) -> list[_Cell]:
    return list(_styled_cells(row))[indent:]


def _styled_cells(row: str) -> Iterator[_Cell]:
    """The characters of a styled row."""
    look = _Cell("")
    at = 0
    while at < len(row):
        code = ESCAPE.match(row, at)
        if code is None:
            yield replace(look, char=row[at])
            at += 1
            continue
        sgr = SGR.fullmatch(code.group())
        if sgr is not None:
            look = _after_sgr(sgr.group(1), look)
        at = code.end()


def _after_sgr(codes: str, look: _Cell) -> _Cell:
    numbers = [int(number) if number.isdigit() else 0 for number in re.split("[;:]", codes)]
    at = 0
    while at < len(numbers):
        number = numbers[at]
        if number in (38, 48, 58):
            # A colour follows: 5;n or 2;r;g;b. Its numbers are no attributes.
            at += 3 if numbers[at + 1 : at + 2] == [5] else 5
            look = replace(look, coloured=look.coloured or number == 38)
            continue
        look = _with(look, number)
        at += 1
    return look


def _with(look: _Cell, number: int) -> _Cell:
    match number:
        case 0:
            return _Cell("")
        case 2:
            return replace(look, dim=True)
        case 1 | 22:
            return replace(look, dim=False)
        case 7 | 27:
            return replace(look, reverse=number == 7)
        case 4 | 24:
            return replace(look, underlined=number == 4)
        case 39:
            return replace(look, coloured=False)
        case _ if 30 <= number <= 37 or 90 <= number <= 97:
            return replace(look, coloured=True)
        case _:
            return look
