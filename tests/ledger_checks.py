"""What must hold of any ledger, however many processes wrote it and died."""

from __future__ import annotations

from pathlib import Path

from planstore.events.canonical import canonical_json
from planstore.events.commit import GENESIS, utc_text
from planstore.events.digest import RowsDigest
from planstore.events.hashing import digest_of
from planstore.ledger.ledger import EVENT_TABLES, Ledger
from planstore.ledger.opening import storage_in


def check_ledger(results: Path) -> list[str]:
    """Return the run ids of all commits, in order, after checking that each commit is whole and the chain holds."""
    ledger = Ledger(storage_in(results / "planstore"), create=False)
    session = ledger.query_session()
    commits = session.query("from commits order by commit_id")
    columns, previous, runs = commits.columns, GENESIS, []
    for number, row in enumerate(commits.fetchall(), 1):
        commit = dict(zip(columns, row, strict=True))
        assert commit["commit_id"] == number
        counted = {count["table"]: (count["rows"], count["digest"]) for count in commit["counts"]}
        for table in EVENT_TABLES:
            digest = RowsDigest.of(
                ledger.reader().batches("ledger/read_events", table=table, first=number, last=number)
            )
            assert (digest.rows, digest.hexdigest()) == counted.get(table, (0, digest.hexdigest()))
        header = {name: commit[name] for name in columns if name not in ("digest", "recorded_at")}
        header["recorded_at"] = utc_text(commit["recorded_at"])
        assert (commit["previous_digest"], commit["digest"]) == (previous, digest_of(canonical_json(header)))
        previous = commit["digest"]
        runs.append(commit["run_id"])
    for table in EVENT_TABLES:
        stray = session.query(f"from {table} anti join commits using (commit_id)").fetchall()
        assert stray == [], f"{table} holds rows of no commit"
    plans = session.query(
        """
        select p.plan_id, (p.metadata->>'$.total_jobs')::int as total,
               (select count(*) from jobs j where j.plan_id = p.plan_id) as jobs,
               (select coalesce(sum(len(d.jobs)), 0) from plan_documents d
                where d.plan_id = p.plan_id and d.view = 'by_type') as documented
        from plans p
        """
    ).fetchall()
    assert all(total == jobs == documented for _, total, jobs, documented in plans)
    ledger.close()
    return runs
