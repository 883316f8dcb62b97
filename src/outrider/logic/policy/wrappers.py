"""Programs that start another program, which they are given as arguments: env, timeout, xargs, find -exec and their like."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from outrider.logic.bash.tree import Unsure
from outrider.logic.policy.programs import MODULE_PROGRAMS
from outrider.logic.policy.runs import HOLE, Arg, Feed, Run


@dataclass(frozen=True, slots=True)
class Wrapper:
    """`values`: its options that take the next word. `flags`: the other options it may have. `skip`: words before the program.

    `under`: the word behind the wrapper's name that makes it one (`uv run`).
    """

    values: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    skip: int = 0
    under: str = ""


_COVERAGE = ("-r", "--reporter", "-n", "--include", "-x", "--exclude", "--src", "-o", "--report-dir", "--reports-dir")
_TABLE: Mapping[str, Wrapper] = MappingProxyType(
    {
        "nice": Wrapper(("-n", "--adjustment")),
        "ionice": Wrapper(("-c", "-n"), ("-t",)),
        "nohup": Wrapper(),
        "setsid": Wrapper((), ("-w", "-f", "-c")),
        "stdbuf": Wrapper(("-i", "-o", "-e")),
        "timeout": Wrapper(
            ("-s", "-k", "--signal", "--kill-after"), ("--preserve-status", "--foreground", "-v"), skip=1
        ),
        "gtimeout": Wrapper(("-s", "-k", "--signal", "--kill-after"), ("--preserve-status", "--foreground"), skip=1),
        "time": Wrapper(("-f",), ("-p", "-v")),
        "command": Wrapper((), ("-p",)),
        "builtin": Wrapper(),
        "exec": Wrapper(("-a",), ("-c", "-l")),
        "unbuffer": Wrapper(),
        "caffeinate": Wrapper((), ("-i", "-s", "-d")),
        "xargs": Wrapper(
            ("-I", "-n", "-P", "-L", "-d", "-s", "-E", "-a", "--max-args", "--max-procs", "--arg-file", "--replace"),
            ("-0", "-r", "-t", "-x", "--null", "--no-run-if-empty", "--verbose"),
        ),
        "env": Wrapper(("-u", "--unset"), ("-i", "-0", "--ignore-environment")),
        "uv": Wrapper(
            ("--extra", "--group", "--python"),
            ("--frozen", "--locked", "--no-sync", "--quiet", "-q", "--all-extras", "--dev"),
            under="run",
        ),
        "poetry": Wrapper(under="run"),
        "pipenv": Wrapper(under="run"),
        "pdm": Wrapper(under="run"),
        "hatch": Wrapper(under="run"),
        "bundle": Wrapper(under="exec"),
        "npx": Wrapper((), ("--no-install", "--no")),
        "pnpx": Wrapper(),
        "bunx": Wrapper(),
        "c8": Wrapper(_COVERAGE, ("--all", "-a", "--clean", "--check-coverage")),
        "nyc": Wrapper(_COVERAGE, ("--all", "-a", "--silent", "-s", "--check-coverage")),
        "coverage": Wrapper(
            ("--source", "--omit", "--include", "--data-file", "--context"),
            ("--branch", "-p", "-a", "--append", "--parallel-mode", "--timid"),
            under="run",
        ),
    }
)
BUILTINS = frozenset(
    {"cd", "pushd", "popd", "source", ".", "set", "export", "unset", "alias", "exec", "eval", "read", "trap"}
)
_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)


def inner(run: Run, name: str) -> list[Run]:
    """The runs that this one starts by its arguments; empty where it is no wrapper. Unsure where that cannot be said."""
    if name == "find":
        return _found(run)
    if name == "python" and run.words[:1] == ("-m",) and run.words[1:2] and run.words[1] in MODULE_PROGRAMS:
        return [_started(run, run.argv[2:])]
    wrapper = _TABLE.get(name)
    if wrapper is None:
        return []
    words = list(run.argv[1:])
    if wrapper.under:
        if not words or words[0].text != wrapper.under:
            return []
        del words[0]
    if name == "command" and words and words[0].text in ("-v", "-V"):
        return []
    if name == "coverage":
        at = next((i for i, word in enumerate(words) if word.text == "-m"), len(words))
        _options(name, wrapper, ahead := words[:at])
        return [_started(run, (Arg("python"), *ahead, *words[at:]))]
    marker, fed = _options(name, wrapper, words)
    del words[: wrapper.skip]
    assigned: list[tuple[str, Arg]] = []
    while name == "env" and words and (match := _ASSIGNMENT.fullmatch(words[0].text)):
        assigned.append((match[1], Arg(match[2], words[0].known)))
        del words[0]
    if words and words[0].text in BUILTINS and name not in ("command", "builtin"):
        raise Unsure(f"{name} cannot start {words[0].text}")
    if not words:
        return [_started(run, (Arg("printenv"),))] if name == "env" else []
    if name != "xargs":
        return [_started(run, tuple(words), tuple(assigned))]
    names = Arg("*", pattern=True) if run.feed is Feed.NAMES and not fed else Arg(HOLE, known=False)
    argv = tuple(_replaced(word, marker, names) for word in words) if marker else (*words, names)
    return [_started(run, argv)]


def _options(name: str, wrapper: Wrapper, words: list[Arg]) -> tuple[str, bool]:
    """Takes the wrapper's options off; gives xargs's marker, and whether xargs reads names from a file."""
    marker, fed = "", False
    while words and words[0].text.startswith("-") and words[0].text != "-":
        word = words.pop(0)
        if word.text == "--":
            break
        option, equals, value = word.text.partition("=")
        short = next((each for each in wrapper.values if len(each) == 2 and word.text.startswith(each)), "")
        if option in wrapper.values or short:
            if short and word.text != short:
                value = word.text[2:]
            elif not equals:
                value = words.pop(0).text if words else ""
            if option in ("--python", "-a", "--arg-file", "-o", "--report-dir", "--reports-dir") and re.match(
                r"[./~].*/|/|~|\.\.", value
            ):
                raise Unsure(f"{name} {word.text} leads to {value}")
            marker = value if (short or option) in ("-I", "--replace") else marker
            fed = fed or (short or option) in ("-a", "--arg-file")
        elif not (
            word.known
            and (word.text in wrapper.flags or re.fullmatch(r"-\d+", word.text) or _cluster(word.text, wrapper))
        ):
            raise Unsure(f"{name} {word.text} is not a plain option")
    return marker, fed


def _cluster(text: str, wrapper: Wrapper) -> bool:
    return not text.startswith("--") and all(f"-{letter}" in wrapper.flags for letter in text[1:])


def _replaced(word: Arg, marker: str, names: Arg) -> Arg:
    if word.text == marker:
        return names
    return Arg(HOLE, known=False) if marker in word.text else word


def _started(run: Run, argv: tuple[Arg, ...], assigned: tuple[tuple[str, Arg], ...] = ()) -> Run:
    return Run(argv, run.text, run.where, run.feed, run.feed_text, assigned=assigned)


def _found(run: Run) -> list[Run]:
    """What find's -exec and its like start, once for each place that it looks at."""
    words = run.argv[1:]
    starts = [word for word in words[: _first_test(words)] if not word.text.startswith("-")] or [Arg(".")]
    runs: list[Run] = []
    at = 0
    while at < len(words):
        if words[at].text in ("-exec", "-execdir", "-ok", "-okdir"):
            end = next((i for i in range(at + 1, len(words)) if words[i].text in (";", "+")), None)
            if end is None or end == at + 1:
                raise Unsure("find -exec is not closed by ; or +")
            for start in starts:
                names = Arg(f"{start.text}/*", start.known, pattern=True)
                runs.append(_started(run, tuple(_replaced(word, "{}", names) for word in words[at + 1 : end])))
            at = end
        at += 1
    return runs


def _first_test(words: tuple[Arg, ...]) -> int:
    return next((i for i, word in enumerate(words) if word.text[:1] in ("-", "(", "!")), len(words))


def shell_script(run: Run) -> str | None:
    """The script that a shell is given by -c, a here-document or a here-string; None where it reads it from elsewhere."""
    words = list(run.argv[1:])
    while words and words[0].text[:1] in ("-", "+") and words[0].known:
        word = words.pop(0).text
        if word == "--":
            break
        if not word.startswith("--") and word.endswith("o") and words:
            del words[0]
        if not word.startswith("--") and "c" in word and "n" not in word:
            return words[0].text if words and words[0].known and not words[0].pattern else None
    return run.feed_text if not words and run.feed is Feed.TEXT else None


def watched(run: Run) -> str | None:
    """The script that watch runs again and again; Unsure where it is not known."""
    words = list(run.argv[1:])
    while words and words[0].text.startswith("-"):
        word = words.pop(0).text
        if word in ("-n", "--interval") and words:
            del words[0]
    if not all(word.known for word in words):
        raise Unsure("watch is given a command that is not known")
    return " ".join(word.text for word in words) or None
