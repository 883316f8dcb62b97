"""The scripted model's turns as Gemini's generateContent API streams them, for Gemini CLI.

The last part goes out together with the reason why it ended, and there are no comments in between: the client takes either of
them for a broken stream and asks again (Gemini CLI 0.61.0).
"""

import uuid
from collections.abc import Iterator, Mapping

from e2e.real.responses import TITLE, spread

Event = dict[str, object]
Step = Mapping[str, object]
USAGE = {"promptTokenCount": 1200, "candidatesTokenCount": 60, "totalTokenCount": 1260}


class Gemini:
    """One answer, chunk by chunk; each block is spread over its step's time."""

    def __init__(self, model: str) -> None:
        self._model = model
        self._pending: Event | None = None

    def begin(self) -> Iterator[Event]:
        """Nothing comes before the first block."""
        return iter(())

    def block(self, step: Step, thought: str) -> Iterator[Event]:
        """One step's parts: thoughts, words, or a function call."""
        over = float(str(step.get("over", step.get("think", 0))))
        if "tool" in step:
            name = f"call_{uuid.uuid4().hex[:8]}"
            call = {"name": step["tool"], "args": step.get("input", {}), "id": name}
            yield from self._part({"functionCall": call, "thoughtSignature": "c2NyaXB0ZWQ="})
            return
        thinks = "think" in step
        for piece in spread(TITLE + thought if thinks else str(step.get("say", "")), over):
            yield from self._part({"text": piece, "thought": True} if thinks else {"text": piece})

    def end(self) -> Iterator[Event]:
        """What was kept back, and that it ended."""
        yield whole(self._pending or {"text": "."}, finish="STOP")

    def _part(self, part: Event) -> Iterator[Event]:
        if self._pending is not None:
            yield whole(self._pending)
        self._pending = part


def whole(part: Event, finish: str | None = None) -> Event:
    """One chunk, or with `finish` an answer that is not streamed."""
    candidate: Event = {"content": {"parts": [part], "role": "model"}, "index": 0}
    if finish is not None:
        candidate["finishReason"] = finish
    return {"candidates": [candidate], "usageMetadata": USAGE, "modelVersion": "scripted", "responseId": "r1"}
