"""Following specs: which file is whose, and what it says now.

In come bindings (which agent, where it works, which file). Out come reports. The last good reading stays whatever becomes of the
file. Editors write a file in several steps: what looks worse than before (no file, fewer items) is believed only when it
still looks so a moment later.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from outrider.kinds.channels.folders import Folders, open_folders
from outrider.logic.progress import SPEC_FILES, is_spec
from outrider.specs.file import Report, Stamp, Unreadable, parsed, read, stamp_of
from outrider.specs.file import why as why_not

SETTLE_S = 0.3
_GATHER_S = 0.03  # a burst of changes in a busy folder is looked at once


def _folders() -> Folders:
    return open_folders(leaving=True)


@dataclass(frozen=True, slots=True)
class Binding:
    """An agent and where its spec is: `named` relative to the first folder of `roots`, or else looked for in all of them."""

    agent: str
    roots: tuple[str, ...]
    named: str | None = None


@dataclass(frozen=True, slots=True)
class _Known:
    """The last report on a binding, and the file as it was then."""

    report: Report
    stamp: Stamp | None = None
    passed: Mapping[Path, Stamp] | None = None
    """Files of a spec's name that were read and are none, as they were then."""


class Specs:
    """Follows the specs of any number of agents. One consumer of `reports`."""

    def __init__(self, *, folders: Callable[[], Folders] = _folders) -> None:
        self._open = folders
        self._folders: Folders | None = None
        self._bindings: dict[str, Binding] = {}
        self._known: dict[str, _Known] = {}
        self._fresh: set[str] = set()
        self._places: dict[str, frozenset[Path]] = {}

    def follow(self, bindings: Collection[Binding]) -> None:
        """Follows these from now on and no others; one that is new or changed is reported on soon."""
        wanted = {binding.agent: binding for binding in bindings}
        if wanted == self._bindings:
            return
        for agent in self._bindings.keys() - wanted.keys():
            self._known.pop(agent, None)
        for agent, binding in wanted.items():
            if self._bindings.get(agent) != binding:
                self._known.pop(agent, None)
                self._fresh.add(agent)
        self._bindings = wanted
        if self._folders is not None:
            places = self._watched()
            # A folder counts as changed when it is followed anew: so the fresh ones are left out for a moment.
            self._folders.watch(places - {place for agent in self._fresh for place in self._places[agent]})
            self._folders.watch(places)

    def known(self, agent: str) -> Report | None:
        """The last report on that agent's spec."""
        known = self._known.get(agent)
        return known.report if known is not None else None

    async def reports(self) -> AsyncGenerator[Report, None]:
        """What the specs say now, then each change, for ever. An agent without a spec is not reported on until one comes."""
        self._folders = self._open()
        self._fresh.update(self._bindings)
        try:
            while True:
                self._folders.watch(self._watched())
                dirty = await self._folders.changed()
                await asyncio.sleep(_GATHER_S)
                due, self._fresh = self._fresh & self._bindings.keys() | self._touched(dirty), set()
                # A folder that has come is watched before it is looked into, so that nothing falls between.
                self._folders.watch(self._watched())
                for report in await asyncio.gather(*(self.look(agent) for agent in due)):
                    if report is not None:
                        yield report
        finally:
            self._folders.close()
            self._folders = None

    def _touched(self, dirty: frozenset[Path]) -> set[str]:
        return {agent for agent, places in self._places.items() if places & dirty}

    def _watched(self) -> set[Path]:
        self._places = {agent: self._places_of(binding) for agent, binding in self._bindings.items()}
        return {place for places in self._places.values() for place in places}

    def _places_of(self, binding: Binding) -> frozenset[Path]:
        """The folders in which a change may be one of the spec: where it lies, and where what it links to lies."""
        known = self._known.get(binding.agent)
        files = {known.report.path} if known is not None and known.report.path is not None else set()
        files |= {path_of(binding)} if binding.named is not None else set()
        places = {Path(root) for root in binding.roots} if binding.named is None else set()
        places |= {path.parent for path in files}
        places |= {real.parent for path in files if path.is_symlink() and (real := _real(path)) is not None}
        return frozenset(_nearest(place) for place in places)

    async def look(self, agent: str) -> Report | None:
        """Looks at that agent's spec now. The report where there is news; it is then known here, and not told by `reports`."""
        binding = self._bindings.get(agent)
        if binding is None:
            return None
        before = self._known.get(agent)
        after = await asyncio.to_thread(_look, binding, before)
        if before is not None and _worse(before.report, after.report):
            await asyncio.sleep(SETTLE_S)
            after = await asyncio.to_thread(_look, binding, before)
        if self._bindings.get(agent) != binding:
            return None
        self._known[agent] = after
        return after.report if before is None or after.report != before.report else None


