"""Report: the two lists of the moment as files, and a summary to those who asked for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kundenecho.errors import RetryError
from kundenecho.settings import Settings
from pipeline.export import as_json, write_xlsx
from pipeline.notify import Message, tell
from pipeline.step import Counts, Progress, silent, step
from pipeline.words import defect_sentence
from storage.lists import list_advocates, list_defects

_IN_SUMMARY = 10


def report(settings: Settings, *, progress: Progress = silent) -> Counts:
    """Write defects and advocates under ``reports/`` of the state directory and send a summary.

    Args:
        settings: Where to write, whom to tell (``report.email_to``, ``alerts.webhook_url``).
        progress: Told about the two lists.

    Returns:
        defects and advocates written, receipts delivered and failed.

    Raises:
        RetryError: A configured channel did not take the report; the files are written all the same.
    """
    with step(settings, "report") as running:
        defects = list_defects(running.conn)
        progress("Bericht schreiben", 1, 2)
        advocates = list_advocates(running.conn)
        folder = settings.home / "reports"
        folder.mkdir(parents=True, exist_ok=True)
        stem = datetime.now(UTC).strftime("kundenecho-%G-W%V")
        (folder / f"{stem}.json").write_text(as_json([{"defects": defects, "advocates": advocates}]), encoding="utf-8")
        write_xlsx(folder / f"{stem}.xlsx", {"Mängel": defects, "Fürsprecher": advocates})
        progress("Bericht schreiben", 2, 2)
        receipts = tell(settings, _summary(settings, stem, defects, len(advocates)), to=settings["report.email_to"])
        failed = [r for r in receipts if not r.delivered]
        running.counts.update(
            defects=len(defects), advocates=len(advocates), delivered=len(receipts) - len(failed), failed=len(failed)
        )
        if failed:
            raise RetryError(
                "; ".join(f"the report was not delivered by {r.channel}: {r.detail}" for r in failed),
                where=str(Path("reports") / stem),
                remedy="Mend the channel; the files are written",
            )
    return running.counts


def _summary(settings: Settings, stem: str, defects: Sequence[Mapping[str, Any]], advocates: int) -> Message:
    known = [d for d in defects if d["signal"] != "too_little_data"]
    lines = [f"{settings['company.name']}: Mängel und Fürsprecher", ""]
    lines += [f"- {defect_sentence(d)}" for d in known[:_IN_SUMMARY]] or ["Kein Mangel mit genug Nennungen."]
    lines += ["", f"{advocates} Fürsprecher stehen auf der Liste. Einzelheiten: {stem}.xlsx"]
    facts = {"defects": len(defects), "advocates": advocates, "report": stem}
    return Message("report", f"Bericht {stem.removeprefix('kundenecho-')}", "\n".join(lines), facts)
