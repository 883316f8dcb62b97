"""The dashboard as it is shipped: built from these sources, typed from these routes, small, and unable to run what agents say."""

import gzip
import hashlib
import json
import re
from pathlib import Path

from browser.openapi import DASHBOARD, DOCUMENT, document
from outrider.web.page import STATIC

BUDGET = 60 * 1024
"""Bytes of JavaScript, compressed, before the first picture."""
APART = re.compile(r"\.test\.ts$|\.d\.ts$")
FILES = ("index.html", "package-lock.json", "package.json", "svelte.config.js", "vite.config.ts")
# Ways in which text becomes markup or code.
MARKUP = re.compile(r"\{@html|innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function\(|DOMParser")


def sources() -> list[Path]:
    inner = [path for path in (DASHBOARD / "src").rglob("*") if path.is_file() and not APART.search(path.name)]
    return [*(DASHBOARD / name for name in FILES), *inner]


def initial(suffix: str) -> list[Path]:
    page = (STATIC / "index.html").read_text(encoding="utf-8")
    return [STATIC / name for name in re.findall(rf'(?:src|href)="/static/([^"]+\.{suffix})"', page)]


def test_the_bundle_is_built_from_these_sources() -> None:
    found = hashlib.sha256()
    for name in sorted(path.relative_to(DASHBOARD).as_posix() for path in sources()):
        found.update(f"{name}\0".encode() + (DASHBOARD / name).read_bytes() + b"\0")
    recorded = (STATIC / "app.sources.txt").read_text(encoding="utf-8").strip()
    assert found.hexdigest() == recorded, "the dashboard was changed and not built: `npm run build` in dashboard/"


def test_the_types_are_those_of_the_routes() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == document(), (
        "the routes were changed: `PYTHONPATH=src:tests .venv/bin/python -m browser.openapi`, then `npm run types` in dashboard/"
    )
    made = hashlib.sha256(DOCUMENT.read_bytes()).hexdigest()
    types = (DASHBOARD / "src" / "api" / "schema.d.ts").read_text(encoding="utf-8")
    assert made in types.splitlines()[0], "the types were made from another openapi.json: `npm run types` in dashboard/"


def test_the_page_is_small() -> None:
    scripts = initial("js")
    assert scripts
    assert sum(len(gzip.compress(path.read_bytes())) for path in scripts) <= BUDGET


def test_only_what_the_page_needs_is_there() -> None:
    assert initial("css")
    named = "\n".join(path.read_text(encoding="utf-8") for path in STATIC.glob("*.*"))
    for path in STATIC.glob("app.*.*"):
        assert path.name == "app.sources.txt" or path.name in named, f"{path.name} is left over from another build"


def test_nothing_is_ever_shown_as_markup() -> None:
    for path in [*(DASHBOARD / "src").rglob("*.*"), *STATIC.glob("app.*.js")]:
        assert not MARKUP.search(path.read_text(encoding="utf-8")), path


def test_the_page_names_no_other_host() -> None:
    for path in [*STATIC.glob("app.*"), STATIC / "index.html"]:
        assert not re.search(r"https?://", path.read_text(encoding="utf-8")), path


def test_what_it_is_built_with_is_pinned() -> None:
    lock = json.loads((DASHBOARD / "package-lock.json").read_text(encoding="utf-8"))
    for name, package in lock["packages"].items():
        assert "resolved" not in package, name
        assert not name or package["integrity"].startswith("sha512-"), name
    wanted = json.loads((DASHBOARD / "package.json").read_text(encoding="utf-8"))
    for name, version in {**wanted["dependencies"], **wanted["devDependencies"]}.items():
        assert re.fullmatch(r"\d[\w.-]*", version) or name.startswith("@types/"), (name, version)
