"""What a known program is told beside its options: goals, targets, variables, scripts in a language of its own.

Which options are harmless is in `known_tools.py` and `known_builds.py`; an option that is not there is asked about.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import pairwise
from types import MappingProxyType

from outrider.logic.policy.known_builds import BUILDS
from outrider.logic.policy.known_tools import TOOLS
from outrider.logic.policy.options import Read, read
from outrider.logic.policy.programs import INTERPRETERS, SHELLS
from outrider.logic.policy.rules import Hazard
from outrider.logic.policy.runs import Run

Finding = tuple[Hazard, str]
Words = tuple[str, ...]
KNOWN = MappingProxyType({**TOOLS, **BUILDS})
STREAMS = re.compile(r"/(dev|proc)/.*")
ADDRESS = re.compile(r"[A-Za-z][\w+.-]*:.*", re.DOTALL)
_OF_THE_TREE: Mapping[str, str] = MappingProxyType({"gradlew": "gradle", "mvnw": "mvn", "manage.py": "django-admin"})
_RESPONSE_FILES = frozenset(
    "java javac gcc g++ clang clang++ cc c++ rustc ld ar nm objdump dotnet".split()  # noqa: SIM905
)
_COMPILERS = r"(gcc|g\+\+|clang|clang\+\+|cc|c\+\+)(-\d+)?"
_SWITCH = re.compile(r"\d+|true|false|yes|no|on|off|y|n", re.IGNORECASE)
# Variables of makefiles that choose, and are no part of a command.
_CHOICES = re.compile(
    r"(BUILD|BUILD_TYPE|MODE|CONFIG|PROFILE|ENV|TARGET|TEST|TESTS|NAME|VERSION|ARCH|PLATFORM|OS|STAGE|V|VERBOSE)"
)
_LEAVING = re.compile(r"(.*[:/])?(publish|upload|deploy|release)\w*")
_GOALS = re.compile(
    r"(pre-|post-)?(clean|validate|compile|test|package|verify|install|site|test-compile|integration-test|process-\w+)"
    r"|dependency:(tree|resolve|analyze|go-offline|list)|versions:display-[\w-]+|(spotless|fmt|formatter|license|checkstyle|pmd):[\w-]+"
    r"|spotbugs:check|spring-boot:run|quarkus:dev|compiler:\w+|surefire:test|failsafe:[\w-]+|jacoco:report|help:[\w-]+"
    r"|enforcer:enforce|javadoc:javadoc|clean:clean|resources:\w+"
)
_SBT = re.compile(
    r"(\w+/)?((Test|IntegrationTest)/|test:|it:)?(compile|test|run|clean|package|doc|update|scalafmt\w*|scalafixAll|dependencyTree|coverage"
    r"|coverageReport|assembly|stage|projects|reload|test(Only|Quick)( [\w.*-]+)*|run(Main)?( [\w.-]+)*)"
)
_ENVIRONMENT = re.compile(r"\$ENV\b|\$__|(?<![.\w$\"])env\b(?!\s*:)|\b(import|include|get_search_list)\b")
_YQ = re.compile(r"\b(strenv|envsubst|load\w*|eval|system)\b")
_DJANGO = frozenset(
    [
        "shell",
        "shell_plus",
        "dbshell",
        "flush",
        "sqlflush",
        "reset_db",
        "diffsettings",
        "sendtestemail",
        "changepassword",
        "runscript",
    ]
)
_SUBS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "deno": frozenset(["run", "test", "fmt", "lint", "check", "task", "bench", "info", "doc", "coverage"]),
        "bun": frozenset(["run", "test", "install", "build", "i"]),
        "tox": frozenset(
            ["run", "r", "run-parallel", "p", "list", "l", "config", "c", "depends", "de", "legacy", "le"]
        ),
    }
)


def findings(run: Run, name: str) -> Iterator[Finding]:
    """What is always asked of a known program's words."""
    called = _OF_THE_TREE.get(name.rpartition("/")[2], name) if name.startswith("./") else name
    words = _own(called, run.words)
    known = KNOWN.get(called)
    if known is not None and called == "go" and run.words[:1] == ("run",):
        known = replace(known, leading=True)  # what follows is told to the program that is run
    found = read(words, known) if known is not None else Read("", words)
    if found.unknown:
        yield Hazard.CODE, f"{found.unknown!r} of {called} is not known to be harmless"
    if called in _RESPONSE_FILES and any(word.startswith("@") for word in words):
        yield Hazard.CODE, f"{called} reads its arguments from a file"
    if called in KNOWN and called not in ("tar", "pytest", "split") and any(map(STREAMS.fullmatch, found.operands)):
        yield Hazard.CODE, f"{called} runs what it reads"
    check = _CHECKS.get(called)
    if check is not None:
        yield from check(run.words if called == "go" else words, found.operands)


