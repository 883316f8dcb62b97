"""What is always asked: the findings on one run, in the order in which they are told.

Deliberately not here: which programs are fine. A run without findings is still asked where no rule allows it.
"""

import re
from collections.abc import Iterator, Sequence

from outrider.logic.policy import git, interpreters
from outrider.logic.policy.places import GLOBS, PUBLIC, SINKS, absolute, control, disposable, inside, secret
from outrider.logic.policy.programs import (
    ALWAYS,
    BAD_OPTIONS,
    EVALUATING,
    INERT,
    PLAIN_PREFIXES,
    PLAIN_VARIABLES,
    SHELLS,
    SUBCOMMANDS,
)
from outrider.logic.policy.rules import Access, Context, Hazard, Side
from outrider.logic.policy.runs import Arg, Run, any_option
from outrider.logic.policy.touches import Touch, unknown_words

Finding = tuple[Hazard, str]
_LEAVING = re.compile(r"(publish|deploy|release|upload)([^\w/.].*)?$")
LOOPBACK = re.compile(r"(https?://)?(localhost|127\.0\.0\.1|\[::1\]|0\.0\.0\.0)(:\d+)?([/?#][^@\s]*)?")
_CURL_PLAIN = re.compile(
    r"-[sSfiIvLkXHdwmGo#]+|--(silent|show-error|fail|include|head|verbose|location|request|header|data|data-raw|json|max-time|write-out|compressed)"
)
_CURL_VALUES = (
    "-X",
    "-H",
    "-d",
    "-w",
    "-m",
    "-o",
    "--request",
    "--header",
    "--data",
    "--data-raw",
    "--json",
    "--max-time",
    "--write-out",
)
_MAKE_BAD = re.compile(r"(SHELL|\.SHELLFLAGS|MAKEFLAGS|MAKE|BASH_ENV|ENV|PATH|LD_\w+)\s*[:?+]?=|\$\(|`|\$\{")


def findings(run: Run, name: str, touched: Sequence[Touch], context: Context) -> tuple[Finding, ...]:
    """Every finding on the run, none twice."""
    found = [*run.findings, *_program(run, name), *_environment(run, name, context)]
    found += _files(name, touched, context)
    if run.wrapper and name in SHELLS:
        found += interpreters.findings(run, name)
    if run.argv and (not run.wrapper or name == "find"):
        found += _words(run, name, context)
    return tuple(dict.fromkeys(found))


def _program(run: Run, name: str) -> Iterator[Finding]:
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
    if hazard is not None and not (name == "curl" and _loopback(run)) and not (name == "trap" and len(run.argv) < 2):
        yield hazard, f"{name} is always asked"
    if name in ("npm", "pnpm", "yarn", "bun", "make", "just", "rake", "task") and any(map(_LEAVING.match, run.words)):
        yield Hazard.PUBLISH, "a script of that name sends things away"
    line = " ".join([name, *(word for word in run.words if not word.startswith("-"))]) + " "
    full = " ".join([name, *run.words]) + " "
    for words, kind in SUBCOMMANDS:
        if line.startswith(words + " ") or full.startswith(words + " "):
            yield kind, f"{words} is always asked"


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
    if name == "git":
        yield from git.findings(words, any(context.exists(path) for path in _paths(run, run.argv[2:], context)))
    if name == "chmod" and any(re.fullmatch(r"[ugoa]*\+[rwx]*[st].*|[1-7]\d{3,}|0[1-7]\d{3}", word) for word in words):
        yield Hazard.PRIVILEGE, "it makes a program run as its owner"
    if name == "make" and any(_MAKE_BAD.match(word) or "$(" in word or "`" in word or "${" in word for word in words):
        yield Hazard.CODE, "a variable of make is run"
    if (
        name in ("set", "env", "export", "declare", "typeset")
        and all(word in ("-p", "-x", "-px", "-0") for word in words)
        and name != "env"
        and (name != "set" or not words)
    ):
        yield Hazard.CREDENTIALS, "it prints every variable"
    if name in ("npm", "pnpm", "yarn", "bun", "pip", "uv", "poetry"):
        yield from _installing(name, words)


