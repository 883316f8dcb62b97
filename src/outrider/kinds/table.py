"""A TOML table read key by key: every value checked, every key known, every complaint with file, line and key."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import TypeVar

from outrider.errors import BadSetting
from outrider.kinds.slow import is_slow

Choice = TypeVar("Choice", bound=StrEnum)
Raw = dict[str, object]

HEADER = re.compile(r"^\s*\[(?P<array>\[)?\s*(?P<path>[\w.\"'-]+)\s*\]")
KEY = re.compile(r"^\s*(?P<key>[\w-]+|\"[^\"]*\")\s*=")


class Source:
    """One TOML file: its values, and on which line each key stands."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        try:
            self.data: Raw = tomllib.loads(text)
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            raise BadSetting(f"{name}: not valid TOML: {error}.") from error
        self._lines = _lines(text)

    def bad(self, key: str, why: str) -> BadSetting:
        """The complaint about a key (`rules[3].pattern`), with its line where it stands in this file."""
        line = self._line(key)
        place = f"{self.name}:{line}" if line else self.name
        return BadSetting(f"{place}: {key}: {why}", detail={"file": self.name, "line": line, "key": key})

    def _line(self, key: str) -> int | None:
        """The line of the key, or of what it is part of: an inline table has one line for all."""
        while key:
            if key in self._lines:
                return self._lines[key]
            key = key.rpartition(".")[0]
        return None


def _lines(text: str) -> dict[str, int]:
    found: dict[str, int] = {}
    counts: dict[str, int] = {}
    path = ""
    for number, line in enumerate(text.splitlines(), 1):
        header = HEADER.match(line)
        if header is not None:
            path = header["path"]
            if header["array"]:
                counts[path] = counts.get(path, -1) + 1
                path = f"{path}[{counts[path]}]"
            found.setdefault(path, number)
            continue
        key = KEY.match(line)
        if key is not None:
            found.setdefault(f"{path}.{key['key']}" if path else key["key"], number)
    return found


class Table:
    """One table of a file. Values are taken by key and type; `finish` refuses the keys that nobody took."""

    def __init__(self, source: Source, path: str, data: Mapping[str, object], *, trusted: bool = False) -> None:
        self._source = source
        self._path = path
        self._data = data
        self._taken: set[str] = set()
        self._trusted = trusted

    def bad(self, key: str, why: str) -> BadSetting:
        """The complaint about one of its keys."""
        return self._source.bad(f"{self._path}.{key}" if self._path else key, why)

    def text(self, key: str, default: str | None = None) -> str:
        """A string; required where there is no default."""
        value = self._take(key, default)
        if not isinstance(value, str):
            raise self.bad(key, f"must be a string, not {_named(value)}.")
        return value

    def flag(self, key: str, *, default: bool = False) -> bool:
        """true or false."""
        value = self._take(key, default)
        if not isinstance(value, bool):
            raise self.bad(key, f"must be true or false, not {_named(value)}.")
        return value

    def number(self, key: str, default: int) -> int:
        """A whole number from 0."""
        value = self._take(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise self.bad(key, f"must be a whole number from 0, not {_named(value)}.")
        return value

    def words(self, key: str, default: tuple[str, ...] | None = ()) -> tuple[str, ...]:
        """A list of strings; required where the default is None."""
        value = self._take(key, None if default is None else list(default))
        if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
            raise self.bad(key, f"must be a list of strings, not {_named(value)}.")
        return tuple(str(word) for word in value)

    def numbers(self, key: str) -> tuple[int, ...]:
        """A list of whole numbers, of either sign; empty where the key is not there."""
        value = self._take(key, [])
        if not isinstance(value, list) or not all(
            isinstance(each, int) and not isinstance(each, bool) for each in value
        ):
            raise self.bad(key, f"must be a list of whole numbers, not {_named(value)}.")
        return tuple(value)

    def texts(self, key: str) -> dict[str, str]:
        """A table of strings."""
        table = self._table(key)
        for name, value in table.items():
            if not isinstance(value, str):
                raise self.bad(f"{key}.{name}", f"must be a string, not {_named(value)}.")
        return {name: str(value) for name, value in table.items()}

    def lists(self, key: str) -> dict[str, tuple[str, ...]]:
        """A table of lists of strings."""
        inner = self.table(key)
        return {name: inner.words(name) for name in self._table(key)}

    def choice(self, key: str, choices: type[Choice], default: Choice | None = None) -> Choice:
        """One of a fixed set of words."""
        value = self.text(key, None if default is None else default.value)
        try:
            return choices(value)
        except ValueError:
            known = ", ".join(each.value for each in choices)
            raise self.bad(key, f"{value!r} is not known; one of: {known}.") from None

    def pattern(self, key: str, flags: int = 0) -> re.Pattern[str] | None:
        """A regular expression, or None where the key is not there."""
        return self.compiled(key, self.text(key), flags) if key in self._data else None

    def patterns(self, key: str) -> tuple[re.Pattern[str], ...]:
        """A list of regular expressions."""
        return tuple(self.compiled(key, text, 0) for text in self.words(key))

    def compiled(self, key: str, text: str, flags: int) -> re.Pattern[str]:
        """The regular expression; refused where it doesn't compile, or takes too long on a screen that is made to hurt it."""
        try:
            pattern = re.compile(text, flags)
        except re.error as error:
            raise self.bad(key, f"not a regular expression: {error}.") from error
        if not self._trusted and is_slow(pattern):
            raise self.bad(key, "this pattern takes too long on a full screen; repeat nothing that repeats itself.")
        return pattern

    def table(self, key: str) -> "Table":
        """A table within this one, empty where the key is not there."""
        path = f"{self._path}.{key}" if self._path else key
        return Table(self._source, path, self._table(key), trusted=self._trusted)

    def tables(self, key: str) -> tuple["Table", ...]:
        """A list of tables, empty where the key is not there."""
        value = self._take(key, [])
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            raise self.bad(key, f"must be written as [[{key}]] tables, not {_named(value)}.")
        path = f"{self._path}.{key}" if self._path else key
        return tuple(Table(self._source, f"{path}[{n}]", each, trusted=self._trusted) for n, each in enumerate(value))

    def finish(self) -> None:
        """Refuses keys that mean nothing here."""
        for key in self._data:
            if key not in self._taken:
                known = ", ".join(sorted(self._taken))
                raise self.bad(key, f"there is no such key here; known: {known}.")

    def _table(self, key: str) -> Mapping[str, object]:
        value = self._take(key, {})
        if not isinstance(value, dict):
            raise self.bad(key, f"must be a table, not {_named(value)}.")
        return value

    def _take(self, key: str, default: object) -> object:
        self._taken.add(key)
        value = self._data.get(key, default)
        if value is None:
            raise self.bad(key, "is missing.")
        return value


def _named(value: object) -> str:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "a list"
    return "a table" if isinstance(value, Mapping) else repr(value)
