"""git: its global options taken off, and what of it is always asked."""

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import pairwise
from types import MappingProxyType

from outrider.logic.policy.rules import Hazard
from outrider.logic.policy.runs import Arg, Run, any_option

_PLAIN = frozenset({"--no-pager", "-P", "--no-optional-locks", "--literal-pathspecs", "--no-replace-objects"})
# Sub-command → (options, hazard, what they do); no options: always.
_TABLE: Mapping[str, tuple[tuple[tuple[str, ...], Hazard, str], ...]] = MappingProxyType(
    {
        "push": (((), Hazard.PUSH, "sends commits away"),),
        "send-email": (((), Hazard.PUSH, "sends commits away"),),
        "clean": (((), Hazard.DISCARD, "deletes files that git does not know"),),
        "reset": ((("--hard", "--merge", "--keep"), Hazard.DISCARD, "throws changes away"),),
        "branch": ((("-D", "-f", "-M", "-C", "--force"), Hazard.DISCARD, "loses commits"),),
        "tag": ((("-d", "-f", "--delete", "--force"), Hazard.DISCARD, "loses a tag"),),
        "switch": (
            (("-f", "-C", "--force", "--discard-changes", "--force-create"), Hazard.DISCARD, "throws changes away"),
        ),
        "filter-branch": (((), Hazard.DISCARD, "rewrites history"),),
        "filter-repo": (((), Hazard.DISCARD, "rewrites history"),),
        "update-ref": (((), Hazard.DISCARD, "moves branches"),),
        "reflog": ((("--expire", "--expire-unreachable", "--all"), Hazard.DISCARD, "loses commits"),),
        "gc": ((("--prune", "--aggressive"), Hazard.DISCARD, "loses commits"),),
        "prune": (((), Hazard.DISCARD, "loses commits"),),
        "rebase": ((("-x", "--exec", "-i", "--interactive"), Hazard.CODE, "runs commands"),),
        "bisect": (((), Hazard.CODE, "may run commands"),),
        "submodule": (((), Hazard.CODE, "may run commands"),),
        "difftool": (((), Hazard.CODE, "runs a program"),),
        "mergetool": (((), Hazard.CODE, "runs a program"),),
        "grep": ((("-O", "--open-files-in-pager", "--ext-grep"), Hazard.CODE, "runs a program"),),
        "remote": ((("add", "set-url", "remove", "rm", "rename"), Hazard.CONTROL, "changes where commits go"),),
        "clone": (((), Hazard.NETWORK, "fetches a repository"),),
        "help": ((("-w", "--web"), Hazard.CODE, "starts a browser"),),
        "credential": (((), Hazard.CREDENTIALS, "reads passwords"),),
        "rm": ((("-r", "-f", "--force"), Hazard.DELETE, "deletes files"),),
        "worktree": ((("remove", "prune", "add", "move"), Hazard.DISCARD, "changes work trees"),),
    }
)
_STRATEGIES = frozenset({"ort", "recursive", "ours", "octopus", "subtree", "resolve", "theirs"})
_EVERYWHERE = (
    "--output",
    "--ext-diff",
    "--upload-pack",
    "--receive-pack",
    "--exec",
    "--no-verify",
    "--textconv",
    "--filters",
    "--unsafe-paths",
    "--open-files-in-pager",
)


def without_globals(argv: tuple[Arg, ...]) -> tuple[tuple[Arg, ...], tuple[Arg, ...], str]:
    """git's line without its global options, the folders of `-C`, and what cannot be vouched for among the options."""
    rest, folders = list(argv[1:]), list[Arg]()
    while rest and rest[0].text.startswith("-") and rest[0].text not in ("--version", "--help"):
        word = rest.pop(0)
        if word.text == "-C" and rest:
            folders.append(rest.pop(0))
        elif word.text not in _PLAIN:
            return (argv[0], *rest), tuple(folders), f"git {word.text} changes what git runs or where"
    return (argv[0], *rest), tuple(folders), ""


def plain(run: Run) -> Run:
    """The run without git's global options, in the folder of its `-C`; what cannot be vouched for becomes a finding."""
    argv, folders, why = without_globals(run.argv)
    where = run.where
    for folder in folders:
        known = folder.known and not folder.pattern
        if known and folder.text.startswith("/"):
            where = frozenset({folder.text})
        else:
            where = (
                frozenset(posixpath.join(each, folder.text) for each in where) if known and where is not None else None
            )
    found = ((Hazard.ENVIRONMENT, why),) if why else ()
    files = tuple(("-C", Arg(each)) for each in where or ()) if folders else ()
    return replace(run, argv=argv, where=where, findings=(*run.findings, *found), files=(*run.files, *files))


