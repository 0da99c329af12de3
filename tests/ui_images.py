"""Makes the pictures of the pages in the documentation: ``make ui-images``. It needs chromium and chromedriver."""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path

from PIL import Image

from planstore.demo.history import YEARS, open_demo, record_outcomes, route_year
from ui_servers import browser, is_loaded, served, wait_until

PICTURES = Path(__file__).parents[1] / "docs" / "images"
WIDTH = 1280
MOST_BYTES = 150_000
PAIR = "target=y_will_swing_low_10d_0_03&symbol=MSFT"
PAGES = {
    "ui-overview": ("/", 1150),
    "ui-run": ("/run", 1180),
    "ui-pair": (f"/pair?{PAIR}", 1240),
    "ui-whatif": ("/whatif?set=cross_sectional.min_score.classification%3D0.56", 820),
}
"""The address and the height of each picture."""


def main() -> None:
    """Write the pictures, in few colours, so that they stay small."""
    with tempfile.TemporaryDirectory() as folder, open_demo(Path(folder) / "demo-history") as store:
        for year in YEARS:
            route_year(store, year)
        record_outcomes(store)
        with served(store) as client, browser(Path(folder) / "profile") as opened:
            client.enter(opened)
            for name, (address, height) in PAGES.items():
                opened.set_window_size(WIDTH, height)
                opened.get(client.origin + address)
                wait_until(opened, lambda: is_loaded(opened))
                made = io.BytesIO()
                picture = Image.open(io.BytesIO(opened.get_screenshot_as_png()))
                picture.convert("RGB").quantize(128, Image.Quantize.MAXCOVERAGE).save(made, "PNG", optimize=True)
                if made.tell() > MOST_BYTES:
                    sys.exit(f"{name} must have at most {MOST_BYTES} bytes, got {made.tell()}: make it lower")
                (PICTURES / f"{name}.png").write_bytes(made.getvalue())


if __name__ == "__main__":
    main()