def _installing(name: str, words: Sequence[str]) -> Iterator[Finding]:
    """Only what the project declares is installed unasked."""
    plain = [word for word in words if not word.startswith("-")]
    if name == "uv" and plain[:1] == ["pip"]:
        name, plain, words = "pip", plain[1:], [word for word in words if word != "pip"]
    if not plain or plain[0] not in (
        "install",
        "i",
        "add",
        "in",
        "isntall",
        "download",
        "wheel",
        "uninstall",
        "remove",
        "dlx",
        "create",
        "x",
        "init",
        "tool",
        "global",
        "link",
        "ci",
    ):
        return
    if plain[0] == "ci" or (plain[0] in ("install", "i", "in") and len(plain) == 1):
        return
    if name == "pip" and plain[0] == "install":
        rest, declared = list(words[words.index("install") + 1 :]), True
        while rest:
            word = rest.pop(0)
            if word in ("-r", "--requirement", "-c", "--constraint", "-e", "--editable"):
                target = rest.pop(0) if rest else ""
                declared = declared and "://" not in target and "+" not in target
            elif not word.startswith("-"):
                declared = declared and re.fullmatch(r"\.{1,2}(/[\w./-]*)?(\[[\w,-]+\])?", word) is not None
        if declared:
            return
    yield Hazard.INSTALL, f"{name} {plain[0]} fetches what the project does not declare"


def _deleting(run: Run, name: str, context: Context) -> Iterator[Finding]:
    if name == "find" and any(word in ("-delete", "-fprint", "-fprintf", "-fls", "-fprint0") for word in run.words):
        yield Hazard.DELETE, "find deletes or writes files"
    if name != "rm":
        return
    deep = any_option(run.words, "-r", "-R", "--recursive")
    for arg in run.argv[1:]:
        if arg.text.startswith("-"):
            continue
        paths = list(_paths(run, (arg,), context))
        wide = arg.pattern and re.fullmatch(r"[*.?]+", arg.text.rstrip("/").rpartition("/")[2]) is not None
        whole = any(context.resolve(context.workdir).startswith(path) for path in paths)
        if (
            whole
            or not paths
            or ((deep or wide) and not all(inside(path, context) and disposable(path, context) for path in paths))
        ):
            yield Hazard.DELETE, f"rm of {arg.text!r} deletes more than one file that no build makes again"


def _paths(run: Run, args: Sequence[Arg], context: Context) -> Iterator[str]:
    for where in run.where or ():
        for arg in args:
            path = absolute(arg, where, context)
            if path is not None:
                yield path


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


def _environment(run: Run, name: str, context: Context) -> Iterator[Finding]:
    given = list(run.assigned)
    if name in ("export", "declare", "typeset", "local", "readonly"):
        given += [
            (word.partition("=")[0], Arg(word.partition("=")[2], arg.known))
            for arg in run.argv[1:]
            if "=" in (word := arg.text)
        ]
        given += [(arg.text, Arg("")) for arg in run.argv[1:] if "=" not in arg.text and not arg.text.startswith("-")]
    if name in ("read", "unset"):
        given += [(word, Arg("")) for word in run.words if not word.startswith("-")]
    alone = not run.argv or name in ("read", "local", "unset", "declare")
    for variable, value in given:
        if not _harmless(variable, value, run, context, alone=alone):
            yield Hazard.ENVIRONMENT, f"the variable {variable} may change what programs do"


def _harmless(name: str, value: Arg, run: Run, context: Context, *, alone: bool) -> bool:
    if name in PLAIN_VARIABLES or name.startswith(PLAIN_PREFIXES):
        return True
    if name == "NODE_OPTIONS":
        return re.fullmatch(r"--max[-_]old[-_]space[-_]size=\d+", value.text) is not None
    if name == "PYTHONPATH":
        paths = [
            path for entry in value.text.split(":") for path in _paths(run, (Arg(entry or ".", value.known),), context)
        ]
        return bool(paths) and value.known and all(inside(path, context) for path in paths)
    # A variable of the script's own is no program's business; names in capitals may be.
    return (
        alone
        and re.fullmatch(r"[a-z_][a-z0-9_]*", name) is not None
        and not re.match(r"npm_|.*_proxy$|path$|fpath$|prompt", name)
    )


def _loopback(run: Run) -> bool:
    """Whether curl talks to this machine alone, in a plain way."""
    words = list(run.words)
    addresses = 0
    while words:
        word = words.pop(0)
        if word in _CURL_VALUES:
            value = words.pop(0) if words else ""
            if value.startswith("@") or (word in ("-d", "--data", "--json") and value.startswith("@")):
                return False
        elif word.startswith("-"):
            if not _CURL_PLAIN.fullmatch(word) or (word[-1] in "XHdwmo" and not word.startswith("--")):
                return False
        elif LOOPBACK.fullmatch(word):
            addresses += 1
        else:
            return False
    return addresses > 0 and all(arg.known for arg in run.argv)
