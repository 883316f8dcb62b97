"""The shape of the package, executable: who may import whom, what is pure, where effects may start.

Every rule takes a Tree (the parsed package, nothing is imported or run) and yields violations, one sentence each, that name
file and line and say what would be right. `test_rule` runs them on Outrider itself, `test_rule_bites` on small broken trees.
"""

import ast
import builtins
import graphlib
import re
import shutil
import statistics
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from e2e.longest import LONGEST
from source_tree import Tree, aliases, dotted, imports, inner_imports, read

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "outrider"

# Downwards only: a unit imports from the rows above its own, and from itself. A unit is a module or package right below
# `outrider`; one that is not named here is an adapter.
LAYERS: tuple[frozenset[str], ...] = (
    frozenset({"errors", ""}),
    frozenset({"settings", "model"}),
    frozenset({"logic"}),
    frozenset({"kinds"}),
    frozenset({"ports"}),
    frozenset({"tmux", "replay", "store", "bus", "worktrees", "processes", "zones"}),
    frozenset({"launching"}),
    frozenset({"supervisor"}),
    frozenset({"notify", "client", "fleet", "service"}),
    frozenset({"doctor"}),
    frozenset({"web", "tui", "cli"}),
    frozenset({"daemon"}),
    frozenset({"__main__"}),
)
ADAPTERS = 5

# Downwards, and forbidden all the same.
APART: tuple[tuple[frozenset[str], frozenset[str], str], ...] = (
    (LAYERS[ADAPTERS], frozenset({"ports"}), "adapters fit the ports by shape; daemon.build proves it"),
    (
        frozenset({"web", "tui"}),
        LAYERS[ADAPTERS] | {"supervisor", "launching"},
        "faces see the service they are given (web) or the client (tui)",
    ),
    (frozenset({"web"}), frozenset({"client"}), "web is what the client talks to"),
)

PURE = re.compile(r"outrider\.(errors|ports|model|logic|tmux\.protocol)(\.|$)")
PURE_BELOW = re.compile(r"outrider(\.(errors|ports|model|logic|tmux\.protocol)(\.|$)|$)")
IMPURE_LIBRARIES = """
    anyio asyncio atexit concurrent ctypes fastapi fcntl getpass glob http httptools httpx importlib inspect io logging
    mmap multiprocessing os pathlib platform platformdirs prometheus_client pty queue random resource secrets select
    selectors shutil signal site socket socketserver sqlite3 ssl starlette structlog subprocess sys tempfile termios
    threading time tty uuid uvicorn uvloop watchfiles websockets zoneinfo
"""
IMPURE = frozenset(IMPURE_LIBRARIES.split())
IMPURE_CALLS = re.compile(
    r"^(open|print|input|breakpoint|exec|eval|__import__|(.*\.)?(datetime|date)\.(now|utcnow|today))$"
)

TASK_STARTERS = re.compile(r"(^|\.)(asyncio|(get_running_|get_event_)?loop(\(\))?)\.create_task$|(^|\.)ensure_future$")
TASK_HOMES = re.compile(r"outrider\.(daemon|supervisor\w*)(\.|$)")
ENVIRONMENT = re.compile(r"^os\.(environb?|getenvb?|putenv|unsetenv|path\.expandvars)$")

LIVE_OBJECTS = re.compile(
    r"^(asyncio|threading|multiprocessing|sqlite3|subprocess|socket|httpx|random)\.\w+$"
    r"|(^|\.)(FastAPI|Starlette|CollectorRegistry|ThreadPoolExecutor|open|cwd|home|getLogger\(\).addHandler)$"
)
EMPTY_CONTAINERS = re.compile(r"^(\{\}|\[\]|(set|dict|list|deque|defaultdict|collections\.\w+)\(.*\))$")

MODULE_LINES, CLASS_LINES, FUNCTION_LINES_95 = 320, 250, 35