def _own(name: str, words: Words) -> Words:
    """The words as the program's options are known by: behind its sub-command, pairs joined."""
    if name in _SUBS and name != "tox" and words and words[0] in _SUBS[name]:
        return words[1:]
    if name == "tsx" and words[:1] == ("watch",):
        return words[1:]
    if name == "go":
        at = 2 if words[:1] == ("mod",) else 1
        return tuple(word[1:] if word.startswith("--") and len(word) > 2 else word for word in words[at:])
    if name == "cmake":
        joined: list[str] = []
        for word in words:
            if joined and joined[-1] == "-D":
                joined[-1] += word
            elif word != "--":
                joined.append(word)
        return tuple(joined)
    if name == "tar" and words and not words[0].startswith("-"):
        return (f"-{words[0]}", *words[1:])
    return words


def _make(words: Words, operands: Words) -> Iterator[Finding]:
    for word in operands:
        name, equals, value = word.partition("=")
        if equals:
            name = name.rstrip(":?+").strip()
            plain = _SWITCH.fullmatch(value) or (_CHOICES.fullmatch(name) and re.fullmatch(r"[\w.-]+", value))
            if not plain and not (name in ("CC", "CXX") and re.fullmatch(_COMPILERS, value)):
                yield Hazard.CODE, f"the variable {name} of make may be a part of a command"
        elif re.fullmatch(r"(un)?install(-\w+)?", word):
            yield Hazard.OUTSIDE_WRITE, f"make {word} writes outside the work tree"
    if any(
        STREAMS.fullmatch(word) or re.fullmatch(r"(-f|--file=|--makefile=)(-|/(dev|proc)/.*)", word) for word in words
    ):
        yield Hazard.CODE, "make runs what it reads on its standard input"


def _just(_: Words, operands: Words) -> Iterator[Finding]:
    if operands and ("=" in operands[0] or not all(re.fullmatch(r"[\w./:@%+=-]+", word) for word in operands)):
        yield Hazard.CODE, "what is given to just becomes a part of a command"


def _only(pattern: re.Pattern[str], what: str) -> Callable[[Words, Words], Iterator[Finding]]:
    def check(_: Words, operands: Words) -> Iterator[Finding]:
        for word in operands:
            if not pattern.fullmatch(word):
                yield Hazard.CODE, f"{word!r} is not known to be a harmless {what}"

    return check


def _never(pattern: re.Pattern[str], hazard: Hazard, what: str) -> Callable[[Words, Words], Iterator[Finding]]:
    def check(_: Words, operands: Words) -> Iterator[Finding]:
        for word in operands:
            if pattern.fullmatch(word):
                yield hazard, f"{word!r} {what}"

    return check


def _go(words: Words, operands: Words) -> Iterator[Finding]:
    if any("@" in word for word in words if not word.startswith("-")):
        yield Hazard.NETWORK, "it fetches a module that the project does not name"
    if words[:1] == ("run",) and operands and not (operands[0].startswith(".") or operands[0].endswith(".go")):
        yield Hazard.CODE, "it runs a module that may not be the project's"


def _script_runner(_: Words, operands: Words) -> Iterator[Finding]:
    started = operands[1:2] if operands[:1] == ("run",) else operands[:1]
    if started and (started[0] in SHELLS or started[0] in INTERPRETERS):
        yield Hazard.CODE, f"it runs {started[0]}"


def _yarn(words: Words, operands: Words) -> Iterator[Finding]:
    yield from _script_runner(words, operands)
    if operands[:1] in (("install",), ("i",), ("ci",)):
        again = read(words[words.index(operands[0]) + 1 :], KNOWN["yarn" if "yarn" in words else "pnpm"])
        if again.unknown and read(words[words.index(operands[0]) + 1 :], KNOWN["yarn"]).unknown:
            yield Hazard.CODE, f"{again.unknown!r} is not known to be harmless"


def _npm(_: Words, operands: Words) -> Iterator[Finding]:
    if operands[:1] == ("pack",) and operands[1:] not in ((), (".",)):
        yield Hazard.INSTALL, "npm pack of a package fetches it"


def _query(words: Words, _: Words) -> Iterator[Finding]:
    if any(_ENVIRONMENT.search(re.sub(r'"[^"\\]*"', '""', word)) for word in words):
        yield Hazard.CREDENTIALS, "the query may print environment variables, or load code"


