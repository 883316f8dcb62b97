"""The scripted model's turns as OpenAI's Responses API streams them, for Codex."""

import json
import time
import uuid
from collections.abc import Iterator, Mapping
from itertools import count

Event = dict[str, object]
Step = Mapping[str, object]
USAGE = {
    "input_tokens": 1200,
    "input_tokens_details": {"cached_tokens": 0},
    "output_tokens": 60,
    "output_tokens_details": {"reasoning_tokens": 0},
    "total_tokens": 1260,
}
TITLE = "**Inspecting the parser**\n\n"


class Responses:
    """One answer, event by event; each block is spread over its step's time."""

    def __init__(self, model: str) -> None:
        self._id = f"resp_{uuid.uuid4().hex[:20]}"
        self._model = model
        self._output: list[Event] = []
        self._numbers = count(1)

    def begin(self) -> Iterator[Event]:
        """What comes before the first block."""
        yield self._event("response.created", response=self._response("in_progress"))
        yield self._event("response.in_progress", response=self._response("in_progress"))

    def end(self) -> Iterator[Event]:
        """What comes after the last one."""
        yield self._event("response.completed", response=self._response("completed") | {"usage": USAGE})

    def block(self, step: Step, thought: str) -> Iterator[Event]:
        """One step's item: reasoning, a message, or a function call."""
        if "think" in step:
            yield from self._reasoning(TITLE + thought, float(str(step["think"])))
        elif "tool" in step:
            yield from self._call(step)
        else:
            yield from self._message(str(step.get("say", "")), float(str(step.get("over", 0))))

    def _reasoning(self, text: str, over: float) -> Iterator[Event]:
        item: Event = {"id": f"rs_{uuid.uuid4().hex[:12]}", "type": "reasoning", "summary": []}
        yield self._added(item)
        where = {"item_id": item["id"], "output_index": len(self._output), "summary_index": 0}
        empty = {"type": "summary_text", "text": ""}
        yield self._event("response.reasoning_summary_part.added", **where, part=empty)
        for piece in spread(text, over):
            yield self._event("response.reasoning_summary_text.delta", **where, delta=piece)
        part = {"type": "summary_text", "text": text}
        yield self._event("response.reasoning_summary_text.done", **where, text=text)
        yield self._event("response.reasoning_summary_part.done", **where, part=part)
        yield self._done(item | {"summary": [part], "encrypted_content": "c2NyaXB0ZWQ="})

    def _message(self, text: str, over: float) -> Iterator[Event]:
        item: Event = {"id": f"msg_{uuid.uuid4().hex[:12]}", "type": "message", "role": "assistant"}
        yield self._added(item | {"status": "in_progress", "content": []})
        where = {"item_id": item["id"], "output_index": len(self._output), "content_index": 0}
        empty = {"type": "output_text", "text": "", "annotations": []}
        yield self._event("response.content_part.added", **where, part=empty)
        for piece in spread(text, over):
            yield self._event("response.output_text.delta", **where, delta=piece)
        part = {"type": "output_text", "text": text, "annotations": []}
        yield self._event("response.output_text.done", **where, text=text)
        yield self._event("response.content_part.done", **where, part=part)
        yield self._done(item | {"status": "completed", "content": [part]})

    def _call(self, step: Step) -> Iterator[Event]:
        words = json.dumps(step.get("input", {}))
        names = {"id": f"fc_{uuid.uuid4().hex[:12]}", "call_id": f"call_{uuid.uuid4().hex[:12]}", "name": step["tool"]}
        item: Event = {"type": "function_call", "arguments": "", "status": "in_progress", **names}
        yield self._added(item)
        where = {"item_id": item["id"], "output_index": len(self._output)}
        yield self._event("response.function_call_arguments.delta", **where, delta=words)
        yield self._event("response.function_call_arguments.done", **where, arguments=words)
        yield self._done(item | {"arguments": words, "status": "completed"})

    def _added(self, item: Event) -> Event:
        return self._event("response.output_item.added", output_index=len(self._output), item=item)

    def _done(self, item: Event) -> Event:
        event = self._event("response.output_item.done", output_index=len(self._output), item=item)
        self._output.append(item)
        return event

    def _event(self, kind: str, **fields: object) -> Event:
        return {"type": kind, "sequence_number": next(self._numbers), **fields}

    def _response(self, status: str) -> Event:
        return {
            "id": self._id,
            "object": "response",
            "created_at": int(time.time()),
            "status": status,
            "model": self._model,
            "output": list(self._output),
        }


def spread(text: str, over: float) -> Iterator[str]:
    """Its words, over so many seconds."""
    pieces = text.split(" ") if over else [text]
    for at, piece in enumerate(pieces):
        yield f" {piece}" if at else piece
        time.sleep(over / len(pieces))