# Joined here so that this file does not break its own rule.
REGISTRIES = re.compile("|".join(("pypi" + r"\.org", "python" + "hosted", "npmjs" + r"\.", "registry" + r"\.yarn")))
# Users of examples (`/home/me/project`) are no machine's.
MACHINE_PATHS = re.compile(
    r"(?<![\w.~$})-])/(?:work|root)/(?=\w)|(?<![\w.~$})-])/(?:home|Users)/(?!(?:me|you|dev|user|u\d?|USER)/)\w+/"
)
LOCK_FILE = re.compile(r"^requirements/.*\.txt$|(^|/)(package-lock\.json|uv\.lock)$")
RECORDED = re.compile(r"^tests/(.*/)?(screens|recorded)/")
"""Folders of recorded reality, kept as they were captured."""

TESTS_APART = frozenset({"contract", "e2e", "browser", "screens", "bench"})


def rank(unit: str) -> int:
    return next((i for i, row in enumerate(LAYERS) if unit in row), ADAPTERS)


def layers(tree: Tree) -> Iterator[str]:
    for module in tree.values():
        for node, target in inner_imports(tree, module):
            unit = tree[target].unit if target in tree else ""
            if unit != module.unit and rank(unit) >= rank(module.unit):
                yield f"{module.where(node)} imports {target}: imports go downwards only, and {unit!r} is not below {module.unit!r}"
            for row, banned, why in APART:
                if module.unit in row and unit in banned:
                    yield f"{module.where(node)} imports {target}: {why}"


def cycles(tree: Tree) -> Iterator[str]:
    graph = {module.name: {target for _, target in inner_imports(tree, module)} for module in tree.values()}
    try:
        tuple(graphlib.TopologicalSorter(graph).static_order())
    except graphlib.CycleError as cycle:
        yield f"import cycle: {' ← '.join(cycle.args[1])}"


def purity(tree: Tree) -> Iterator[str]:
    for module in tree.values():
        if not PURE.match(module.name):
            continue
        for node, name in imports(module):
            if name.split(".")[0] in IMPURE:
                yield f"{module.where(node)} imports {name}: pure modules get what they need as arguments"
        for node, target in inner_imports(tree, module):
            if not PURE_BELOW.match(target):
                yield f"{module.where(node)} imports {target}, which is not pure"
        known = aliases(module)
        for call in (n for n in module.nodes if isinstance(n, ast.Call)):
            if IMPURE_CALLS.match(name := dotted(call.func, known)):
                yield f"{module.where(call)} calls {name}(): pure modules get the time and the world as arguments"


def tasks(tree: Tree) -> Iterator[str]:
    for module in tree.values():
        if TASK_HOMES.match(module.name):
            continue
        known = aliases(module)
        for call in (n for n in module.nodes if isinstance(n, ast.Call)):
            if TASK_STARTERS.search(dotted(call.func, known)):
                yield f"{module.where(call)} starts a task: take a TaskGroup, or offer `async def run()` for the daemon"


def environment(tree: Tree) -> Iterator[str]:
    for module in tree.values():
        if module.unit == "settings":
            continue
        known = aliases(module)
        for node in module.nodes:
            if isinstance(node, ast.Name | ast.Attribute) and ENVIRONMENT.match(name := dotted(node, known)):
                yield f"{module.where(node)} uses {name}: only settings.py reads the environment"


def root_error(tree: Tree) -> Iterator[str]:
    classes = {
        node.name: (module, node) for module in tree.values() for node in module.nodes if isinstance(node, ast.ClassDef)
    }
    bases = {name: [dotted(base, {}).split(".")[-1] for base in node.bases] for name, (_, node) in classes.items()}

    def ancestors(name: str) -> set[str]:
        return {name}.union(*(ancestors(base) for base in bases.get(name, []) if base != name))

    def foreign_error(name: str) -> bool:
        known = getattr(builtins, name, None)
        return name not in classes and (
            bool(re.search(r"(Error|Exception)$", name))
            or (isinstance(known, type) and issubclass(known, BaseException))
        )

    for name, (module, node) in classes.items():
        line = ancestors(name)
        if any(map(foreign_error, line)) and "OutriderError" not in line:
            yield f"{module.where(node)} {name} is an exception that does not derive from outrider.errors.OutriderError"


