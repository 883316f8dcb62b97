"""The system's Chromium, driven over its DevTools protocol: as much of it as the tests of the dashboard need.

Headless, with a profile of its own, and nothing that calls home. What a page throws or writes to the console as an error, a
breach of its content policy for one, is kept in `Page.complaints`.
"""

import base64
import itertools
import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self, cast

from websockets.sync.client import connect

from e2e.waiting import until

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--no-default-browser-check",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)
KEYS = {"Enter": 13, "Escape": 27, "ArrowUp": 38, "ArrowDown": 40, "Tab": 9, "PageUp": 33, "PageDown": 34}
SHIFT = 8

Value = str | int | float | bool | None | list["Value"] | dict[str, "Value"]
Told = dict[str, Value]


def found() -> str | None:
    """Chromium's path, None where there is none."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Page:
    """One tab, with a console of its own."""

    def __init__(self, url: str) -> None:
        self._held = ExitStack()
        # Without pings: a tab that is not looked at for a while answers none.
        self._socket = self._held.enter_context(
            connect(url, max_size=None, proxy=None, open_timeout=10, close_timeout=1, ping_interval=None)
        )
        self._numbers = itertools.count(1)
        self.complaints: list[str] = []
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(f"{domain}.enable")

    def ask(self, method: str, **params: Value) -> Told:
        """What Chromium answers; events that come meanwhile are looked at."""
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            message = cast("Told", json.loads(self._socket.recv(timeout=90)))
            if message.get("id") == number:
                assert "error" not in message, (method, message["error"])
                return cast("Told", message["result"])
            self._hear(message)

    def _hear(self, message: Told) -> None:
        method, params = message.get("method"), cast("Told", message.get("params", {}))
        if method == "Runtime.exceptionThrown":
            self.complaints.append(json.dumps(params["exceptionDetails"])[:600])
        elif method == "Log.entryAdded":
            entry = cast("Told", params["entry"])
            if entry["level"] == "error":
                self.complaints.append(f"{entry['text']} {entry.get('url', '')}")
        elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning"):
            self.complaints.append(json.dumps(params["args"])[:600])

    def run(self, script: str) -> Value:
        """The value of an expression in the page; a promise is waited for."""
        told = self.ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in told, (script, told["exceptionDetails"])
        result = told["result"]
        assert isinstance(result, dict)
        return result.get("value")

    def go(self, url: str) -> None:
        """Loads that address; a change behind the `#` alone loads nothing."""
        self.ask("Page.navigate", url=url)

    def reload(self) -> None:
        """Loads it again."""
        self.ask("Page.reload")

    def size(self, width: int, height: int, *, phone: bool = False) -> None:
        """How large its window is, in CSS pixels; a phone has fingers and two dots a pixel."""
        scale = 2 if phone else 1
        self.ask(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=phone
        )
        self.ask("Emulation.setTouchEmulationEnabled", enabled=phone)

    def prefer(self, **features: str) -> None:
        """Media features, such as `prefers_color_scheme="dark"`."""
        wanted: list[Value] = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
        self.ask("Emulation.setEmulatedMedia", features=wanted)

    def wait(self, script: str, timeout: float = 40, what: str = "") -> None:
        """Waits until the expression is true."""
        until(lambda: bool(self.run(script)), timeout, what=what or script)

    def text(self, selector: str = "body") -> str:
        """What can be read there; empty where there is nothing of the kind."""
        return str(self.run(f"document.querySelector({json.dumps(selector)})?.innerText ?? ''"))

    def sees(self, words: str, selector: str = "body", timeout: float = 40) -> None:
        """Waits until these words can be read there."""
        until(
            lambda: words in self.text(selector),
            timeout,
            what=f"{words!r} in {selector}, which says {self.text(selector)!r}",
        )

    def click(self, selector: str) -> None:
        """Clicks, as a mouse does, what is in the middle of it."""
        there = f"document.querySelector({json.dumps(selector)})"
        self.wait(f"!!{there}", what=f"{selector} to be there")
        self._click(there)

    def click_words(self, words: str, selector: str = "button, a, summary") -> None:
        """Clicks what says exactly these words."""
        there = f"[...document.querySelectorAll({json.dumps(selector)})].find(e => e.innerText.trim() === {json.dumps(words)})"
        self.wait(f"!!{there}", what=f"{words!r} to be there")
        self._click(there)

    def _click(self, there: str) -> None:
        """Clicks with the mouse until the click reaches it: what is drawn meanwhile may have moved it away from under the pointer."""

        def reached() -> bool:
            box = self.run(
                f"(() => {{ const e = {there}; window.clicked = false; if (!e) return null; e.scrollIntoView({{block: 'center'}});"
                " e.addEventListener('click', () => { window.clicked = true; }, {once: true, capture: true});"
                " const b = e.getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2]; })()"
            )
            if not isinstance(box, list):
                return False
            x, y = cast("list[float]", box)
            for kind in ("mousePressed", "mouseReleased"):
                self.ask("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)
            return (
                self.run("window.clicked !== false") is True
            )  # the mark is gone with the page, where the click led to another one

        until(reached, what=f"the click to reach {there}", step=0.1)

    def tap(self, selector: str) -> None:
        """Touches the middle of it with a finger."""
        there = f"document.querySelector({json.dumps(selector)})"
        x, y = cast(
            "list[float]",
            self.run(
                f"(() => {{ const e = {there}; e.scrollIntoView({{block: 'center'}}); const b = e.getBoundingClientRect();"
                " return [b.x + b.width / 2, b.y + b.height / 2]; })()"
            ),
        )
        self.ask("Input.dispatchTouchEvent", type="touchStart", touchPoints=[{"x": x, "y": y}])
        self.ask("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])

    def drag(self, selector: str, start: float, end: float, meanwhile: Callable[[], None]) -> None:
        """Presses the mouse in it, at that share of its width, and after something else moves it to the other and lets it go."""
        place = self._box(selector)
        x, y = place["x"] + place["width"] * start, place["y"] + place["height"] / 2
        self.ask("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
        self.ask("Input.dispatchMouseEvent", type="mousePressed", x=x, y=y, button="left", clickCount=1)
        meanwhile()
        for step in (0.5, 1):
            there = x + place["width"] * (end - start) * step
            self.ask("Input.dispatchMouseEvent", type="mouseMoved", x=there, y=y, button="left", buttons=1)
        self.ask("Input.dispatchMouseEvent", type="mouseReleased", x=there, y=y, button="left", clickCount=1)

    def point(self, selector: str, share: float) -> None:
        """Moves the mouse into it, at that share of its width."""
        place = self._box(selector)
        x, y = place["x"] + place["width"] * share, place["y"] + place["height"] / 2
        self.ask("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)

    def _box(self, selector: str) -> dict[str, float]:
        there = f"document.querySelector({json.dumps(selector)})"
        script = f"(() => {{ const e = {there}; e.scrollIntoView({{block: 'center'}}); return e.getBoundingClientRect().toJSON(); }})()"
        return cast("dict[str, float]", self.run(script))

    def type(self, text: str) -> None:
        """Text into what has the focus."""
        self.ask("Input.insertText", text=text)

    def press(self, key: str, *, shift: bool = False) -> None:
        """One key: a letter, or one of KEYS."""
        named: Told = {"key": key, "windowsVirtualKeyCode": KEYS.get(key, ord(key[0].upper()))}
        named["modifiers"] = SHIFT if shift else 0
        text: Told = {"text": "\r" if key == "Enter" else key} if len(key) == 1 or key == "Enter" else {}
        self.ask("Input.dispatchKeyEvent", type="keyDown", **named, **text)
        self.ask("Input.dispatchKeyEvent", type="keyUp", **named)

    def picture(self, path: Path, *, whole: bool = False) -> None:
        """Writes a PNG of the window, or of the whole page."""
        told = self.ask("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(str(told["data"])))

    def close(self) -> None:
        """Leaves the tab to Chromium."""
        self._held.close()


class Chromium:
    """A running Chromium; as a context manager it is gone afterwards, with its profile."""

    def __init__(self, path: str) -> None:
        self._profile = Path(tempfile.mkdtemp(prefix="outrider-chromium-"))
        argv = [path, *QUIET, f"--user-data-dir={self._profile}", "--remote-debugging-port=0", "about:blank"]
        env = {"HOME": str(self._profile), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "TZ": "UTC"}
        self._process = subprocess.Popen(
            argv, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        port = self._profile / "DevToolsActivePort"
        try:
            until(lambda: port.exists() and "\n" in port.read_text(), 60, what="Chromium to listen")
        except AssertionError:
            self.close()
            raise
        self._port, self._path = port.read_text().split("\n")[:2]
        self._pages: list[Page] = []

    def page(self) -> Page:
        """A new tab."""
        with connect(f"ws://127.0.0.1:{self._port}{self._path}", max_size=None, proxy=None) as browser:
            browser.send(json.dumps({"id": 1, "method": "Target.createTarget", "params": {"url": "about:blank"}}))
            target = json.loads(browser.recv(timeout=90))["result"]["targetId"]
        page = Page(f"ws://127.0.0.1:{self._port}/devtools/page/{target}")
        self._pages.append(page)
        return page

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends it."""
        for page in getattr(self, "_pages", []):
            page.close()
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)
        deadline = time.monotonic() + 5  # its children may still be writing
        while self._profile.exists() and time.monotonic() < deadline:
            shutil.rmtree(self._profile, ignore_errors=True)
