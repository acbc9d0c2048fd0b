"""The file contract of ``kundenecho analyse --input --output``, with the real engines."""

from __future__ import annotations

import errno
import json
import os
import signal
import stat
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kundenecho.analysis import Analysis, Mention, Sentiment
from kundenecho.errors import RetryError, SettingsError
from kundenecho.records import MAX_TEXT_CHARS, digest_json
from nlp import batch
from nlp.batch import analyse_file
from nlp.contract import MAX_LINE_BYTES, Line, answer_lines
from nlp.engine import Engine, Text, load_engine

KEYS = {"id", "lineage", "language", "abstained", "sentiment", "recommend", "loyalty", "question", "mentions"}


def run(tmp_path: Path, lines: Iterable[bytes], **options: Any) -> list[dict[str, Any]]:
    """Analyse lines through files; the rows of the output."""
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_bytes(b"".join(line + b"\n" for line in lines))
    report = analyse_file(source, target, **{"engine": "textblob-de", **options})
    rows = [json.loads(line) for line in target.read_bytes().decode("utf-8").splitlines()]
    assert report.lines == len(rows) == report.analysed + report.errors
    assert report.errors == sum("error" in row for row in rows)
    return rows


def line(**values: Any) -> bytes:
    return json.dumps(values).encode()


@pytest.mark.parametrize("engine", ["kundenecho", "textblob-de"])
def test_an_answer_has_the_keys_and_the_lineage_of_the_contract(tmp_path: Path, engine: str) -> None:
    (row,) = run(
        tmp_path, [line(id="a", text="Der Griff ist sehr gut.", title="Prima", product="X1", extra=1)], engine=engine
    )
    assert KEYS <= row.keys() <= KEYS | {"incentivised", "fix"}
    assert row["id"] == "a"
    assert row["lineage"] == digest_json(load_engine(engine).describe())
    assert row["language"] == "de"
    assert row["sentiment"]["label"] == "positive"


def test_offsets_point_into_the_original_field(tmp_path: Path) -> None:
    text = "😀 Super. Leider ist der Henkel\x00 nach zwei Tagen abgebrochen."
    (row,) = run(tmp_path, [line(id="a", text=text)], engine="kundenecho")
    (mention,) = [one for one in row["mentions"] if one["defect"] == "breakage"]
    assert text[mention["start"] : mention["end"]] == mention["target"] == "Henkel"
    assert "abgebrochen" in text[slice(*mention["evidence"])]


