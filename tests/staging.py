"""What the rules read, laid out in a session without a ledger, as a run lays it out."""

from __future__ import annotations

import pyarrow as pa

from planstore.database.session import Session
from planstore.routing.policy import Policy

OVERRIDES = pa.schema(
    [
        ("override_id", pa.string()),
        ("target", pa.string()),
        ("symbol", pa.string()),
        ("route", pa.string()),
        ("author", pa.string()),
        ("reason", pa.string()),
        ("expires_at", pa.timestamp("us", "UTC")),
        ("scenario", pa.int64()),
    ]
)


def stage(
    session: Session,
    policy: Policy,
    evidence: pa.Table,
    families: list[str] | None = None,
    *,
    include_blocked: bool = False,
    overrides: pa.Table | None = None,
) -> None:
    """Lay out one scenario."""
    session.register("evidence", evidence)
    session.run("scenario/run/scenario_evidence")
    session.run(
        "scenario/run/scenarios",
        document=policy.document.decode(),
        model_families=families,
        include_blocked=include_blocked,
    )
    session.register("scenario_overrides", OVERRIDES.empty_table() if overrides is None else overrides)
