"""Analyse a file of JSON lines: one line out for each line in, in order, memory flat.

:mod:`nlp.contract` says what a line is and what answers it. Lines are analysed in chunks, in this
process or in several; at most two chunks for each process exist at a time.
"""

from __future__ import annotations

import errno
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context, parent_process
from pathlib import Path
from typing import IO, Final

from kundenecho.errors import RetryError, SettingsError
from kundenecho.records import digest_json
from nlp.contract import MAX_LINE_BYTES, Answers, Line, answer_lines
from nlp.engine import Engine, LineOnly, load_engine

#: Lines, and bytes, that are analysed together and travel to a worker together.
CHUNK_LINES: Final = 256
CHUNK_BYTES: Final = 1 << 20
#: Chunks that wait or are worked on, for each worker.
AHEAD: Final = 2
_BOM: Final = b"\xef\xbb\xbf"
_TRANSIENT: Final = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EPIPE)


@dataclass(frozen=True, slots=True)
class BatchReport:
    """What a file run did: lines read, lines analysed, lines answered with an error, duration."""

    lines: int
    analysed: int
    errors: int
    seconds: float


def analyse_file(
    source: Path,
    target: Path,
    *,
    engine: str = "kundenecho",
    model: str | None = None,
    workers: int = 1,
    progress: Callable[[int], None] | None = None,
) -> BatchReport:
    """Analyse every line of a file; neither file is ever held in memory.

    The target appears when it is complete: until then the lines stand in a hidden file beside it,
    which is removed when the run fails. A target that is a pipe or a device is written directly.

    Args:
        source: JSON lines to read; a byte order mark at its start is ignored.
        target: JSON lines to write.
        engine: Name of the engine, see :func:`nlp.engine.load_engine`.
        model: Model of the engine, None for the shipped one.
        workers: Processes; each loads the engine once. 1 analyses in this process.
        progress: Called with the number of lines done so far, after every chunk.

    Returns:
        The counts; ``errors`` is the number of error lines in the target.

    Raises:
        SettingsError: When the source cannot be opened, the target cannot be written, both are one
            file, or the engine cannot be loaded.
        RetryError: When reading fails on the way, the disk is full, or a worker process dies.
    """
    started = time.monotonic()
    done = errors = 0
    with _open_source(source) as read, _open_target(source, target) as write:
        chunks = _chunks(_lines(read, source))
        run = _answer_here(chunks, engine, model) if workers == 1 else _answer_apart(chunks, engine, model, workers)
        with closing(run):
            for answers in run:
                write.write(answers.payload)
                done += answers.lines
                errors += answers.errors
                if progress:
                    progress(done)
    return BatchReport(done, done - errors, errors, time.monotonic() - started)


def _answer_here(chunks: Iterable[list[Line]], engine: str, model: str | None) -> Generator[Answers, None, None]:
    loaded, lineage = _load(engine, model)
    for chunk in chunks:
        yield answer_lines(loaded, lineage, chunk)


def _answer_apart(
    chunks: Iterable[list[Line]], engine: str, model: str | None, workers: int
) -> Generator[Answers, None, None]:
    # A fork would copy a process that may have threads, such as those of a progress bar.
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_begin_worker)
    waiting: deque[Future[Answers]] = deque()
    try:
        # A worker starts when something is asked of the pool and no other is free: to have all of them load their
        # engines at once, ask for nothing as often. An engine that cannot be loaded is told before anything is written.
        idle = [pool.submit(_answer_in_worker, engine, model, []) for _ in range(workers)]
        idle[0].result()
        for chunk in chunks:
            waiting.append(pool.submit(_answer_in_worker, engine, model, chunk))
            if len(waiting) >= AHEAD * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except (BrokenProcessPool, OSError):
        raise RetryError(
            "a worker process could not start or ended in the middle of its work",
            remedy="Most likely memory ran out; try fewer workers",
        ) from None
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _answer_in_worker(engine: str, model: str | None, chunk: list[Line]) -> Answers:
    loaded, lineage = _load_once(engine, model)
    return answer_lines(loaded, lineage, chunk)


def _begin_worker() -> None:
    """Leave Ctrl-C to the parent, which ends its workers; end with the parent if it is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent:
        parent.join()
        os._exit(1)


def _load(engine: str, model: str | None) -> tuple[Engine, str]:
    """The engine and the digest of its lineage."""
    loaded = load_engine(engine, model)
    if isinstance(loaded, LineOnly):
        loaded.line_only = True
    return loaded, digest_json(loaded.describe())


_load_once = cache(_load)


def _lines(file: IO[bytes], source: Path) -> Iterator[Line]:
    number = 0
    try:
        while content := file.readline(MAX_LINE_BYTES):
            number += 1
            complete = content.endswith(b"\n") or len(content) < MAX_LINE_BYTES
            if number == 1:
                content = content.removeprefix(_BOM)
            yield Line(number, content if complete else None)
            while not complete and (rest := file.readline(MAX_LINE_BYTES)):
                complete = rest.endswith(b"\n")
    except OSError as error:
        raise RetryError(
            f"the input cannot be read: {error.strerror}", where=f"{source}:{number + 1}", remedy="Check the disk"
        ) from None


def _chunks(lines: Iterable[Line]) -> Iterator[list[Line]]:
    chunk: list[Line] = []
    size = 0
    for line in lines:
        chunk.append(line)
        size += len(line.content or b"")
        if len(chunk) >= CHUNK_LINES or size >= CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


@contextmanager
def _open_source(source: Path) -> Iterator[IO[bytes]]:
    try:
        file = source.open("rb")
    except OSError as error:
        raise SettingsError(
            f"the input cannot be read: {error.strerror}", where=str(source), remedy="Correct the path or the rights"
        ) from None
    with file:
        yield file


@contextmanager
def _open_target(source: Path, target: Path) -> Iterator[IO[bytes]]:
    """A file that takes the target's place when the block ends without an exception."""
    try:
        if target.exists() and not target.is_file() and not target.is_dir():
            with target.open("wb") as device:
                yield device
            return
        if target.exists() and target.samefile(source):
            raise SettingsError("input and output are one file", where=str(target), remedy="Name another output")
        with _draft(target.resolve()) as file:  # resolved, so that a link stays a link
            yield file
    except OSError as error:
        reason = f"the output cannot be written: {error.strerror}"
        if error.errno in _TRANSIENT:
            raise RetryError(reason, where=str(target), remedy="Make room and start again") from None
        raise SettingsError(reason, where=str(target), remedy="Correct the path or the rights") from None


@contextmanager
def _draft(place: Path) -> Iterator[IO[bytes]]:
    if place.exists():
        place.open("ab").close()  # a directory, or a file that may not be written, is told at once
    draft = place.with_name(f".{place.name}.{os.getpid()}.part")
    file = draft.open("wb")
    try:
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.replace(place)
    finally:
        draft.unlink(missing_ok=True)