@pytest.mark.parametrize("engine", ["kundenecho", "textblob-de"])
@pytest.mark.parametrize(
    ("values", "sentiment"),
    [
        ({"text": "👍👍"}, True),
        ({"text": "", "title": "Sehr gut"}, True),
        ({"text": "It is the best that we had."}, False),
    ],
)
def test_emoji_a_title_alone_and_another_language_are_no_errors(
    tmp_path: Path, engine: str, values: dict[str, str], sentiment: bool
) -> None:
    (row,) = run(tmp_path, [line(id="a", **values)], engine=engine)
    assert "error" not in row
    assert (row["sentiment"] is not None) is sentiment
    assert sentiment or row["mentions"] == []


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({}, "the text is missing"),
        ({"title": "Gut"}, "the text is missing"),
        ({"text": None, "title": "Gut"}, "the text is missing"),
        ({"text": ""}, "text and title are empty"),
        ({"text": " \n\u200b", "title": "\t"}, "text and title are empty"),
        ({"text": 5}, "the text is a number, a string is needed"),
        ({"text": ["gut"]}, "the text is an array, a string is needed"),
        ({"text": "gut", "title": {}}, "the title is an object, a string is needed"),
        ({"text": "gut", "product": True}, "the product is a boolean, a string is needed"),
        ({"text": "x" * (MAX_TEXT_CHARS + 1)}, f"the text has {MAX_TEXT_CHARS + 1} characters"),
    ],
)
def test_a_fault_behind_a_known_id_names_the_id(tmp_path: Path, values: dict[str, Any], error: str) -> None:
    (row,) = run(tmp_path, [line(id="ä", **values)])
    assert row.keys() == {"id", "error"}
    assert row["id"] == "ä"
    assert error in row["error"]


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", "the line is blank"),
        (b"  \r", "the line is blank"),
        (b"Sehr gut", "not JSON: Expecting value at character 1"),
        (b'{"id": "a", "text": "gut"', "not JSON"),
        (b'{"id": "a", "text": "gut\x00"}', "not JSON: Invalid control character at character 25"),
        (b'{"id": "a", "text": "\xff"}', "not UTF-8 at byte 22"),
        (b'{"id": "a", "text": "\xed\xa0\x80"}', "not UTF-8"),
        (b"[" * 100_000, "nested too deep"),
        (b'{"id": "a", "n": ' + b"9" * 5000 + b', "text": "gut"}', "a number too long"),
        (b"[1]", "the line is an array, an object is needed"),
        (b"null", "the line is null, an object is needed"),
        (b'{"text": "gut"}', "the id is missing"),
        (b'{"id": null, "text": "gut"}', "the id is missing"),
        (b'{"id": 7, "text": "gut"}', "the id is a number, a string is needed"),
        (b'{"id": "a", "text": "gut", "x": "' + b"y" * MAX_LINE_BYTES + b'"}', "the line is longer than"),
    ],
)
def test_a_fault_without_an_id_names_the_line_and_the_run_goes_on(tmp_path: Path, content: bytes, error: str) -> None:
    first, row, last = run(tmp_path, [line(id="1", text="gut"), content, line(id="3", text="gut")])
    assert (first["id"], last["id"]) == ("1", "3")
    assert "error" not in last
    assert (row["id"], row["line"]) == (None, 2)
    assert row.keys() == {"id", "line", "error"}
    assert error in row["error"]


def test_a_last_line_without_its_end_counts_and_carriage_returns_do_not(tmp_path: Path) -> None:
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_bytes(b"\xef\xbb\xbf" + line(id="1", text="gut") + b"\r\n" + line(id="2", text="gut"))
    report = analyse_file(source, target, engine="textblob-de")
    assert (report.lines, report.errors) == (2, 0)


def test_a_line_of_exactly_the_longest_length_is_read_and_the_next_one_too(tmp_path: Path) -> None:
    for extra, errors in ((0, 0), (1, 1)):
        start, end = b'{"id": "1", "text": "gut", "x": "', b'"}'
        padded = start + b"y" * (MAX_LINE_BYTES - len(start) - len(end) - 1 + extra) + end
        rows = run(tmp_path, [padded, line(id="2", text="gut")])
        assert [row["id"] for row in rows] == [None if errors else "1", "2"]


def test_an_empty_file_gives_an_empty_file(tmp_path: Path) -> None:
    assert run(tmp_path, []) == []
    assert run(tmp_path, [], workers=2) == []


class Spelling:
    """An engine that mentions the first word of the text and of the title; fails on request."""

    name = "spelling"

    def describe(self) -> dict[str, Any]:
        return {"engine": self.name}

    def analyse(self, texts: Iterable[Text]) -> Iterator[Analysis]:
        for text in texts:
            if "verflixt" in (text.text or ""):
                raise KeyError("verflixt")
            mentions = []
            for field, value in (("text", text.text), ("title", text.title)):
                if value:
                    value.encode("utf-8")
                    end = len(value.split()[0])
                    mentions.append(Mention(field, "overall", "neu", (0, end), value[:end], 0, end))
            yield Analysis("de", Sentiment("mixed", 0.0, 0.5), mentions=mentions)


def test_lone_surrogates_and_nul_survive_the_round_trip() -> None:
    row = {"id": "\ud800", "text": "Gr\udc00f\x00f kaputt", "title": "\udfff! Ä"}
    payload = answer_lines(Spelling(), "l", [Line(1, json.dumps(row).encode())]).payload
    answer = json.loads(payload.decode("utf-8"))
    assert answer["id"] == row["id"]
    assert [mention["target"] for mention in answer["mentions"]] == ["Gr\udc00f\x00f", "\udfff!"]


