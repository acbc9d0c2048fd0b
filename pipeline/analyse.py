"""Analyse: what has the current lineage not seen yet?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kundenecho.analysis import Analysis
from kundenecho.errors import SettingsError
from kundenecho.settings import Settings
from nlp.engine import Engine, Text, load_engine
from nlp.scheme_engine import SchemeEngine
from pipeline.step import Counts, Progress, silent, step
from storage.analyses import Lineage, Unseen, activate, count_unseen, ensure_lineage, unseen, write_analyses
from storage.connect import Connection, named_lock


def analyse(settings: Settings, *, progress: Progress = silent) -> Counts:
    """Analyse every current revision that the configured lineage has not seen.

    A new lineage (changed code, lexicons or settings) is built beside the active one, in resumable
    chunks of a transaction each, and replaces it in one UPDATE when it is complete.

    Args:
        settings: The installation's settings.
        progress: Told about texts analysed.

    Returns:
        texts analysed, mentions found, defects found, activated (1 when a lineage was switched).

    Raises:
        BusyError: Another analyse is running.
        SettingsError: The engine is unknown, its model is missing or has other labels than the lists need.
    """
    engine = load_engine(settings["analysis.engine"], settings["analysis.model"])
    if isinstance(engine, SchemeEngine):
        raise SettingsError(
            "the lists need the project's own labels, and this model has others",
            where="analysis.model",
            remedy="Use it with kundenecho analyse --input FILE --output FILE --model FOLDER",
        )
    with step(settings, "analyse") as running, named_lock(running.conn, "analyse"):
        lineage = ensure_lineage(running.conn, engine.describe())
        running.conn.commit()
        counts = running.counts
        counts.update(texts=0, mentions=0, defects=0, activated=0)
        total = count_unseen(running.conn, lineage.id)
        for chunk, analyses in _chunks(running.conn, engine, lineage, settings["analysis.chunk_size"]):
            pairs = [(row.revision_id, analysis) for row, analysis in zip(chunk, analyses, strict=True)]
            write_analyses(running.conn, lineage.id, pairs)
            running.conn.commit()
            counts["texts"] += len(chunk)
            counts["mentions"] += sum(len(a.mentions) for a in analyses)
            counts["defects"] += sum(m.defect is not None for a in analyses for m in a.mentions)
            progress("Texte verstehen", counts["texts"], total)
        if lineage.state != "active":
            activate(running.conn, lineage.id)
            running.conn.commit()
            counts["activated"] = 1
    return running.counts


def _chunks(conn: Connection, engine: Engine, lineage: Lineage, size: int) -> Any:
    after = 0
    while True:
        rows: Sequence[Unseen] = unseen(conn, lineage.id, limit=size, after=after)
        if not rows:
            return
        after = rows[-1].revision_id
        analyses: list[Analysis] = list(engine.analyse(Text(row.text, row.title, row.product) for row in rows))
        yield rows, analyses
