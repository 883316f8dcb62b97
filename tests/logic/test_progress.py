"""Specs as people and agents write them, what counts in them, and that no text whatever is too much."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outrider.logic.progress import SPEC_FILES, Spec, is_spec, parse


def items(spec: Spec) -> list[tuple[str, int, bool]]:
    return [(item.text, item.line, item.done) for item in spec.items]


def test_a_task_list() -> None:
    spec = parse("# Plan\n\n- [x] one\n- [ ] two\n* [X] three\n1. [ ] four\n")
    assert items(spec) == [("one", 3, True), ("two", 4, False), ("three", 5, True), ("four", 6, False)]
    assert spec.progress == 50
    assert not spec.stated


@pytest.mark.parametrize(
    "text",
    [
        "",
        "just prose",
        "- plain item\n- another",
        "```\n- [x] in a fence\n```",
        "~~~md\n- [x] in a fence\n~~~\n",
        "    - [x] indented code",
        "<!--\n- [x] in a comment\n-->",
        r"- \[x] escaped",
        "- [ ]\n- [x]",
        "- [y] no mark\n- [x]nospace\n- [] x",
        "[x] no list item",
        "- text [x] not in front",
        "- `[x]` code",
        "---\ntitle: [x]\n---\n",
    ],
)
def test_what_is_no_item(text: str) -> None:
    assert parse(text) == Spec()


def test_a_parent_counts_as_its_children() -> None:
    spec = parse("- [x] a\n  - [x] a1\n  - [ ] a2\n    - [ ] a2i\n    - [ ] a2ii\n- [ ] b\n")
    # Four leaves, one of them done; the tick on `a` says nothing.
    assert spec.progress == 25
    parent = spec.items[0]
    assert (parent.parts, parent.done, parent.weight) == (2, False, 3)
    assert parent.share == pytest.approx(1 / 3)
    assert [item.depth for item in spec.items] == [0, 1, 1, 2, 2, 0]


def test_children_below_an_item_without_a_box() -> None:
    spec = parse("- [ ] a\n  - note\n    - [x] b\n- group\n  - [ ] c\n")
    assert spec.items[0].parts == 1
    assert spec.progress == 50


@pytest.mark.parametrize(
    ("line", "text", "weight"),
    [
        ("build (3)", "build", 3),
        ("(3) build", "build", 3),
        ("build {w=2.5} it", "build it", 2.5),
        ("build {w=1000}", "build", 1000),
        ("call f(3)", "call f(3)", 1),
        ("copyright (2024)", "copyright (2024)", 1),
        ("see (a)", "see (a)", 1),
        ("build <!-- later --> (2)", "build", 2),
        ("nothing {w=0}", "nothing", 0),
        ("{w=x}", "{w=x}", 1),
    ],
)
def test_weights(line: str, text: str, weight: float) -> None:
    (item,) = parse(f"- [ ] {line}").items
    assert (item.text, item.weight) == (text, weight)


def test_weights_count() -> None:
    assert parse("- [x] big (3)\n- [ ] small\n").progress == 75
    # A weight on a parent is shared by its children.
    assert parse("- [ ] a {w=3}\n  - [x] a1\n  - [ ] a2\n- [x] b\n").progress == 62.5
    assert parse("- [x] a {w=0}\n- [ ] b {w=0}\n# Nothing here\n").progress == 50


def test_all_is_all_and_nothing_less_is() -> None:
    assert parse("- [x] a {w=0.1}\n- [x] b {w=0.2}\n- [x] c {w=0.3}\n").progress == 100
    nearly = parse("- [x] a {w=999999}\n- [ ] b {w=0.001}\n")
    assert nearly.progress == 99.99


def test_headings_are_phases() -> None:
    spec = parse(
        "# Plan\nIntro\n## Build\n- [x] a\n- [ ] b\n### Deep\n- [x] c\n## Empty\ntext\n## Ship\n- [ ] d\n\nOther\n=====\n"
    )
    told = [(phase.title, phase.level, phase.line, phase.items, phase.done, phase.progress) for phase in spec.phases]
    assert told == [
        ("Plan", 1, 1, 4, 2, 50),
        ("Build", 2, 3, 3, 2, 66.67),
        ("Deep", 3, 6, 1, 1, 100),
        ("Ship", 2, 10, 1, 0, 0),
    ]
    assert [spec.phases[item.phase].title for item in spec.items if item.phase is not None] == [
        "Build",
        "Build",
        "Deep",
        "Ship",
    ]


def test_a_phase_with_a_weight() -> None:
    assert parse("## A {w=3}\n- [x] a\n- [x] b\n## B {w=1}\n- [ ] c\n- [ ] d\n- [ ] e\n").progress == 75
    assert parse("## Phase (1)\n- [x] a\n").phases[0].title == "Phase (1)"


def test_a_table_with_a_status_column() -> None:
    spec = parse("""\
