"""What the documents show is there: verbs and flags exist, links lead somewhere, examples of kinds can be read."""

import importlib
import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path
from types import ModuleType

import pytest

from outrider import errors
from outrider.__main__ import UP
from outrider.cli import service
from outrider.cli.app import VERBS, arranged, build
from outrider.kinds.kindfile import parse
from outrider.kinds.load import catalogue
from outrider.model.command import Status, When
from outrider.model.event import EventName
from outrider.model.kind import Kind
from outrider.model.notice import NoticeRule, NoticeStatus
from outrider.model.state import Confidence, Detail, ErrorClass, Source, State
from outrider.notify.catalogue import TYPES, Surroundings
from outrider.notify.file import parse as load_notify
from outrider.service.keeper import GONE_S
from outrider.settings import load as settings
from outrider.web import (
    agents,
    alerts,
    approvals,
    audit,
    commands,
    events,
    health,
    history,
    login,
    nodes,
    notices,
    progress,
    recordings,
    tokens,
    worktrees,
)
from outrider.web import errors as web_errors

ROOT = Path(__file__).resolve().parent.parent
SKILL = ROOT / "integrations" / "openclaw" / "SKILL.md"
PAGES = [
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    ROOT / "CONTRIBUTING.md",
    SKILL,
    *sorted((ROOT / "docs").glob("*.md")),
]
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


@pytest.mark.skipif(shutil.which("node") is None, reason="node, which reads the file as pm2 does, is not installed")
def test_the_file_for_pm2_runs_our_supervisor(tmp_path: Path) -> None:
    (text,) = blocks(ROOT / "docs" / "service.md", "js")
    file = tmp_path / "ecosystem.config.js"
    file.write_text(text, encoding="utf-8")
    told = ["node", "-p", "JSON.stringify(require(process.argv[1]))", str(file)]
    (app,) = json.loads(subprocess.run(told, capture_output=True, text=True, timeout=60, check=True).stdout)["apps"]
    kinds = {"name": str, "script": str, "args": str, "interpreter": str, "kill_timeout": int, "treekill": bool}
    assert {key: type(value) for key, value in app.items()} == {**kinds, "autorestart": bool, "max_restarts": int}
    assert (app["script"], app["interpreter"], app["treekill"]) == ("outrider", "none", False)
    command, *_ = build().parse_args(arranged(app["args"].split()), print_error=False, exit_on_error=False)
    assert command is service.run
    assert app["kill_timeout"] > 1000 * (GONE_S + 2 * settings({}, {"HOME": str(tmp_path)}).settings.service.lame_s), (
        "as long as a daemon may take to go"
    )


def test_verbs_that_are_named_are_there() -> None:
    known = {row[0] for row in VERBS} | {"up"}
    for page in PAGES:
        named = set(re.findall(r"`outrider ([a-z]+)", page.read_text(encoding="utf-8")))
        assert named <= known, f"{page.name} names {named - known}"


def verbs() -> Iterable[str]:
    """Every verb and the verbs below it, as they are typed."""
    yield "up"
    for name, path, *_ in VERBS:
        module, _, function = path.partition(":")
        if function == "app":
            app = importlib.import_module(f"outrider.cli.{module}").app
            yield from (f"{name} {inner}" for inner in app if not inner.startswith("-"))
        else:
            yield name


def test_the_reference_of_the_command_line_has_every_verb() -> None:
    shown = re.findall(r"`outrider ([a-z]+(?: [a-z]+)?)", (ROOT / "docs" / "cli.md").read_text(encoding="utf-8"))
    known = set(verbs())
    assert known <= {*shown, *(words.split()[0] for words in shown)}
    assert {words for words in shown if " " in words} <= known


def test_the_options_that_the_reference_names_are_there() -> None:
    for row in re.findall(
        r"^\| (`outrider .*)\|$", (ROOT / "docs" / "cli.md").read_text(encoding="utf-8"), re.MULTILINE
    ):
        named, _, options = row.partition(" | ")
        words = re.findall(r"`outrider ([a-z]+(?: [a-z]+)?)", named)
        if not words:
            continue
        known = {name for each in words for name in flags(each.split())}
        wanted = set(re.findall(r"`(--[a-z-]+)", options))
        assert wanted <= known, f"docs/cli.md: outrider {words[0]} has no {wanted - known}"