def lengths(tree: Tree) -> Iterator[str]:
    functions: list[int] = []
    for module in tree.values():
        if (count := len(module.source.splitlines())) > MODULE_LINES:
            yield f"{module.where()} has {count} lines, more than {MODULE_LINES}: it holds more than one noun"
        for node in module.nodes:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                count = (node.end_lineno or node.lineno) - node.lineno + 1
                if isinstance(node, ast.ClassDef):
                    if count > CLASS_LINES:
                        yield f"{module.where(node)} class {node.name} has {count} lines, more than {CLASS_LINES}"
                else:
                    functions.append(count)
    if len(functions) > 1 and (most := statistics.quantiles(functions, n=20)[-1]) > FUNCTION_LINES_95:
        yield f"functions: 95 % should have at most {FUNCTION_LINES_95} lines, and they have {most:.0f}"


def docstrings(tree: Tree) -> Iterator[str]:
    for module in tree.values():
        if not ast.get_docstring(module.tree):
            yield f"{module.where()} has no docstring: one sentence that says what it is"
    for folder in sorted({module.path.parent for module in tree.values()}):
        if not (folder / "__init__.py").exists():
            yield f"{folder.name}/ has modules and no __init__.py with a docstring"


def imports_do_nothing(tree: Tree) -> Iterator[str]:
    """Statements at module level that make something live, register something, or hold state for everybody."""
    for module in tree.values():
        known = aliases(module)
        for node in module.nodes:
            if isinstance(node, ast.Global):
                yield f"{module.where(node)} `global {', '.join(node.names)}`: state belongs to an object that is passed"
        for node in module.tree.body:
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
                yield f"{module.where(node)} calls {dotted(node.value.func, known)}() when imported: importing does nothing"
            elif isinstance(node, ast.Assign | ast.AnnAssign) and (value := node.value) is not None:
                if isinstance(value, ast.Call) and LIVE_OBJECTS.search(dotted(value.func, known)):
                    yield f"{module.where(node)} makes a live {dotted(value.func, known)} when imported: wire it in daemon.build"
                elif EMPTY_CONTAINERS.match(ast.unparse(value)) and "MappingProxyType" not in ast.unparse(value):
                    yield f"{module.where(node)} is a container to be filled later: state belongs to an object that is passed"


Rule = Callable[[Tree], Iterator[str]]
RULES: tuple[Rule, ...] = (
    layers,
    cycles,
    purity,
    tasks,
    environment,
    root_error,
    lengths,
    docstrings,
    imports_do_nothing,
)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_rule(rule: Rule) -> None:
    broken = list(rule(read(ROOT / "src" / PACKAGE)))
    assert not broken, "\n" + "\n".join(broken)