def findings(words: tuple[str, ...], discards: bool) -> Iterator[tuple[Hazard, str]]:
    """What is always asked of `git WORDS`. `discards`: a word of a checkout names a file that is there."""
    if not words:
        return
    sub, rest = words[0], words[1:]
    bare = [word for word in rest if not word.startswith("-")]
    for options, hazard, why in _TABLE.get(sub, ()):
        plain = [name for name in options if not name.startswith("-")]
        if (
            not options
            or any_option(rest, *(name for name in options if name.startswith("-")))
            or any(name in bare[:1] for name in plain)
        ):
            yield hazard, f"git {sub} {why}"
    if any_option(rest, *_EVERYWHERE):
        yield Hazard.CODE, f"an option of git {sub} starts a program, writes a file or skips the hooks"
    if sub == "stash" and rest[:1] in (("drop",), ("clear",)):
        yield Hazard.DISCARD, f"git stash {rest[0]} throws changes away"
    if sub == "restore" and not (any_option(rest, "--staged", "-S") and not any_option(rest, "--worktree", "-W")):
        yield Hazard.DISCARD, "git restore throws changes away"
    if sub == "checkout" and _checkout_discards(rest, discards):
        yield Hazard.DISCARD, "git checkout of files throws changes away"
    yield from _commit_and_merge(sub, rest)
    if sub in ("fetch", "pull", "ls-remote"):
        yield from _fetching(sub, rest, bare)
    if (
        sub == "config"
        and not (len(rest) == 1 and re.fullmatch(r"[\w.-]+\.[\w-]+", rest[0]))
        and not any_option(rest, "--get", "--get-all", "--list", "-l", "--get-regexp")
        and rest[:1] not in (("get",), ("list",))
    ):
        yield Hazard.CONTROL, "git config can make git run programs"
    if any(
        "::" in word and not word.startswith("-") for word in rest if sub in ("fetch", "pull", "ls-remote", "clone")
    ):
        yield Hazard.CODE, "an address with `::` runs a program"


def _commit_and_merge(sub: str, rest: tuple[str, ...]) -> Iterator[tuple[Hazard, str]]:
    if sub == "commit" and any(re.fullmatch(r"-(?![mFCct])[a-zA-Z]*n[a-zA-Z]*", word) for word in rest):
        yield Hazard.CODE, "git commit -n skips the hooks"
    strategies = [b for a, b in pairwise(rest) if a in ("-s", "--strategy")]
    strategies += [word.partition("=")[2] for word in rest if word.startswith("--strategy=")]
    strategies += [word[2:] for word in rest if re.match(r"-s[a-z]", word)]
    if sub in ("merge", "cherry-pick", "revert", "pull") and not _STRATEGIES.issuperset(strategies):
        yield Hazard.CODE, "a strategy of git is a program"


def _fetching(sub: str, rest: tuple[str, ...], bare: list[str]) -> Iterator[tuple[Hazard, str]]:
    first = [word for word in bare if not word.isdigit()][:1]
    if any(re.match(r"[^/+:]+:", word) for word in first) or any(
        "://" in word or "@" in word or word.startswith(("/", "~", "..")) for word in bare
    ):
        yield Hazard.NETWORK, "it fetches from an address, not from a remote of the repository"
    forced = any_option(rest, "-f", "--force") and any(":" in word for word in bare)
    if sub != "ls-remote" and (forced or any(word.startswith("+") for word in bare)):
        yield Hazard.DISCARD, f"git {sub} by force loses commits"


def _checkout_discards(rest: tuple[str, ...], discards: bool) -> bool:
    if any_option(rest, "-b", "--orphan", "--track", "-t") and "--" not in rest:
        return any_option(rest, "-f", "--force")
    names = [word for word in rest if not word.startswith("-")]
    return (
        "--" in rest
        or any_option(rest, "-f", "-B", "-p", "--force", "--patch", "--ours", "--theirs", "--pathspec-from-file")
        or len(names) > 1
        or discards
    )
