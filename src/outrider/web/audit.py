"""The audit over HTTP: read it, never change it."""

from typing import Annotated

from fastapi import Query
from pydantic import Field
from starlette.responses import Response
from typing_extensions import TypedDict

from outrider.model.audit import AuditJSON, AuditQuery, audit_json
from outrider.web.answers import answer, routes
from outrider.web.context import Service, Strict


class HeadJSON(TypedDict):
    """The newest line of all. Kept elsewhere, it proves later that nothing up to it was changed."""

    id: int
    digest: str


class AuditList(TypedDict):
    """Lines of the audit, newest first, or after `since` oldest first. Secrets are blanked in them."""

    audit: list[AuditJSON]
    count: int
    head: HeadJSON


class AuditParameters(Strict):
    """Which lines."""

    session: str | None = Field(None, description="Only of this agent.")
    actor: str | None = Field(None, description="Only what this one had done, such as `uid:1000` or `token:phone`.")
    action: str | None = Field(None, description="Only this, such as `spawn`, `command`, `answer`, `kill`.")
    since: int | None = Field(None, ge=0, le=2**63 - 1, description="Only after this line, and oldest first.")
    limit: int = Field(100, ge=1, le=1000, description="At most so many.")


router = routes("/api", "audit")


@router.get("/audit", response_model=AuditList)
async def list_audit(engine: Service, query: Annotated[AuditParameters, Query()]) -> Response:
    """Who had what done, when: the newest lines, or those after `since` in their order."""
    entries, head = await engine.audit(AuditQuery(**query.model_dump()))
    rows = [audit_json(entry) for entry in entries]
    return answer({"audit": rows, "count": len(rows), "head": {"id": head.id, "digest": head.digest}})
