"""Figures for Prometheus, taken when they are asked for."""

from collections import Counter
from collections.abc import Iterable, Mapping

from fastapi import APIRouter
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.responses import Response

from outrider.model.agent import Agent
from outrider.model.command import Status
from outrider.model.state import State
from outrider.web.answers import ALWAYS, documented
from outrider.web.context import Given

router = APIRouter(tags=["health"], responses=documented(*ALWAYS))


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
    """Agents by state, commands by status, events, WebSocket clients, uptime."""
    engine = context.engine
    stats, health = await engine.stats(), await engine.health()
    registry = CollectorRegistry()
    registry.register(
        _Taken(
            [
                _agents(engine.agents()),
                _labelled("outrider_commands", "Commands by status.", "status", list(Status), stats.get("commands")),
                CounterMetricFamily("outrider_events", "Events journalled.", value=await engine.last_seq()),
                GaugeMetricFamily("outrider_websocket_clients", "WebSockets open.", value=context.hub.clients),
                GaugeMetricFamily(
                    "outrider_uptime_seconds", "Since this daemon started.", value=_number(health["uptime"])
                ),
                GaugeMetricFamily("outrider_up", "1 where every part works.", value=int(health.get("status") == "ok")),
            ]
        )
    )
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


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
