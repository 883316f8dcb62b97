"""docs/settings.md, made from the rows: `python -m outrider.settings.document > docs/settings.md`."""

import sys
from collections.abc import Iterator

from outrider.settings import DEFAULT_URL
from outrider.settings.schema import Row, Settings, rows
from outrider.settings.section import Section

HEAD = f"""\
# Settings

<!-- Made from the settings' own rows: python -m outrider.settings.document > docs/settings.md -->

The config file is `~/.config/outrider/config.toml` (or `--config FILE`, or `OUTRIDER_CONFIG`), the environment has `OUTRIDER_*`,
and `outrider up` has flags; later wins. `outrider config` prints every setting with its value and where that came from.
A key that there is not is refused. In the environment, lists have commas between their items. Paths may start with `~`; relative ones
start at the config file's folder, or where you stand.

```toml
port = 3900
watch = ["default"]

[monitor]
cpu_budget = 0.02
```

Flags of `outrider up`: `--host`, `--port`, `--data`, `--config`, `--tmux-socket`, `--node`, `--bus`, `--join`, `--log-level`.
The other verbs read only `OUTRIDER_URL` (or `--url`; default {DEFAULT_URL}, or `unix:/path/to/socket`) and `OUTRIDER_TOKEN`
(or `--token`), to find the daemon.
"""


def document() -> str:
    """The whole page."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    yield HEAD
    found = list(rows())
    yield from _table([row for row in found if "." not in row.name])
    for name, info in Settings.model_fields.items():
        section = info.annotation
        if isinstance(section, type) and issubclass(section, Section):
            yield f"## `[{name}]`\n\n{section.__doc__}\n"
            yield from _table([row for row in found if row.name.startswith(f"{name}.")])


def _table(found: list[Row]) -> Iterator[str]:
    yield "| key | default | what it is | in the environment |\n|---|---|---|---|"
    for row in found:
        key = row.name.rpartition(".")[2]
        default = f"`{row.default}`" if row.default else "(none)"
        yield f"| `{key}` | {default} | {row.help} | `{row.variable}` |"
    yield ""


if __name__ == "__main__":
    sys.stdout.write(document())
