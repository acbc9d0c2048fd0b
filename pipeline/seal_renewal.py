"""The seals that the settings name, written anew: their period has moved, and words may have been withdrawn."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Final, NamedTuple

from kundenecho.errors import KundenechoError, SettingsError
from kundenecho.settings import Settings
from pipeline.alarms import tell_seal
from pipeline.seal_files import DOCUMENT, NoSealError, Pages, issue
from pipeline.step import Counts, Progress, log, silent

#: What stands for the company among the products of ``seal.renew``.
COMPANY: Final = "company"


class Renewed(NamedTuple):
    """A seal to renew: its product (None: the company), its name in the settings, its folder below ``seal.folder``."""

    product: str | None
    name: str
    folder: Path


def renew_seals(settings: Settings, *, pages: Pages, by: str = "rule", progress: Progress = silent) -> Counts:
    """Write every seal of ``seal.renew`` into its folder below ``seal.folder``, as ``kundenecho seal`` writes one.

    A seal that can no longer be issued is taken away, and that is told once until it is issued again. One that fails
    does not keep the others from being renewed.

    Args:
        settings: ``seal.*``, ``company.name``, and whom to tell (``alerts.*``).
        pages: Write the files.
        by: Who takes them out, for the register.
        progress: Told about seals.

    Returns:
        issued; too_few: seals without enough ratings; failed.

    Raises:
        SettingsError: ``seal.renew`` or ``seal.folder`` makes no sense; nothing is written.
        KundenechoError: Something kept one from being renewed; that of the first one, after the others were.
    """
    counts, failures = {"issued": 0, "too_few": 0, "failed": 0}, []
    seals = configured(settings)
    for done, seal in enumerate(seals, 1):
        stood = _stands(seal.folder)
        try:
            issue(settings, seal.product, seal.folder, pages, by=by, below=seal.folder.name)
            counts["issued"] += 1
            tell_seal(settings, seal.name, None)
        except NoSealError as error:
            counts["too_few"] += 1
            log.warning("no seal for %s: %s", seal.name, error.what)
            if stood:
                tell_seal(settings, seal.name, error.what)
        except KundenechoError as error:
            counts["failed"] += 1
            log.error("the seal of %s was not renewed: %s", seal.name, error)
            failures.append(error)
        progress("Siegel", done, len(seals))
    if failures:
        raise failures[0]
    return counts


def configured(settings: Settings) -> list[Renewed]:
    """The seals that the settings name, in their order.

    Raises:
        SettingsError: There is no folder, or two of them would share one.
    """
    names = list(dict.fromkeys(name.strip() for name in settings["seal.renew"].split(",") if name.strip()))
    if not names:
        return []
    if not settings["seal.folder"]:
        raise SettingsError(
            "seals are to be renewed, but where to is not said",
            where="seal.folder",
            remedy="Set it to a folder that the web server serves, or empty seal.renew",
        )
    root = settings.path.parent / settings["seal.folder"]
    folders = {name: re.sub(r"[^\w-]+", "-", name).strip("-") for name in names}
    if len({folder.lower() for folder in folders.values()}) < len(names) or "" in folders.values():
        raise SettingsError(
            f"the folders of {', '.join(names)} would not differ",
            where="seal.renew",
            remedy="Write one of them by kundenecho seal --output",
        )
    return [Renewed(None if name == COMPANY else name, name, root / folders[name]) for name in names]


def _stands(folder: Path) -> bool:
    """Whether a seal has been issued there before, also one that was taken away since."""
    try:
        return isinstance(json.loads((folder / DOCUMENT).read_text(encoding="utf-8")), dict)
    except (OSError, ValueError):
        return False
