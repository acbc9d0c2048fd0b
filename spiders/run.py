"""Running a source: a process of its own, judged by its statistics, not by its exit code."""

from __future__ import annotations

import contextlib
import glob
import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kundenecho.errors import DataError, RetryError, SettingsError, YieldError
from kundenecho.keying import KEY_ID_VARIABLE, keyer_from_env
from spiders.card import FILE_SUFFIXES, Card
from spiders.child import job_json
from spiders.output import FEED, REJECTED, STATS

_ERRORS = {"retry": RetryError, "settings": SettingsError, "data": DataError}
_FRAME = re.compile(r'File ".*?([^/\\"]+)", line (\d+)')
_RAISED = re.compile(r"([A-Za-z_][\w.]*(?:Error|Exception|Exit|Interrupt|Full))\b")
_ROOT = Path(__file__).resolve().parent.parent
#: The command that collects; it finds its job on standard input.
COMMAND = (sys.executable, "-m", "spiders.child")


@dataclass(frozen=True)
class Harvest:
    """What a good run left behind.

    Attributes:
        feed: JSON lines of records.
        rejected: JSON lines of refused rows.
        items: Records in the feed.
        rejected_count: Refused rows.
        stats: The run's statistics.
        complete: Everything there is was read to its end, so what is absent is gone.
        watermark: Where the next run may begin, to be stored with the rows.
        truncated: Something that should be there could not be read; what was read is good.
    """

    feed: Path
    rejected: Path
    items: int
    rejected_count: int
    stats: dict[str, Any]
    complete: bool
    watermark: str | None
    truncated: bool = False


def run_source(
    card: Card,
    account: str,
    workdir: Path,
    *,
    env: Mapping[str, str],
    watermark: str | None = None,
    full: bool = False,
    time_limit: int = 3600,
    progress: Callable[[int], None] | None = None,
    files: Sequence[Path] = (),
) -> Harvest:
    """Collect one account of a source into files.

    Args:
        card: Card of the source.
        account: Account, empty for the only one.
        workdir: Directory of this run; feed, refused rows and statistics are left there.
        env: The child's environment, with the keying secret and the card's credentials.
        watermark: Where the last run ended.
        full: Read everything, whatever the watermark says.
        time_limit: Seconds after which the child is ended.
        progress: Told how many records have been collected.
        files: Files to read instead of those that the card's address names.

    Returns:
        The harvest of a run that was good by its statistics.

    Raises:
        RetryError: Network or server trouble, or the time limit; later may help.
        SettingsError: Credentials, card or environment are wrong.
        DataError: The source's content cannot be read.
        YieldError: Fewer or more records than the card allows.
    """
    keyer_from_env(dict(env))
    chosen = [f.resolve() for f in files] or (_inbox(card) if card.kind == "file" else [])
    job = job_json(card, account, workdir.resolve(), None if full else watermark, chosen)
    for name in (FEED, REJECTED, STATS):
        (workdir / name).unlink(missing_ok=True)
    stats = _run_child(card, job, env, workdir, time_limit, progress)
    # Files named by hand are seldom all there are.
    return judge(card, stats, workdir, full=full or (card.full_read and not files))


def judge(card: Card, stats: dict[str, Any], workdir: Path, *, full: bool = False) -> Harvest:
    """Decide by its statistics whether a run was good.

    Args:
        card: Card of the source.
        stats: The run's statistics.
        workdir: Where its files are.
        full: Whether everything there is was asked for.

    Raises:
        KundenechoError: It was not; see :func:`run_source`.
    """
    where = f"source {card.name}"
    if error := stats.get("error"):
        raise _ERRORS[error["kind"]](error["what"], where=f"{where}, {error['where']}", remedy=error["remedy"])
    written, rejected = stats["written"], stats["rejected"]
    if stats["finish_reason"] != "finished":
        raise RetryError(f"the run ended early: {stats['finish_reason']}", where=where, remedy="Try again")
    if stats.get("exceptions") or stats.get("log_errors"):
        raise DataError(
            f"the spider failed {max(stats.get('exceptions', 0), stats.get('log_errors', 0))} times",
            where=where,
            remedy="The source has changed or the spider has a fault; nothing was loaded",
        )
    if stats["yielded"] != written + rejected:
        raise DataError(f"{stats['yielded']} records were found, {written + rejected} written", where=where)
    _check_yield(card, written, rejected, where)
    truncated = bool(stats.get("truncated"))
    # What was refused is absent from the feed, but not gone from the source.
    complete = full and not truncated and not rejected
    mark = stats.get("watermark")
    return Harvest(workdir / FEED, workdir / REJECTED, written, rejected, stats, complete, mark, truncated)


