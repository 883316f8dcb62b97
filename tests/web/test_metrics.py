"""What Prometheus reads, what the documentation says of it, and what the Grafana dashboard draws are the same."""

import json
import re
from pathlib import Path

from web.engine_double import make_agent
from web.world import world

ROOT = Path(__file__).resolve().parent.parent.parent
NAME = re.compile(r"\boutrider_[a-z_]+")


async def scraped() -> str:
    here = world()
    here.engine.put(make_agent("other", kind="shell"))
    async with here.client() as client:
        return (await client.get("/metrics")).text


async def names() -> set[str]:
    return {line.split("{")[0].split(" ")[0] for line in (await scraped()).splitlines() if not line.startswith("#")}


async def test_what_was_counted_is_shown() -> None:
    lines = (await scraped()).splitlines()
    for expected in (
        "outrider_commands_sent_total 3.0",
        "outrider_commands_failed_total 0.0",
        "outrider_delivery_seconds_count 3.0",
        "outrider_delivery_seconds_sum 1.5",
        "outrider_waiting_seconds_count 0.0",
        'outrider_state_seconds_total{state="working"} 2.0',
        'outrider_transitions_total{state="working"} 4.0',
        "outrider_approvals_answered_total 1.0",
        "outrider_alerts_firing 1.0",
        "outrider_websocket_cut_off_total 0.0",
        'outrider_notices_total{outcome="sent",way="phone"} 1.0',
        "outrider_notices_queued 0.0",
        "outrider_events_behind 0.0",
        "outrider_event_lag_seconds_count 0.0",
        "outrider_database_bytes 4096.0",
        "outrider_database_log_bytes 1024.0",
        'outrider_look_interval_seconds{server="outrider"} 0.25',
        'outrider_captures_total{server="outrider"} 40.0',
        'outrider_capture_seconds_count{server="outrider"} 8.0',
        'outrider_capture_seconds_sum{server="outrider"} 0.5',
    ):
        assert expected in lines
    assert any(line.startswith('outrider_build_info{version="') for line in lines)
    assert any(line.startswith('outrider_detection_agents{confidence="') for line in lines)


async def test_every_metric_is_documented_and_no_other() -> None:
    page = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    assert set(NAME.findall(page)) == await names()


async def test_the_grafana_dashboard_draws_metrics_that_are_there() -> None:
    board = json.loads((ROOT / "integrations" / "grafana" / "outrider.json").read_text(encoding="utf-8"))
    used = {name for panel in board["panels"] for target in panel["targets"] for name in NAME.findall(target["expr"])}
    assert used
    assert used <= await names()
