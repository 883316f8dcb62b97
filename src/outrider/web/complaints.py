"""Everything that a route, Starlette or Pydantic raises, as an answer in our own form."""

import re
from collections.abc import Mapping, Sequence

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match

from outrider.errors import InvalidInput, Malformed, OutriderError, TooLarge
from outrider.web.answers import refusal
from outrider.web.errors import NoSuchRoute, NotJson, WrongMethod

_PLACES: Mapping[str, str] = {"body": "the body", "query": "the query", "path": "the path", "header": "the headers"}
_METHODS = ("DELETE", "GET", "PATCH", "POST", "PUT")
_SHOWN = 60


def install(app: FastAPI) -> None:
    """Has every error of this app answered in our form."""
    app.add_exception_handler(OutriderError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _plain)
    app.add_exception_handler(Exception, _broken)


async def _ours(_request: Request, error: Exception) -> Response:
    assert isinstance(error, OutriderError)
    return refusal(error)


async def _broken(_request: Request, _error: Exception) -> Response:
    """Starlette raises it again after this answer, so that the server logs it with its traceback."""
    return refusal(OutriderError("This daemon made a mistake in answering; its log says which."))


async def _plain(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return refusal(NoSuchRoute(f"There is nothing at {request.url.path}; /docs lists what there is."))
    if error.status_code == 405:
        allowed = _methods(request)
        return refusal(
            WrongMethod(
                f"{request.method} is not possible on {request.url.path}; possible: {', '.join(allowed)}.",
                detail={"allowed": allowed},
            ),
            {"allow": ", ".join(allowed)},
        )
    if error.status_code == 413:
        return refusal(TooLarge(str(error.detail)))
    if error.status_code == 400:
        return refusal(Malformed("The body could not be read: it must be JSON, in UTF-8."))
    return refusal(OutriderError("The request could not be answered."))


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return refusal(explain(error.errors(), request))


def explain(errors: Sequence[Mapping[str, object]], request: Request) -> OutriderError:
    """Pydantic's complaints as one error: the sentence tells the first, `detail.errors` all of them."""
    first = errors[0]
    if first["type"] == "json_invalid":
        context, place = first.get("ctx"), first.get("loc")
        why = context.get("error") if isinstance(context, Mapping) else first.get("msg")
        at = place[-1] if isinstance(place, tuple) else 0
        return Malformed(f"The body is not JSON: {why} at character {at}.")
    if _is_raw_body(first, request):
        sent = request.headers.get("content-type", "no type at all")
        return NotJson(f"The body came as {sent[:_SHOWN]}: send JSON with the header Content-Type: application/json.")
    # A name that is not known explains best why another is missing.
    told = [_tell(each, request) for each in sorted(errors, key=lambda each: each["type"] != "extra_forbidden")]
    return InvalidInput(told[0]["problem"], detail={"errors": told})


def _is_raw_body(error: Mapping[str, object], request: Request) -> bool:
    """A body that was not declared as JSON reaches Pydantic as bytes."""
    declared = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    has_body = request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers
    is_json = declared == "application/json" or declared.endswith("+json")
    return error["loc"] == ("body",) and has_body and not is_json


def _tell(error: Mapping[str, object], request: Request) -> dict[str, str]:
    location = error["loc"]
    assert isinstance(location, tuple)
    place, path = str(location[0]), [str(part) for part in location[1:]]
    where, field = _PLACES.get(place, place), ".".join(path)
    return {"where": place, "field": field, "problem": _sentence(error, where, field, _known(request, place))}


def _sentence(error: Mapping[str, object], where: str, field: str, known: Sequence[str]) -> str:
    message = str(error["msg"])
    match error["type"]:
        case "missing" if not field:
            return f"{where.capitalize()} is missing; it must be a JSON object with {', '.join(known)}."
        case "model_attributes_type" | "model_type" if not field:
            return (
                f"{where.capitalize()} must be a JSON object with {', '.join(known)}, not {_short(error.get('input'))}."
            )
        case "missing":
            return f"{where.capitalize()} has no {field!r}, which is required."
        case "extra_forbidden":
            return f"{field!r} in {where} is not known here; known: {', '.join(known)}."
        case "value_error":
            return f"{message.removeprefix('Value error, ')}"
    subject = f"{field!r} in {where}" if field else where.capitalize()
    for noun in ("Input ", "String ", "List ", "Value ", "Dictionary "):
        message = message.removeprefix(noun)
    message = re.sub(r", unable to parse .*| after validation, not \d+", "", message)
    return f"{subject} {message}, not {_short(error.get('input'))}."


def _short(value: object) -> str:
    shown = "null" if value is None else repr(value)
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"


def _known(request: Request, place: str) -> list[str]:
    """The names that the route takes in that place."""
    route = request.scope.get("route")
    if not isinstance(route, APIRoute):
        return []
    dependant = route.dependant
    params = {"body": dependant.body_params, "query": dependant.query_params, "header": dependant.header_params}
    names: list[str] = []
    for param in params.get(place, []):
        model = param.field_info.annotation
        if isinstance(model, type) and issubclass(model, BaseModel):
            names += [info.alias or name for name, info in model.model_fields.items()]
        else:
            names.append(param.alias)
    return sorted(names)


def _methods(request: Request) -> list[str]:
    """Every method that some route answers at this path."""
    app: FastAPI = request.app
    return [
        method
        for method in _METHODS
        if any(route.matches({**request.scope, "method": method})[0] is Match.FULL for route in app.router.routes)
    ]