def _check_yield(card: Card, written: int, rejected: int, where: str) -> None:
    refused = f" ({rejected} rows were refused)" if rejected else ""
    if written < card.min_yield:
        raise YieldError(
            f"{written} records, the card expects at least {card.min_yield}{refused}; nothing was loaded",
            where=where,
            remedy="Look whether the source has changed, else lower min_yield on the card",
        )
    if card.max_yield is not None and written > card.max_yield:
        raise YieldError(
            f"{written} records, the card allows at most {card.max_yield}{refused}; nothing was loaded",
            where=where,
            remedy="Look whether something is read twice, else raise max_yield on the card",
        )


def _inbox(card: Card) -> list[Path]:
    """The files that a file source's address names."""
    pattern = card.address
    if pattern and Path(pattern).is_dir():
        found = sorted(f for f in Path(pattern).iterdir() if f.suffix.lower() in FILE_SUFFIXES)
    else:
        found = [Path(f) for f in sorted(glob.glob(pattern)) if Path(f).is_file()] if pattern else []  # noqa: PTH207
    if not found:
        raise YieldError(
            f"no file matches {pattern or 'the empty address'}; nothing was loaded",
            where=f"source {card.name}",
            remedy="Put an export there, or correct the address",
        )
    return found


def _run_child(
    card: Card,
    job: str,
    env: Mapping[str, str],
    workdir: Path,
    time_limit: int,
    progress: Callable[[int], None] | None,
) -> dict[str, Any]:
    child_env = {**env, "PYTHONPATH": os.pathsep.join(filter(None, [str(_ROOT), env.get("PYTHONPATH", "")]))}
    child_env.setdefault(KEY_ID_VARIABLE, "k1")
    with subprocess.Popen(
        COMMAND,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=child_env,
        cwd=_ROOT,
        start_new_session=True,
    ) as child:
        errors: list[str] = []
        drain = threading.Thread(target=lambda: errors.extend(child.stderr or ()), daemon=True)
        late = threading.Event()
        clock = threading.Timer(time_limit, _end, (child, late))
        drain.start()
        clock.start()
        try:
            _feed_and_follow(child, job, progress)
            child.wait()
        except BaseException:
            _end(child, threading.Event())
            raise
        finally:
            clock.cancel()
        drain.join(5)
    if late.is_set():
        raise RetryError(
            f"the run took longer than {time_limit} seconds and was ended",
            where=f"source {card.name}",
            remedy="Raise collect.time_limit, or look why the source is slow",
        )
    return _stats(card, workdir, child.returncode, errors)


def _feed_and_follow(child: subprocess.Popen[str], job: str, progress: Callable[[int], None] | None) -> None:
    if child.stdin is None or child.stdout is None:
        raise RetryError("the child process has no pipes")
    with contextlib.suppress(BrokenPipeError):
        child.stdin.write(job)
        child.stdin.close()
    for line in child.stdout:
        if progress and line.strip().isdigit():
            progress(int(line))


def _end(child: subprocess.Popen[str], late: threading.Event) -> None:
    late.set()
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)


def _stats(card: Card, workdir: Path, code: int, errors: list[str]) -> dict[str, Any]:
    file = workdir / STATS
    if file.exists():
        stats: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return stats
    where = f"source {card.name}"
    if code < 0:
        raise RetryError(f"the collecting process was ended by signal {-code}", where=where, remedy="Try again")
    raise DataError(
        f"the collecting process failed ({_last_words(errors)})",
        where=where,
        remedy="The source has changed or the spider has a fault; nothing was loaded",
    )


def _last_words(errors: list[str]) -> str:
    """Class and place of the error that ended a process; its message may quote what a customer wrote."""
    frames = [(number, match) for number, line in enumerate(errors) if (match := _FRAME.search(line))]
    if not frames:
        return "no message"
    last, place = frames[-1]
    # Below the last frame stand its source, indented, and then the class with the message.
    heads = (match[1] for line in errors[last + 1 :] if (match := _RAISED.match(line)))
    return f"{next(heads, 'unknown error')[:80]} in {place[1]} line {place[2]}"
