import pytest
from hypothesis import given
from hypothesis import strategies as st

from outrider.logic.shell import Simple, simple_commands

LINES = [
    ("ls", [("ls",)]),
    ("cd src && ls -la | head -3; pwd &", [("cd", "src"), ("ls", "-la"), ("head", "-3"), ("pwd",)]),
    ("echo 'a && b' \"c; d\" e\\ f", [("echo", "a && b", "c; d", "e f")]),
    ('git commit -m "say \\"hi\\""', [("git", "commit", "-m", 'say "hi"')]),
    ("a'b'\"c\"d", [("abcd",)]),
    ("grep x f 2>&1 >/dev/null", [("grep", "x", "f")]),
    ("echo $(cat f) `pwd`", [("echo", "$"), ("cat", "f"), ("pwd",)]),
    ("sleep $((2 * 3)) && ls", [("sleep", "$((2 * 3))"), ("ls",)]),
    ("ls # pytest && rm", [("ls",)]),
    ("a \\\n  b", [("a", "b")]),
    ("echo ''", [("echo", "")]),
    ("echo 'never closed && ls", [("echo", "never closed && ls")]),
    ('echo "never closed', [("echo", "never closed")]),
    ("echo \\", [("echo", "")]),
    ("python - <<'EOF' | tail\nimport pytest\nEOF\nls", [("python", "-"), ("tail",), ("ls",)]),
    ("cat <<A <<-B; id\n1\nA\n2\n\tB\npwd", [("cat",), ("id",), ("pwd",)]),
    ("cat <<EOF\nnever closed\npytest", [("cat",)]),
    ('grep x <<< "a b"', [("grep", "x")]),
    ("", []),
    (" ;; && | \n", []),
]


@pytest.mark.parametrize(("line", "expected"), LINES)
def test_takes_a_line_apart(line: str, expected: list[tuple[str, ...]]) -> None:
    assert [simple.words for simple in simple_commands(line)] == expected


@pytest.mark.parametrize(
    ("line", "writes"),
    [
        ("cat a > b", True),
        ("cat a >> b", True),
        ("cat a &> b", True),
        ("cat > b <<EOF\nx\nEOF", True),
        ("cat a 2>&1", False),
        ("cat a 2> /dev/null", False),
        ("cat < a", False),
    ],
)
def test_tells_whether_output_goes_to_a_file(line: str, writes: bool) -> None:
    assert simple_commands(line)[0].writes is writes


@given(st.text(alphabet="ab '\"\\\n;&|<>()$`#EOF-2"))
def test_is_total(line: str) -> None:
    assert all(isinstance(simple, Simple) and simple.words for simple in simple_commands(line))
