"""Topics of the groups of products that the last writes touched: a part of decide."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import groupby

from insights.topics import SaidCount, TermCount, find_topics, floor_of, salience
from pipeline.step import Progress
from storage.connect import Connection
from storage.topics import (
    TopicGroup,
    TopicRow,
    count_terms,
    count_topics,
    take_groups,
    topic_figures,
    write_saliences,
    write_topics,
)

#: Groups are recomputed in portions of so many products, to keep memory flat; one group is never split.
_PRODUCTS = 200


def decide_topics(
    conn: Connection, products: Sequence[str], lineage: int, *, everything: bool, progress: Progress
) -> int:
    """Recompute the topics of the groups that some products belong to.

    Args:
        conn: Connection; the caller's transaction goes on.
        products: Products that were touched.
        lineage: Lineage whose terms count.
        everything: All groups instead.
        progress: Told about groups recomputed.

    Returns:
        Topics written.
    """
    groups = take_groups(conn, products, everything=everything)
    written = done = 0
    for portion in _portions(groups):
        written += _decide(conn, portion, lineage)
        done += len(portion)
        progress("Themen finden", done, len(groups))
    if groups:
        _weigh(conn)
    return written


def _decide(conn: Connection, groups: Sequence[TopicGroup], lineage: int) -> int:
    spoke, terms, said = count_terms(conn, groups, lineage)
    persons = {group.group_id: spoke.get(group.group_id, 0) for group in groups}
    said_by: dict[int, list[SaidCount]] = defaultdict(list)
    for row in said:
        said_by[row.group_id].append(SaidCount(*row[1:]))
    topics = [
        TopicRow(group, topic.anchor, topic.label, list(topic.terms), topic.members)
        for group, rows in groupby(terms, key=lambda row: row.group_id)
        for topic in find_topics([TermCount(*row[1:]) for row in rows], said_by[group], persons[group])
    ]
    counts = {(count.group_id, count.anchor): count for count in count_topics(conn, topics)}
    reached = [
        (topic, count)
        for topic in topics
        if (count := counts[topic.group_id, topic.anchor]).persons >= floor_of(persons[topic.group_id])
    ]
    return write_topics(conn, persons, lineage, reached)


def _weigh(conn: Connection) -> None:
    """Compare each topic with the other groups; this reaches groups that were not touched."""
    figures = topic_figures(conn)
    exposed = {row.group_id: row.persons_exposed for row in figures}
    everybody = sum(exposed.values())
    everywhere: dict[str, int] = defaultdict(int)
    for row in figures:
        everywhere[row.anchor] += row.persons
    write_saliences(
        conn,
        {
            row.topic_id: salience(
                row.persons,
                row.persons_exposed,
                everywhere[row.anchor] - row.persons,
                everybody - row.persons_exposed,
            )
            for row in figures
        },
    )


def _portions(groups: Sequence[TopicGroup]) -> Iterator[list[TopicGroup]]:
    portion: list[TopicGroup] = []
    for group in groups:
        if portion and sum(len(g.products) for g in portion) + len(group.products) > _PRODUCTS:
            yield portion
            portion = []
        portion.append(group)
    if portion:
        yield portion