@pytest.mark.parametrize("verb", ["spawn", "send"])
def test_the_options_of_the_long_verbs_are_there(verb: str) -> None:
    text = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8").partition(f"Options of `outrider {verb}`")[2]
    table = re.split(r"```|^## ", text, maxsplit=1, flags=re.MULTILINE)[0]
    shown = set(re.findall(r"`(--[a-z-]{2,})", table))
    assert shown, f"docs/cli.md has no table of the options of {verb}"
    assert shown <= set(flags([verb]))


def flags(words: list[str]) -> list[str]:
    """The options that a verb takes."""
    app = build([UP])
    for word in words:
        app = app[word]
    return [name for argument in app.assemble_argument_collection() for name in argument.names]


def calls() -> Iterable[tuple[str, str]]:
    """Every other call of ours that a page names, in a sentence or behind a prompt, with the page's name."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        shown = "\n".join(text for language, text in FENCE.findall(text) if language in {"sh", "console"})
        for call in re.findall(r"^(?:\$ )?(?:\.venv/bin/)?outrider (.*)$", shown.replace("\\\n", " "), re.MULTILINE):
            yield page.name, call.partition(" #")[0]
        for call in re.findall(r"`outrider ([a-z][^`]*)`", FENCE.sub("", text)):
            yield page.name, call


def test_whatever_is_called_anywhere_is_there() -> None:
    """Verbs, the verbs below them, and options, also of `up` and where arguments are left out."""
    known = set(verbs())
    above = {each.split()[0] for each in known if " " in each}
    wrong = []
    for page, call in calls():
        first, *rest = call.replace("|", " ").split()
        inner = rest[0] if first in above and rest and re.fullmatch("[a-z]+", rest[0]) else ""
        named = f"{first} {inner}".strip()
        if named not in known and first not in above:
            wrong.append(f"{page}: outrider {named} is no verb")
            continue
        options = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", call.partition(" -- ")[0]))
        if inner and named not in known:
            wrong.append(f"{page}: outrider {named} is no verb")
        elif options and not options <= (have := set(flags(named.split())) | {"--help"}):
            wrong.append(f"{page}: outrider {named} has no {', '.join(sorted(options - have))}")
    assert not wrong, "\n" + "\n".join(wrong)


def test_the_first_page_leads_to_every_page() -> None:
    linked = set(re.findall(r"^\| \[[^]]+\]\(([\w-]+\.md)\)", (ROOT / "docs" / "index.md").read_text(), re.MULTILINE))
    assert linked == {page.name for page in (ROOT / "docs").glob("*.md")} - {"index.md"}


def anchors(page: Path) -> set[str]:
    """What its headings are called, as the site and the forges make it of them."""
    headings = re.findall(r"^#+ +(.+?) *$", FENCE.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    words = (re.sub(r"[^\w\s-]", "", re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading)) for heading in headings)
    return {re.sub(r"[-\s]+", "-", word.strip().lower()) for word in words}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    for target, anchor in re.findall(r"\]\(([^)#\s]*)(?:#([^)\s]*))?\)", text):
        if target.startswith(("http://", "https://", "mailto:")):
            continue
        there = (page.parent / target).resolve() if target else page
        assert there.exists(), f"{page.name} links to {target}"
        assert page.parent != ROOT / "docs" or there.is_relative_to(ROOT / "docs"), (
            f"{page.name} links to {target}, which is not in docs/: the site has no such page"
        )
        assert not anchor or anchor in anchors(there), f"{page.name} links to {target}#{anchor}: no such heading"


def test_the_site_is_strict() -> None:
    """With `--quiet`, mkdocs counts no warning, so `--strict` would let every broken link pass."""
    lines = [line for line in (ROOT / "Makefile").read_text(encoding="utf-8").splitlines() if "mkdocs build" in line]
    assert len(lines) == 1
    assert "--strict" in lines[0]
    assert not re.search(r"mkdocs .*(-q|--quiet)\b", lines[0])


@pytest.mark.parametrize("text", blocks(ROOT / "docs" / "kinds.md", "toml"))
def test_a_kind_of_the_documentation_can_be_read(text: str, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    kinds = catalogue(tmp_path)
    assert kinds.problems == ()
    if "extends" not in text:
        assert kinds.get("mytool") == parse(text, str(tmp_path / "mine.toml"))


def named(page: str) -> set[str]:
    """Every word that a page sets as code."""
    text = FENCE.sub("", (ROOT / "docs" / page).read_text(encoding="utf-8"))
    return {word for code in re.findall(r"`([^`\n]+)`", text) for word in re.findall(r"[A-Za-z_]+", code)}


def codes(*modules: ModuleType) -> Iterable[str]:
    for module in modules:
        for thing in vars(module).values():
            if (
                isinstance(thing, type)
                and issubclass(thing, errors.OutriderError)
                and thing.__module__ == module.__name__
            ):
                yield thing.code


def renamed(names: Iterable[str]) -> set[str]:
    """As they are called outside: moments lose their unit."""
    return {name.removesuffix("_ms") if name.endswith("at_ms") else name for name in names}


CLI_ONLY = {"no_daemon", "bad_setting"}
TABLES: tuple[tuple[str, Iterable[str]], ...] = (
    ("states.md", [*State, *Source, *Confidence, *ErrorClass]),
    ("states.md", renamed(field.name for field in fields(Detail))),
    ("how-it-works.md", Status),
    ("api.md", [*EventName, *When]),
    ("api.md", set(codes(errors, web_errors)) - CLI_ONLY),
    ("kinds.md", {field.name for field in fields(Kind)} - {"origin"}),
)


@pytest.mark.parametrize(("page", "words"), TABLES)
def test_tables_are_complete(page: str, words: Iterable[str]) -> None:
    missing = {str(word) for word in words} - named(page)
    assert not missing, f"docs/{page} does not tell of {sorted(missing)}"


def test_endpoints_are_those_that_are_served() -> None:
    served = {
        (method, re.sub(r"\{\w+\}", "{}", path))
        for router in (
            agents.router,
            alerts.router,
            approvals.router,
            audit.router,
            progress.router,
            commands.router,
            events.router,
            health.router,
            history.router,
            login.router,
            tokens.router,
            notices.router,
            recordings.router,
            nodes.router,
            worktrees.router,
        )
        for route in router.routes
        for path in [getattr(route, "path", "")]
        for method in getattr(route, "methods", None) or ()
        if getattr(route, "include_in_schema", False)
    }
    text = (ROOT / "docs" / "api.md").read_text(encoding="utf-8").replace("…/", "/api/agents/{session}/")
    shown = {
        (method, re.sub(r"\{\w+\}", "{}", path))
        for method, path in re.findall(r"`(GET|POST|PUT|PATCH|DELETE) (/[\w/{}.]*)", text)
    }
    assert shown - {("GET", "/metrics")} <= served
    assert served <= shown


@pytest.mark.parametrize("text", blocks(ROOT / "docs" / "notifications.md", "toml"))
def test_notifications_of_the_documentation_can_be_read(text: str, tmp_path: Path) -> None:
    for name, secret in (("telegram.token", "123456:AAbbCCddEEffGG"), ("hook.secret", "s"), ("openclaw.token", "t")):
        (tmp_path / name).write_text(secret, encoding="utf-8")
    assert load_notify(text, tmp_path / "notify.toml", Surroundings({}, lambda: 0)).ways


def test_ways_out_and_keys_of_rules_are_documented() -> None:
    words = named("notifications.md") | set(
        re.findall(r'type = "(\w+)"', (ROOT / "docs" / "notifications.md").read_text())
    )
    assert {field.name for field in fields(NoticeRule)} | set(TYPES) | set(NoticeStatus) <= words
