"""The config file as rows: which line sets what, and what to say of a key that there is not."""

import difflib
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from outrider.errors import BadSetting
from outrider.settings.schema import Row


def read(path: Path, table: Mapping[str, Row]) -> Iterator[tuple[str, object, int]]:
    """(row, value, line) of every key in the file; the line is 0 where it cannot be told."""
    try:
        text = path.read_text(encoding="utf-8")
        tree = tomllib.loads(text)
    except (OSError, UnicodeDecodeError) as error:
        raise BadSetting(f"{path} cannot be read: {error}.") from error
    except tomllib.TOMLDecodeError as error:
        raise BadSetting(f"{path} is not TOML: {error}.") from error
    for name, value in _leaves(tree, table, ""):
        line = _line(text, name)
        if name not in table:
            where = f"{path}:{line}" if line else str(path)
            raise BadSetting(f"{where}: there is no setting {name!r}.{nearest(name, table)}")
        yield name, value, line


def rename_node(path: Path, node: str) -> None:
    """Has the file say `node = "…"`, and leaves all else in it; it is made where there is none. BadSetting where that cannot be."""
    path = path.resolve()  # it may be a link into somebody's collection of such files
    try:
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        after = _with_node(before, node)
        if tomllib.loads(after) != {**tomllib.loads(before), "node": node}:
            raise BadSetting(f'{path} is written in a way that is not changed here: write node = "{node}" into it.')
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        new = path.with_name(f"{path.name}.new")
        new.write_text(after, encoding="utf-8")
        new.chmod(path.stat().st_mode & 0o777 if path.exists() else 0o600)
        new.replace(path)
    except (OSError, UnicodeDecodeError) as error:
        raise BadSetting(f"{path} cannot be changed: {error}.") from error
    except tomllib.TOMLDecodeError as error:
        raise BadSetting(f"{path} is not TOML: {error}.") from error


def _with_node(text: str, node: str) -> str:
    lines = text.splitlines(keepends=True)
    if number := _line(text, "node"):
        lines[number - 1] = re.sub(r"""=\s*("[^"]*"|'[^']*')""", f'= "{node}"', lines[number - 1], count=1)
        return "".join(lines)
    return f'node = "{node}"\n{text}'


def _leaves(tree: Mapping[str, object], table: Mapping[str, Row], prefix: str) -> Iterator[tuple[str, object]]:
    for key, value in tree.items():
        name = prefix + key
        if isinstance(value, dict) and any(row.startswith(f"{name}.") for row in table):
            yield from _leaves(value, table, f"{name}.")
        else:
            yield name, value


def _line(text: str, name: str) -> int:
    """The line where a key is set, 0 where it is written in a way that this does not follow."""
    section = ""
    for number, line in enumerate(text.splitlines(), 1):
        if header := re.match(r"\s*\[\s*([^\[\]]+?)\s*\]", line):
            section = header[1].replace(" ", "") + "."
            if section == f"{name}.":
                return number
        elif (key := re.match(r"""\s*([\w."'-]+)\s*=""", line)) and section + re.sub(r"[\"']", "", key[1]) == name:
            return number
    return 0


def nearest(name: str, table: Mapping[str, Row]) -> str:
    """A hint to the row that was probably meant."""
    close = difflib.get_close_matches(name, table, 1, 0.5)
    if not close:
        last = {row.rpartition(".")[2]: row for row in table}
        close = [last[key] for key in difflib.get_close_matches(name.rpartition(".")[2], last, 1, 0.6)]
    return f" Did you mean {close[0]!r}?" if close else " outrider config lists them all."
