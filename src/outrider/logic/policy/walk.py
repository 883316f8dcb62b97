"""From the tree of a command to everything it would start, with the folder each part runs in and what it reads.

The folder is a set: after `cd src; …` it may be either, after `cd src && …` only one. It is total on every tree; what
cannot be said is a finding of the kind UNCLEAR, and too much of it is Unsure.
"""

import posixpath
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from outrider.logic.bash.grammar import parse
from outrider.logic.bash.tree import (
    Apart,
    Branches,
    Chain,
    Function,
    Listing,
    Loop,
    Node,
    Pipeline,
    Redirect,
    Redirected,
    Simple,
    Sort,
    Unsure,
    Word,
)
from outrider.logic.policy import wrappers
from outrider.logic.policy.expand import arguments
from outrider.logic.policy.programs import INERT, READERS, SHELLS
from outrider.logic.policy.rules import Context, Hazard
from outrider.logic.policy.runs import Arg, Feed, Run, any_option

MOST = 400  # runs of one command
DEPTH = 12  # programs that start programs
FOLDERS = 6
LEVELS = 70  # of the tree, with those of the shells in it
Where = frozenset[str] | None
LISTERS = frozenset({"find", "git", "ls", "rg", "grep", "fd"})
FILTERS = frozenset({"grep", "head", "tail", "sort", "uniq"})


