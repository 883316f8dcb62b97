"""What a daemon answered, as the error that it is."""

from collections.abc import Iterator, Mapping

from outrider import errors


def failure(status: int, body: Mapping[str, object]) -> errors.OutriderError:
    """The error of that code; where the code is not known here, the nearest of that status, under the code that was sent."""
    code = str(body.get("code") or "failed")
    known = {kind.code: kind for kind in _family(errors.OutriderError)}
    by_status = {kind.status: kind for kind in reversed(tuple(_family(errors.OutriderError)))}
    kind = known.get(code) or by_status.get(status, errors.Unavailable if status > 500 else errors.OutriderError)
    detail = body.get("detail")
    error = kind(
        str(body.get("error") or f"The daemon answered {status}."), detail=detail if isinstance(detail, dict) else {}
    )
    error.code = code
    error.status = status
    return error


def _family(root: type[errors.OutriderError]) -> Iterator[type[errors.OutriderError]]:
    """The root and what derives from it, those nearest the root first."""
    row = [root]
    while row:
        yield from row
        row = [child for parent in row for child in parent.__subclasses__()]
