"""``planstore du``: disk space of the store, by part."""

from __future__ import annotations

from planstore.cli.options import RESULTS, Json, Results


def command(results: Results = RESULTS, json: Json = False) -> None:
    """Show the disk space of the store by part: catalog, tables, artifacts.

    Sizes are in bytes. Small commits are in the catalog until a compaction. Of a team store, older versions of objects,
    which its bucket keeps, are not counted.
    """
    import planstore
    from planstore.cli import output
    from planstore.ledger.disk_usage import disk_usage

    with planstore.open(results, create=False) as store:
        storage = store.access.ledger.storage
        usage = disk_usage(storage)
    total = sum(one.size for one in usage)
    if json:
        output.print_json({"store": storage.place, "size": total, "parts": [vars(one) for one in usage]})
        return
    output.print_table(
        f"{storage.place}: {total:,} bytes",
        ("part", "files", "bytes"),
        ((one.part, one.files, one.size) for one in usage),
    )
