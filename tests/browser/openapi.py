"""The OpenAPI document as the dashboard's types are made from it.

`PYTHONPATH=src:tests .venv/bin/python -m browser.openapi` writes it; then `npm run types` in dashboard/ makes the types.
"""

import asyncio
import json
from pathlib import Path

from web.world import world

DASHBOARD = Path(__file__).resolve().parents[2] / "dashboard"
DOCUMENT = DASHBOARD / "openapi.json"


async def _asked() -> object:
    async with world().client() as client:
        return (await client.get("/openapi.json")).json()


def document() -> str:
    """What the routes say of themselves now, as text in a settled order.

    Left out: the version, and the errors, which have one shape everywhere.
    """
    said = asyncio.run(_asked())
    assert isinstance(said, dict)
    said["info"]["version"] = "0"
    for methods in said["paths"].values():
        for operation in methods.values():
            answers = operation["responses"]
            operation["responses"] = {status: answer for status, answer in answers.items() if status.startswith("2")}
    return json.dumps(said, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    DOCUMENT.write_text(document(), encoding="utf-8")
