"""Figures for Prometheus, taken when they are asked for."""

from collections import Counter
from collections.abc import Iterable, Mapping

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    InfoMetricFamily,
    Metric,
    SummaryMetricFamily,
)
from prometheus_client.registry import Collector
from starlette.responses import Response

from outrider import __version__
from outrider.logic.book import STATE, TO
from outrider.model.agent import Agent
from outrider.model.command import Status
from outrider.model.history import Amounts
from outrider.model.state import State
from outrider.web.answers import routes
from outrider.web.context import Given
from outrider.web.engine import Notices

# Name, help, and what was counted under that name since the daemon started.
COUNTED: tuple[tuple[str, str, str], ...] = (
    ("outrider_commands_sent", "Commands that were sent.", "sent"),
    ("outrider_commands_failed", "Commands that failed.", "failed"),
    ("outrider_commands_uncertain", "Commands of which it cannot be told.", "uncertain"),
    ("outrider_approvals_answered", "Dialogs answered through Outrider.", "answers"),
    ("outrider_errors", "Times that an agent came to be in error.", "errors"),
    ("outrider_tokens", "Tokens that agents spent, where they tell.", "tokens"),
    ("outrider_cost_usd", "US dollars that agents cost, where they tell.", "cost_usd"),
)
# The same, of what took time: how often and how long in all.
TOOK: tuple[tuple[str, str, str], ...] = (
    ("outrider_delivery_seconds", "From a command's acceptance until it was sent.", "took"),
    ("outrider_waiting_seconds", "From a question until the agent went on.", "waited"),
)

router = routes(tag="health")


class _Taken(Collector):
    """Metrics that were taken already; the registry wants something to collect from."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = list(metrics)

    def collect(self) -> Iterable[Metric]:
        return self._metrics


@router.get(
    "/metrics",
    response_class=Response,
    responses={
        200: {"description": "Prometheus text format.", "content": {"text/plain": {"schema": {"type": "string"}}}}
    },
)
async def get_metrics(context: Given) -> Response:
    """Everything that is counted and measured; docs/metrics.md says what each is."""
    engine = context.engine
    stats, health = await engine.stats(), await engine.health()
    store = _mapping(health.get("store"))
    newest = await engine.last_seq()
    open_dialogs = await engine.dialogs.listed(limit=1000)
    registry = CollectorRegistry()
    registry.register(
        _Taken(
            [
                _agents(engine.agents()),
                _detection(engine.agents()),
                _labelled("outrider_commands", "Commands by status.", "status", list(Status), stats.get("commands")),
                CounterMetricFamily("outrider_events", "Events journalled.", value=newest),
                _gauge("outrider_approvals_open", "Dialogs that wait for an answer.", len(open_dialogs)),
                _gauge("outrider_alerts_firing", "Alerts that fire now.", len(engine.alarms.firing())),
                _gauge("outrider_websocket_clients", "WebSockets open.", context.hub.clients),
                CounterMetricFamily(
                    "outrider_websocket_cut_off", "WebSockets that were too slow.", value=context.hub.cut_off
                ),
                _gauge(
                    "outrider_events_behind", "Events that the slowest WebSocket is behind.", context.hub.behind(newest)
                ),
                SummaryMetricFamily(
                    "outrider_event_lag_seconds",
                    "From an event until it was handed out.",
                    count_value=context.hub.told,
                    sum_value=context.hub.told_ms / 1000,
                ),
                *_looking(_mapping(health.get("tmux")).get("servers")),
                _gauge("outrider_database_bytes", "The database and its log.", store.get("size")),
                _gauge("outrider_database_log_bytes", "The database's log.", store.get("log")),
                _gauge("outrider_uptime_seconds", "Since this daemon started.", health["uptime"]),
                _gauge("outrider_up", "1 where every part works.", int(health.get("status") == "ok")),
                InfoMetricFamily("outrider_build", "What runs here.", value={"version": __version__}),
                _notices(context.notices),
                _gauge("outrider_notices_queued", "Notices to be sent.", context.notices.health().get("queued")),
                *_counted(engine.history.totals),
            ]
        )
    )
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


def _counted(totals: Amounts) -> Iterable[Metric]:
    for name, text, amount in COUNTED:
        yield CounterMetricFamily(name, text, value=totals.get(amount, 0))
    for name, text, amount in TOOK:
        count, total_s = totals.get(f"{amount}_n", 0), totals.get(f"{amount}_ms", 0) / 1000
        yield SummaryMetricFamily(name, text, count_value=int(count), sum_value=total_s)
    seconds = CounterMetricFamily("outrider_state_seconds", "Seconds that agents spent in a state.", labels=["state"])
    turns = CounterMetricFamily("outrider_transitions", "Times that an agent came into a state.", labels=["state"])
    for state in State:
        seconds.add_metric([state.value], totals.get(STATE + state, 0) / 1000)
        turns.add_metric([state.value], totals.get(TO + state, 0))
    yield from (seconds, turns)


def _detection(agents: Iterable[Agent]) -> Metric:
    """Living agents by what says what they do; `none` where nothing does."""
    family = GaugeMetricFamily(
        "outrider_detection_agents", "Living agents by source and confidence.", labels=["source", "confidence"]
    )
    living = [agent.verdict for agent in agents if agent.verdict.alive]
    counts = Counter(
        (verdict.evidence[0].source.value if verdict.evidence else "none", verdict.confidence.value)
        for verdict in living
    )
    for labels, count in sorted(counts.items()):
        family.add_metric(labels, count)
    return family


def _notices(notices: Notices) -> Metric:
    family = CounterMetricFamily("outrider_notices", "Notices by way and outcome.", labels=["way", "outcome"])
    for labels, count in sorted(notices.totals.items()):
        family.add_metric(labels, count)
    return family


def _looking(servers: object) -> Iterable[Metric]:
    """What looking at each tmux server took."""
    cadence = GaugeMetricFamily("outrider_look_interval_seconds", "Time between two looks now.", labels=["server"])
    captured = CounterMetricFamily("outrider_captures", "Screens that were captured.", labels=["server"])
    took = SummaryMetricFamily("outrider_capture_seconds", "Until tmux had given all that were due.", labels=["server"])
    for server in servers if isinstance(servers, list) else ():
        if "interval_ms" in server:
            name = [str(server["server"])]
            cadence.add_metric(name, _number(server["interval_ms"]) / 1000)
            captured.add_metric(name, _number(server["captured"]))
            took.add_metric(name, count_value=int(server["rounds"]), sum_value=_number(server["capture_s"]))
    yield from (cadence, captured, took)


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _gauge(name: str, text: str, value: object) -> Metric:
    return GaugeMetricFamily(name, text, value=_number(value))


def _agents(agents: Iterable[Agent]) -> Metric:
    family = GaugeMetricFamily("outrider_agents", "Agents by state and kind.", labels=["state", "kind", "alive"])
    counts = Counter((agent.verdict.state.value, agent.kind, str(agent.verdict.alive).lower()) for agent in agents)
    for labels, count in sorted(counts.items()):
        family.add_metric(labels, count)
    return family


def _labelled(name: str, text: str, label: str, values: list[Status] | list[State], counts: object) -> Metric:
    family = GaugeMetricFamily(name, text, labels=[label])
    known: Mapping[object, object] = counts if isinstance(counts, Mapping) else {}
    for value in values:
        family.add_metric([value.value], _number(known.get(value.value, 0)))
    return family


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
