"""Verbs about kinds of agents: list them, score their rules on recorded cases."""

import shutil
import sys
from collections.abc import Mapping

from outrider.cli.connection import Environ, Json
from outrider.cli.setup import ConfigFile
from outrider.cli.words import as_json, table

HEADS = ("KIND", "IS", "RULES FOR", "PROGRAM", "FROM")


def agents(*, config: ConfigFile = None, json: Json = False, environ: Environ) -> int:
    """Lists the kinds of agents there are, yours included, and whether each is installed here."""
    from outrider.kinds.load import catalogue
    from outrider.model.wire import kind_json
    from outrider.settings import load

    known = catalogue(load({"config": config}, environ).settings.kinds)
    found = {kind.name: _program(kind.launch.argv[0], environ) for kind in known.all()}
    if json:
        kinds = [{**kind_json(kind), "program": found[kind.name]} for kind in known.all()]
        print(as_json({"kinds": kinds, "count": len(kinds), "problems": list(known.problems)}))
    else:
        rows = [
            [
                kind.name,
                kind.label,
                kind.version,
                found[kind.name] or f"not installed: {kind.launch.install}",
                kind.origin,
            ]
            for kind in known.all()
        ]
        print(table(HEADS, rows))
    for problem in known.problems:
        print(f"outrider: {problem}", file=sys.stderr)
    return 1 if known.problems else 0


def _program(name: str, environ: Mapping[str, str]) -> str | None:
    return shutil.which(name, path=environ.get("PATH"))
