"""Decide: from counts to defects and topics, from statements to advocates and offers, for what changed; then cases."""

from __future__ import annotations

from insights.weeks import last_closed
from kundenecho.keying import keyer_from_env
from kundenecho.settings import Settings
from pipeline.advocates import decide_advocates
from pipeline.cases import decide_cases
from pipeline.contact import apply_limits
from pipeline.copies import settle_copies
from pipeline.defects import decide_defects
from pipeline.offers import decide_offers
from pipeline.persons import settle
from pipeline.portals import Portals
from pipeline.step import Counts, Progress, silent, step
from pipeline.topics import decide_topics
from storage.blocks import hold_off
from storage.connect import named_lock
from storage.dirty import Dirty, active_lineage, clear_dirty, mark_dirty, newest_feedback
from storage.planner import for_few_rows, learn_new_tables


def decide(settings: Settings, *, everything: bool = False, progress: Progress = silent) -> Counts:
    """Recompute the defects, topics and advocates that the last writes touched, and open the cases that are due.

    Args:
        settings: The installation's settings.
        everything: Recompute all of them, whatever was touched.
        progress: Told about products and persons recomputed.

    Returns:
        products and persons recomputed; defects, topics, advocates and occasions for offers written for them; cases
        opened and closed.

    Raises:
        BusyError: Another decide is running.
        SettingsError: The keying secret is missing.
    """
    keyer = keyer_from_env()
    with step(settings, "decide") as running, named_lock(running.conn, "decide"):
        conn, counts = running.conn, running.counts
        counts.update(products=0, persons=0, defects=0, topics=0, advocates=0, offers=0, cases=0, cases_closed=0)
        apply_limits(settings, conn)
        # Else an erasure could end before this does, and what was read of the person be written after it.
        hold_off(conn)
        lineage = active_lineage(conn)
        if lineage is None:
            return counts
        seqs = mark_dirty(conn, everything=everything)
        settled = settle(conn, keyer, everything=everything)
        dirty = Dirty(seqs, settled.persons, settled.moved)
        least, newest = settings["decide.min_persons"], newest_feedback(conn)
        closed = last_closed(newest.date()) if newest else None
        reached = settle_copies(conn, dirty.persons, everything=everything)
        counted = decide_defects(
            conn, dirty, reached, lineage, least, closed, several=Portals(settings).several, everything=everything,
            progress=progress,
        )  # fmt: skip
        counts.update(products=len(counted.whole) + len(counted.added), defects=counted.defects)
        counts["topics"] = decide_topics(conn, counted, lineage, closed, everything=everything, progress=progress)
        assessed = decide_advocates(conn, dirty.persons, lineage, newest, progress=progress)
        counts["persons"], counts["advocates"] = assessed
        counts["offers"] = decide_offers(
            conn, settings, dirty.persons, lineage, everything=everything, progress=progress
        )
        with for_few_rows(conn):
            counts["cases"], counts["cases_closed"] = decide_cases(conn, settings, lineage, progress=progress)
        clear_dirty(conn, dirty)
        conn.commit()
        learn_new_tables(conn)
        conn.commit()
    return running.counts
