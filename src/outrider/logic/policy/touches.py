"""Which files a run reads and writes, as far as its words and redirections say."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from outrider.logic.policy.places import absolute, inside, looks_like_path
from outrider.logic.policy.programs import INERT, READERS, SCRIPTED, TEXTS, VALUES, WRITERS
from outrider.logic.policy.rules import Access, Context, Side
from outrider.logic.policy.runs import Arg, Run, any_option, option

CLUSTERED = frozenset({"sed", "grep", "egrep", "fgrep", "rg"})
"""Their last letter of several may take the next word."""


@dataclass(frozen=True, slots=True)
class Touch:
    """A file that is opened. `path` is None where it is not known; `sure`: the word is a file, it does not just look like one."""

    arg: Arg
    access: Access
    path: str | None
    side: Side | None
    sure: bool = True


def touches(run: Run, name: str, context: Context) -> tuple[Touch, ...]:
    """Every file, from each folder that the run may be in."""
    found: list[Touch] = []
    for operator, target in run.files:
        # git reads and writes in the folder of its -C alike; what it does there is for its rules.
        found += _from(target, Access.READ if operator in ("<", "<&") else Access.WRITE, run, context)
    for arg, access, sure in _words(run, name):
        found += [Touch(each.arg, each.access, each.path, each.side, sure) for each in _from(arg, access, run, context)]
    return tuple(found)


def _from(arg: Arg, access: Access, run: Run, context: Context) -> Iterator[Touch]:
    if arg.pipe:
        return
    free = arg.text.startswith(("/", "~")) and arg.known
    for where in (run.where or (context.workdir,)) if run.where is not None or free else (None,):
        path = absolute(arg, where, context) if where is not None else None
        side = None if path is None else Side.INSIDE if inside(path, context) else Side.OUTSIDE
        yield Touch(arg, access, path, side)


def _words(run: Run, name: str) -> Iterator[tuple[Arg, Access, bool]]:
    if run.wrapper and name != "find":
        return
    args = list(_candidates(run, name))
    if name in INERT:
        return
    if name in ("cp", "ln", "install"):
        into = any_option(run.words, "-t", "--target-directory")
        for number, arg in enumerate(args):
            last = number == len(args) - 1 and len(args) > 1
            yield arg, Access.WRITE if into or last or name != "cp" else Access.READ, True
        return
    writes = name in WRITERS or (name in ("sed", "yq") and any_option(run.words, "-i", "--in-place", "--inplace"))
    writes = (
        writes
        or (name == "sort" and any_option(run.words, "-o", "--output"))
        or (name in ("uniq", "xxd") and len(args) > 1)
    )
    reads = name in READERS and not writes
    for arg in args:
        if reads or writes:
            yield arg, Access.READ if reads else Access.WRITE, True
        else:
            yield arg, Access.WRITE, arg.pattern or looks_like_path(arg.text)


def _candidates(run: Run, name: str) -> Iterator[Arg]:
    """The words that may be files: those that are no options, and the values of options."""
    args = list(run.argv[1:])
    options = SCRIPTED.get(name)
    skip = options is not None and not any_option(run.words, *options)
    values = VALUES.get(name, ())
    ended = prose = False
    for arg in args:
        if prose:
            prose = False
            continue
        if arg.text == "--" and not ended:
            ended = True
        elif arg.text.startswith("-") and not ended and arg.text != "-":
            prose = arg.text in values or (name == "git" and arg.text in ("-am", "-qm"))
            prose = prose or (name in CLUSTERED and arg.text[1:2] != "-" and f"-{arg.text[-1]}" in values)
            head, equals, value = arg.text.partition("=")
            if equals and head not in values:
                yield Arg(value, arg.known, arg.pattern)
            elif (
                not arg.text.startswith("--")
                and len(arg.text) > 2
                and looks_like_path(arg.text[2:])
                and name not in ("sed", "git", "grep")
            ):
                yield Arg(arg.text[2:], arg.known, arg.pattern)
        elif skip:
            skip = False
        else:
            if name == "git" and ":" in arg.text:
                yield Arg(arg.text.partition(":")[2], arg.known, arg.pattern)
            head, equals, value = arg.text.partition("=")
            yield (
                Arg(value, arg.known, arg.pattern)
                if equals and head.replace("-", "").isalnum() and looks_like_path(value)
                else arg
            )


def unknown_words(run: Run, name: str) -> Iterator[Arg]:
    """Words that are not known, and are not prose."""
    if name in INERT or (run.wrapper and name != "find"):
        return
    previous = ""
    for arg in run.argv[1:]:
        prose = any(previous == each or (len(each) == 2 and option(previous, each)) for each in TEXTS.get(name, ()))
        if not prose and (not arg.known or (arg.pipe and name not in READERS)):
            yield arg
        previous = arg.text


def paths(run: Run, args: Sequence[Arg], context: Context) -> Iterator[str]:
    """Where the arguments lead, from each folder that the run may be in; those that nobody knows are left out."""
    for where in run.where or ():
        for arg in args:
            path = absolute(arg, where, context)
            if path is not None:
                yield path
