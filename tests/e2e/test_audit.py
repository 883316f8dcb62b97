"""The audit as a person uses it: listed, exported, verified, and a forger found out."""

import json
import os
import sqlite3
from contextlib import closing

from e2e.world import World


def test_listed_exported_verified_and_a_forger_found_out(world: World) -> None:
    run = world.spawn("task", [[]])
    text = "push with GITHUB_TOKEN=ghp_abcdefghijklmnopqrst now"
    world.sent(world.send("task", text))
    assert run.prompts() == [text]  # what is typed, and the command as it is kept, are whole
    assert world.commands()[0]["command"] == text
    listed = world.cli("audit", "list", "task", "--action", "command")
    assert "push with GITHUB_TOKEN=[redacted] now" in listed.stdout
    assert "ghp_" not in world.cli("audit", "list", "--json").stdout + world.log_tail(10_000)

    for words in (("create", "ci"), ("link", "phone"), ("revoke", "ci")):
        assert world.cli("token", *words).returncode == 0
    tokens = [row for row in world.http.get("/api/audit?limit=3").json()["audit"] if row["action"].startswith("token_")]
    assert [(row["action"], row["data"]["name"]) for row in tokens] == [
        ("token_revoke", "ci"),
        ("token_link", "phone"),
        ("token_create", "ci"),
    ]
    assert {row["actor"] for row in tokens} == {f"uid:{os.getuid()}"}

    copy = world.root / "audit.jsonl"
    assert world.cli("audit", "export", str(copy)).returncode == 0
    whole = json.loads(world.cli("audit", "verify", "--data", str(world.data), "--json").stdout)
    assert (whole["ok"], whole["rows"]) == (True, len(copy.read_text().splitlines()))
    assert json.loads(world.cli("audit", "verify", "--file", str(copy), "--json").stdout)["head"] == whole["head"]
    assert "is there already" in world.cli("audit", "export", str(copy)).stderr

    world.stop()
    with closing(sqlite3.connect(world.data / "outrider.db", isolation_level=None)) as database:
        database.execute("DROP TRIGGER audit_is_not_changed")
        database.execute("UPDATE audit SET actor = 'uid:12345' WHERE id = 2")
    found = world.cli("audit", "verify", "--data", str(world.data))
    assert (found.returncode, "Line 2 is not what was written" in found.stdout) == (1, True)
    assert world.cli("audit", "verify", "--file", str(copy), "--head", whole["head"]).returncode == 0
    copy.write_text(copy.read_text().replace("uid:", "token:", 1))
    assert world.cli("audit", "verify", "--file", str(copy)).returncode == 1
