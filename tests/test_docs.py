"""What the documents show is there: verbs and flags exist, links lead somewhere, examples of kinds can be read."""

import re
import shlex
from pathlib import Path

import pytest

from outrider.cli.app import VERBS, arranged, build
from outrider.kinds.kindfile import parse
from outrider.kinds.load import catalogue

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(page: Path, language: str) -> list[str]:
    return [text for name, text in FENCE.findall(page.read_text(encoding="utf-8")) if name == language]


def command_lines() -> list[str]:
    """Every shell line in the documents that calls a verb of the command line (`up` is the daemon's)."""
    text = "\n".join(block.replace("\\\n", " ") for page in PAGES for block in blocks(page, "sh"))
    return [line for line in text.splitlines() if re.match(r"(\.venv/bin/)?outrider (?!up\b)", line)]


@pytest.mark.parametrize("line", command_lines())
def test_a_command_line_can_be_read(line: str) -> None:
    words = shlex.split(line, comments=True)[1:]
    build().parse_args(arranged(words), print_error=False, exit_on_error=False)


def test_verbs_that_are_named_are_there() -> None:
    known = {row[0] for row in VERBS} | {"up"}
    for page in PAGES:
        named = set(re.findall(r"`outrider ([a-z]+)", page.read_text(encoding="utf-8")))
        assert named <= known, f"{page.name} names {named - known}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        assert target.startswith("http") or (page.parent / target).exists(), f"{page.name} links to {target}"


@pytest.mark.parametrize("text", blocks(ROOT / "docs" / "kinds.md", "toml"))
def test_a_kind_of_the_documentation_can_be_read(text: str, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    kinds = catalogue(tmp_path)
    assert kinds.problems == ()
    if "extends" not in text:
        assert kinds.get("mytool") == parse(text, str(tmp_path / "mine.toml"))
