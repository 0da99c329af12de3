"""``planstore du``: disk space of the store, by part."""

from __future__ import annotations

from planstore.cli.options import RESULTS, Json, Results


def command(results: Results = RESULTS, json: Json = False) -> None:
    """Show the disk space of the store by part: catalog, tables, artifacts.

    Sizes are in bytes. Small commits are in the catalog until a compaction.
    """
    import planstore
    from planstore.cli import output
    from planstore.ledger.disk_usage import disk_usage
    from planstore.ledger.opening import require_in_folder

    with planstore.open(results, create=False) as store:
        require_in_folder(store.access.ledger.storage, "disk space", "ask the database and the bucket for sizes")
        layout = store.access.ledger.layout
        usage = disk_usage(layout)
    total = sum(one.size for one in usage)
    if json:
        output.print_json({"store": str(layout.folder), "size": total, "parts": [vars(one) for one in usage]})
        return
    output.print_table(
        f"{layout.folder}: {total:,} bytes",
        ("part", "files", "bytes"),
        ((one.part, one.files, one.size) for one in usage),
    )
