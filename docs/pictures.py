"""Takes the pictures of the docs anew, from the demo company and with the browser that prints the report.

Usage: kundenecho run --demo --once, then python docs/pictures.py

The demo company gets a published remedy against its best known defect, if it has none, as the report shows one.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from cli.console import trial_secret
from demo.scene import CONFIG
from kundenecho.errors import SettingsError
from kundenecho.settings import CONFIG_VARIABLE, DATABASE_VARIABLE, HOME_VARIABLE, Settings, load_settings
from pipeline.decide import decide
from pipeline.remedies import approve, draft, publish
from pipeline.report import write_defect_report
from pipeline.seal import gather
from storage.connect import database
from storage.remedies import list_offers, list_remedies
from web.report import PAGES
from web.report.pdf import find_browser
from web.seal.badge import badge
from web.server import serve

PUBLISHED: Final = date(2026, 8, 12)
PICTURES: Final = Path(__file__).parent / "pictures"
_SEAL: Final = """<body style="margin:12px;background:#fff">
<img src="{0}" width="300" style="margin-right:24px"><img src="{0}" width="120">"""


def main() -> None:
    """Write each picture of ``docs/pictures`` in its size."""
    home = load_settings().home / "demo"
    os.environ.pop(DATABASE_VARIABLE, None)
    os.environ.update({CONFIG_VARIABLE: str(CONFIG), HOME_VARIABLE: str(home)})
    settings = load_settings()
    if not home.is_dir():
        raise SystemExit("There is no demo company yet: kundenecho run --demo --once")
    trial_secret(settings)
    browser = find_browser(settings)
    if browser is None:
        raise SystemExit("Pictures need Chromium, Chrome or Edge.")
    with_remedy(settings)
    with TemporaryDirectory() as folder:
        place = Path(folder)
        [report, *_] = write_defect_report(settings, PAGES, output=place / "bericht.html")
        take(browser, report.as_uri(), "bericht", 940, 1090)
        with database(settings) as db, db.connect("pictures") as conn:
            seal, _ = gather(settings, conn, None)
        (place / "siegel.svg").write_text(badge(seal), encoding="utf-8")
        (place / "siegel.html").write_text(_SEAL.format("siegel.svg"), encoding="utf-8")
        take(browser, (place / "siegel.html").as_uri(), "siegel", 480, 224)
    pages = serving(settings)
    take(browser, f"{pages}maengel", "maengel", 1280, 720)
    take(browser, f"{pages}reise", "reise", 1340, 1100)


def with_remedy(settings: Settings) -> None:
    """Publish what most customers say helped, in words of the company, unless a remedy is known already."""
    with database(settings) as db, db.connect("pictures") as conn:
        if list_remedies(conn):
            return
        [offer, *_] = list_offers(conn)
    text = "Das Gerät ausschalten und die Düse mit einer geradegebogenen Büroklammer von unten frei machen."
    remedy = draft(settings, offer["defect_id"], by="Technik", from_fix=offer["feedback_id"], text=text)
    approve(settings, remedy, by="Technik")
    publish(settings, remedy, "newsletter", by="Technik", on=PUBLISHED)
    decide(settings)


def serving(settings: Settings) -> str:
    """Start the pages on a free port for as long as this program runs; gives their address."""
    ready = threading.Event()
    address: list[str] = []

    def announce(found: object) -> None:
        address.append(str(found))
        ready.set()

    anywhere = replace(settings, values={**settings.values, "web.port": 0})
    run: Callable[..., None] = serve
    threading.Thread(target=run, args=(anywhere,), kwargs={"announce": announce}, daemon=True).start()
    if not ready.wait(60):
        raise SettingsError("the pages did not start")
    return address[0]


def take(browser: str, address: str, name: str, width: int, height: int) -> None:
    """Write a picture of a page."""
    file = PICTURES / f"{name}.png"
    command = [browser, "--headless", "--disable-gpu", "--hide-scrollbars", f"--window-size={width},{height}",
               f"--screenshot={file}", address]  # fmt: skip
    if os.geteuid() == 0:
        command.insert(1, "--no-sandbox")
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    sys.stdout.write(f"{file}\n")


if __name__ == "__main__":
    main()
