"""Programs that run what they are given: which of it is a file of the work tree, and which is code nobody has seen."""

import re
from collections.abc import Iterator

from outrider.logic.policy import operands
from outrider.logic.policy.known_tools import TOOLS
from outrider.logic.policy.operands import ADDRESS, STREAMS
from outrider.logic.policy.options import read
from outrider.logic.policy.programs import CODE_MODULES, INTERPRETERS, MODULE_PROGRAMS, SHELLS
from outrider.logic.policy.rules import Hazard
from outrider.logic.policy.runs import Run, any_option
from outrider.logic.policy.scripts import awk_is_plain, sed_is_plain

Finding = tuple[Hazard, str]
_ASKING = frozenset({"--version", "--help", "-V", "-v", "-h", "--test", "version"})


def findings(run: Run, name: str) -> Iterator[Finding]:
    """What is always asked of a shell, an interpreter, sed or awk."""
    words = run.words
    if (name in SHELLS or name in INTERPRETERS) and any(arg.pattern for arg in run.argv[1:2]):
        yield Hazard.UNCLEAR, f"which file {name} runs is not known before"
    if name in SHELLS:
        yield from _shell(run)
    elif name in INTERPRETERS:
        yield from _interpreter(run, name)
    elif name == "sed":
        yield from _sed(words)
    elif name in ("awk", "gawk", "mawk"):
        yield from _awk(words)
    elif name in ("source", "."):
        rest = [arg for arg in run.argv[1:] if arg.text != "--"]
        if not rest or rest[0].pattern or rest[0].pipe or STREAMS.fullmatch(rest[0].text):
            yield Hazard.CODE, "it runs what nobody has seen"
    elif name in ("npx", "bunx", "pnpx") and not run.wrapper:
        yield Hazard.CODE, f"{name} fetches programs and runs them"


def _shell(run: Run) -> Iterator[Finding]:
    words = list(run.words)
    options = []
    while words and words[0].startswith(("-", "+")):
        options.append(words.pop(0))
        if options[-1].endswith("o") and not options[-1].startswith("--") and words:
            del words[0]
    if run.wrapper:
        # Its script is decided on its own; what else it reads is not.
        options = [
            each.translate({ord("c"): None, ord("s"): None}) if not each.startswith("--") else each for each in options
        ]
        words = ["script"]
    for each in options:
        if each.startswith("--") and each not in (
            "--",
            "--norc",
            "--noprofile",
            "--posix",
            "--version",
            "--help",
            "--login",
        ):
            yield Hazard.CODE, f"a shell with {each} reads code from elsewhere"
        elif not each.startswith("--") and any(letter in "ciOs" for letter in each):
            yield Hazard.CODE, "a shell is given code that is not known"
    if words and STREAMS.fullmatch(words[0]):
        yield Hazard.CODE, "a shell runs what it reads"
    if not words and not any(each in ("--version", "--help") for each in options):
        yield Hazard.CODE, "a shell runs what it reads on its standard input"


def _interpreter(run: Run, name: str) -> Iterator[Finding]:
    """Its options are looked at with those of the other programs (operands.py); here is what it runs."""
    words = run.words
    if name in ("deno", "bun") and words[:1] != ("-",) and not _asking(name, words):
        yield from _sub(name, words)
        return
    found = read(words, TOOLS[name])
    if found.unknown or _asking(name, words):
        return
    own = words[: len(words) - len(found.operands)]
    if name == "python" and (given := next((word for word in own if re.match(r"-[bBdEIOPqsSuv]*m", word)), None)):
        attached = given.partition("m")[2]
        yield from _module((attached, *found.operands) if attached else words[words.index(given) + 1 :])
    elif "-jar" not in words:
        yield from _script(name, found.operands)


def _asking(name: str, words: tuple[str, ...]) -> bool:
    asked = _ASKING - {"-v"} if name in ("python", "ruby", "perl") else _ASKING
    return words[:1] != () and (words[0] in asked or (name == "node" and "--test" in words))


def _sub(name: str, words: tuple[str, ...]) -> Iterator[Finding]:
    """Sub-commands of deno and bun."""
    sub, rest = words[0] if words else "", words[1:]
    if name == "bun" and sub in ("install", "i", "add"):
        plain = [word for word in rest if not word.startswith("-")]
        if plain or sub == "add":
            yield Hazard.INSTALL, f"{name} fetches a package"
    elif sub in ("run", "bench") or (name == "bun" and sub == "build"):
        yield from _script(name, read(rest, TOOLS[name]).operands)
    elif re.search(r"[./]", sub) and not sub.startswith("-"):
        yield from _script(name, words)
    elif sub not in ("test", "fmt", "lint", "check", "task", "info", "doc", "coverage"):
        yield Hazard.CODE, f"{name} {sub} is not known to be harmless"
    elif any(ADDRESS.fullmatch(word) for word in rest if not word.startswith("-")):
        yield Hazard.NETWORK, f"{name} fetches code"


def _module(words: tuple[str, ...]) -> Iterator[Finding]:
    module, rest = (words[0], words[1:]) if words else ("", ())
    if not module or module.partition(".")[0] in CODE_MODULES | MODULE_PROGRAMS:
        yield Hazard.CODE, "a module of Python that runs, fetches or serves what it is given"
    elif module == "django":
        yield from operands.django(rest, rest)


def _script(name: str, words: tuple[str, ...]) -> Iterator[Finding]:
    script = words[0] if words else "-"
    if script == "-":
        yield Hazard.CODE, f"{name} runs what it reads on its standard input"
    elif STREAMS.fullmatch(script) or ADDRESS.fullmatch(script):
        yield Hazard.CODE, f"{name} runs code that is not in the work tree"
    elif name == "node" and script == "inspect":
        yield Hazard.CODE, "a debugger runs what it is told"
    elif name == "php" and script == "artisan" and words[1:2] in (("tinker",), ("db:wipe",), ("migrate:fresh",)):
        yield Hazard.CODE, f"artisan {words[1]} runs what it is given, or empties the database"
    elif name == "python" and script.rpartition("/")[2] == "manage.py":
        yield from operands.django(words[1:], words[1:])


def _sed(words: tuple[str, ...]) -> Iterator[Finding]:
    scripts, rest = [], list(words)
    while rest:
        word = rest.pop(0)
        if word in ("-e", "--expression") or (
            word.startswith("-") and not word.startswith("--") and word.endswith("e") and "i" not in word
        ):
            scripts.append(rest.pop(0) if rest else "")
        elif word.startswith("--expression="):
            scripts.append(word.partition("=")[2])
        elif word.startswith("-e"):
            scripts.append(word[2:])
        elif word.startswith(("-f", "--f", "--e")) or re.fullmatch(r"-[nErsuz]*f.*", word):
            yield Hazard.CODE, "sed is given a script that is not seen here"
        elif not word.startswith("-") and not scripts and not any_option(words, "-e", "--expression"):
            scripts.append(word)
            break
    if not all(map(sed_is_plain, scripts)):
        yield Hazard.CODE, "the sed script may write files or run programs"


def _awk(words: tuple[str, ...]) -> Iterator[Finding]:
    rest = list(words)
    while rest and rest[0].startswith("-"):
        word = rest.pop(0)
        if word in ("-F", "-v") and rest:
            del rest[0]
        elif not word.startswith(("-F", "-v")):
            yield Hazard.CODE, "awk is given a script or a library that is not seen here"
            return
    if not rest or not awk_is_plain(rest[0]):
        yield Hazard.CODE, "the awk program may write files or run programs"
