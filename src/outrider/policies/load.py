"""Policies from TOML files, checked when they are read: file, line and key of what is wrong."""

from collections.abc import Iterator
from importlib import resources
from pathlib import Path

from outrider.errors import BadSetting, InvalidInput
from outrider.kinds.table import Raw, Source, Table
from outrider.logic.policy.dead import complaints
from outrider.logic.policy.reach import covers
from outrider.logic.policy.rules import (
    Access,
    CommandPattern,
    Context,
    Hazard,
    Policy,
    Rule,
    Side,
    Verdict,
    command_pattern,
)
from outrider.policies.file import read

SUFFIX = ".toml"
PORT = 3848
DEEPEST = 5  # policies that extend policies
MOST = 1000  # rules of one file: each is held against those before it


def presets() -> tuple[Policy, ...]:
    """The policies of the package, by name."""
    files = sorted(resources.files(__package__).iterdir(), key=lambda file: file.name)
    return tuple(preset(file.name.removesuffix(SUFFIX)) for file in files if file.name.endswith(SUFFIX))


def preset(name: str) -> Policy:
    """The preset of that name; InvalidInput, which lists those that there are."""
    known = sorted(
        file.name.removesuffix(SUFFIX) for file in resources.files(__package__).iterdir() if file.name.endswith(SUFFIX)
    )
    if name not in known:
        raise InvalidInput(
            f"There is no policy {name!r}; known: {', '.join(known)}, or the path of a file.",
            detail={"field": "policy", "known": known},
        )
    file = f"{name}{SUFFIX}"
    return parse(resources.files(__package__).joinpath(file).read_text(encoding="utf-8"), file)


def is_file(name: str) -> bool:
    """Whether a policy of that name is a file, not a preset: with a slash in it, or ending in .toml."""
    return "/" in name or name.endswith(SUFFIX)


def find(name: str, workdir: Path) -> Policy:
    """A preset by its name, or the policy in a file, seen from a folder.

    BadSetting with file, line and key where the file cannot be used.
    """
    return read_file(name, workdir)[0] if is_file(name) else preset(name)


def read_file(name: str, workdir: Path) -> tuple[Policy, str]:
    """The policy in a file, seen from a folder, and the text of it. BadSetting as `find`."""
    path = workdir / name
    try:
        path = workdir / Path(name).expanduser()
        text = read(path)
    except (OSError, RuntimeError, ValueError) as error:  # RuntimeError: there is no such user's home
        why = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise BadSetting(f"{path}: the policy cannot be read: {why}.") from error
    return parse(text, str(path)), text


def parse(text: str, origin: str, depth: int = 0) -> Policy:
    """The policy in this text. Raises BadSetting with file, line and key."""
    source = Source(origin, text)
    table = Table(source, "", source.data)
    name = _name(table)
    tables = table.tables("rules")
    if len(tables) > MOST:
        raise source.bad(f"rules[{MOST}]", f"there are {len(tables)} rules; at most {MOST} can be used.")
    rules = [_rule(each, raw, source) for each, raw in zip(tables, _raw(source), strict=True)]
    _check_reach(source, rules)
    base = table.text("extends", "")
    default = table.choice("default", Verdict, Verdict.ASK)
    label = table.text("label", name)
    table.finish()
    if base:
        if depth > DEEPEST or base == name:
            raise source.bad("extends", "policies extend one another in a circle.")
        try:
            below = preset(base)
        except InvalidInput as error:
            raise source.bad("extends", error.message) from error
        rules += below.rules
    if default is Verdict.ALLOW:
        raise source.bad(
            "default",
            "what no rule speaks of can be asked or denied, not allowed; write a rule that says what is allowed.",
        )
    return Policy(name, label, origin, tuple(rules), default)


def _raw(source: Source) -> list[Raw]:
    rules = source.data.get("rules", [])
    assert isinstance(rules, list), "its shape was checked"
    return rules


def _rule(table: Table, raw: Raw, source: Source) -> Rule:
    line = table.bad("name", "").detail["line"]
    verdict = table.choice("verdict", Verdict)
    overrides = table.words("overrides")
    rule = Rule(
        name=_name(table),
        verdict=verdict,
        file=source.name,
        line=line if isinstance(line, int) else 0,
        tools=table.words("tools"),
        commands=tuple(_patterns(table)),
        without=table.words("without"),
        paths=_paths(table, raw),
        access=table.choice("access", Access) if "access" in raw else None,
        network=table.flag("network") if "network" in raw else None,
        overrides=frozenset(_hazards(table, overrides)),
    )
    table.finish()
    if overrides and verdict is not Verdict.ALLOW:
        raise table.bad("overrides", "only a rule that allows has something to override.")
    for key in ("tools", "commands"):
        if raw.get(key) == []:
            raise table.bad(key, "it is empty, and fits nothing; name some, or leave it out.")
    if verdict is Verdict.ALLOW and not (rule.tools or rule.commands):
        raise table.bad("verdict", "a rule that allows must say which `tools` or `commands`.")
    for key, why in complaints(rule):
        raise table.bad(key, why)
    return rule


def _name(table: Table) -> str:
    name = table.text("name")
    if not name.strip():
        raise table.bad("name", "it is empty; decisions are told by it.")
    return name


def _patterns(table: Table) -> Iterator[CommandPattern]:
    for text in table.words("commands"):
        try:
            yield command_pattern(text)
        except ValueError as error:
            raise table.bad("commands", f"bad pattern: {error}.") from error


def _paths(table: Table, raw: Raw) -> Side | tuple[str, ...] | None:
    if "paths" not in raw:
        return None
    if isinstance(raw["paths"], list):
        globs = table.words("paths")
        if not globs:
            raise table.bad("paths", "it is empty, and fits no file; name some, or leave it out.")
        for each in globs:
            if each.startswith(("/", "~")) or ".." in each.split("/") or not each:
                raise table.bad("paths", f"bad pattern {each!r}: paths are written from the top of the work tree.")
        return globs
    return table.choice("paths", Side)


def _hazards(table: Table, names: tuple[str, ...]) -> Iterator[Hazard]:
    for name in names:
        if name not in list(Hazard) or name == Hazard.UNCLEAR:
            known = ", ".join(sorted(set(Hazard) - {Hazard.UNCLEAR}))
            raise table.bad("overrides", f"{name!r} is not known, or cannot be overridden; one of: {known}.")
        yield Hazard(name)


def _check_reach(source: Source, rules: list[Rule]) -> None:
    names: set[str] = set()
    for number, rule in enumerate(rules):
        if rule.name in names:
            raise source.bad(f"rules[{number}].name", f"there are two rules named {rule.name!r}.")
        names.add(rule.name)
        earlier = next((each for each in rules[:number] if covers(each, rule)), None)
        if earlier is not None:
            raise source.bad(
                f"rules[{number}].name",
                f"the rule {rule.name!r} is never reached: {earlier.name!r} on line {earlier.line} decides before it.",
            )


def context(workdir: Path, home: Path, port: int = PORT) -> Context:
    """The places on this machine: links are followed as they are now. `port` is where Outrider itself listens."""
    return Context(str(workdir), str(home), _resolved, _exists, frozenset({PORT, port}))


def _resolved(path: str) -> str:
    try:
        return str(Path(path).resolve())
    except (OSError, RuntimeError, ValueError):
        # A loop of links, or a name too long: it leads nowhere that could be called inside.
        return "/dev/unresolvable"


def _exists(path: str) -> bool:
    try:
        return Path(path).exists()
    except (OSError, ValueError):
        return False
