"""What all steps share: the record of a run, and how progress is told."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from kundenecho.errors import KundenechoError
from kundenecho.settings import Settings
from storage.connect import Connection, Database, database
from storage.runs import begin_run, end_run

#: Told about progress: what is being done, how many are done, how many there are (None: unknown).
Progress = Callable[[str, int, int | None], None]
Counts = dict[str, int]

log = logging.getLogger("kundenecho")


def silent(_what: str, _done: int, _total: int | None) -> None:
    """Progress for nobody."""


@dataclass
class Step:
    """A running step.

    Attributes:
        database: The open database.
        conn: Connection for the step's own work; its transactions are the step's.
        run_id: Row of ``run`` that tells of this step.
        counts: What the step did; stored with the run and returned.
        notes: What was noticed, in sentences without personal data; stored with the run.
        truncated: Something that should be there could not be read; what was read is good.
    """

    database: Database
    conn: Connection
    run_id: int
    counts: Counts = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    truncated: bool = False


@contextmanager
def step(settings: Settings, name: str, *, source: str = "", account: str = "") -> Iterator[Step]:
    """Run a step and keep its record, good or bad.

    Args:
        settings: Where the database is.
        name: collect | import | analyse | decide | report | retain.
        source: Source, for steps that work on one.
        account: Account of the source.

    Yields:
        The step; whatever stands in ``counts`` at the end is recorded.

    Raises:
        KundenechoError: What the step raised, after it was recorded.
    """
    label = " ".join(part for part in ("kundenecho", name, source, account) if part)
    with database(settings) as db, db.connect(label) as notes:
        run_id = begin_run(notes, name, source, account)
        running: Step | None = None
        try:
            with db.connect(label) as conn:
                running = Step(db, conn, run_id)
                yield running
        except BaseException as error:
            _record(notes, db, run_id, "failed", running, _brief(error))
            raise
        _record(notes, db, run_id, "done", running, None)
    counts = running.counts
    log.info("%s: %s", label, ", ".join(f"{key} {value}" for key, value in counts.items()) or "nothing to do")


def _record(
    notes: Connection, db: Database, run_id: int, outcome: str, running: Step | None, error: str | None
) -> None:
    """Write the outcome; on a fresh connection where the database went away meanwhile."""
    counts: Counts = running.counts if running else {}
    told: dict[str, Any] = {"truncated": running.truncated, "note": "; ".join(running.notes) or None} if running else {}
    try:
        end_run(notes, run_id, outcome, counts, error, **told)
    except Exception:
        log.warning("run %s: its record is written on a new connection", run_id)
        try:
            with db.connect("kundenecho record") as fresh:
                end_run(fresh, run_id, outcome, counts, error, **told)
        except KundenechoError as trouble:
            log.error("run %s: its outcome %s could not be recorded: %s", run_id, outcome, trouble)


def _brief(error: BaseException) -> str:
    """What may be stored of an error: our own messages whole, of others only the class.

    Messages of libraries may quote rows, and so personal data.
    """
    return str(error) if isinstance(error, KundenechoError) else type(error).__name__
