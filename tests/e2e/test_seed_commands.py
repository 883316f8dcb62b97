"""The commands of the original's README work as they stand, with the port as the only difference."""

import shutil
import subprocess

import pytest

from e2e.real import install
from e2e.world import World


def shell(world: World, line: str) -> str:
    """What a person types into a shell."""
    line = line.replace("localhost:3848", f"localhost:{world.port}")
    done = subprocess.run(["sh", "-c", line], env=world.env, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("jq")), reason="curl or jq is not installed")
def test_curl_and_jq(world: World) -> None:
    run = world.spawn("my-task")
    shown = shell(world, "curl -s http://localhost:3848/api/agents | jq '.agents[] | {session,state,progress}'")
    assert '"session": "my-task"' in shown
    assert '"progress": null' in shown
    answer = shell(
        world,
        "curl -s -X POST http://localhost:3848/api/agents/my-task/command -H 'Content-Type: application/json' "
        """-d '{"command":"Continue with step 2"}' | jq -r .jobId""",
    )
    world.sent(answer.strip())
    assert run.prompts() == ["Continue with step 2"]
    assert '"ok"' in shell(world, "curl -s http://localhost:3848/health | jq .status")
    output = shell(world, "curl -s 'http://localhost:3848/api/agents/my-task/output?lines=100' | jq -r .output")
    assert "Continue with step 2" in output
    assert "Continue with step 2" in shell(
        world, "curl -s 'http://localhost:3848/api/agents/my-task/commands?limit=50'"
    )


@pytest.mark.real
def test_node(world: World) -> None:
    if shutil.which("node") is None:
        pytest.skip("node is not installed")
    try:
        modules = install.modules()
    except install.NotInstalled as error:
        pytest.skip(str(error))
    world.env["NODE_PATH"] = str(modules)
    line = (
        """node -e "const w=new (require('ws'))('ws://localhost:3848').on('open',()=>{console.log('ok');w.close()})" """
    )
    assert shell(world, line).strip() == "ok"
