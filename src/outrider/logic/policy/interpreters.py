"""Programs that run what they are given: which of it is a file of the work tree, and which is code nobody has seen."""

from collections.abc import Iterator

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
        if not words:
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
    if not words and not any(each in ("--version", "--help") for each in options):
        yield Hazard.CODE, "a shell runs what it reads on its standard input"


def _interpreter(run: Run, name: str) -> Iterator[Finding]:
    words = list(run.words)
    letters, longs = INTERPRETERS[name]
    if name in ("deno", "bun"):
        if words[:1] in (["eval"], ["repl"], ["-e"]):
            yield Hazard.CODE, f"{name} runs code from its command line"
        elif words[:1] in (["x"], ["add"], ["install"]) and (words[0] != "install" or len(words) > 1):
            yield Hazard.INSTALL, f"{name} fetches a package"
        return
    while words and words[0].startswith("-") and words[0] != "-":
        word = words.pop(0)
        if word in _ASKING:
            return
        if name == "python" and not word.startswith("--") and "m" in word:
            attached = word.partition("m")[2]
            module = attached or (words[0] if words else "")
            if not module or module.partition(".")[0] in CODE_MODULES | MODULE_PROGRAMS:
                yield Hazard.CODE, "a module of Python that runs what it is given"
            return
        if (not word.startswith("--") and any(letter in letters for letter in word[1:])) or any_option((word,), *longs):
            yield Hazard.CODE, f"{name} runs code from its command line"
            return
        if name == "python" and word in ("-X", "-W") and words:
            del words[0]
    if not words or words[0] == "-":
        yield Hazard.CODE, f"{name} runs what it reads on its standard input"


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
        elif word.startswith(("-f", "--f", "--e")) or word in ("-f", "--file"):
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
