"""What a browser gets: the page on `/`, the reference on `/docs`, and the files they need."""

from pathlib import Path

from fastapi import APIRouter
from starlette.responses import FileResponse

STATIC = Path(__file__).with_name("static")

router = APIRouter(include_in_schema=False)


@router.get("/")
async def page() -> FileResponse:
    """The page; a WebSocket upgrade on the same path gives the event stream."""
    return FileResponse(STATIC / "index.html")


@router.get("/docs")
async def docs() -> FileResponse:
    """The reference, drawn from /openapi.json without help from any other host."""
    return FileResponse(STATIC / "docs.html")
