"""What is always asked: the findings on one run, in the order in which they are told.

Deliberately not here: which programs are fine. A run without findings is still asked where no rule allows it.
"""

import re
from collections.abc import Iterator, Sequence

from outrider.logic.policy import git, interpreters, operands, reaching, variables
from outrider.logic.policy.places import GLOBS, PUBLIC, SINKS, control, disposable, inside, secret
from outrider.logic.policy.programs import (
    ALWAYS,
    BAD_OPTIONS,
    EVALUATING,
    INERT,
    SHELLS,
    SUBCOMMANDS,
)
from outrider.logic.policy.rules import Access, Context, Hazard, Side
from outrider.logic.policy.runs import Run, any_option
from outrider.logic.policy.touches import Touch, paths, unknown_words

Finding = tuple[Hazard, str]
_LEAVING = re.compile(r"(publish|deploy|release|upload)([^\w/.].*)?$")
_MAKE_BAD = re.compile(r"(SHELL|\.SHELLFLAGS|MAKEFLAGS|MAKE|BASH_ENV|ENV|PATH|LD_\w+)\s*[:?+]?=|\$\(|`|\$\{")


def findings(run: Run, name: str, touched: Sequence[Touch], context: Context) -> tuple[Finding, ...]:
    """Every finding on the run, none twice."""
    found = [*run.findings, *_program(run, name, context), *variables.findings(run, name, context)]
    found += _files(name, touched, context)
    if run.wrapper and name in SHELLS:
        found += interpreters.findings(run, name)
    if run.argv and (not run.wrapper or name == "find"):
        found += _words(run, name, context)
    return tuple(dict.fromkeys(found))


def _program(run: Run, name: str, context: Context) -> Iterator[Finding]:
    if not run.argv:
        return
    if not name:
        written = run.argv[0].text
        yield (
            Hazard.UNCLEAR,
            "the program is not known"
            if not run.argv[0].known
            else f"{written!r} is a program outside the work tree, or one in disguise",
        )
    hazard = ALWAYS.get(name)
    if hazard is not None and not _excepted(run, name):
        yield hazard, f"{name} is always asked"
    if name == "curl" and not context.ports.isdisjoint(reaching.loopback(run) or ()):
        yield Hazard.STEERING, "it talks to Outrider itself"
    if name in ("npm", "pnpm", "yarn", "bun", "make", "just", "rake", "task") and any(map(_LEAVING.match, run.words)):
        yield Hazard.PUBLISH, "a script of that name sends things away"
    line = " ".join([name, *(word for word in run.words if not word.startswith("-"))]) + " "
    full = " ".join([name, *run.words]) + " "
    for words, kind in SUBCOMMANDS:
        if line.startswith(words + " ") or full.startswith(words + " "):
            yield kind, f"{words} is always asked"


def _excepted(run: Run, name: str) -> bool:
    """Whether a program that is always asked is told nothing but something harmless."""
    match name:
        case "curl":
            return reaching.loopback(run) is not None
        case "trap":
            return len(run.argv) < 2
        case "outrider":
            return run.words[:1] == ("progress",) and not any(word.startswith("-") for word in run.words)
    return False


def _words(run: Run, name: str, context: Context) -> Iterator[Finding]:
    words = run.words
    if name in EVALUATING and any(mark in word for word in words for mark in ("$(", "`")):
        yield Hazard.UNCLEAR, f"{name} may run what is quoted"
    if run.where is None and name not in INERT and name not in ("cd", "pushd", "popd"):
        yield Hazard.UNCLEAR, "the folder it runs in is not known"
    for arg in unknown_words(run, name):
        yield (
            Hazard.UNCLEAR,
            f"a word of {name or 'it'} is not known before it runs"
            if not arg.pipe
            else "it is given a pipe for a file",
        )
        break
    options, hazard = BAD_OPTIONS.get(name, ((), Hazard.CODE))
    if name == "tar" and words and not words[0].startswith("-"):
        words = (f"-{words[0]}", *words[1:])
    if any_option(words, *options):
        yield hazard, f"an option of {name} starts a program, loads code or writes elsewhere"
    if name in ("tar", "zip", "rsync", "chmod", "chown") and any(
        GLOBS.match(arg.text) for arg in run.argv[1:] if arg.pattern
    ):
        yield Hazard.UNCLEAR, f"a file's name may be taken for an option of {name}"
    yield from _deleting(run, name, context)
    yield from interpreters.findings(run, name)
    yield from operands.findings(run, name)
    if name == "git":
        yield from git.findings(words, any(context.exists(path) for path in paths(run, run.argv[2:], context)))
    yield from _builtins(name, words)
    if name in ("npm", "pnpm", "yarn", "bun", "pip", "uv", "poetry"):
        yield from reaching.installing(name, words)


