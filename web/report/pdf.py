"""Printing a page with the browser that is there."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from kundenecho.errors import RetryError, SettingsError
from kundenecho.settings import Settings

#: Names under which Chromium and its relatives are installed.
BROWSERS: Final = (
    "chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome", "microsoft-edge",
)  # fmt: skip
_TIMEOUT_SECONDS: Final = 120


def find_browser(settings: Settings) -> str | None:
    """The browser that prints: ``report.browser``, else the first that is found; None without."""
    wanted = (settings["report.browser"],) if settings["report.browser"] else BROWSERS
    return next((path for name in wanted if (path := shutil.which(name))), None)


def print_pdf(settings: Settings, html: Path, pdf: Path) -> None:
    """Print a page to a PDF on A4.

    Args:
        settings: ``report.browser``.
        html: The page; it needs nothing from the network, and gets nothing.
        pdf: File to write.

    Raises:
        SettingsError: If no browser is there.
        RetryError: If it wrote nothing.
    """
    browser = find_browser(settings)
    if browser is None:
        raise SettingsError(
            "a PDF needs Chromium, Chrome or Edge, and none was found",
            where="report.browser",
            remedy="Install one (Debian, Ubuntu: apt-get install chromium), or set report.browser to its path; "
            "the HTML file can be printed with any browser",
        )
    pdf.unlink(missing_ok=True)
    with TemporaryDirectory(prefix="kundenecho-print", ignore_cleanup_errors=True) as profile:
        command = [
            browser, "--headless", "--disable-gpu", "--disable-extensions", "--no-first-run",
            "--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={profile}", "--no-pdf-header-footer",
            f"--print-to-pdf={pdf.resolve()}", html.resolve().as_uri(),
        ]  # fmt: skip
        if os.geteuid() == 0:
            # Chromium has no sandbox for root; the page is our own and has neither script nor address.
            command.insert(1, "--no-sandbox")
        try:
            done = subprocess.run(command, capture_output=True, check=False, timeout=_TIMEOUT_SECONDS)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise RetryError(
                f"the browser did not print ({type(error).__name__})", where=browser, remedy="Try again"
            ) from None
    if not pdf.is_file() or not pdf.read_bytes().startswith(b"%PDF"):
        raise RetryError(
            f"the browser printed nothing (exit code {done.returncode})", where=browser, remedy="Try again"
        )
