"""A scripted model for the real agents, behind the APIs of Anthropic, OpenAI (two) and Gemini, standard library only:
`python -m e2e.real.model DIRECTORY KIND`.

Everything about it is files, so that it can be steered from outside the network namespace that it runs in: DIRECTORY has
`script.json` (a list of turns, each a list of steps; one turn for each request of the conversation; "OK." when none is left),
`holds/NAME` releases a hold by being there, `port` is written when it listens (on loopback), `requests.jsonl` gets every request
with its messages verbatim, `steps.jsonl` what it is at.

Steps: `{"hold": NAME}` silence until released; `{"pause": s}` silence for so long; `{"think": s}`;
`{"say": text, "over": s}`; `{"tool": NAME, "input": {…}, "over": s}`;
`{"error": status, "kind": …, "message": …, "times": n}` (first step only: that many requests get it).
"""

import json
import sys
import threading
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TypedDict, cast

from e2e.real import chat, gemini, messages
from e2e.real.chat import Chat
from e2e.real.gemini import Gemini
from e2e.real.messages import Messages
from e2e.real.responses import Responses

TICK_S = 0.05
PING_S = 1.0
THOUGHT = (
    "Let me see how the parser handles nested blocks, then look at the tests and decide which change is smallest. "
)


class Step(TypedDict, total=False):
    """One step of a turn, as the module says."""

    hold: str
    pause: float
    think: float
    say: str
    tool: str
    error: int
    over: float
    input: dict[str, object]
    kind: str
    message: str
    times: int


class Request(TypedDict, total=False):
    """What a client asks for, as far as it is looked at."""

    messages: list[dict[str, object]]
    input: list[dict[str, object]]
    contents: list[dict[str, object]]
    model: str
    stream: bool
    tools: list[dict[str, object]]
    output_config: dict[str, object]
    generationConfig: dict[str, object]


# The tool that a request of the conversation declares, and one beside it (for a title, for a summary) does not.
MAIN_TOOL = {
    "claude": "Bash",
    "codex": "exec_command",
    "gemini": "run_shell_command",
    "opencode": "bash",
    "qwen": "todo_write",
    "pi": "bash",
}


