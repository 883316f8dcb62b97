"""Cards and cursors: what is written can be read, and what is none is refused."""

import pytest

from outrider.errors import InvalidInput
from outrider.model.fleet import Feed, NodeCard
from outrider.model.fleet_wire import card_of, card_text, cursor_of, place_on, places_of

CARD = NodeCard("north", "1f2e", "0.1.0", ("gpu", "big"), 3, 2, 0.5, -40, 1000, 2000, steer=True, draining=False)


def test_a_card_is_read_as_it_was_written_also_by_who_knows_less() -> None:
    assert card_of(card_text(CARD)) == CARD
    assert card_of(card_text(CARD).replace("{", '{"later":1,', 1)) == CARD


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"node":"north"}'])
def test_what_is_no_card_is_none(text: str) -> None:
    assert card_of(text) is None


def test_a_cursor_names_nodes_and_may_be_put_together_from_those_of_events() -> None:
    north, south = Feed("north", "1f2e"), Feed("so.uth-2", "9abc")
    assert places_of(cursor_of({north: 7, south: 12})) == {"north": (north, 7), "so.uth-2": (south, 12)}
    assert places_of("north@77aa:300,north@1f2e:5, north@1f2e:9") == {"north": (north, 9)}


@pytest.mark.parametrize("cursor", ["", "north", "north:1", "north@1f2e", "north@xyz:1", "a/b@1f2e:1", "north@1f2e:-1"])
def test_what_is_no_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidInput, match="'cursor' must be"):
        places_of(cursor)


def test_a_place_on_a_node_that_was_renamed_is_that_of_its_database() -> None:
    places = places_of("north@1f2e:5,south@9abc:7")
    assert place_on(places, Feed("north", "1f2e")) == (Feed("north", "1f2e"), 5)
    assert place_on(places, Feed("north-2", "1f2e")) == (Feed("north-2", "1f2e"), 5)
    assert place_on(places, Feed("north", "77aa")) == (
        Feed("north", "1f2e"),
        5,
    )  # another database: its places mean nothing
    assert place_on(places, Feed("west", "77aa")) is None
