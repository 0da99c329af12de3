"""Makes the picture of the report in the documentation: ``make report-image``. It needs chromium and chromedriver."""

from __future__ import annotations

import io
import shutil
import sys
import tempfile
from pathlib import Path

from PIL import Image
from selenium.webdriver import Chrome, ChromeOptions, ChromeService
from selenium.webdriver.common.by import By

from planstore.demo.history import YEARS, open_demo, route_year

PICTURE = Path(__file__).parents[1] / "docs" / "images" / "report.png"
WIDTH, HEIGHT = 1900, 900
MOST_BYTES = 200_000


def picture() -> bytes:
    """Return a PNG of the demo's newest report, with one cell of its map chosen.

    Raises:
        RuntimeError: there is no browser.
    """
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not (chromium and driver):
        raise RuntimeError("chromium and chromedriver must be installed: apt-get install chromium chromium-driver")
    options = ChromeOptions()
    options.binary_location = chromium
    for argument in ("--headless=new", "--no-sandbox", "--hide-scrollbars", f"--window-size={WIDTH},{HEIGHT}"):
        options.add_argument(argument)
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "report.html"
        with open_demo(Path(folder) / "demo-history") as store:
            for year in YEARS[-2:]:
                route_year(store, year)
            page.write_text(store.report().html, encoding="utf-8")
        with Chrome(options=options, service=ChromeService(driver)) as browser:
            browser.get(page.as_uri())
            cell = browser.find_element(By.CSS_SELECTOR, "#map tbody tr:nth-child(6) td:nth-child(14) button")
            browser.execute_script("arguments[0].click()", cell)
            browser.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", cell)
            return bytes(browser.get_screenshot_as_png())


def main() -> None:
    """Write the picture, in few colours, so that it stays small."""
    made = io.BytesIO()
    Image.open(io.BytesIO(picture())).convert("RGB").quantize(64).save(made, "PNG", optimize=True)
    if made.tell() > MOST_BYTES:
        sys.exit(f"the picture must have at most {MOST_BYTES} bytes, got {made.tell()}: make its window smaller")
    PICTURE.write_bytes(made.getvalue())


if __name__ == "__main__":
    main()
