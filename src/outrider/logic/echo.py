"""What stands above a composer: programs that work line by line leave there what was submitted, behind the same sign.

They tell nobody what they take in, so that is the one proof of it. An older prompt may read the same: so it is counted, before and
after, how often a text stands there.
"""

from collections.abc import Sequence

from outrider.logic.composer import squeezed
from outrider.model.kind import Composer

LINES, NARROWEST = 200, 20
"""How many rows of what came since are read, and how few characters a row of the text may have."""


def reach(text: str) -> int:
    """How many rows must be read to find the text, with something below it."""
    return LINES + text.count("\n") + len(text) // NARROWEST


def times(composer: Composer, rows: Sequence[str], text: str) -> int:
    """How often exactly this text stands above the composer; what stands on the last rows is the composer itself."""
    want = squeezed(text)
    return sum(squeezed(each) == want for each in _submitted(composer, rows))


def _submitted(composer: Composer, rows: Sequence[str]) -> list[str]:
    """Each block of rows with the sign, joined, but for one that nothing stands below."""
    blocks: list[str] = []
    block: list[str] = []
    for row in rows:
        sign = composer.prompt.match(row) if composer.prompt is not None else None
        if sign is not None:
            block.append(row[sign.end() :])
        elif block:
            blocks.append("\n".join(block))
            block = []
    tab = composer.tab
    return [each.replace(tab, "\t") for each in blocks] if tab else blocks
