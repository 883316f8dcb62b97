"""The scripted model's turns as Anthropic's Messages API streams them, for Claude Code."""

import json
import uuid
from collections.abc import Iterator, Mapping

from e2e.real.responses import spread

Event = dict[str, object]
Step = Mapping[str, object]


class Messages:
    """One answer of Anthropic's, event by event."""

    def __init__(self, model: str) -> None:
        self._model = model
        self._index = 0
        self._stop = "end_turn"

    def begin(self) -> Iterator[Event]:
        """What comes before the first block."""
        yield {"type": "message_start", "message": whole(self._model, [], None)}

    def block(self, step: Step, thought: str) -> Iterator[Event]:
        """One step's block, spread over its time."""
        self._stop = "tool_use" if "tool" in step else self._stop
        yield from _block(self._index, step, thought)
        self._index += 1

    def end(self) -> Iterator[Event]:
        """What comes after the last one."""
        delta = {"stop_reason": self._stop, "stop_sequence": None}
        yield {"type": "message_delta", "delta": delta, "usage": {"output_tokens": 60}}
        yield {"type": "message_stop"}


def whole(model: str, content: list[Event], stop: str | None) -> Event:
    """A message that is not streamed, or the beginning of one that is."""
    return {
        "id": f"msg_{uuid.uuid4().hex[:20]}",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": content,
        "stop_reason": stop,
        "stop_sequence": None,
        "usage": {"input_tokens": 1200, "output_tokens": 1},
    }


def _block(index: int, step: Step, thought: str) -> Iterator[Event]:
    """The events of one content block, spread over its time."""
    over = float(str(step.get("over", step.get("think", 0))))
    if "think" in step:
        start: Event = {"type": "thinking", "thinking": "", "signature": ""}
        kind, field, text = "thinking_delta", "thinking", thought
    elif "tool" in step:
        start = {"type": "tool_use", "id": f"toolu_{uuid.uuid4().hex[:20]}", "name": step["tool"], "input": {}}
        kind, field, text = "input_json_delta", "partial_json", json.dumps(step.get("input", {}))
    else:
        start = {"type": "text", "text": ""}
        kind, field, text = "text_delta", "text", str(step.get("say", ""))
    yield {"type": "content_block_start", "index": index, "content_block": start}
    for piece in spread(text, over):
        yield {"type": "content_block_delta", "index": index, "delta": {"type": kind, field: piece}}
    if "think" in step:
        signed = {"type": "signature_delta", "signature": "c2NyaXB0ZWQ="}
        yield {"type": "content_block_delta", "index": index, "delta": signed}
    yield {"type": "content_block_stop", "index": index}
