"""Import: the company's own lists, from a file into their tables in one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from kundenecho.company_lists import LISTS, ListRow
from kundenecho.errors import DataError, KundenechoError
from kundenecho.keying import keyer_from_env
from kundenecho.settings import Settings
from pipeline.step import Counts, Progress, Step, log, silent, step
from spiders.files.company_lists import CompanyList, open_list
from spiders.output import Reject
from storage.company_lists import ListFile, keep_refused, list_transaction, merge_list, stage_list
from storage.connect import named_lock

#: Share of refused rows above which a file is taken for a wrong one and nothing of it is loaded.
MOST_REFUSED: Final = 0.2
#: Refused rows that are kept of a file of which nothing was loaded.
_KEPT: Final = 1000
_REASONS_TOLD: Final = 3


def import_list(settings: Settings, kind: str, file: Path, *, progress: Progress = silent) -> Counts:
    """Load one of the company's own lists.

    Importing the same file again writes nothing. A row that is known with other values gets a newer version.

    Args:
        settings: The installation's settings.
        kind: customers | orders | consents | contacts | sales | unsubscribes | testimonials.
        file: The file; CSV or XLSX.
        progress: Told about rows read.

    Returns:
        items, new, revised, unchanged, rejected.

    Raises:
        SettingsError: The file lacks a required column, or the keying secret is missing.
        DataError: The file is missing, empty or unreadable, or too many of its rows are bad; nothing was loaded.
        RetryError: The database went away, or another list is being imported.
    """
    keyer = keyer_from_env()
    # One list at a time: each looks into the others for the authors it concerns.
    with step(settings, "import", source=kind) as running, named_lock(running.conn, "import:lists"):
        found = open_list(file, kind, keyer, settings["company.time_zone"])
        if found.unknown:
            _notice(running, f"{file.name}: the contract does not know {', '.join(map(repr, found.unknown))}")
        _load(running, kind, file, found, progress)
    return running.counts


def import_folder(settings: Settings, folder: Path, *, progress: Progress = silent) -> dict[str, Counts]:
    """Load each list that stands in a folder under the name of its kind, such as ``customers.csv``.

    Args:
        settings: The installation's settings.
        folder: The folder.
        progress: Told about rows read.

    Returns:
        The counts of :func:`import_list` by file name.

    Raises:
        KundenechoError: See :func:`import_list`; lists before the failing one are loaded.
    """
    files = [(kind, folder / f"{kind}{suffix}") for kind in LISTS for suffix in (".csv", ".xlsx")]
    return {file.name: import_list(settings, kind, file, progress=progress) for kind, file in files if file.is_file()}


def _load(running: Step, kind: str, file: Path, found: CompanyList, progress: Progress) -> None:
    refused: list[tuple[str, str]] = []
    try:
        with list_transaction(running.conn, f"import of {file.name}"):
            items = stage_list(
                running.conn, kind, _rows(found, refused), lambda done: progress(f"{kind} lesen", done, None)
            )
            _judge(file, items, refused)
            source = ListFile(file.name, found.digest, found.unsaid)
            report = merge_list(running.conn, kind, source, refused, items=items, run_id=running.run_id)
    except DataError:
        _keep_refused(running, kind, refused)
        raise
    repeated = items - report.new - report.revised - report.unchanged - report.blocked
    if repeated and kind != "sales":
        _notice(running, f"{file.name}: {repeated} rows have the key of a later row, which counts instead")
    running.counts.update(
        items=items,
        new=report.new,
        revised=report.revised,
        unchanged=report.unchanged,
        rejected=len(refused),
    )
    if report.blocked:
        running.counts["blocked"] = report.blocked


def _rows(found: CompanyList, refused: list[tuple[str, str]]) -> Iterator[ListRow]:
    for item in found:
        if isinstance(item, Reject):
            refused.append((item.where, item.reason))
        else:
            yield item


def _judge(file: Path, good: int, refused: list[tuple[str, str]]) -> None:
    """Refuse a file of which too little is as the contract wants.

    Raises:
        DataError: With the most frequent reasons.
    """
    if good and len(refused) <= MOST_REFUSED * (good + len(refused)):
        return
    reasons = Counter(reason for _, reason in refused).most_common(_REASONS_TOLD)
    raise DataError(
        f"{len(refused)} of {good + len(refused)} rows are not as the list wants them, so nothing was loaded: "
        + "; ".join(f"{reason} ({count})" for reason, count in reasons),
        where=f"{file.name}, first {refused[0][0]}" if refused else file.name,
        remedy="Correct the file; lists.rejections has the rows, docs/company-lists.md the columns",
    )


def _keep_refused(running: Step, kind: str, refused: list[tuple[str, str]]) -> None:
    """Keep the first refused rows also when the file as a whole was refused."""
    running.counts["rejected"] = len(refused)
    try:
        with list_transaction(running.conn, f"refused rows of {kind}"):
            keep_refused(running.conn, kind, refused[:_KEPT], run_id=running.run_id)
    except KundenechoError as error:
        log.error("refused rows of %s could not be kept: %s", kind, error)


def _notice(running: Step, text: str) -> None:
    running.notes.append(text)
    log.warning("%s", text)