def test_only_a_line_that_needs_it_is_escaped() -> None:
    rows = [{"id": "ä", "text": "größer"}, {"id": "ä\ud800", "text": "größer"}, {"id": "ä", "text": "\ud83d\ude00"}]
    answers = answer_lines(Spelling(), "l", [Line(n, json.dumps(row).encode()) for n, row in enumerate(rows, 1)])
    plain, escaped, pair = answers.payload.decode("utf-8").splitlines()
    assert "größer" in plain
    assert escaped.isascii()
    assert "😀" in pair


def test_a_text_that_breaks_the_engine_costs_no_other_its_answer() -> None:
    texts = ["eins", "verflixt nochmal", "drei"]
    lines = [Line(n, line(id=str(n), text=text)) for n, text in enumerate(texts, 1)]
    answers = answer_lines(Spelling(), "l", lines)
    rows = [json.loads(one) for one in answers.payload.splitlines()]
    assert (answers.lines, answers.errors) == (3, 1)
    assert rows[1] == {"id": "2", "error": "the analysis failed: KeyError"}
    assert [row["id"] for row in rows] == ["1", "2", "3"]
    assert rows[2]["mentions"][0]["target"] == "drei"


def test_the_real_engine_works_on_after_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    engine: Engine = load_engine("kundenecho")
    from nlp import pipeline

    whole = pipeline._analysis

    def fragile(doc: Any) -> Analysis:
        if "verflixt" in doc.text:
            raise KeyError("verflixt")
        return whole(doc)

    monkeypatch.setattr(pipeline, "_analysis", fragile)
    lines = [Line(n, line(id=str(n), text=text)) for n, text in enumerate(["Sehr gut.", "verflixt", "Sehr gut."], 1)]
    rows = [json.loads(one) for one in answer_lines(engine, "l", lines).payload.splitlines()]
    assert "error" in rows[1]
    assert {**rows[0], "id": "3"} == rows[2]


def test_the_order_holds_with_workers_and_the_answers_are_the_same(tmp_path: Path) -> None:
    count = 3 * batch.CHUNK_LINES + 7
    lines = [line(id=str(n), text="Sehr gut. " * (n % 7)) if n % 50 else b"kaputt" for n in range(count)]
    done: list[int] = []
    alone = run(tmp_path, lines)
    apart = run(tmp_path, lines, workers=2, progress=done.append)
    assert apart == alone
    assert [row["id"] or row.get("line") for row in alone] == [str(n) if n % 50 else n + 1 for n in range(count)]
    assert done == [batch.CHUNK_LINES, 2 * batch.CHUNK_LINES, 3 * batch.CHUNK_LINES, count]


def test_input_is_read_only_as_fast_as_it_is_answered() -> None:
    taken = 0

    def chunks() -> Iterator[list[Line]]:
        nonlocal taken
        for number in range(1, 100):
            taken = number
            yield [Line(number, line(id="a", text="gut"))]

    answers = batch._answer_apart(chunks(), "textblob-de", None, 2)
    next(answers)
    assert taken <= 2 * batch.AHEAD
    answers.close()


@pytest.mark.parametrize("workers", [1, 2])
def test_an_engine_that_cannot_be_loaded_is_one_clear_error(tmp_path: Path, workers: int) -> None:
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_bytes(b"")
    target.write_text("old")
    with pytest.raises(SettingsError, match="unknown analysis engine 'abacus'"):
        analyse_file(source, target, engine="abacus", workers=workers)
    assert target.read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.jsonl", "out.jsonl"]


