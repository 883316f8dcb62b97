"""Approvals over HTTP: the dialogs that wait for a person, and answering them."""

from typing import Annotated

from fastapi import Path, Query
from pydantic import Field
from starlette.responses import Response
from typing_extensions import TypedDict

from outrider.model import wire
from outrider.model.approval import ApprovalStatus
from outrider.model.fleet import Call
from outrider.web.answers import BODY, CHANGE, THING, WAIT, answer, documented, routes
from outrider.web.context import Asker, Given, Strict
from outrider.web.forwarded import elsewhere


class ApprovalList(TypedDict):
    """Dialogs of agents; those that wait, oldest first."""

    approvals: list[wire.ApprovalJSON]
    count: int


class ApprovalQuery(Strict):
    """Which approvals."""

    session: str | None = Field(None, description="Only those of this agent.")
    status: ApprovalStatus = Field(
        ApprovalStatus.OPEN, description="Only those; any but `open` gives what was kept, newest first."
    )
    limit: int = Field(50, ge=1, le=500, description="At most so many.")


class AnswerBody(Strict):
    """An answer to a dialog."""

    answer: str = Field(
        min_length=1,
        max_length=500,
        description="An option's number or label; `approve`: the yes that grants no more than is asked now; `deny`: the no.",
        examples=["approve", "2", "Yes, manually approve edits"],
    )
    reason: str | None = Field(
        None, max_length=5000, description="Written down; an agent whose hook is answered is told why it may not."
    )


ApprovalId = Annotated[str, Path(description="The approval's id.", max_length=100)]

router = routes("/api", "approvals")


@router.get("/approvals", response_model=ApprovalList)
async def list_approvals(context: Given, query: Annotated[ApprovalQuery, Query()]) -> Response:
    """What waits for a person, oldest first; on other nodes too."""
    here = await context.engine.dialogs.listed(session=query.session, status=query.status, limit=query.limit)
    found = [wire.approval_json(approval) for approval in here]
    if query.status is ApprovalStatus.OPEN:
        dialogs = [each.approval for each in context.fleet.agents() if each.approval is not None]
        found += [each for each in dialogs if query.session in (None, each["session"])]
        found = sorted(found, key=lambda each: each["asked"])[: query.limit]
    return answer({"approvals": found, "count": len(found)})


@router.get("/approvals/{approval_id}", response_model=wire.ApprovalJSON, responses=documented(*THING))
async def get_approval(approval_id: ApprovalId, context: Given, actor: Asker) -> Response:
    """One approval, open or closed."""
    if node := context.fleet.asking(approval_id):
        return elsewhere(
            await context.fleet.call(node, Call("GET", f"/api/approvals/{approval_id}", "", "", actor)), node
        )
    return answer(wire.approval_json(await context.engine.dialogs.find(approval_id)))


@router.post(
    "/approvals/{approval_id}",
    response_model=wire.ApprovalJSON,
    responses=documented(*THING, *BODY, *CHANGE, *WAIT),
)
async def answer_approval(approval_id: ApprovalId, body: AnswerBody, context: Given, actor: Asker) -> Response:
    """Answers the dialog, and returns once it is seen gone.

    A conflict where it is not open or has changed: `detail.approval` is what stands now.
    """
    if node := context.fleet.asking(approval_id):
        call = Call("POST", f"/api/approvals/{approval_id}", "", body.model_dump_json(exclude_none=True), actor)
        return elsewhere(await context.fleet.call(node, call), node)
    return answer(wire.approval_json(await context.engine.dialogs.answer(approval_id, body.answer, body.reason, actor)))
