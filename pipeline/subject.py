"""What is held on a person, for the person (Art. 15 GDPR)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from kundenecho.errors import DataError
from kundenecho.settings import Settings
from pipeline.export import as_json
from pipeline.rights import Choice, name_person
from pipeline.step import step
from storage.access import held_on
from storage.exports import Export, register_export
from storage.subject import find_subject

#: What Art. 15 (1) GDPR wants to be told besides the data.
PURPOSES: Final = (
    "Auswertung von Rückmeldungen, um wiederkehrende Mängel zu finden und zu beheben (Art. 6 Abs. 1 lit. f DSGVO)",
    "Erkennen zufriedener Kunden; Kontakt nur, wo er erlaubt ist (Art. 6 Abs. 1 lit. a oder f DSGVO, § 7 UWG)",
)
RIGHTS: Final = (
    "Berichtigung (Art. 16 DSGVO), Löschung (Art. 17), Einschränkung (Art. 18), Widerspruch (Art. 21)",
    "Widerruf einer Einwilligung jederzeit mit Wirkung für die Zukunft (Art. 7 Abs. 3 DSGVO)",
    "Beschwerde bei einer Aufsichtsbehörde (Art. 77 DSGVO)",
)


@dataclass(frozen=True)
class Access:
    """What was handed out.

    Attributes:
        held: Everything, as in the file.
        file: The JSON file.
        export: Number in the register of exports.
    """

    held: dict[str, Any]
    file: Path
    export: int


def subject_access(settings: Settings, choice: Choice, by: str, folder: Path) -> Access:
    """Write everything that is held on a person as JSON, readable for the owner of the file only.

    Args:
        settings: The installation's settings.
        choice: Who.
        by: Who hands it out, for the register.
        folder: Where to write ``auskunft.json``; made where it is not there.

    Returns:
        What was handed out.

    Raises:
        DataError: Nothing is held on anybody of that name.
        SettingsError: The keying secret is missing.
    """
    with step(settings, "subject") as running:
        conn = running.conn
        named = name_person(conn, settings, choice)
        subject = find_subject(conn, named)
        if subject.empty:
            raise DataError("nothing is held on this person", remedy="Try the e-mail address or the customer number")
        held = {
            "stand": datetime.now(UTC).isoformat(timespec="seconds"),
            "verantwortlich": settings["company.name"],
            "zwecke": list(PURPOSES),
            "rechte": list(RIGHTS),
            "speicherdauer": "bis zur Löschung; Texte mancher Quellen kürzer, nach deren Bedingungen",
            **held_on(conn, subject),
        }
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / "auskunft.json"
        file.touch(mode=0o600)
        file.write_text(as_json([held]), encoding="utf-8")
        items = sum(len(rows) for rows in held.values() if isinstance(rows, list))
        number = register_export(conn, Export("subject", by, "json", items), keys=subject.keys)
        conn.commit()
        running.counts.update(items=items)
    return Access(held, file, number)
