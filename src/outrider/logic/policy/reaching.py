"""Programs that reach other machines: what is fetched, and whether curl stays on this one."""

import re
from collections.abc import Iterator, Sequence

from outrider.logic.policy.known_tools import TOOLS
from outrider.logic.policy.options import read
from outrider.logic.policy.rules import Hazard
from outrider.logic.policy.runs import Run

Finding = tuple[Hazard, str]
LOOPBACK = re.compile(r"(?:(https?)://)?(localhost|127\.0\.0\.1|\[::1\]|0\.0\.0\.0)(?::(\d+))?(?:[/?#][^@\s]*)?")
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


def loopback(run: Run) -> frozenset[int] | None:
    """The ports of this machine that curl talks to, in a plain way; None where it goes elsewhere, or where that cannot be said."""
    words = list(run.words)
    ports: set[int] = set()
    while words:
        word = words.pop(0)
        if word in _CURL_VALUES:
            value = words.pop(0) if words else ""
            if value.startswith("@"):
                return None
        elif word.startswith("-"):
            if not _CURL_PLAIN.fullmatch(word) or (word[-1] in "XHdwmo" and not word.startswith("--")):
                return None
        elif (found := LOOPBACK.fullmatch(word)) is not None:
            ports.add(int(found[3] or (443 if found[1] == "https" else 80)))
        else:
            return None
    return frozenset(ports) if ports and all(arg.known for arg in run.argv) else None


def installing(name: str, words: Sequence[str]) -> Iterator[Finding]:
    """Only what the project declares is installed unasked."""
    plain = (
        list(read(words, TOOLS[name]).operands)
        if name == "poetry"
        else [word for word in words if not word.startswith("-")]
    )
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
