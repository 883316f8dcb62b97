"""Verbs about kinds of agents: list them, score their rules on recorded cases."""

import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from outrider.cli.connection import Environ, Json
from outrider.cli.setup import ConfigFile
from outrider.cli.words import as_json, table

if TYPE_CHECKING:
    from outrider.model.kind import LaunchSpec

HEADS = ("KIND", "IS", "RULES FOR", "PROGRAM", "FROM")


def agents(*, config: ConfigFile = None, json: Json = False, environ: Environ) -> int:
    """Lists the kinds of agents there are, yours included, and whether each is installed here."""
    from outrider.kinds.load import catalogue
    from outrider.model.wire import kind_json
    from outrider.settings import load

    known = catalogue(load({"config": config}, environ).settings.kinds)
    found = {kind.name: _program(kind.launch.argv, environ) for kind in known.all()}
    if json:
        kinds = [{**kind_json(kind), "program": found[kind.name]} for kind in known.all()]
        print(as_json({"kinds": kinds, "count": len(kinds), "problems": list(known.problems)}))
    else:
        rows = [[k.name, k.label, k.version, found[k.name] or _absent(k.launch), k.origin] for k in known.all()]
        print(table(HEADS, rows))
    for problem in known.problems:
        print(f"outrider: {problem}", file=sys.stderr)
    return 1 if known.problems else 0


def score(
    directory: str,
    *,
    channels: Annotated[
        bool, Parameter(negative=(), help="Use what the agents' own channels said, where it was recorded.")
    ] = False,
    kind: Annotated[
        str | None, Parameter(help="Judge every case as one of this kind, whatever it was recorded as.")
    ] = None,
    against: Annotated[
        str | None, Parameter(help="Other rules: a kind's TOML file or a folder of them; shows both side by side.")
    ] = None,
    config: ConfigFile = None,
    json: Json = False,
    environ: Environ,
) -> None:
    """Runs the rules on a folder of recorded cases, and counts how often they are right."""
    from outrider.kinds.cases import load as load_cases
    from outrider.kinds.load import catalogue
    from outrider.logic import score as scoring
    from outrider.settings import load

    known = catalogue(load({"config": config}, environ).settings.kinds)
    cases = load_cases(Path(directory))
    if kind is not None:
        known.get(kind)  # refuses one that there is not
        cases = tuple(replace(case, kind=kind) for case in cases)
    if against is None:
        report = scoring.score(cases, known.by_name(), channels)
    else:
        report = scoring.compare(cases, known.by_name(), known.overlaid(Path(against)), channels)
    lines = _report if against is None else _compared
    print(as_json(report) if json else "\n".join(lines(report)))


def _compared(report: Mapping[str, object]) -> Iterator[str]:
    now, other = ({**_inner(of, "by_kind"), "all": of} for of in (_inner(report, "now"), _inner(report, "against")))
    rows = []
    for name in now:
        pair = _inner(now, name), _inner(other, name)
        shares = [f"{_share(of, what):.1%}" for what in ("coarse", "exact") for of in pair]
        rows.append([name, str(pair[0]["cases"]), *shares])
    yield table(("KIND", "CASES", "COARSE NOW", "AGAINST", "EXACT NOW", "AGAINST"), rows)
    changed = report["changed"]
    if isinstance(changed, list) and changed:
        rows = [
            [str(each[name]) for name in ("change", "kind", "expected", "now", "against", "id")] for each in changed
        ]
        yield "\nJudged differently:\n\n" + table(("NOW IS", "KIND", "EXPECTED", "NOW", "AGAINST", "CASE"), rows)
    else:
        yield "\nNo case is judged differently."


def _report(report: Mapping[str, object]) -> Iterator[str]:
    kinds = {**_inner(report, "by_kind"), "all": report}
    counts = [(name, _inner(kinds, name)) for name in kinds]
    rows = [
        [name, str(of["cases"]), f"{_share(of, 'coarse'):.1%}", f"{_share(of, 'exact'):.1%}"] for name, of in counts
    ]
    yield table(("KIND", "CASES", "COARSE", "EXACT"), rows)
    confusion = _inner(report, "confusion")
    got = sorted({name for expected in confusion for name in _inner(confusion, expected)})
    if got:
        rows = [[e, *(str(_inner(confusion, e).get(name, "·")) for name in got)] for e in sorted(confusion)]
        yield "\nExpected, and what was said instead or rightly:\n\n" + table(("", *got), rows)
    misses = report["misses"]
    if isinstance(misses, list) and misses:
        rows = [[str(miss[name]) for name in ("kind", "expected", "got", "rule", "id")] for miss in misses]
        yield "\nMisses:\n\n" + table(("KIND", "EXPECTED", "GOT", "RULE", "CASE"), rows)


def _inner(found: Mapping[str, object], name: str) -> Mapping[str, object]:
    value = found[name]
    assert isinstance(value, Mapping)
    return value


def _share(found: Mapping[str, object], name: str) -> float:
    value = found[name]
    return float(value) if isinstance(value, int | float) else 0.0


def _program(argv: tuple[str, ...], environ: Mapping[str, str]) -> str | None:
    return shutil.which(argv[0], path=environ.get("PATH")) if argv else None


def _absent(launch: "LaunchSpec") -> str:
    return f"not installed: {launch.install}" if launch.argv else "(adopted only)"
