"""The strict reader: what it reads, what it refuses, and that it never raises."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outrider.logic.bash.grammar import parse
from outrider.logic.bash.tree import Apart, Chain, Listing, Loop, Node, Pipeline, Redirected, Simple, Unsure


def words(node: Node) -> list[str | None]:
    assert isinstance(node, Simple)
    return [word.static for word in node.words]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ls -la", ["ls", "-la"]),
        ("r'm' \"-r\"f a\\ b", ["rm", "-rf", "a b"]),
        ("a \\\n b", ["a", "b"]),
        ("$'\\x72m' x", ["rm", "x"]),
        ('echo "a\\$b" \'c"d\'', ["echo", "a$b", 'c"d']),
        ("echo $x *", ["echo", None, None]),
        ("[ -f x ]", ["[", "-f", "x", "]"]),
        ("echo a#b # c", ["echo", "a#b"]),
        ("A=1 b=$c ls", ["ls"]),
        ("ls 2>&1 >x <y", ["ls"]),
        ("cat <<'E'\n$(rm)\nE", ["cat"]),
        ("find . ! -name x", ["find", ".", "!", "-name", "x"]),
    ],
)
def test_simple_commands(text: str, expected: list[str | None]) -> None:
    assert words(_read(text)) == expected


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("a && b", Chain),
        ("a || b && c", Chain),
        ("a | b |& c", Pipeline),
        ("a; b", Listing),
        ("a &", Apart),
        ("(a; b)", Apart),
        ("{ a; } > x", Redirected),
        ("for x in a b; do c; done", Loop),
        ("while a; do b; done", Loop),
        ("cat <<A; ls\nx\nA", Listing),
    ],
)
def test_compounds(text: str, kind: type) -> None:
    assert isinstance(_read(text), kind)


def test_here_documents_in_substitutions() -> None:
    tree = _read("git commit -m \"$(cat <<'EOF'\na `b` $(c)\nEOF\n)\"")
    assert isinstance(tree, Simple)
    (inner,) = tree.words[-1].inner
    assert isinstance(inner, Simple)
    heredoc = inner.redirects[0].heredoc
    assert heredoc is not None
    assert heredoc.body.static == "a `b` $(c)\n"


@pytest.mark.parametrize(
    "text",
    [
        "if a; fi",
        "a && ; b",
        "a ;; b",
        "done",
        "for x in a; b; done",
        "a )",
        "{ a",
        "((1))",
        "a=(1)",
        "x$[1]",
        "a\rb",
        "a ‑b",
        "ls\u3000-a",
    ],
)
def test_refused(text: str) -> None:
    assert isinstance(parse(text), Unsure)


@settings(max_examples=500, deadline=None)
@given(st.text(alphabet="ab \"'\\\n;&|<>()$`#{}[]*?~!=:-/EOF0ifthendocase"))
def test_is_total(text: str) -> None:
    assert parse(text) is not None


def _read(text: str) -> Node:
    tree = parse(text)
    assert not isinstance(tree, Unsure), tree
    return tree