def test_a_worker_that_dies_is_one_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_bytes(line(id="a", text="gut"))
    monkeypatch.setattr(batch, "_answer_in_worker", os._exit)
    monkeypatch.setattr(batch, "_begin_worker", _die)
    with pytest.raises(RetryError, match="fewer workers"):
        analyse_file(source, target, engine="textblob-de", workers=2)
    assert [path.name for path in tmp_path.iterdir()] == ["in.jsonl"]


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_input_and_output_may_not_be_one_file(tmp_path: Path) -> None:
    source, link = tmp_path / "in.jsonl", tmp_path / "link.jsonl"
    source.write_bytes(line(id="a", text="gut"))
    link.symlink_to(source)
    for target in (source, link, tmp_path / "." / "in.jsonl"):
        with pytest.raises(SettingsError, match="one file"):
            analyse_file(source, target, engine="textblob-de")
    assert source.read_bytes() == line(id="a", text="gut")


@pytest.mark.parametrize("source", ["nowhere.jsonl", "."])
def test_an_input_that_cannot_be_read_is_one_clear_error(tmp_path: Path, source: str) -> None:
    with pytest.raises(SettingsError, match="the input cannot be read: ") as caught:
        analyse_file(tmp_path / source, tmp_path / "out.jsonl")
    assert str(tmp_path / source) in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("target", ["nowhere/out.jsonl", "folder", "in.jsonl/out.jsonl", "x" * 300])
def test_an_output_that_cannot_be_written_is_one_clear_error(tmp_path: Path, target: str) -> None:
    source = tmp_path / "in.jsonl"
    source.write_bytes(line(id="a", text="gut"))
    (tmp_path / "folder").mkdir()
    with pytest.raises(SettingsError, match="the output cannot be written: ") as caught:
        analyse_file(source, tmp_path / target, engine="textblob-de")
    assert str(tmp_path / target) in str(caught.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "in.jsonl"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_one_clear_error(tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    source.write_bytes(line(id="a", text="gut"))
    with pytest.raises(RetryError, match=os.strerror(errno.ENOSPC)):
        analyse_file(source, Path("/dev/full"), engine="textblob-de")


def test_a_run_that_fails_leaves_the_old_output_and_no_draft(tmp_path: Path) -> None:
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_bytes(line(id="a", text="gut"))
    target.write_text("old")

    def stop(_: int) -> None:
        assert target.read_text() == "old", "the target appears when it is complete"
        assert len(list(tmp_path.iterdir())) == 3
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        analyse_file(source, target, engine="textblob-de", progress=stop)
    assert target.read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 2


def test_the_output_has_the_usual_rights_and_a_link_stays_one(tmp_path: Path) -> None:
    real, link = tmp_path / "real.jsonl", tmp_path / "out.jsonl"
    link.symlink_to(real)
    run(tmp_path, [line(id="a", text="gut")])
    mask = os.umask(0)
    os.umask(mask)
    assert link.is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o666 & ~mask


def test_a_pipe_is_written_directly(tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    source.write_bytes(line(id="a", text="gut"))
    program = """
from pathlib import Path
from nlp.batch import analyse_file
analyse_file(Path("/dev/stdin"), Path("/dev/stdout"), engine="textblob-de")
"""
    with source.open("rb") as file:
        done = subprocess.run([sys.executable, "-c", program], stdin=file, stdout=subprocess.PIPE, check=True)
    assert json.loads(done.stdout)["id"] == "a"


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks at processes in /proc")
def test_workers_end_when_the_parent_is_killed(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        textwrap.dedent(
            """
            from multiprocessing import active_children
            from nlp import batch
            from nlp.contract import Line

            if __name__ == "__main__":
                chunks = ([Line(1, b"{}")] for _ in iter(int, 1))
                answers = batch._answer_apart(chunks, "textblob-de", None, 2)
                next(answers)
                print(*(child.pid for child in active_children()), flush=True)
                for _ in answers:
                    pass
            """
        )
    )
    with subprocess.Popen([sys.executable, str(program)], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        workers = [int(pid) for pid in parent.stdout.readline().split()]
        assert workers
        parent.kill()
    deadline = time.monotonic() + 60
    while any(_alive(pid) for pid in workers):
        assert time.monotonic() < deadline, "a worker outlives its parent"
        time.sleep(0.05)


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
