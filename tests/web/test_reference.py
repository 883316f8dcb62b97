"""The OpenAPI document says everything, and the pages need nobody else."""

import asyncio
import re
from collections.abc import Iterator, Mapping

import pytest

from outrider.web.page import STATIC
from web.world import world

METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture(scope="module")
def api() -> Mapping[str, object]:
    async def get() -> Mapping[str, object]:
        async with world().client() as client:
            document: Mapping[str, object] = (await client.get("/openapi.json")).json()
        return document

    return asyncio.run(get())


def operations(api: Mapping[str, object]) -> Iterator[tuple[str, dict[str, dict[str, dict[str, object]]]]]:
    paths = api["paths"]
    assert isinstance(paths, dict)
    for path, methods in paths.items():
        for method in METHODS & methods.keys():
            yield f"{method.upper()} {path}", methods[method]


def test_every_promised_route_is_there(api: Mapping[str, object]) -> None:
    assert {name for name, _ in operations(api)} == {
        "GET /health",
        "GET /metrics",
        "GET /api/agents",
        "POST /api/agents",
        "GET /api/agents/{session}",
        "PATCH /api/agents/{session}",
        "GET /api/agents/{session}/why",
        "GET /api/agents/{session}/log",
        "GET /api/agents/{session}/output",
        "GET /api/agents/{session}/progress",
        "POST /api/agents/{session}/progress/tick",
        "POST /api/agents/{session}/command",
        "GET /api/agents/{session}/commands",
        *(
            f"POST /api/agents/{{session}}/{verb}"
            for verb in ("interrupt", "keys", "kill", "keep", "restart", "adopt", "forget")
        ),
        "GET /api/commands",
        "GET /api/commands/{command_id}",
        "DELETE /api/commands/{command_id}",
        "POST /api/commands/{command_id}/retry",
        "GET /api/approvals",
        "GET /api/approvals/{approval_id}",
        "POST /api/approvals/{approval_id}",
        "GET /api/agents/{session}/worktree",
        "GET /api/audit",
        "GET /api/recordings",
        "GET /api/recordings/{recording_id}",
        "GET /api/recordings/{recording_id}/cast",
        "DELETE /api/recordings/{recording_id}",
        "GET /api/worktrees",
        "GET /api/worktrees/{name}",
        "DELETE /api/worktrees/{name}",
        "GET /api/worktrees/{name}/diff",
        "POST /api/worktrees/{name}/merge",
        "GET /api/events",
        "GET /api/stats",
        "GET /api/history",
        "GET /api/alerts",
        "PUT /api/alerts",
        "POST /api/alerts/preview",
        "POST /api/alerts/{rule}/snooze",
        "GET /api/history/agents",
        "GET /api/notices",
        "GET /api/notices/{notice_id}",
        "POST /api/notices/{notice_id}/retry",
        "GET /api/notify",
        "POST /api/notify/test",
        "GET /api/kinds",
        "GET /api/history/states",
        "GET /api/directories",
        "GET /api/tokens",
        "POST /api/tokens",
        "POST /api/tokens/links",
        "POST /api/login",
        "POST /api/logout",
        "GET /api/me",
        "DELETE /api/tokens/{name}",
        "GET /api/nodes",
        "POST /api/nodes/{node}/drain",
        "POST /api/nodes/{node}/forget",
        "POST /api/nodes/{node}/agents/{session}/command",
    }


def test_it_is_openapi_3_1_and_every_reference_resolves(api: Mapping[str, object]) -> None:
    assert str(api["openapi"]).startswith("3.1")
    components = api["components"]
    assert isinstance(components, dict)
    for name in re.findall(r"'#/components/schemas/([^']+)'", str(api)):
        assert name in components["schemas"]


def test_every_operation_is_told_in_full(api: Mapping[str, object]) -> None:
    ids = []
    for name, operation in operations(api):
        ids.append(operation["operationId"])
        assert operation["description"], name
        assert operation["tags"], name
        for parameter in operation.get("parameters", []):
            assert parameter["description"], (name, parameter)  # type: ignore[index]
    assert len(ids) == len(set(ids))


def test_every_answer_has_a_shape_and_every_error_is_ours(api: Mapping[str, object]) -> None:
    for name, operation in operations(api):
        responses = operation["responses"]
        assert {"401", "403", "421", "422", "500", "503"} <= responses.keys(), name
        if "requestBody" in operation:
            assert {"400", "413", "415"} <= responses.keys(), name
        if "{" in name:
            assert "404" in responses, name
        for status, response in responses.items():
            content = response["content"]
            assert isinstance(content, dict)
            assert response["description"], (name, status)
            if status >= "400" and (name, status) != ("GET /health", "503"):
                assert content["application/json"]["schema"] == {"$ref": "#/components/schemas/ErrorJSON"}, (
                    name,
                    status,
                )
                for example in content["application/json"]["examples"].values():
                    assert set(example["value"]) == {"error", "code", "detail"}
            else:
                assert all(body["schema"] for body in content.values()), (name, status)


def test_bodies_have_examples_and_refuse_what_is_not_known(api: Mapping[str, object]) -> None:
    components = api["components"]
    assert isinstance(components, dict)
    for name, schema in components["schemas"].items():
        if name.endswith("Body"):
            assert schema["additionalProperties"] is False, name
            assert all(field["description"] for field in schema["properties"].values()), name


@pytest.mark.parametrize("path", ["/", "/docs"])
async def test_pages_load_what_they_name_and_nothing_from_elsewhere(path: str) -> None:
    async with world().client() as client:
        page = await client.get(path)
        assert page.headers["content-type"].startswith("text/html")
        for linked in re.findall(r'(?:src|href)="(/static/[^"]+)"', page.text):
            assert (await client.get(linked)).status_code == 200


def test_the_pages_obey_their_own_policy() -> None:
    for file in STATIC.iterdir():
        text = file.read_text()
        assert not re.search(r"https?://|//[a-z0-9.-]+\.[a-z]{2,}/", text), file
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", text), file
        if file.suffix == ".html":
            assert not re.search(r"<style|style=|\son\w+=|<script(?![^>]*src=)", text), file
