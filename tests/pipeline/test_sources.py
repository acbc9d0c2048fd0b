"""How sources stand, trying them, partial reads, and pages that have not changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from demo.scene import Scene
from kundenecho.errors import SettingsError
from kundenecho.settings import Settings
from pipeline.collect import collect
from pipeline.sources import check_sources, overview
from spiders.card import BrokenCard
from storage.connect import Connection
from tests.conftest import rows


def test_before_and_after_the_first_run(demo: Settings, with_source: Callable[..., Settings]) -> None:
    morning = datetime(2026, 6, 1, 1, tzinfo=UTC)
    before = {state.name: state for state in overview(demo, morning)}
    assert all(state.last is None for state in before.values())
    assert before["shop"].next_run == datetime(2026, 6, 1, 2, 15, tzinfo=UTC)
    collect(demo, "shop")
    with pytest.raises(SettingsError):
        collect(with_source("provenexpert", credentials=["NOT_SET_ID", "NOT_SET_KEY"]), "provenexpert")
    after = {state.name: state for state in overview(with_source("umfrage", schedule="bald"), morning)}
    shop, portal = after["shop"].last, after["provenexpert"].last
    assert shop is not None
    assert portal is not None
    assert (shop.outcome, shop.truncated, shop.counts["items"], portal.outcome) == ("done", False, 60, "failed")
    assert "NOT_SET_ID" in (portal.error or "")
    assert isinstance(after["umfrage"].card, BrokenCard)


def test_trying_says_in_one_line_what_is_wrong(demo: Settings, with_source: Callable[..., Settings]) -> None:
    found = {check.source: check for check in check_sources(demo, ("shop", "provenexpert", "umfrage", "youtube"))}
    assert all(check.good for check in found.values()), found
    [wrong] = check_sources(with_source("shop", follow=["/nichts/"]), ("shop",))
    assert not wrong.good
    assert "no item that can be read" in wrong.line
    [missing] = check_sources(with_source("provenexpert", credentials=["NOT_SET_ID", "NOT_SET_KEY"]), ("provenexpert",))
    assert "the environment has no NOT_SET_ID" in missing.line
    [gone] = check_sources(with_source("shop", address="http://127.0.0.1:9/"), ("shop",))
    assert "did not answer" in gone.line
    assert all("\n" not in check.line for check in (*found.values(), wrong, missing, gone))
    with pytest.raises(SettingsError, match="there is no source 'nirgends'"):
        list(check_sources(demo, ("nirgends",)))


def test_trying_loads_nothing(demo: Settings, conn: Connection) -> None:
    list(check_sources(demo, ("shop",)))
    assert rows(conn, "SELECT count(*) FROM feedback") == [(0,)]
    assert rows(conn, "SELECT count(*) FROM run") == [(0,)]


def test_a_shop_without_news_sends_no_page_again(demo: Settings, conn: Connection) -> None:
    first = collect(demo, "shop")
    second = collect(demo, "shop")
    assert (first["new"], second["new"], second["unchanged"], second["deleted"]) == (60, 0, 60, 0)
    assert rows(conn, "SELECT count(*) > 3, count(DISTINCT load_id) FROM page_validator") == [(True, 1)]
    assert rows(conn, "SELECT max(missed_reads) FROM feedback") == [(0,)]
    full = collect(demo, "shop", full=True)
    assert (full["items"], full["unchanged"]) == (60, 60)


def test_another_card_reads_every_page_again(with_source: Callable[..., Settings], demo: Settings) -> None:
    collect(demo, "shop")
    changed = collect(with_source("shop", rating_max=10), "shop")
    assert changed["items"] == 60


def test_a_partial_read_is_kept_and_told(with_source: Callable[..., Settings], conn: Connection, scene: Scene) -> None:
    demo = with_source("shop", min_yield=10)
    collect(demo, "shop")
    voices = scene.server.company.voices
    # A product's page that answers with something else: the product is no longer described.
    scene.server.fakes["schemaorg"].broken = "HM-310"  # type: ignore[attr-defined]
    collect(demo, "shop", full=True)
    [(truncated, note)] = rows(conn, "SELECT truncated, note FROM run ORDER BY run_id DESC LIMIT 1")
    assert truncated
    assert "describes nothing" in note
    assert rows(conn, "SELECT count(*) FROM feedback WHERE missed_reads > 0") == [(0,)]
    assert rows(conn, "SELECT count(*) FROM alarm WHERE alarm_key = 'truncated:shop' AND cleared_at IS NULL") == [(1,)]
    scene.server.fakes["schemaorg"].broken = ""  # type: ignore[attr-defined]
    collect(demo, "shop", full=True)
    assert rows(conn, "SELECT count(*) FROM alarm WHERE cleared_at IS NULL") == [(0,)]
    assert len(voices) > 60


def test_the_portals_own_figure_is_kept_apart(demo: Settings, conn: Connection) -> None:
    collect(demo, "provenexpert")
    collect(demo, "provenexpert")
    found = "SELECT rating_value, review_count, recommendation_rate FROM lists.aggregate_ratings"
    assert rows(conn, found) == [(5.0, 12 + 33, 100.0)]
