"""Commands for other nodes' agents, as everybody is shown commands."""

from collections.abc import Mapping
from types import MappingProxyType

from outrider.model.command import Command, Status
from outrider.model.fleet import Delivery, Parcel

STATUS: Mapping[Delivery, Status] = MappingProxyType(
    {
        Delivery.WAITING: Status.QUEUED,
        Delivery.TAKEN: Status.QUEUED,
        Delivery.REFUSED: Status.FAILED,
        Delivery.EXPIRED: Status.EXPIRED,
        Delivery.CANCELLED: Status.CANCELLED,
        Delivery.UNCERTAIN: Status.UNCERTAIN,
        Delivery.DOUBTFUL: Status.UNCERTAIN,
    }
)
WAITS: Mapping[Delivery, str] = MappingProxyType(
    {
        Delivery.WAITING: "It is on its way to {}.",
        Delivery.TAKEN: "{} took it over; what became of it there is not known here yet.",
    }
)


def shown(parcel: Parcel) -> Command:
    """A parcel as the command that it is, for an agent by its address here."""
    asked = parcel.request
    return Command(
        id=parcel.id,
        seq=parcel.n,
        agent="",
        session=f"{parcel.node}/{parcel.session}",
        text=asked.text,
        status=STATUS[parcel.status],
        actor=parcel.actor,
        created_ms=parcel.created_ms,
        changed_ms=parcel.changed_ms,
        when=asked.when,
        priority=asked.priority,
        not_before_ms=parcel.created_ms + round(asked.delay_s * 1000) if asked.delay_s else None,
        expires_ms=parcel.expires_ms,
        key=asked.key,
        error=parcel.error,
        form=asked.form,
        waits=WAITS[parcel.status].format(parcel.node) if parcel.status in WAITS else None,
    )
