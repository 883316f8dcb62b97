"""Settings on what is kept, and how long."""

from pydantic import Field

from outrider.settings.section import Count, Positive, Section


class Retention(Section):
    """How long the records are kept."""

    events_days: Positive = Field(default=30, description="Days that events are kept.")
    events_max: Count = Field(default=1_000_000, description="Events that are kept at most.")
    events_mb: Positive = Field(default=1000, description="Megabytes that the events may take in the database.")
    commands_days: Positive = Field(
        default=90,
        description="Days that finished commands, approvals and notices are kept; the audit is kept for ever.",
    )
    recordings_days: Positive = Field(default=30, description="Days that recordings are kept.")
    recordings_mb: Positive = Field(
        default=2000, description="Megabytes that all recordings may take; the oldest go first."
    )
    archive_days: Positive = Field(default=180, description="Days that archived agents are kept.")
    archive_mb: Positive = Field(
        default=500, description="Megabytes that all archived agents may take; the oldest go first."
    )
    history_every_s: float = Field(
        default=10, ge=0.1, le=60, description="Seconds between two countings for the history, and looks at alerts."
    )
    history_hours: Positive = Field(default=3, description="Hours that the history is kept as it was counted.")
    history_minute_days: Positive = Field(default=3, description="Days that the history is kept by the minute.")
    history_quarter_days: Positive = Field(
        default=32, description="Days that the history is kept by the quarter of an hour."
    )
    history_days: Positive = Field(default=400, description="Days that the history is kept by six hours.")


class Recordings(Section):
    """What is recorded of agents' panes, as asciicasts in the folder `recordings` of the data directory."""

    default: bool = Field(default=False, description="Whether agents are recorded that do not say so at spawn.")
    max_mb: Positive = Field(
        default=50, description="Megabytes of one recording; at that it is cut, and the agent not recorded any more."
    )
