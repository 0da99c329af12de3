"""Measure the evidence of the demo's eleven years anew, from its prices: `make demo-evidence`."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

import planstore
from planstore import Store
from planstore.demo.history import DATA
from planstore.demo.market import PRICES, write_market

NAMES = {"y_will_peak_5d": "y_will_peak_5d_1_5", "y_will_valley_5d": "y_will_valley_5d_1_5"}
"""Targets whose threshold the candidates' names say."""
YEARS_OF_EVIDENCE = 6


def evidence_of(year: int, folder: Path, store: Store) -> pa.Table:
    """Return the candidates of a year's end: of the six years before it, and of no price after it."""
    prices, panel = folder / "prices.parquet", folder / "panel.parquet"
    known = pq.read_table(PRICES)
    pq.write_table(known.filter(pc.less_equal(known["date"], date(year, 12, 31))), prices)
    write_market(panel, prices)
    rows = pq.read_table(panel)
    days = rows["timestamp"].cast(pa.date32())
    rows = rows.filter(pc.greater(days, date(year - YEARS_OF_EVIDENCE, 12, 31)))
    pq.write_table(rows.rename_columns([NAMES.get(name, name) for name in rows.column_names]), panel)
    return store.measure(planstore.Panel.read(panel, targets=list(NAMES.values()))).candidates()


def main() -> None:
    """Write the candidates of all years, in order, because stability is measured over earlier evidence too."""
    with TemporaryDirectory() as folder, planstore.open(Path(folder) / "results") as store:
        for path in sorted(DATA.glob("*.parquet")):
            pq.write_table(evidence_of(int(path.stem), Path(folder), store), path)


if __name__ == "__main__":
    main()
