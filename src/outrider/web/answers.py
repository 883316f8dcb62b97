"""Answers: JSON out, one form for every error, and both of them documented."""

from collections.abc import Callable, Mapping
from typing import cast

from fastapi import APIRouter
from fastapi.routing import APIRoute
from pydantic import ConfigDict, with_config
from starlette.responses import Response
from typing_extensions import TypedDict

from outrider.errors import (
    Conflict,
    Forbidden,
    InvalidInput,
    Malformed,
    NoSuchAgent,
    NoSuchThing,
    OutriderError,
    StoreError,
    TerminalAway,
    TerminalError,
    TimedOut,
    TooLarge,
    TooMany,
    Unauthorized,
    Unavailable,
)
from outrider.model import wire
from outrider.web.errors import NotJson, WrongHost, WrongOrigin

_HEADERS: Mapping[type[OutriderError], Mapping[str, str]] = {Unauthorized: {"www-authenticate": "Bearer"}}


class ErrorJSON(TypedDict):
    """Every error: a sentence for a person, a stable code for a program, and what is needed to act on it."""

    error: str
    code: str
    detail: dict[str, object]


def answer(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """The value as JSON."""
    return encoded(wire.text(value), status, headers)


def encoded(text: str, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """JSON that is encoded already."""
    return Response(text, status, headers, media_type="application/json")


def error_json(error: OutriderError) -> ErrorJSON:
    """The error as everybody gets it, over HTTP and WebSocket."""
    return {"error": error.message, "code": error.code, "detail": dict(error.detail)}


def refusal(error: OutriderError, headers: Mapping[str, str] | None = None) -> Response:
    """The error as an answer, with its status and the headers that belong to it."""
    extra = {**_HEADERS.get(type(error), {}), **(headers or {})}
    retry = error.detail.get("retry_after_s")
    if isinstance(retry, int | float):
        extra["retry-after"] = str(max(1, round(retry)))
    return answer(error_json(error), error.status, extra)


# What every route may answer. StoreError and the like share a status with their parents and are named together.
ALWAYS: tuple[type[OutriderError], ...] = (
    Malformed,
    Unauthorized,
    Forbidden,
    WrongHost,
    WrongOrigin,
    InvalidInput,
    OutriderError,
    Unavailable,
    StoreError,
)
BODY = (TooLarge, NotJson)
AGENT = (NoSuchAgent,)
THING = (NoSuchThing,)
TMUX = (TerminalError, TerminalAway)
CHANGE = (Conflict, *TMUX)
RATE = (TooMany,)
WAIT = (TimedOut,)


class _Route(APIRoute):
    """A route whose handler makes the whole answer: what it names as the model of that is for the document alone.

    Pydantic builds a validator of it only when somebody asks for the document, and not while the daemon starts.
    """

    def __init__(self, path: str, endpoint: Callable[..., object], **others: object) -> None:
        model = others.get("response_model")
        if isinstance(model, type):
            own: ConfigDict = getattr(model, "__pydantic_config__", ConfigDict())
            with_config(cast("ConfigDict", {**own, "defer_build": True}))(model)
        super().__init__(path, endpoint, **others)  # type: ignore[arg-type]  # handed on as they came


def routes(prefix: str = "", tag: str = "") -> APIRouter:
    """An empty router below that path, whose routes go by the names of their functions and may answer what every route may."""
    return APIRouter(
        prefix=prefix,
        tags=[tag],
        responses=documented(*ALWAYS),
        route_class=_Route,
        generate_unique_id_function=lambda route: route.name,
    )


def documented(*errors: type[OutriderError]) -> dict[int | str, dict[str, object]]:
    """OpenAPI's `responses` for these errors, one entry a status, with an example of each.

    Their shape is named, not given as a model: FastAPI would build a validator of it for each route and status, hundreds of them.
    """
    by_status: dict[int, list[type[OutriderError]]] = {}
    for error in errors:
        by_status.setdefault(error.status, []).append(error)
    return {status: _response(kinds) for status, kinds in by_status.items()}


def _response(kinds: list[type[OutriderError]]) -> dict[str, object]:
    examples = {kind.code: {"value": error_json(kind(_sentence(kind)))} for kind in kinds}
    return {
        "description": " Or: ".join(_sentence(kind) for kind in kinds),
        "content": {
            "application/json": {"schema": {"$ref": f"#/components/schemas/{ErrorJSON.__name__}"}, "examples": examples}
        },
    }


def _sentence(kind: type[OutriderError]) -> str:
    return (kind.__doc__ or kind.code).splitlines()[0]