def _yq(words: Words, operands: Words) -> Iterator[Finding]:
    yield from _query(words, operands)
    if any(map(_YQ.search, words)):
        yield Hazard.CODE, "the query may read files, environment variables or run programs"


def _gh(words: Words, operands: Words) -> Iterator[Finding]:
    values = [b for a, b in pairwise(words) if a in ("-q", "--jq", "-t", "--template")]
    values += [word for word in words if word.startswith(("--jq=", "-q"))]
    yield from _query(tuple(values), operands)


def _ps(words: Words, _: Words) -> Iterator[Finding]:
    shown = [
        word
        for at, word in enumerate(words)
        if at == 0 or words[at - 1] not in ("-o", "-O", "-C", "-u", "-U", "-t", "-g")
    ]
    if any(re.fullmatch(r"[a-zA-Z]*e[a-zA-Z]*", word) for word in shown) or any("environ" in word for word in words):
        yield Hazard.CREDENTIALS, "ps shows the environment of programs"


def _tar(words: Words, _: Words) -> Iterator[Finding]:
    if any(re.match(r"[^/=-][^/=]*:", word) for word in words):
        yield Hazard.NETWORK, "an archive with a colon in its name is on another machine"


def django(_: Words, operands: Words) -> Iterator[Finding]:
    """What is always asked of django-admin and manage.py."""
    if operands and operands[0] in _DJANGO:
        yield Hazard.CODE, f"{operands[0]} runs what it is given, or changes the whole database"
    if any(word.startswith("--template") for word in operands):
        yield Hazard.NETWORK, "a template may come from elsewhere"


def _pytest(words: Words, _: Words) -> Iterator[Finding]:
    harmless = re.compile(
        r"(log_\w+|asyncio_\w+|timeout|xfail_strict|junit_family|faulthandler_timeout|console_output_style|markers|cache_dir)=.*"
    )
    for at, word in enumerate(words):
        value = (
            words[at + 1]
            if word == "-o" and at + 1 < len(words)
            else word[2:]
            if re.match(r"-o.", word)
            else "cache_dir="
        )
        if not harmless.fullmatch(value):
            yield Hazard.CODE, f"the setting {value!r} may make pytest load code"


def _tox(words: Words, operands: Words) -> Iterator[Finding]:
    before = words[: words.index("--")] if "--" in words else words
    if operands and operands[0] in before and operands[0] not in _SUBS["tox"]:
        yield Hazard.CODE, f"tox {operands[0]} is not known to be harmless"


def _xcodebuild(_: Words, operands: Words) -> Iterator[Finding]:
    for word in operands:
        if "=" in word and not re.fullmatch(r"(CODE_SIGNING_\w+|CODE_SIGN_IDENTITY|ONLY_ACTIVE_ARCH)=(YES|NO|)", word):
            yield Hazard.CODE, f"the setting {word!r} may be a part of a command"


_CHECKS: Mapping[str, Callable[[Words, Words], Iterator[Finding]]] = MappingProxyType(
    {
        "make": _make,
        "just": _just,
        "cmake": _never(re.compile(r".*=.*"), Hazard.CODE, "is handed on to another program"),
        "ninja": _never(re.compile(r"(un)?install.*"), Hazard.OUTSIDE_WRITE, "writes outside the work tree"),
        "mvn": _only(_GOALS, "goal of Maven"),
        "gradle": _never(
            re.compile(_LEAVING.pattern + r"|wrapper|init"), Hazard.PUBLISH, "sends things away, or fetches programs"
        ),
        "sbt": _only(_SBT, "command of sbt"),
        "rake": _never(
            re.compile(_LEAVING.pattern + r"|db:(drop|reset|purge).*"),
            Hazard.DELETE,
            "deletes data or sends things away",
        ),
        "tox": _tox,
        "go": _go,
        "yarn": _yarn,
        "pnpm": _yarn,
        "npm": _npm,
        "jq": _query,
        "yq": _yq,
        "gh": _gh,
        "ps": _ps,
        "date": _never(re.compile(r"[\d.]{8,}"), Hazard.SYSTEM, "sets the clock"),
        "tar": _tar,
        "django-admin": django,
        "pytest": _pytest,
        "xcodebuild": _xcodebuild,
        "flask": _never(re.compile("shell"), Hazard.CODE, "runs what it reads"),
        "ar": _never(re.compile("[a-zA-Z]*M[a-zA-Z]*"), Hazard.CODE, "reads a script"),
        "bat": _never(re.compile("cache"), Hazard.CODE, "changes what bat runs"),
    }
)
