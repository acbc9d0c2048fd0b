"""The runner: what is good is harvested, every failure of a collecting process is visible."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from kundenecho.errors import DataError, KundenechoError, RetryError, SettingsError, YieldError
from spiders import run
from spiders.card import Card
from spiders.judge import judge
from spiders.output import FILES as WRITTEN
from spiders.output import STATS
from spiders.run import run_source
from tests.conftest import ROOT
from tests.spiders.site import CARD, collect, fails, pages, site


def test_good_run(tmp_path: Path) -> None:
    harvest = collect(pages, tmp_path, min_yield=3)
    assert (harvest.items, harvest.rejected_count, harvest.complete, harvest.truncated) == (3, 0, True, False)
    rows = [json.loads(line) for line in harvest.feed.read_text(encoding="utf-8").splitlines()]
    assert {row["native_id"] for row in rows} == {"r1", "r2", "r3"}
    assert all(row["page"]["digest"] and row["raw"]["author"].startswith("k1:") for row in rows)
    assert {p.name for p in (tmp_path / "run").iterdir()} == {*WRITTEN, STATS}


def test_the_collecting_process_opens_no_port(tmp_path: Path) -> None:
    looked: list[list[int]] = []

    def look(path: str, number: int) -> tuple[int, str]:
        for child in psutil.Process().children():
            if "spiders.child" in child.cmdline():
                looked.append([c.laddr.port for c in child.net_connections() if c.status == psutil.CONN_LISTEN])
        return pages(path, number)

    collect(look, tmp_path)
    assert looked
    assert looked == [[]] * len(looked)


def test_progress_is_told(tmp_path: Path) -> None:
    file = tmp_path / "r.jsonl"
    file.write_text("".join(f'{{"id": "{n}", "text": "Text {n}"}}\n' for n in range(1200)))
    told: list[int] = []
    card = Card("r", "file", columns={"native_id": "id", "text": "text"})
    harvest = run_source(card, "", tmp_path / "run", env=dict(os.environ), files=[file], progress=told.append)
    assert (harvest.items, told) == (1200, [500, 1000])


def test_changed_markup_gives_too_little(tmp_path: Path) -> None:
    fails(lambda p, n: (200, "<p>neu gestaltet</p>"), tmp_path, YieldError, "0 records, the card expects at least 1")


def test_too_much_is_no_success(tmp_path: Path) -> None:
    fails(pages, tmp_path, YieldError, "allows at most 2", max_yield=2)


def test_yield_out_of_bounds_has_its_own_exit_code() -> None:
    assert YieldError.exit_code == 3


@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [
        ("callback", DataError, "the spider failed 1 times"),
        ("start", RetryError, "start_error"),
        ("writer", DataError, "3 records were found, 0 written"),
        ("crash", DataError, r"the collecting process failed \(MemoryError in faulty.py line \d+\)"),
    ],
)
def test_faults_of_the_process_are_visible(
    fault: str, error: type[KundenechoError], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "COMMAND", (sys.executable, "-m", "tests.spiders.faulty", fault))
    with pytest.raises(error, match=words) as caught:
        collect(pages, tmp_path)
    assert "Ina" not in str(caught.value)


def test_statistics_of_an_earlier_run_are_not_taken_for_this_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    collect(pages, tmp_path)
    monkeypatch.setattr(run, "COMMAND", (sys.executable, "-c", "raise SystemExit(0)"))
    with pytest.raises(DataError, match="the collecting process failed"):
        collect(pages, tmp_path)


def test_time_limit_ends_the_process(tmp_path: Path) -> None:
    gate = threading.Event()

    def slow(path: str, _: int) -> tuple[int, str]:
        gate.wait(20)
        return 200, ""

    with site(slow) as url:
        with pytest.raises(RetryError, match="longer than 3 seconds"):
            run_source(replace(CARD, address=url), "", tmp_path / "run", env=dict(os.environ), time_limit=3)
        gate.set()


def test_a_killed_parent_takes_its_process_along(tmp_path: Path) -> None:
    gate = threading.Event()

    def slow(path: str, _: int) -> tuple[int, str]:
        gate.wait(30)
        return 200, ""

    program = (
        "import os; from dataclasses import replace; from pathlib import Path; from spiders.run import run_source;"
        "from tests.spiders.site import CARD;"
        "run_source(replace(CARD, address=os.environ['SITE']), '', Path(os.environ['RUN']), env=dict(os.environ))"
    )
    with site(slow) as url:
        env = {**os.environ, "SITE": url, "RUN": str(tmp_path / "run"), "PYTHONPATH": str(ROOT)}
        parent = subprocess.Popen([sys.executable, "-c", program], env=env, cwd=ROOT)
        children: list[psutil.Process] = []
        until = time.monotonic() + 60
        while not children and time.monotonic() < until:
            time.sleep(0.1)
            children = psutil.Process(parent.pid).children()
        parent.kill()
        parent.wait()
        gone, alive = psutil.wait_procs(children, timeout=15)
        gate.set()
    assert (len(gone), alive) == (1, [])


def test_missing_secret_is_refused_before_any_request(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="keying secret is missing"):
        run_source(CARD, "", tmp_path / "run", env={})
    assert not (tmp_path / "run").exists()


def test_missing_credentials_are_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="SHOP_TOKEN"):
        run_source(replace(CARD, credentials=("SHOP_TOKEN",)), "", tmp_path / "run", env=dict(os.environ))


FILES = Card("r", "file", full_read=True, columns={"native_id": "id", "text": "text"})
ROW = '{"id": "1", "text": "gut", "neu": 1}\n'


def test_an_inbox_is_a_directory_or_a_pattern(tmp_path: Path) -> None:
    for name in ("a.jsonl", "b.jsonl", "notes.pdf"):
        (tmp_path / name).write_text(ROW.replace("1", name[0], 1))
    for address, items in ((tmp_path, 2), (tmp_path / "a*.jsonl", 1)):
        card = replace(FILES, address=str(address))
        harvest = run_source(card, "", tmp_path / "run", env=dict(os.environ))
        assert (harvest.items, harvest.complete, harvest.stats["files"]) == (items, True, items)
    with pytest.raises(YieldError, match="no file matches"):
        run_source(replace(FILES, address=str(tmp_path / "*.csv")), "", tmp_path / "run", env=dict(os.environ))


def test_files_named_by_hand_are_not_all_there_is(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(ROW)
    harvest = run_source(FILES, "de", tmp_path / "run", env=dict(os.environ), files=[tmp_path / "a.jsonl"])
    assert not harvest.complete
    assert harvest.stats["notices"] == ["a.jsonl: the card neither maps nor ignores 'neu'"]
    assert json.loads(harvest.feed.read_text())["account"] == "de"


def test_what_was_refused_is_not_gone(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(ROW + "{\n")
    harvest = run_source(replace(FILES, address=str(tmp_path)), "", tmp_path / "run", env=dict(os.environ))
    assert (harvest.items, harvest.rejected_count, harvest.complete) == (1, 1, False)


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").touch()
    with pytest.raises(DataError, match="the file is empty"):
        run_source(FILES, "", tmp_path / "run", env=dict(os.environ), files=[tmp_path / "a.jsonl"])


GOOD = {"finish_reason": "finished", "yielded": 3, "written": 3, "rejected": 0, "exceptions": 0, "log_errors": 0}


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"finish_reason": "shutdown"}, RetryError),
        ({"finish_reason": "start_error"}, RetryError),
        ({"exceptions": 1}, DataError),
        ({"log_errors": 1}, DataError),
        ({"yielded": 4}, DataError),
        ({"written": 0, "yielded": 0}, YieldError),
        ({"error": {"kind": "settings", "what": "x", "where": "", "remedy": ""}}, SettingsError),
    ],
)
def test_a_run_is_judged_by_its_statistics(
    change: dict[str, object], error: type[KundenechoError], tmp_path: Path
) -> None:
    assert judge(CARD, dict(GOOD), tmp_path).items == 3
    with pytest.raises(error):
        judge(CARD, {**GOOD, **change}, tmp_path)
