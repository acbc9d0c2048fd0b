"""Running a source in a process of its own."""

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
from pathlib import Path
from typing import Any

from kundenecho.errors import DataError, RetryError, YieldError
from kundenecho.keying import KEY_ID_VARIABLE, keyer_from_env
from kundenecho.pages import KnownPage
from spiders.card import FILE_SUFFIXES, Card
from spiders.child import job_json
from spiders.judge import Harvest, judge, raise_reported
from spiders.output import FILES, REJECTED, STATS

_FRAME = re.compile(r'File ".*?([^/\\"]+)", line (\d+)')
_RAISED = re.compile(r"([A-Za-z_][\w.]*(?:Error|Exception|Exit|Interrupt|Full))\b")
_ROOT = Path(__file__).resolve().parent.parent
#: The command that collects; it finds its job on standard input.
COMMAND = (sys.executable, "-m", "spiders.child")


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
    known: Sequence[KnownPage] = (),
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
        known: Pages read before, which the source need not send again unchanged.

    Returns:
        The harvest of a run that was good by its statistics.

    Raises:
        RetryError: Network or server trouble, or the time limit; later may help.
        SettingsError: Credentials, card or environment are wrong.
        DataError: The source's content cannot be read.
        YieldError: Fewer or more records than the card allows.
    """
    keyer_from_env(dict(env))
    chosen = [f.resolve() for f in files] or (_inbox(card) if card.reader == "file" else [])
    mark = None if full else watermark
    job = job_json(card, account, workdir.resolve(), watermark=mark, files=chosen, known=known)
    for name in (*FILES, STATS):
        (workdir / name).unlink(missing_ok=True)
    stats = _run_child(card, job, env, workdir, time_limit, progress)
    # Files named by hand are seldom all there are.
    return judge(card, stats, workdir, full=full or (card.full_read and not files))


def probe_source(card: Card, account: str, workdir: Path, *, env: Mapping[str, str], time_limit: int = 120) -> str:
    """Try a source: its credentials and its first page. Nothing of it is kept.

    Args:
        card: Card of the source.
        account: Account, empty for the only one.
        workdir: Directory for the trial's files.
        env: The child's environment, with the keying secret and the card's credentials.
        time_limit: Seconds after which the trial is ended.

    Returns:
        What was found, one line without personal data.

    Raises:
        KundenechoError: What is wrong, as for :func:`run_source`.
    """
    keyer_from_env(dict(env))
    files = _inbox(card) if card.reader == "file" else []
    job = job_json(card, account, workdir.resolve(), files=files, trial=True)
    stats = _run_child(card, job, env, workdir, time_limit, None)
    raise_reported(stats, f"source {card.name}")
    if stats["written"] + stats.get("aggregates", 0):
        return "answers, the credentials hold, the first item can be read"
    if not card.min_yield and not stats["rejected"]:
        return "answers, the credentials hold, there is nothing yet"
    refused = f", {stats['rejected']} items were refused: {_first_reason(workdir)}" if stats["rejected"] else ""
    raise DataError(
        f"answers, but gives no item that can be read{refused}",
        where=f"source {card.name}",
        remedy="Look at the card: account, address, start, follow, columns",
    )


def _first_reason(workdir: Path) -> str:
    with (workdir / REJECTED).open(encoding="utf-8") as lines:
        return str(json.loads(next(lines))["reason"])


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
