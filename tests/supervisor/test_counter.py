"""What is accepted as a command, and what is said of what is not."""

import re

import pytest

from outrider.errors import InvalidInput, OutriderError, TooLarge
from outrider.model.command import CommandRequest, When
from outrider.model.kind import Caveat, Typing
from outrider.supervisor.counter import Bounds, check

BOUNDS = Bounds(max_bytes=1000, depth=10)


@pytest.mark.parametrize(
    ("request_", "error", "says"),
    [
        (CommandRequest("x" * 1001), TooLarge, "1,001 bytes; the most is 1,000"),
        (CommandRequest("漢" * 400), TooLarge, "1,200 bytes"),
        (CommandRequest(" \n "), InvalidInput, "is empty"),
        (CommandRequest("a\x1b[A"), InvalidInput, r"U\+001B in line 1"),
        (CommandRequest("a", delay_s=-1), InvalidInput, "delay_s"),
        (CommandRequest("a", expires_s=0), InvalidInput, "expires_s"),
        (CommandRequest("a", When.NOW), InvalidInput, "with when ready"),
    ],
)
def test_refused_in_a_sentence(request_: CommandRequest, error: type[OutriderError], says: str) -> None:
    with pytest.raises(error, match=says):
        check(request_, BOUNDS, Typing())


@pytest.mark.parametrize("text", ["x" * 1000, "two\nlines", "tab\there", "/clear", "\\"])
def test_text_is_accepted(text: str) -> None:
    check(CommandRequest(text), BOUNDS, Typing())


def test_what_a_kind_would_take_for_a_command_whatever_stands_before_it_is_refused() -> None:
    typing = Typing(refused=(Caveat(re.compile(r"^\s*!"), "It would run as a shell command."),))
    with pytest.raises(InvalidInput, match="shell command"):
        check(CommandRequest(" !ls"), BOUNDS, typing)
    check(CommandRequest("so be it!"), BOUNDS, typing)


def test_a_kind_that_queues_is_given_a_text_now() -> None:
    check(CommandRequest("a", When.NOW), BOUNDS, Typing(queues=True))
