"""Session names and generation tokens: what is taken, what is refused, and with which sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outrider.errors import InvalidInput
from outrider.logic.names import check_generation, check_session, is_generation, suggest_session


@pytest.mark.parametrize("name", ["a", "my-task", "My_Task-2", "_x", "9", "a-", "x" * 64, "_outrider2"])
def test_good_names(name: str) -> None:
    check_session(name)


REFUSED = [
    ("", "is empty", None),
    ("my.task", "a dot at place 3", "my-task"),
    ("host:1", "a colon at place 5", "host-1"),
    ("a/b", "a slash at place 2", "a-b"),
    ("my task", "a blank at place 3", "my-task"),
    ("a\nb", "a line break at place 2", "a-b"),
    ("-rf", "begins with -", "rf"),
    ("_outrider", "Outrider's own session", "outrider"),
    ("x" * 65, "has 65 characters; at most 64", "x" * 64),
    ("tâche", "has 'â' at place 2", "t-che"),
    ("a\x1b[0m", r"has '\x1b' at place 2", "a-0m"),
    ("=name", "has '=' at place 1", "name"),
    ("x\n", "a line break at place 2", "x"),
    ("...", "a dot at place 1", None),
    ("日本", "at place 1", None),
]


@pytest.mark.parametrize(("name", "says", "suggestion"), REFUSED)
def test_bad_names(name: str, says: str, suggestion: str | None) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_session(name, where="--session")
    assert says in caught.value.message
    assert caught.value.message.startswith("--session: ")
    assert caught.value.message.isprintable()
    assert caught.value.detail.get("suggestion") == suggestion
    if suggestion:
        assert f"{suggestion!r} would do" in caught.value.message


@given(st.text())
def test_what_is_suggested_is_good(name: str) -> None:
    suggestion = suggest_session(name)
    if suggestion is not None:
        check_session(suggestion)


@given(st.text(max_size=100))
def test_a_refusal_is_a_short_printable_sentence(name: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_session(name + "!")
    assert caught.value.message.isprintable()
    assert len(caught.value.message) < 700


@pytest.mark.parametrize(
    ("token", "good"),
    [
        ("0123456789abcdef", True),
        ("f" * 64, True),
        ("f" * 65, False),
        ("", False),
        ("../../etc/passwd", False),
        ("0123456789ABCDEF", False),
    ],
)
def test_generation_tokens(token: str, good: bool) -> None:
    assert is_generation(token) is good
    if not good:
        with pytest.raises(InvalidInput, match="16 to 64"):
            check_generation(token)
