"""The scripted model's turns as OpenAI's Chat Completions API streams them, for OpenCode, Qwen Code, pi and aider."""

import json
import time
import uuid
from collections.abc import Iterator, Mapping

from e2e.real.responses import spread

Event = dict[str, object]
Step = Mapping[str, object]
USAGE = {"prompt_tokens": 1200, "completion_tokens": 60, "total_tokens": 1260}


class Chat:
    """One answer, chunk by chunk; each block is spread over its step's time."""

    def __init__(self, model: str) -> None:
        self._model = model
        self._id = f"chatcmpl-{uuid.uuid4().hex[:12]}"
        self._calls = 0

    def begin(self) -> Iterator[Event]:
        """What comes before the first block."""
        yield self._chunk({"role": "assistant", "content": ""})

    def block(self, step: Step, thought: str) -> Iterator[Event]:
        """One step's pieces: reasoning, words, or a function call."""
        over = float(str(step.get("over", step.get("think", 0))))
        if "tool" in step:
            words = json.dumps(step.get("input", {}))
            call = {"index": self._calls, "id": f"call_{uuid.uuid4().hex[:12]}", "type": "function"}
            yield self._chunk({"tool_calls": [call | {"function": {"name": step["tool"], "arguments": words}}]})
            self._calls += 1
            return
        field, text = ("reasoning_content", thought) if "think" in step else ("content", str(step.get("say", "")))
        for piece in spread(text, over):
            yield self._chunk({field: piece})

    def end(self) -> Iterator[Event]:
        """What comes after the last one."""
        yield self._chunk({}, "tool_calls" if self._calls else "stop")
        yield self._chunk({}, None) | {"choices": [], "usage": USAGE}

    def _chunk(self, delta: Event, finish: str | None = None) -> Event:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return {**_head(self._id, self._model), "object": "chat.completion.chunk", "choices": [choice]}


def whole(model: str, text: str) -> Event:
    """An answer that is not streamed."""
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    head = _head(f"chatcmpl-{uuid.uuid4().hex[:12]}", model)
    return {**head, "object": "chat.completion", "choices": [choice], "usage": USAGE}


def _head(name: str, model: str) -> Event:
    return {"id": name, "created": int(time.time()), "model": model}
