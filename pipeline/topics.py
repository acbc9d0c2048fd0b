"""Topics of the groups of products that the last writes touched: a part of decide."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby

from insights.topics import SaidCount, TermCount, find_topics, floor_of
from pipeline.defects import Counted
from pipeline.step import Progress
from storage.connect import Connection
from storage.topic_additions import add_topics
from storage.topics import TopicGroup, TopicRow, count_terms, count_topics, take_groups, write_topics

#: Groups are recomputed in portions of so many products, to keep memory flat; one group is never split.
_PRODUCTS = 200


def decide_topics(
    conn: Connection, counted: Counted, lineage: int, closed: date | None, *, everything: bool, progress: Progress
) -> int:
    """Bring the topics up to date with what came and changed since the last decide.

    Products are counted as a whole here where they are for defects, with their groups; elsewhere what came is added.

    Args:
        conn: Connection; the caller's transaction goes on.
        counted: What :func:`pipeline.defects.decide_defects` counted how.
        lineage: Lineage whose terms count.
        closed: Monday of the last closed week.
        everything: Count all groups as a whole.
        progress: Told about groups that are counted as a whole.

    Returns:
        Topics written.
    """
    groups = take_groups(conn, counted.whole, everything=everything)
    written = add_topics(conn, lineage, closed) if counted.added else 0
    done = 0
    for portion in _portions(groups):
        written += _count_whole(conn, portion, lineage, closed)
        done += len(portion)
        progress("Themen finden", done, len(groups))
    return written


def _count_whole(conn: Connection, groups: Sequence[TopicGroup], lineage: int, closed: date | None) -> int:
    spoke, terms, said = count_terms(conn, groups, lineage, closed)
    persons = dict.fromkeys((group.group_id for group in groups), 0) | {row.group_id: row.persons for row in spoke}
    settled = {row.group_id: row.settled for row in spoke}
    said_by: dict[int, list[SaidCount]] = defaultdict(list)
    for row in said:
        said_by[row.group_id].append(SaidCount(*row[1:]))
    topics = [
        TopicRow(group, topic.anchor, topic.label, list(topic.terms), topic.members)
        for group, rows in groupby(terms, key=lambda row: row.group_id)
        for topic in find_topics([TermCount(*row[1:]) for row in rows], said_by[group], settled[group])
    ]
    counts = {(count.group_id, count.anchor): count for count in count_topics(conn, topics)}
    reached = [
        (topic, count)
        for topic in topics
        if (count := counts[topic.group_id, topic.anchor]).settled >= floor_of(settled[topic.group_id])
    ]
    return write_topics(conn, persons, lineage, reached)


def _portions(groups: Sequence[TopicGroup]) -> Iterator[list[TopicGroup]]:
    portion: list[TopicGroup] = []
    for group in groups:
        if portion and sum(len(g.products) for g in portion) + len(group.products) > _PRODUCTS:
            yield portion
            portion = []
        portion.append(group)
    if portion:
        yield portion
