"""What stands above a composer: programs that work line by line leave there what was submitted, behind the same sign.

They tell nobody what they take in, so that is the one proof of it. An older prompt may read the same: so it is counted, before and
after, how often a text stands there.
"""

from collections.abc import Sequence

from outrider.logic.composer import TAIL, squeezed
from outrider.model.kind import Composer

LINES, NARROWEST = 200, 20
"""How many rows of what came since are read, and how few characters a row of the text may have."""


def reach(text: str) -> int:
    """How many rows must be read to find the text, with something below it."""
    return LINES + text.count("\n") + len(text) // NARROWEST


def times(composer: Composer, rows: Sequence[str], text: str, height: int) -> int:
    """How often exactly this text stands above the composer, on a screen of `height` rows.

    Of a text that is higher than the screen only the end is drawn, and twice: as it stood in the composer, and as it was submitted.
    """
    want, tall = squeezed(text), height * 3 // 4
    return sum(_is(block, want, tall) for block in _submitted(composer, rows))


def _is(block: Sequence[str], want: str, tall: int) -> bool:
    if squeezed("\n".join(block)) == want:
        return True
    end = squeezed("\n".join(block[-tall:]))
    return len(block) > tall and len(end) >= TAIL and want.endswith(end)


def _submitted(composer: Composer, rows: Sequence[str]) -> list[list[str]]:
    """Each block of rows with the sign that an answer stands below, or anything else but the sign.

    What nothing stands below is the composer itself; what the sign stands below, that composer before its screen was cleared.
    """
    blocks: list[list[str]] = []
    block: list[str] = []
    parted = False
    for row in rows:
        sign = composer.prompt.match(row) if composer.prompt is not None else None
        if sign is not None:
            rest = row[sign.end() :]
            block = [*([] if parted else block), rest.replace(composer.tab, "\t") if composer.tab else rest]
            parted = False
        elif not row.strip():
            parted = True
        elif block:
            blocks.append(block)
            block = []
    return blocks