BROKEN: tuple[tuple[Rule, str, str, str], ...] = (
    (layers, "model/a.py", "def f():\n    from outrider.store import db", "model/a.py:2 imports outrider.store"),
    (layers, "logic/a.py", "if TYPE_CHECKING:\n    import outrider.supervisor", "not below 'logic'"),
    (layers, "tmux/a.py", "from outrider.ports import Terminal", "fit the ports by shape"),
    (layers, "store/a.py", "from outrider.bus import x", "not below 'store'"),
    (layers, "web/a.py", "from ..supervisor import x", "faces see the service"),
    (cycles, "model/a.py", "from outrider.model import b", "import cycle"),
    (purity, "logic/a.py", "import os.path", "imports os.path"),
    (purity, "tmux/protocol.py", "from outrider.bus import x", "which is not pure"),
    (purity, "logic/a.py", "import datetime as d\nd.datetime.now()", "datetime.now()"),
    (tasks, "bus/a.py", "import asyncio\nasyncio.get_running_loop().create_task(f())", "starts a task"),
    (tasks, "bus/a.py", "from asyncio import create_task as go\ngo(f())", "starts a task"),
    (tasks, "bus/a.py", "import asyncio\nasyncio.ensure_future(f())", "starts a task"),
    (environment, "cli/a.py", "import os\ndef f():\n    return os.environ.get('HOME')", "os.environ"),
    (environment, "cli/a.py", "from os import getenv\nx = getenv('A')", "os.getenv"),
    (root_error, "bus/a.py", "class Lost(ConnectionError): pass", "does not derive"),
    (root_error, "bus/a.py", "class A(Exception): pass\nclass Lost(A): pass", "a.py:2 Lost"),
    (lengths, "bus/a.py", "x = 1\n" * (MODULE_LINES + 1), f"{MODULE_LINES + 1} lines"),
    (docstrings, "bus/a.py", "x = 1", "no docstring"),
    (imports_do_nothing, "bus/a.py", "import asyncio\nQUEUE = asyncio.Queue()", "live asyncio.Queue"),
    (imports_do_nothing, "bus/a.py", "_seen: set[int] = set()", "container to be filled"),
    (imports_do_nothing, "bus/a.py", "import logging\nlogging.basicConfig()", "importing does nothing"),
)
SMALL_TREE = {
    "model/b.py": "from outrider.model.a import x",
    "store/__init__.py": "",
    "bus/__init__.py": "",
    "supervisor.py": "",
    "ports.py": "",
}


@pytest.mark.parametrize(("rule", "path", "text", "says"), BROKEN, ids=lambda value: getattr(value, "__name__", None))
def test_rule_bites(tmp_path: Path, rule: Rule, path: str, text: str, says: str) -> None:
    for name, content in {**SMALL_TREE, path: text}.items():
        file = tmp_path / PACKAGE / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    assert says in "\n".join(rule(read(tmp_path / PACKAGE)))


def tracked() -> list[str]:
    if not shutil.which("git") or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: the tracked files cannot be listed")
    listed = subprocess.run(
        ["git", "--no-optional-locks", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_tracked_files_name_no_registry_and_no_machine() -> None:
    broken = []
    for name in tracked():
        try:
            text = (ROOT / name).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if REGISTRIES.search(line):
                broken.append(f"{name}:{number} names a package registry's host: {line.strip()[:80]}")
            if MACHINE_PATHS.search(line) and not RECORDED.match(name):
                broken.append(f"{name}:{number} names a path of one machine: {line.strip()[:80]}")
            if LOCK_FILE.search(name) and re.search(r"https?:", line):
                broken.append(f"{name}:{number} has an address in a lock file: {line.strip()[:80]}")
    assert not broken, "\n" + "\n".join(broken)


def test_tests_stand_where_their_source_stands() -> None:
    """tests/tmux/ tests src/outrider/tmux/, and tests/test_client.py or test_client_retries.py src/outrider/client.py."""
    broken = []
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        inner = path.relative_to(ROOT / "tests")
        if inner.parts[0] in TESTS_APART or inner.name in ("test_layout.py", "test_docs.py"):
            continue
        folder = ROOT / "src" / PACKAGE / inner.parent
        if len(inner.parts) > 1 and folder.is_dir():
            continue
        words = inner.stem.removeprefix("test_").split("_")
        stems = ["_".join(words[:count]) for count in range(1, len(words) + 1)]
        if not any(
            (folder / f"{stem}.py").exists() or (folder / stem).is_dir() for stem in [*stems, f"__{stems[0]}__"]
        ):
            broken.append(
                f"tests/{inner} tests nothing of src/{PACKAGE}: name it for the module it tests, in its place"
            )
    assert not broken, "\n" + "\n".join(broken)


def test_the_longest_tests_are_there() -> None:
    missing = []
    for each in LONGEST:
        file, _, name = each.partition("::")
        if f"def {name.partition('[')[0]}(" not in (ROOT / "tests" / "e2e" / file).read_text(encoding="utf-8"):
            missing.append(each)
    assert not missing, f"tests/e2e/longest.py names tests that are gone: {missing}"
