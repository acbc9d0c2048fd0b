"""The seals that the settings name are renewed, each for itself, and told when they go."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kundenecho.errors import DataError, SettingsError
from kundenecho.settings import Settings
from pipeline.seal_renewal import configured, renew_seals
from storage.connect import Connection
from tests.conftest import rows
from tests.pipeline.receivers import webhook
from tests.pipeline.test_seal import company, rated  # noqa: F401  the same shop
from web.seal import PAGES


def renewing(settings: Settings, folder: Path, names: str, **more: Any) -> Settings:
    return replace(settings, values={**settings.values, "seal.renew": names, "seal.folder": str(folder), **more})


def document(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "siegel.json").read_text(encoding="utf-8"))
    return found


def test_each_stands_in_its_own_folder_and_is_registered(rated: Settings, conn: Connection, tmp_path: Path) -> None:  # noqa: F811
    chosen = renewing(rated, tmp_path / "siegel", "HM-310, company")
    assert renew_seals(chosen, pages=PAGES) == {"issued": 1, "too_few": 1, "failed": 0}
    assert renew_seals(chosen, pages=PAGES, by="cron")["issued"] == 1
    found = document(tmp_path / "siegel" / "HM-310")
    assert found["issued"]
    assert found["method_url"] == "https://h.example/s/HM-310/siegel.html"
    assert not (tmp_path / "siegel" / "company").exists(), "the shop itself has no ratings, and had no seal before"
    assert rows(conn, "SELECT made_by FROM lists.exports WHERE kind = 'seal' ORDER BY 1") == [("cron",), ("rule",)]


def test_a_seal_that_goes_is_told_once_until_it_is_back(
    rated: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch  # noqa: F811
) -> None:  # fmt: skip
    monkeypatch.setenv("KUNDENECHO_WEBHOOK_SECRET", "s3cret")
    with webhook("s3cret") as hook:
        chosen = renewing(rated, tmp_path, "HM-310", **{"alerts.webhook_url": hook.url})
        demanding = replace(chosen, values={**chosen.values, "seal.min_ratings": 500})
        renew_seals(chosen, pages=PAGES)
        for _ in range(2):
            assert renew_seals(demanding, pages=PAGES)["too_few"] == 1
        assert not document(tmp_path / "HM-310")["issued"]
        assert [(body["event"], body["seal"]) for body in hook.bodies] == [("seal_withdrawn", "HM-310")]
        renew_seals(chosen, pages=PAGES)
        # Asking for less, or the two messages of one second would be the same, which a receiver takes for a replay.
        renew_seals(replace(chosen, values={**chosen.values, "seal.min_ratings": 400}), pages=PAGES)
    assert len(hook.bodies) == 2


def test_one_that_fails_does_not_stop_the_others(rated: Settings, tmp_path: Path) -> None:  # noqa: F811
    with pytest.raises(DataError, match="NOPE"):
        renew_seals(renewing(rated, tmp_path, "NOPE, HM-310"), pages=PAGES)
    assert document(tmp_path / "HM-310")["issued"]


def test_settings_that_cannot_be_are_told_before_anything_is_written(settings: Settings, tmp_path: Path) -> None:
    assert renew_seals(settings, pages=PAGES) == {"issued": 0, "too_few": 0, "failed": 0}
    for values, said in (
        ({"seal.renew": "HM-310"}, "where to is not said"),
        ({"seal.renew": "HM 310, HM-310", "seal.folder": "x"}, "would not differ"),
        ({"seal.renew": "..", "seal.folder": "x"}, "would not differ"),
    ):
        with pytest.raises(SettingsError, match=said):
            renew_seals(replace(settings, values={**settings.values, **values}), pages=PAGES)
    outside = renewing(settings, tmp_path, "../../etc, A/B")
    assert [seal.folder for seal in configured(outside)] == [tmp_path / "etc", tmp_path / "A-B"]