def path_of(binding: Binding) -> Path:
    """The file that a binding names."""
    return Path(binding.roots[0], binding.named or "")


def _look(binding: Binding, before: _Known | None) -> _Known:
    if binding.named is not None:
        path = path_of(binding)
        return _named(binding, path, _called(path, binding), before)
    return _found(binding, before)


def _called(path: Path, binding: Binding) -> str:
    root = Path(binding.roots[0])
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)


def _named(binding: Binding, path: Path, name: str, before: _Known | None) -> _Known:
    try:
        if before is not None and before.report.problem is None and before.stamp == stamp_of(path.stat()):
            return before
        data, stamp = read(path, name)
        spec = parsed(data, name)
    except OSError as error:
        return _failed(binding, path, name, before, why_not(error, name))
    except Unreadable as error:
        return _failed(binding, path, name, before, error.message)
    held = before.report.spec if before is not None else None
    if not data.strip() and held is not None and held.items:
        return _failed(binding, path, name, before, f"{name} is empty.")
    return _Known(Report(binding.agent, path, name, spec), stamp)


def _failed(binding: Binding, path: Path, name: str, before: _Known | None, why: str) -> _Known:
    spec = before.report.spec if before is not None else None
    tail = " Shown is what it last said." if spec is not None else ""
    return _Known(Report(binding.agent, path, name, spec, why + tail))


def _found(binding: Binding, before: _Known | None) -> _Known:
    """The first file of a spec's name that says something on progress; the one that was found before stays with its problem
    only while there is no other."""
    passed: dict[Path, Stamp] = {}
    for root in binding.roots:
        for file in SPEC_FILES:
            path = Path(root, file.name)
            try:
                stamp = stamp_of(path.stat())
                if before is not None and (before.passed or {}).get(path) == stamp:
                    passed[path] = stamp
                    continue
                if before is not None and before.report.path == path and before.stamp == stamp:
                    return replace(before, passed={**(before.passed or {}), **passed})
                data, stamp = read(path, file.name)
                spec = parsed(data, file.name)
            except (OSError, Unreadable):
                continue
            if spec.progress is not None and is_spec(file, spec):
                return _Known(Report(binding.agent, path, file.name, spec), stamp, passed)
            passed[path] = stamp
    if before is None or before.report.path is None:
        return _Known(Report(binding.agent), passed=passed)
    lost = _named(binding, before.report.path, before.report.name, replace(before, stamp=None))
    return replace(lost, passed={path: each for path, each in passed.items() if path != lost.report.path})


def _worse(before: Report, after: Report) -> bool:
    """Whether it may be a file in the middle of being written."""
    if after.problem is not None and before.problem is None:
        return True
    held = len(before.spec.items) if before.spec is not None else 0
    return (len(after.spec.items) if after.spec is not None else 0) < held


def _real(path: Path) -> Path | None:
    try:
        return path.resolve(strict=True)
    except (OSError, RuntimeError):
        return None


def _nearest(path: Path) -> Path:
    while not path.is_dir() and path != path.parent:
        path = path.parent
    return path
