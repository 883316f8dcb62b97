"""Where a path leads, and what kind of place that is."""

import posixpath
import re
from fnmatch import fnmatchcase

from outrider.logic.policy.rules import Context
from outrider.logic.policy.runs import HOLE, Arg

SINKS = re.compile(r"/dev/(null|stdin|stdout|stderr|tty|zero|fd/\d+)")
PUBLIC = re.compile(
    r"/(usr|lib|lib64|bin|sbin|opt|Library/Developer|System/Library|nix/store)(/.*)?"
    r"|/etc/(os-release|lsb-release|debian_version|timezone|localtime)|/proc/(cpuinfo|meminfo|version|loadavg)"
)
# Names of files and folders that hold secrets; a glob that could match one of SAMPLES counts as one.
SECRET = re.compile(
    r"\.(ssh|aws|gnupg|azure|kube|netrc|npmrc|pypirc|pgpass|my\.cnf|vault-token|git-credentials|credentials\.json|envrc|password-store)"
    r"|_netrc|\.env(\.(?!example$|sample$|template$|dist$|defaults?$).*)?|\.(bash|zsh|sh|python|node_repl|psql|mysql)_history"
    r"|id_(rsa|dsa|ecdsa|ed25519)(\..*)?|.*\.(pem|key|p12|pfx|kdbx|keystore|jks)|credentials|credentials\.(json|ya?ml|toml|xml)"
    r"|(.*[._-])?secrets?\.(json|ya?ml|toml|env)|.*\.tfstate(\..*)?|\.claude\.json|gcloud|\.docker|master\.key|Keychains",
    re.IGNORECASE,
)
SAMPLES = (
    ".env",
    ".env.local",
    ".ssh",
    ".aws",
    ".netrc",
    ".npmrc",
    ".pypirc",
    ".git-credentials",
    "id_rsa",
    ".gnupg",
    "secrets.json",
    "server.pem",
)
SECRET_PATHS = re.compile(
    r"/etc/(g?shadow|sudoers|ssh)(-|\.d)?(/.*)?|/proc/[^/]+/(environ|mem|maps|fd|cmdline|root|cwd)(/.*)?|/root(/.*)?|/run/secrets(/.*)?"
)
# Folders whose files steer git or the agent itself: writing there is more than writing a file.
CONTROL = frozenset(
    {
        ".git",
        ".claude",
        ".codex",
        ".gemini",
        ".qwen",
        ".opencode",
        ".pi",
        ".cursor",
        ".outrider",
        ".mcp.json",
        ".envrc",
        ".gitconfig",
    }
)
_BUILD_NAMES = """build dist target node_modules out .pytest_cache .mypy_cache .ruff_cache __pycache__ coverage htmlcov .next .nuxt .turbo
    .tox .nox .venv venv .cache .parcel-cache .svelte-kit .gradle .eggs tmp .coverage obj .vite .nyc_output"""
BUILD = frozenset(_BUILD_NAMES.split())
GLOBS = re.compile(r"[*?\[]")


def absolute(arg: Arg, where: str, context: Context) -> str | None:
    """Where the argument leads from a folder, its links followed as far as its text is certain; None where nobody knows."""
    if not arg.known or "\n" in arg.text:
        return None
    text = context.home + arg.text[1:] if arg.text == "~" or arg.text.startswith("~/") else arg.text
    path = posixpath.join(where, text)
    if not arg.pattern:
        return context.resolve(path)
    parts = path.split("/")
    first = next((i for i, part in enumerate(parts) if GLOBS.search(part)), len(parts))
    if ".." in parts[first:]:
        return None
    return posixpath.join(context.resolve("/".join(parts[:first]) or "/"), *parts[first:])


def inside(path: str, context: Context) -> bool:
    """Whether the path, its links followed, is the work tree or in it."""
    root = context.resolve(context.workdir)
    return path == root or path.startswith(root.rstrip("/") + "/")


def within(path: str, context: Context) -> str:
    """The path from the work tree's top; empty for the top itself."""
    return path[len(context.resolve(context.workdir).rstrip("/")) + 1 :]


def secret(path: str, context: Context) -> bool:
    """Whether the path is, or its glob could match, a file that holds secrets."""
    shown = within(path, context) if inside(path, context) else path
    if SECRET_PATHS.fullmatch(path):
        return True
    return any(_secret_name(name) for name in shown.split("/") if name)


def _secret_name(name: str) -> bool:
    if not GLOBS.search(name):
        return SECRET.fullmatch(name) is not None
    if name.startswith(".") or not set(name) & set("*"):
        return any(fnmatchcase(sample, name) for sample in SAMPLES) or SECRET.fullmatch(name) is not None
    return SECRET.fullmatch(name) is not None


def control(path: str, context: Context) -> bool:
    """Whether it is one of the files that steer git or the agent."""
    parts = within(path, context).split("/")
    return any(
        part in CONTROL
        or (GLOBS.search(part) is not None and any(fnmatchcase(name, part) for name in CONTROL if part[0] != "*"))
        for part in parts
        if part
    )


def disposable(path: str, context: Context) -> bool:
    """Whether it lies in a folder that a build makes again."""
    return any(part in BUILD or part.endswith((".egg-info", ".pyc")) for part in within(path, context).split("/"))


def looks_like_path(text: str) -> bool:
    """Whether a program would take the word for a path that could lead outside."""
    return text.startswith(("/", "~", "..")) or "/.." in text or ("/" in text and "://" not in text) or HOLE in text
