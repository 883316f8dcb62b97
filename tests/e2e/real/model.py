"""A scripted model for the real agents, behind Anthropic's Messages API and OpenAI's Responses: `python -m e2e.real.model DIRECTORY`,
standard library only.

Everything about it is files, so that it can be steered from outside the network namespace that it runs in: DIRECTORY has
`script.json` (a list of turns, each a list of steps; one turn for each request that declares tools; "OK." when none is left),
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
import uuid
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NotRequired, TypedDict, cast

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


class Request(TypedDict):
    """What a client asks for, as far as it is looked at."""

    messages: list[dict[str, object]]
    input: NotRequired[list[dict[str, object]]]
    model: NotRequired[str]
    stream: NotRequired[bool]
    tools: NotRequired[list[dict[str, object]]]
    output_config: NotRequired[dict[str, object]]


class Director:
    """The script's reader: which turn is next, and what was released."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._lock = threading.Lock()
        self._taken = 0
        self._refused = 0
        self._requests = 0

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
        elif path.endswith(("/messages", "/responses")):
            self._messages(cast("Request", json.loads(body)))
        else:
            self._json(200, {})

    def _messages(self, request: Request) -> None:
        tools = [str(tool.get("name", "")) for tool in request.get("tools", [])]
        main = "Bash" in tools or "exec_command" in tools
        said = request.get("messages") or request.get("input") or []
        self.director.note("requests.jsonl", path=self.path, main=main, messages=said)
        turn = self.director.turn() if main else [Step(say=_aside(request))]
        self.main = main
        self._note(step="request")
        try:
            if turn and "error" in turn[0]:
                self._refuse(turn[0])
            elif request.get("stream"):
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
        content = [{"type": "text", "text": step["say"]} for step in turn if "say" in step]
        message = _message(request) | {"content": content, "stop_reason": "end_turn"}
        self._json(200, message)

    def _stream(self, request: Request, turn: list[Step]) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        answer = Responses(request.get("model", "scripted")) if "input" in request else Messages(request)
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
        self.wfile.write(b"0\r\n\r\n")
        self.wfile.flush()
        self._note(step="end")

    def _hold(self, name: str, most_s: float) -> None:
        began = pinged = time.monotonic()
        while time.monotonic() - began < most_s and not (name and self.director.released(name)):
            time.sleep(TICK_S)
            if time.monotonic() - pinged > PING_S:
                self._chunk(
                    'event: ping\ndata: {"type": "ping"}\n\n' if self.path.endswith("messages") else ": ping\n\n"
                )
                pinged = time.monotonic()

    def _event(self, event: Mapping[str, object]) -> None:
        self._chunk(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n")

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


class Messages:
    """One answer of Anthropic's, event by event."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._index = 0
        self._stop = "end_turn"

    def begin(self) -> Iterator[dict[str, object]]:
        """What comes before the first block."""
        yield {"type": "message_start", "message": _message(self._request)}

    def block(self, step: Step, thought: str) -> Iterator[dict[str, object]]:
        """One step's block, spread over its time."""
        self._stop = "tool_use" if "tool" in step else self._stop
        yield from _block(self._index, step, thought)
        self._index += 1

    def end(self) -> Iterator[dict[str, object]]:
        """What comes after the last one."""
        delta = {"stop_reason": self._stop, "stop_sequence": None}
        yield {"type": "message_delta", "delta": delta, "usage": {"output_tokens": 60}}
        yield {"type": "message_stop"}


def _message(request: Request) -> dict[str, object]:
    return {
        "id": f"msg_{uuid.uuid4().hex[:20]}",
        "type": "message",
        "role": "assistant",
        "model": request.get("model", "scripted"),
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": 1200, "output_tokens": 1},
    }


def _block(index: int, step: Step, thought: str) -> Iterator[dict[str, object]]:
    """The events of one content block, spread over its time."""
    if "think" in step:
        start: dict[str, object] = {"type": "thinking", "thinking": "", "signature": ""}
        kind, field, text, over = "thinking_delta", "thinking", thought, step["think"]
    elif "tool" in step:
        start = {"type": "tool_use", "id": f"toolu_{uuid.uuid4().hex[:20]}", "name": step["tool"], "input": {}}
        kind, field, text, over = (
            "input_json_delta",
            "partial_json",
            json.dumps(step.get("input", {})),
            step.get("over", 0.0),
        )
    else:
        start = {"type": "text", "text": ""}
        kind, field, text, over = "text_delta", "text", step.get("say", ""), step.get("over", 0.0)
    yield {"type": "content_block_start", "index": index, "content_block": start}
    pieces = text.split(" ") if over else [text]
    for at, piece in enumerate(pieces):
        delta = {"type": kind, field: f" {piece}" if at else piece}
        yield {"type": "content_block_delta", "index": index, "delta": delta}
        time.sleep(over / len(pieces))
    if "think" in step:
        signed = {"type": "signature_delta", "signature": "c2NyaXB0ZWQ="}
        yield {"type": "content_block_delta", "index": index, "delta": signed}
    yield {"type": "content_block_stop", "index": index}


def _aside(request: Request) -> str:
    """What requests beside the conversation get (a title for it): words, or the object that they ask for."""
    shape = request.get("output_config", {}).get("format")
    if isinstance(shape, dict) and isinstance(shape.get("schema"), dict):
        return json.dumps(dict.fromkeys(shape["schema"].get("properties", {}), "Fix parser tests"))
    return "Fix parser tests"


def main() -> None:
    """Serves until it is killed."""
    root = Path(sys.argv[1])
    root.joinpath("holds").mkdir(parents=True, exist_ok=True)
    handler = type("Bound", (Handler,), {"director": Director(root)})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        fresh = root / "port.new"
        fresh.write_text(str(server.server_address[1]), encoding="utf-8")
        fresh.rename(root / "port")
        server.serve_forever()


if __name__ == "__main__":
    main()
