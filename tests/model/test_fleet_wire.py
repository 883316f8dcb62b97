"""Cards: what is written can be read, and what is none is refused."""

import pytest

from outrider.model.fleet import NodeCard
from outrider.model.fleet_wire import card_of, card_text

CARD = NodeCard("north", "1f2e", "0.1.0", ("gpu", "big"), 3, 2, 0.5, -40, 1000, 2000, steer=True, draining=False)


def test_a_card_is_read_as_it_was_written_also_by_who_knows_less() -> None:
    assert card_of(card_text(CARD)) == CARD
    assert card_of(card_text(CARD).replace("{", '{"later":1,', 1)) == CARD


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"node":"north"}'])
def test_what_is_no_card_is_none(text: str) -> None:
    assert card_of(text) is None