| # | Task | Status | Points |
|---|------|--------|--------|
| 1 | Parser (x) | ✅ Done | 2 |
| 2 | Writer | In progress | |
| 3 | Docs | 50% | 1 |
| 4 | Tests | | |
""")
    assert [(item.text, item.line, item.share, item.weight, item.box) for item in spec.items] == [
        ("Parser (x)", 3, 1, 2, False),
        ("Writer", 4, 0, 1, False),
        ("Docs", 5, 0.5, 1, False),
        ("Tests", 6, 0, 1, False),
    ]
    assert spec.progress == 50


@pytest.mark.parametrize(
    "text",
    [
        "| State | Capital |\n|---|---|\n| Ohio | Columbus |\n| Texas | Austin |",
        "| Status | Meaning |\n|---|---|\n| 200 | fine |\n| 404 | not there |",
        "| Task | Who |\n|---|---|\n| done | me |",
        "| Status |\n|---|",
    ],
)
def test_tables_of_something_else(text: str) -> None:
    assert parse(text) == Spec()


@pytest.mark.parametrize(
    ("value", "progress"),
    [
        ("40", 40),
        ("40%", 40),
        ("'12.5'", 12.5),
        ('"7"  # so far', 7),
        ("0", 0),
        ("100", 100),
        ("101", None),
        ("-1", None),
        ("half", None),
    ],
)
def test_front_matter(value: str, progress: float | None) -> None:
    spec = parse(f"---\ntitle: x\nprogress: {value}\n---\n")
    assert (spec.progress, spec.stated) == (progress, progress is not None)


def test_front_matter_wins_and_lines_keep_their_numbers() -> None:
    spec = parse("\ufeff---\r\nprogress: 40\r\n---\r\n- [x] a\r\n- [x] b\r\n")
    assert spec.progress == 40
    assert items(spec) == [("a", 4, True), ("b", 5, True)]


def test_what_only_looks_like_front_matter() -> None:
    assert parse("---\nprogress: 40\n").progress is None
    assert parse("text\n---\nprogress: 40\n---\n").progress is None
    assert parse("---\nnested:\n  progress: 40\n---\n- [x] a\n").progress == 100


def test_the_line_is_where_the_box_stands() -> None:
    text = "intro\r\n\r\n-\r\n  [ ] late\r\n- [x] two\r  lines\n> - [ ] quoted\n"
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    spec = parse(text)
    assert [item.text for item in spec.items] == ["late", "two", "quoted"]
    assert all("[" in lines[item.line - 1] for item in spec.items)


def test_which_files_are_specs() -> None:
    assert [file.name for file in SPEC_FILES] == ["TASKS.md", "TODO.md", "PLAN.md", "SPEC.md", ".tasks.md", "README.md"]
    tasks, readme = SPEC_FILES[0], SPEC_FILES[-1]
    table = parse("| Feature | Status |\n|---|---|\n| a | done |")
    assert is_spec(tasks, parse(""))
    assert is_spec(readme, parse("- [ ] a"))
    assert not is_spec(readme, parse("# Hello"))
    assert not is_spec(readme, table)


PIECES = st.sampled_from(
    [
        *("- [ ] a", "- [x] b (3)", "  - [x] c", "    - [ ] d", "\t- [X] e", "> - [ ] q", "1. [x] n", "{w=99}", "(7)"),
        *("# H", "## H {w=2}", "===", "---", "***", "progress: 3", "```", "<!--", "-->", "<div>", "[a]: b"),
        *("| T | Status |", "|---|---|", "| x | done |", "|", "", "\\", "\0", "\ud800", "\u2028", "\ufeff", "\r"),
    ]
)


@given(st.one_of(st.text(), st.lists(PIECES, max_size=40).map("\n".join), st.lists(PIECES, max_size=40).map("".join)))
@settings(max_examples=300, deadline=None)
def test_any_text_is_good(text: str) -> None:
    spec = parse(text)
    assert spec.progress is None or 0 <= spec.progress <= 100
    assert spec == parse(text)
    count = len(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    for item in spec.items:
        assert 1 <= item.line <= count
        assert 0 <= item.share <= 1
        assert item.phase is None or 0 <= item.phase < len(spec.phases)
    for phase in spec.phases:
        assert 0 <= phase.done <= phase.items
        assert phase.items > 0


@given(st.lists(st.booleans(), min_size=1, max_size=50))
def test_equal_items_count_alike(ticks: list[bool]) -> None:
    spec = parse("\n".join(f"- [{'x' if tick else ' '}] item" for tick in ticks))
    assert spec.progress == pytest.approx(100 * sum(ticks) / len(ticks), abs=0.01)


def test_a_megabyte_is_read() -> None:
    line = "- [x] something to be done here (2)\n"
    assert parse(line * (1_000_000 // len(line))).progress == 100


HOSTILE = {
    "one line": "x",
    "quotes": "> ",
    "quoted lists": "> - ",
    "brackets": "[",
    "open brackets": "[a\n",
    "comments": "- [ ] a <!-- ",
    "rows": "| a | done |\n",
    "definitions": "[a]: <b\n",
    "lists": "* ",
    "empty items": "-\n",
    "headings": "a\n=\n",
}


@pytest.mark.parametrize("piece", HOSTILE.values(), ids=HOSTILE.keys())
def test_what_makes_parsers_slow(piece: str) -> None:
    head = "| T | Status |\n|---|---|\n" if piece.startswith("|") else ""
    began = time.thread_time()
    parse(head + piece * (50_000 // len(piece)))
    assert time.thread_time() - began < 5


def test_nested_as_deep_as_one_likes() -> None:
    spec = parse("\n".join("  " * depth + "- [x] a" for depth in range(400)))
    assert spec.progress == 100