class Director:
    """The script's reader: which turn is next, and what was released."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._lock = threading.Lock()
        self._taken = 0
        self._refused = 0

    def turn(self) -> list[Step]:
        """The next turn's steps; an error that is to be given several times is not left before."""
        with self._lock:
            turns: list[list[Step]] = json.loads(self.root.joinpath("script.json").read_text(encoding="utf-8"))
            if self._taken >= len(turns):
                return [{"say": "OK."}]
            turn = turns[self._taken]
            if turn and "error" in turn[0]:
                self._refused += 1
                if self._refused < turn[0].get("times", 1):
                    return turn
                self._refused = 0
            self._taken += 1
            return turn

    def note(self, file: str, **fields: object) -> None:
        """One line in one of the logs."""
        line = json.dumps({"t": time.time_ns() // 1_000_000, **fields}, ensure_ascii=False) + "\n"
        with self._lock, self.root.joinpath(file).open("a", encoding="utf-8") as log:
            log.write(line)

    def released(self, hold: str) -> bool:
        """Whether a hold may be left."""
        return self.root.joinpath("holds", hold).exists()


class Handler(BaseHTTPRequestHandler):
    """One connection of the agent."""

    protocol_version = "HTTP/1.1"
    director: Director
    kind: str
    main = False

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class calls it so
        """Nothing on standard error."""

    def do_HEAD(self) -> None:
        self._json(200, {})

    def do_GET(self) -> None:
        self.director.note("requests.jsonl", path=self.path)
        self._json(404, {"type": "error", "error": {"type": "not_found_error", "message": "not found"}})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        path = self.path.partition("?")[0]
        if path.endswith("count_tokens"):
            self._json(200, {"input_tokens": len(body) // 4})
        elif path.endswith(("/messages", "/responses", "/chat/completions")) or "enerateContent" in path:
            self._answer(cast("Request", json.loads(body)))
        else:
            self._json(200, {})

    def _answer(self, request: Request) -> None:
        main = self.kind not in MAIN_TOOL or MAIN_TOOL[self.kind] in _declared(request)
        said = request.get("messages") or request.get("input") or request.get("contents") or []
        self.director.note("requests.jsonl", path=self.path, main=main, messages=said)
        turn = self.director.turn() if main else [Step(say=_aside(request))]
        self.main = main
        self._note(step="request")
        try:
            if turn and "error" in turn[0]:
                self._refuse(turn[0])
            elif request.get("stream") or "streamGenerateContent" in self.path:
                self._stream(request, turn)
            else:
                self._whole(request, turn)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True
            self.director.note("steps.jsonl", step="gone")

    def _note(self, **fields: object) -> None:
        """What it is at in the conversation; requests beside it are no news."""
        if self.main:
            self.director.note("steps.jsonl", **fields)

    def _refuse(self, step: Step) -> None:
        error = {"type": step.get("kind", "overloaded_error"), "message": step.get("message", "Overloaded")}
        self._note(step="error", status=step["error"])
        self._json(step["error"], {"type": "error", "error": error})

    def _whole(self, request: Request, turn: list[Step]) -> None:
        text = "".join(step.get("say", "") for step in turn)
        model = request.get("model", "scripted")
        if "contents" in request:
            self._json(200, gemini.whole({"text": text}, finish="STOP"))
        elif self.path.partition("?")[0].endswith("/chat/completions"):
            self._json(200, chat.whole(model, text))
        else:
            self._json(200, messages.whole(model, [{"type": "text", "text": text}], "end_turn"))

    def _answering(self, request: Request) -> Responses | Messages | Chat | Gemini:
        model = request.get("model", "scripted")
        path = self.path.partition("?")[0]
        if "contents" in request:
            return Gemini(model)
        if path.endswith("/chat/completions"):
            return Chat(model)
        return Responses(model) if path.endswith("/responses") else Messages(model)

    def _stream(self, request: Request, turn: list[Step]) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        answer = self._answering(request)
        for event in answer.begin():
            self._event(event)
        for step in turn:
            self._note(step=next(iter(step)), name=step.get("hold") or step.get("tool") or "", what=step)
            if "hold" in step or "pause" in step:
                self._hold(step.get("hold", ""), step.get("pause", float("inf")))
                continue
            for event in answer.block(step, THOUGHT):
                self._event(event)
        for event in answer.end():
            self._event(event)
        if isinstance(answer, Chat):
            self._chunk("data: [DONE]\n\n")
        self.wfile.write(b"0\r\n\r\n")
        self.wfile.flush()
        self._note(step="end")

    def _hold(self, name: str, most_s: float) -> None:
        began = pinged = time.monotonic()
        while time.monotonic() - began < most_s and not (name and self.director.released(name)):
            time.sleep(TICK_S)
            if time.monotonic() - pinged > PING_S and "enerateContent" not in self.path:
                messages_api = self.path.partition("?")[0].endswith("/messages")
                self._chunk('event: ping\ndata: {"type": "ping"}\n\n' if messages_api else ": ping\n\n")
                pinged = time.monotonic()

    def _event(self, event: Mapping[str, object]) -> None:
        named = f"event: {event['type']}\n" if "type" in event else ""
        self._chunk(f"{named}data: {json.dumps(event)}\n\n")

    def _chunk(self, text: str) -> None:
        data = text.encode()
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def _json(self, status: int, body: Mapping[str, object]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)


def _declared(request: Request) -> set[str]:
    """The names of the tools that a request declares, in any of the APIs' forms."""
    found: set[str] = set()
    for tool in request.get("tools", []):
        inner = tool.get("function")
        several = tool.get("functionDeclarations")
        for each in (tool, inner, *(several if isinstance(several, list) else ())):
            if isinstance(each, dict) and "name" in each:
                found.add(str(each["name"]))
    return found


def _aside(request: Request) -> str:
    """What requests beside the conversation get (a title for it): words, or the object that they ask for."""
    wanted = request.get("output_config", {}).get("format")
    shape = wanted.get("schema") if isinstance(wanted, dict) else None
    shape = shape or request.get("generationConfig", {}).get("responseJsonSchema")
    if not isinstance(shape, dict):
        return "Fix parser tests"
    return json.dumps({name: _made(of) for name, of in shape.get("properties", {}).items()})


def _made(shape: Mapping[str, object]) -> object:
    """A value of that JSON shape."""
    choices = shape.get("enum")
    if isinstance(choices, list):
        return choices[0]
    kinds: dict[str, object] = {"boolean": False, "number": 1, "integer": 1, "array": [], "object": {}}
    return kinds.get(str(shape.get("type", "string")).lower(), "Fix parser tests")


def main() -> None:
    """Serves until it is killed."""
    root = Path(sys.argv[1])
    root.joinpath("holds").mkdir(parents=True, exist_ok=True)
    handler = type("Bound", (Handler,), {"director": Director(root), "kind": sys.argv[2]})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        fresh = root / "port.new"
        fresh.write_text(str(server.server_address[1]), encoding="utf-8")
        fresh.rename(root / "port")
        server.serve_forever()


if __name__ == "__main__":
    main()