def _builtins(name: str, words: Sequence[str]) -> Iterator[Finding]:
    if name == "chmod" and any(re.fullmatch(r"[ugoa]*\+[rwx]*[st].*|[1-7]\d{3,}|0[1-7]\d{3}", word) for word in words):
        yield Hazard.PRIVILEGE, "it makes a program run as its owner"
    if name == "make" and any(_MAKE_BAD.match(word) or "$(" in word or "`" in word or "${" in word for word in words):
        yield Hazard.CODE, "a variable of make is run"
    if name == "set" and any(re.fullmatch(r"-\w*a\w*|allexport", word) for word in words):
        yield Hazard.ENVIRONMENT, "every variable of the script is given to the programs it starts"
    if name in ("declare", "typeset", "local") and any(re.fullmatch(r"[-+]\w*n\w*", word) for word in words):
        yield Hazard.ENVIRONMENT, "a variable stands for another"
    if (
        name in ("set", "env", "export", "declare", "typeset")
        and all(word in ("-p", "-x", "-px", "-0") for word in words)
        and name != "env"
        and (name != "set" or not words)
    ):
        yield Hazard.CREDENTIALS, "it prints every variable"


def _deleting(run: Run, name: str, context: Context) -> Iterator[Finding]:
    if name == "find" and any(word in ("-delete", "-fprint", "-fprintf", "-fls", "-fprint0") for word in run.words):
        yield Hazard.DELETE, "find deletes or writes files"
    if name != "rm":
        return
    deep = any_option(run.words, "-r", "-R", "--recursive")
    for arg in run.argv[1:]:
        if arg.text.startswith("-"):
            continue
        leads = list(paths(run, (arg,), context))
        wide = arg.pattern and re.fullmatch(r"[*.?]+", arg.text.rstrip("/").rpartition("/")[2]) is not None
        whole = any(context.resolve(context.workdir).startswith(path) for path in leads)
        if (
            whole
            or not leads
            or ((deep or wide) and not all(inside(path, context) and disposable(path, context) for path in leads))
        ):
            yield Hazard.DELETE, f"rm of {arg.text!r} deletes more than one file that no build makes again"


def _files(name: str, touched: Sequence[Touch], context: Context) -> Iterator[Finding]:
    for touch in touched:
        shown = repr(touch.arg.text)
        if touch.path is None:
            if touch.sure and touch.arg.known:
                yield Hazard.UNCLEAR, f"where {shown} leads is not known before it runs"
            elif touch.sure and touch.access is Access.WRITE:
                yield Hazard.UNCLEAR, "which file is written is not known before it runs"
            continue
        if secret(touch.path, context):
            yield Hazard.CREDENTIALS, f"{shown} may hold secrets"
        if not touch.sure:
            continue
        if touch.side is Side.OUTSIDE and not SINKS.fullmatch(touch.path):
            if touch.access is Access.WRITE:
                yield Hazard.OUTSIDE_WRITE, f"{shown} is outside the work tree"
            elif not PUBLIC.fullmatch(touch.path):
                yield Hazard.OUTSIDE_READ, f"{shown} is outside the work tree"
        elif touch.side is Side.INSIDE and touch.access is Access.WRITE and control(touch.path, context):
            yield Hazard.CONTROL, f"{shown} steers git or the agent itself"
