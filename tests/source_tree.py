"""A Python package as parsed source: its modules, what each imports, and the dotted names of what it uses.

Nothing is imported or run, so that a tree which does not work yet can be read all the same.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path


@dataclass(frozen=True)
class Module:
    """One source file; `name` is dotted, `inner` its path from the package's parent,
    `unit` what stands right below the package."""

    name: str
    path: Path
    inner: str
    source: str
    tree: ast.Module

    @property
    def unit(self) -> str:
        return [*self.name.split("."), ""][1]

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """All of its tree, walked once for every rule."""
        return tuple(ast.walk(self.tree))

    @property
    def is_package(self) -> bool:
        return self.path.name == "__init__.py"

    def where(self, node: ast.AST | None = None) -> str:
        line = getattr(node, "lineno", None)
        return f"{self.inner}:{line}" if line else self.inner


Tree = dict[str, Module]


@cache
def read(package: Path) -> Tree:
    """The package as it stands now; parsed once in a run."""
    found: Tree = {}
    for path in sorted(package.rglob("*.py")):
        parts = [package.name, *path.relative_to(package).with_suffix("").parts]
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        source = path.read_text(encoding="utf-8")
        inner = path.relative_to(package.parent).as_posix()
        found[name] = Module(name, path, inner, source, ast.parse(source, inner))
    return found


def imports(module: Module) -> Iterator[tuple[ast.AST, str]]:
    """Every import wherever it stands, as dotted names: `from a import b` gives `a.b`."""
    here = module.name.split(".") if module.is_package else module.name.split(".")[:-1]
    for node in module.nodes:
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = here[: len(here) - node.level + 1] if node.level else []
            origin = ".".join([*base, *([node.module] if node.module else [])])
            yield from ((node, f"{origin}.{alias.name}") for alias in node.names)


def inner_imports(tree: Tree, module: Module) -> Iterator[tuple[ast.AST, str]]:
    """Imports of our own modules, by the name of the module (not of what is taken from it)."""
    for node, name in imports(module):
        if name.split(".")[0] == module.name.split(".")[0]:
            target = name
            while target not in tree and "." in target:
                target = target.rpartition(".")[0]
            if target != module.name:
                yield node, target


def aliases(module: Module) -> dict[str, str]:
    """Local name → dotted name of what was imported under it."""
    known: dict[str, str] = {}
    for node in module.nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                first = alias.name.split(".")[0]
                known[alias.asname or first] = alias.name if alias.asname else first
        elif isinstance(node, ast.ImportFrom) and not node.level:
            known.update({alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names})
    return known


def dotted(node: ast.AST, known: dict[str, str]) -> str:
    """`os.environ` for an attribute chain, with import aliases undone; calls in between keep their brackets."""
    if isinstance(node, ast.Name):
        return known.get(node.id, node.id)
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value, known)}.{node.attr}"
    if isinstance(node, ast.Call):
        return f"{dotted(node.func, known)}()"
    return "?"