@dataclass(slots=True)
class Walk:
    """One walk over a command; `runs` is what was found."""

    context: Context
    name_of: Callable[[Run, Context], str]
    runs: list[Run] = field(default_factory=list)
    functions: set[str] = field(default_factory=set)
    _depth: int = 0
    _level: int = 0

    def node(
        self, node: Node, where: Where, known: Mapping[str, Arg], feed: Feed = Feed.NOTHING
    ) -> tuple[Where, Where]:
        """Walks a part; gives the folders after it went well, and after it failed."""
        self._level += 1
        if self._level > LEVELS:
            raise Unsure("it is nested too deep")
        after = self._walked(node, where, known, feed)
        self._level -= 1
        return after

    def _walked(self, node: Node, where: Where, known: Mapping[str, Arg], feed: Feed) -> tuple[Where, Where]:
        match node:
            case Simple():
                return self._simple(node, where, known, feed)
            case Listing(items):
                for item in items:
                    where = _either(*self.node(item, where, known, feed))
                return where, where
            case Chain(operator, left, right):
                good, bad = self.node(left, where, known, feed)
                good2, bad2 = self.node(right, good if operator == "&&" else bad, known, feed)
                return (good2, _either(bad, bad2)) if operator == "&&" else (_either(good, good2), bad2)
            case Pipeline(members):
                return self._pipeline(members, where, known, feed)
            case Apart(body):
                self.node(body, where, known, feed)
                return where, where
            case Branches(words, parts):
                return self._branches(words, parts, where, known, feed)
            case Loop():
                return self._loop(node, where, known, feed)
            case Function(name, body):
                self.functions.add(name)
                self.node(body, None, {}, Feed.PIPE)
                # Whoever calls it may find itself elsewhere afterwards.
                after = (
                    None
                    if any(run.argv and run.argv[0].text in ("cd", "pushd", "popd") for run in self.runs)
                    else where
                )
                return after, after
            case Redirected(body, redirects):
                files, feeds, _ = self._redirects(redirects, where, known)
                self.runs.append(Run((), _text(redirects), where, files=files))
                after = _either(*self.node(body, where, known, feeds or feed))
                return after, after

    def _branches(
        self, words: tuple[Word, ...], parts: tuple[Node, ...], where: Where, known: Mapping[str, Arg], feed: Feed
    ) -> tuple[Where, Where]:
        for word in words:
            self._inner(word, where, known)
        after = where
        for part in parts:
            after = _either(after, *self.node(part, after, known, feed))
        return after, after

    def _loop(self, node: Loop, where: Where, known: Mapping[str, Arg], feed: Feed) -> tuple[Where, Where]:
        for word in node.words or ():
            self._inner(word, where, known)
        inner = {name: arg for name, arg in known.items() if name != node.name}
        if node.name is not None and node.words is not None:
            values = [arg for word in node.words for arg in self._arguments(word, where, known)]
            if values and all(_tame(value) for value in values):
                inner[node.name] = values[0] if len(values) == 1 else Arg("*", pattern=True)
        count = len(self.runs)
        after = _either(where, *self.node(node.body, where, inner, feed))
        if after != where or any(name == node.name for run in self.runs[count:] for name, _ in run.assigned):
            # The second time round it starts elsewhere, or with another value.
            after = None
            self.node(node.body, None, known, feed)
        return after, after

    def _pipeline(
        self, members: tuple[Node, ...], where: Where, known: Mapping[str, Arg], feed: Feed
    ) -> tuple[Where, Where]:
        names = False
        after = where
        for number, member in enumerate(members):
            here = feed if number == 0 else Feed.NAMES if names else Feed.PIPE
            after = _either(after, *self.node(member, where, known, here))
            names = self._lists(member, where, known, names, first=number == 0)
        return after, after

    def _lists(self, node: Node, where: Where, known: Mapping[str, Arg], names: bool, *, first: bool) -> bool:
        """Whether a member of a pipeline prints names of files of the work tree, and nothing else."""
        if not isinstance(node, Simple) or node.assignments:
            return False
        argv = [arg for word in node.words for arg in self._arguments(word, where, known)]
        texts = tuple(arg.text for arg in argv)
        if not texts or any(
            not arg.known or arg.text.startswith(("/", "~")) or ".." in arg.text.split("/") for arg in argv
        ):
            return False
        if not first:
            return names and texts[0] in FILTERS and not any("/" in text or text.startswith("--") for text in texts[1:])
        match texts[0]:
            case "find":
                return not any(text.startswith(("-exec", "-ok", "-printf", "-fprint", "-files0")) for text in texts)
            case "git":
                return texts[1:2] == ("ls-files",) or ("--name-only" in texts and texts[1:2] == ("diff",))
            case "ls" | "fd":
                return not any_option(texts[1:], "-l", "-x", "-X")
            case "rg":
                return any_option(texts[1:], "-l", "--files", "--files-with-matches")
            case "grep":
                return any_option(texts[1:], "-l", "--files-with-matches")
        return False

    def _simple(self, node: Simple, where: Where, known: Mapping[str, Arg], feed: Feed) -> tuple[Where, Where]:
        files, feeds, text = self._redirects(node.redirects, where, known)
        for word in node.words:
            self._inner(word, where, known)
        argv = tuple(arg for word in node.words for arg in self._arguments(word, where, known))
        assigned: list[tuple[str, Arg]] = []
        for each in node.assignments:
            self._inner(each.value, where, known)
            assigned += [(each.name, arg) for arg in self._arguments(each.value, where, known) or (Arg(""),)]
        findings = _oddities(node)
        run = Run(argv, node.text, where, feeds or feed, text, files, tuple(assigned), findings)
        self._start(run, 0)
        return self._folders(run)

    def _start(self, run: Run, depth: int) -> None:
        if len(self.runs) >= MOST or depth > DEPTH or self._depth > DEPTH:
            raise Unsure("it starts too many programs")
        at = len(self.runs)
        self.runs.append(run)
        if not run.argv:
            return
        name = self.name_of(run, self.context)
        started = wrappers.inner(run, name)
        for inner in started:
            self._start(inner, depth + 1)
        script = wrappers.shell_script(run) if name in SHELLS else wrappers.watched(run) if name == "watch" else None
        if script is not None:
            self._script(script, run)
        if started or script is not None:
            self.runs[at] = replace(run, wrapper=True)

    def _script(self, text: str, run: Run) -> None:
        tree = parse(text)
        if isinstance(tree, Unsure):
            raise tree
        self._depth += 1
        self.node(tree, run.where, {}, Feed.PIPE if run.feed is Feed.PIPE else Feed.NOTHING)
        self._depth -= 1

    def _inner(self, word: Word, where: Where, known: Mapping[str, Arg]) -> None:
        for script in word.inner:
            self.node(
                script, where, known, Feed.PIPE if any(part.sort is Sort.PIPE for part in word.parts) else Feed.NOTHING
            )

    def _arguments(self, word: Word, where: Where, known: Mapping[str, Arg]) -> tuple[Arg, ...]:
        always = {"HOME": Arg(self.context.home)}
        if where is not None and len(where) == 1:
            always["PWD"] = Arg(next(iter(where)))
        return arguments(word, {**always, **known})

    def _redirects(
        self, redirects: tuple[Redirect, ...], where: Where, known: Mapping[str, Arg]
    ) -> tuple[tuple[tuple[str, Arg], ...], Feed | None, str | None]:
        """The files that are opened, and what the program then reads."""
        files: list[tuple[str, Arg]] = []
        feed, text = None, None
        for redirect in redirects:
            body = redirect.heredoc.body if redirect.heredoc else redirect.target
            self._inner(body, where, known)
            if redirect.heredoc or redirect.operator == "<<<":
                feed, text = Feed.TEXT, body.static
                continue
            for target in self._arguments(redirect.target, where, known):
                if (
                    redirect.operator in (">&", "<&")
                    and target.known
                    and target.text.rstrip("-").isdigit() | (target.text == "-")
                ):
                    continue
                files.append((redirect.operator, target))
                feed = Feed.FILE if redirect.operator in ("<", "<>", "<&") else feed
        return tuple(files), feed, text

    def _folders(self, run: Run) -> tuple[Where, Where]:
        words = [arg.text for arg in run.argv]
        while words[:1] in (["command"], ["builtin"]):
            del words[0]
        if words[:1] == ["popd"] or (words[:1] in (["source"], ["."]) and not words[-1].endswith("bin/activate")):
            return None, None
        if words[:1] not in (["cd"], ["pushd"]):
            return run.where, run.where
        targets = [arg for arg in run.argv[1:] if arg.text not in ("--", "-L", "cd", "pushd")]
        if (
            run.where is None
            or len(targets) != 1
            or not targets[0].known
            or targets[0].pattern
            or targets[0].text.startswith("-")
        ):
            return None, None
        after = {posixpath.normpath(posixpath.join(where, targets[0].text)) for where in run.where}
        after |= {self.context.resolve(posixpath.join(where, targets[0].text)) for where in run.where}
        certain = all(self.context.exists(path) for path in after) and all(
            _changes_nothing(each) for each in self.runs[:-1]
        )
        return frozenset(after), frozenset(after) if certain else run.where


def _either(*folders: Where) -> Where:
    joined: set[str] = set()
    for each in folders:
        if each is None:
            return None
        joined |= each
    return frozenset(joined) if len(joined) <= FOLDERS else None


def _changes_nothing(run: Run) -> bool:
    return not run.files and (not run.argv or run.argv[0].text in READERS | INERT | {"cd"})


def _tame(arg: Arg) -> bool:
    """Whether it is a name in the folder it is used in, whatever it stands for."""
    return (
        arg.known
        and not arg.pipe
        and not arg.text.startswith(("/", "~", "-", "*", "?", "["))
        and ".." not in arg.text.split("/")
    ) or (arg.known and arg.pattern and arg.text.startswith("*."))


def _oddities(node: Simple) -> tuple[tuple[Hazard, str], ...]:
    found: list[tuple[Hazard, str]] = []
    if any(mark in (each.value.static or "") for each in node.assignments for mark in ("$(", "`")):
        found.append((Hazard.UNCLEAR, "a quoted `$(` in a variable may be run later"))
    return tuple(found)


def _text(redirects: tuple[Redirect, ...]) -> str:
    return " ".join(f"{each.operator}{each.target.text}" for each in redirects)
