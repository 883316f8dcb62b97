"""What arrived of a text at the model: the judge of every delivery, whoever made it."""

import re
import unicodedata
from collections.abc import Sequence

from outrider.logic.delivery import unified

EXACT, TRIMMED, TABS, BLANKS, COMPOSED, ALTERED, TWICE, NOTHING = (
    "exact",
    "outer blanks",
    "tabs as blanks",
    "blanks differ",
    "composed",
    "ALTERED",
    "TWICE",
    "nothing",
)
VERBATIM = (EXACT, TRIMMED)
"""Line ends count as newlines, and blanks at either end not at all: agents trim what they are given."""


def judge(text: str, arrived: Sequence[str]) -> str:
    """How the prompts that arrived compare with the one text that was sent."""
    if not arrived:
        return NOTHING
    if len(arrived) > 1:
        same = [each for each in arrived if _squeezed(each) == _squeezed(text)]
        return TWICE if len(same) > 1 else ALTERED
    sent, got = unified(text), arrived[0]
    if got == sent:
        return EXACT
    if got.strip() == sent.strip():
        return TRIMMED
    if got.strip() == sent.replace("\t", "    ").strip():
        return TABS
    if unicodedata.normalize("NFC", sent) == unicodedata.normalize("NFC", got):
        return COMPOSED
    return BLANKS if _squeezed(got) == _squeezed(sent) else ALTERED


def difference(text: str, got: str) -> str:
    """Where the two part, for a person."""
    sent, got = unified(text).strip(), got.strip()
    at = next((n for n, (a, b) in enumerate(zip(sent, got, strict=False)) if a != b), min(len(sent), len(got)))
    return f"{len(sent)} and {len(got)} characters, from {at}: sent {sent[at : at + 24]!r}, got {got[at : at + 24]!r}"


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", " ", unicodedata.normalize("NFC", text)).strip()
