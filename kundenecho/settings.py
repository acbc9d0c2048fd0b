"""Settings from ``kundenecho.toml`` and the environment.

Reading them needs no database and no secret, since DAG files are parsed with
them. Every value is overridable by an environment variable; secrets stand in
the environment only. ``docs/settings.md`` lists them all.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from kundenecho.errors import SettingsError

CONFIG_VARIABLE: Final = "KUNDENECHO_CONFIG"
HOME_VARIABLE: Final = "KUNDENECHO_HOME"
DATABASE_VARIABLE: Final = "KUNDENECHO_DATABASE_URL"


@dataclass(frozen=True)
class Setting:
    """One documented setting: its place in the file, its variable, its default."""

    path: str
    default: Any
    help: str

    @property
    def variable(self) -> str:
        """Environment variable that overrides the value in the file."""
        return "KUNDENECHO_" + self.path.upper().replace(".", "_")


#: Every setting outside the sources' own tables. ``docs/settings.md`` is checked against it.
SETTINGS: Final = (
    Setting("company.name", "Meine Firma", "Name of the company, as shown on pages and reports"),
    Setting("company.contact", "", "Address in the user agent of the collectors, an e-mail or a URL"),
    Setting("company.service", "", "Where customers turn to, as texts to them say it: an e-mail, a telephone number"),
    Setting("company.time_zone", "Europe/Berlin", "Zone of the schedules and of times without one"),
    Setting("analysis.engine", "kundenecho", "kundenecho or textblob-de"),
    Setting("analysis.model", "", "Folder of `kundenecho train`, or a German spaCy pipeline; empty: as shipped"),
    Setting("analysis.chunk_size", 500, "Texts analysed per transaction"),
    Setting("decide.min_persons", 3, "Persons below which a defect is 'zu wenig Daten'"),
    Setting("cases.days", 60, "Feedback older than so many days before the newest opens no case"),
    Setting("cases.rules", "", "File with turnaround times, teams and owners, beside this one; empty: as shipped"),
    Setting("cases.snippets", "", "File with approved texts for answers, beside this one; empty: as shipped"),
    Setting("contact.budget", 4, "Contacts with one person on all channels within contact.budget_days"),
    Setting("contact.budget_days", 90, "Days that the budget of contacts is for"),
    Setting("contact.quiet_days", 30, "Days without contact after a complaint"),
    Setting("contact.notice_since", "", "Day since which the order form tells how to object; empty: not at all"),
    Setting("contact.notice_in_messages", "no", "yes: every message tells how to object"),
    Setting("contact.ecg_checked_on", "", "Day of the last look into the Austrian list of § 7 (2) ECG"),
    Setting("contact.post_by_interest", "no", "yes: letters stand on the legitimate interest, not on a consent"),
    Setting("contact.business_segments", "", "Groups of customers that are businesses, comma-separated"),
    Setting("messages.email_from", "", "Sender of routine messages to customers; empty: none can be sent"),
    Setting("messages.unsubscribe", "", "Where customers object, told in every message: an e-mail or a URL"),
    Setting("messages.days", 30, "Cases older than so many days are answered by people only"),
    Setting("messages.confirm_unsubscribes", "no", "yes: who has just unsubscribed by e-mail is told so, once"),
    Setting("offers.rules", "", "File with the rules for offers, beside this one; empty: nothing is offered"),
    Setting("kpis.milestones", "", "File with the milestones of the key figures, beside this one; empty: as shipped"),
    Setting("seal.min_ratings", 30, "Ratings below which no seal is issued, and a group of ratings shows no figure"),
    Setting("seal.months", 12, "Months back from today that a seal counts"),
    Setting("seal.url", "", "Address under which the folder of the seal is served, for links; empty: relative links"),
    Setting("seal.renew", "", "Products whose seals are renewed every day, comma-separated; company for the company's"),
    Setting("seal.folder", "", "Folder in which the renewed seals stand, one folder each, beside this one"),
    Setting("web.host", "127.0.0.1", "Address that the pages listen on"),
    Setting("web.port", 8080, "Port of the pages; 0 takes a free one"),
    Setting("collect.time_limit", 3600, "Seconds after which a spider's process is ended"),
    Setting("alerts.email_to", "", "Addresses told about failures, comma-separated; empty for none"),
    Setting("alerts.email_from", "kundenecho@localhost", "Sender of alerts and reports"),
    Setting("alerts.smtp_host", "", "Mail server; empty for no e-mail"),
    Setting("alerts.smtp_port", 25, "Port of the mail server"),
    Setting(
        "alerts.smtp_security", "auto", "starttls, tls (port 465) or plain; auto: plain to this machine, else starttls"
    ),
    Setting("alerts.ca_file", "", "Certificate of a company's own authority (PEM), trusted beside the system's"),
    Setting("alerts.webhook_url", "", "URL told about failures by POST; empty for none"),
    Setting("report.email_to", "", "Addresses that receive the weekly report, comma-separated"),
    Setting("report.email_as", "html", "Form of the report in the e-mail: html, pdf (needs a browser) or link"),
    Setting("report.link", "", "Address under which the folder of reports is served, for links; empty for none"),
    Setting("report.webhook_url", "", "URL that receives the weekly report by POST; empty: alerts.webhook_url"),
    Setting("report.browser", "", "Chromium or Chrome that prints PDFs, a path; empty: looked for in PATH"),
    Setting("retain.feed_days", 14, "Days that the feed of a failed load is kept; a loaded one goes at once"),
)

#: Variables that have no place in the file: secrets and places.
ENVIRONMENT: Final = {
    CONFIG_VARIABLE: "Path of kundenecho.toml; default: the one in the working directory",
    HOME_VARIABLE: "State directory; default .kundenecho beside kundenecho.toml",
    DATABASE_VARIABLE: "PostgreSQL to use; without it an embedded one starts under the state directory",
    "KUNDENECHO_KEY_SECRET": "Keying secret, at least 32 characters",
    "KUNDENECHO_KEY_ID": "Short name of the keying secret, default k1",
    "KUNDENECHO_SMTP_USER": "User of the mail server, where it wants one",
    "KUNDENECHO_SMTP_PASSWORD": "Password of the mail server",
    "KUNDENECHO_WEBHOOK_SECRET": "Secret that signs webhook bodies (HMAC-SHA-256)",
}


_HEADER = re.compile(r"\s*\[([^\[\]]+)\]\s*(?:#.*)?$")
_SOURCE = re.compile(r"sources\s*\.\s*\"?([\w-]+)\"?(\s*\..+)?")


@dataclass(frozen=True)
class SourceTable:
    """One ``[sources.NAME]`` table as written, not judged yet.

    Attributes:
        line: Line of ``kundenecho.toml`` on which the table begins, for error messages.
        fault: What is wrong with the table as such, such as a second one of the same name.
    """

    name: str
    values: dict[str, Any]
    line: int
    path: Path
    fault: str = ""


@dataclass(frozen=True)
class Settings:
    """All settings of one installation.

    Attributes:
        path: The file they came from; it need not exist.
        home: State directory: embedded database, feeds, reports, the local secret.
        values: Value of each of :data:`SETTINGS` by path.
        sources: The sources' tables by name, in the order of the file.
        database_url: PostgreSQL URL, or None for the embedded server.
    """

    path: Path
    home: Path
    values: dict[str, Any]
    sources: dict[str, SourceTable] = field(default_factory=dict)
    database_url: str | None = None

    def __getitem__(self, path: str) -> Any:
        return self.values[path]


def load_settings(path: Path | None = None, env: Mapping[str, str] | None = None) -> Settings:
    """Read the settings file and the environment.

    Args:
        path: The file; without it ``KUNDENECHO_CONFIG``, else ``kundenecho.toml`` in the working
            directory. A missing default file means all defaults and no sources.
        env: Environment to read instead of the process's own.

    Raises:
        SettingsError: On a missing named file, broken TOML, an unknown table or setting, or a value
            of the wrong type, naming the line where it can be known.
    """
    values = dict(os.environ if env is None else env)
    named = path or (Path(values[CONFIG_VARIABLE]) if values.get(CONFIG_VARIABLE) else None)
    file = named or Path("kundenecho.toml")
    text, doubled = _without_doubles(_read(file, required=named is not None))
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"the file is not TOML: {error}", where=str(file), remedy="Mend that line") from None
    sources = document.pop("sources", {})
    _refuse_unknown(document, file, text)
    settings = {s.path: _value(s, document, values, file) for s in SETTINGS}
    home = Path(values[HOME_VARIABLE]) if values.get(HOME_VARIABLE) else file.resolve().parent / ".kundenecho"
    own = {name: _of_source(name, sources, values) for name in sources}
    tables = {name: _source(name, table, file, text, own[name]) for name, table in sources.items()}
    for name, lines in doubled.items():
        what = f"several sources are named {name}, on the lines {', '.join(map(str, lines))}"
        tables[name] = SourceTable(name, {}, lines[-1], file, what)
    return Settings(file, home, settings, tables, values.get(DATABASE_VARIABLE) or None)


def _read(file: Path, *, required: bool) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        if required:
            raise SettingsError(
                "the settings file does not exist", where=str(file), remedy=f"Create it, or correct {CONFIG_VARIABLE}"
            ) from None
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"the settings file cannot be read: {error}",
            where=str(file),
            remedy="Save it as UTF-8 and make it readable",
        ) from None


def _without_doubles(text: str) -> tuple[str, dict[str, list[int]]]:
    """The file without sources that repeat a name, which TOML would refuse together with all others.

    Returns:
        The text, its lines at their places, and the lines on which each doubled source begins.
    """
    begins: dict[str, list[int]] = {}
    lines, dropping = text.splitlines(), False
    for number, line in enumerate(lines, 1):
        if header := _HEADER.match(line):
            source = _SOURCE.fullmatch(header[1].strip())
            if source and not source[2]:
                begins.setdefault(source[1], []).append(number)
            dropping = bool(source) and len(begins.get(source[1] if source else "", ())) > 1
        if dropping:
            lines[number - 1] = ""
    return "\n".join(lines), {name: found for name, found in begins.items() if len(found) > 1}


def _refuse_unknown(document: dict[str, Any], file: Path, text: str) -> None:
    known = {s.path for s in SETTINGS}
    tables = {p.split(".")[0] for p in known}
    for table, content in document.items():
        if table not in tables or not isinstance(content, dict):
            raise SettingsError(
                f"unknown table or setting {table!r}",
                where=f"{file}:{line_of(text, table)}",
                remedy=f"Known tables: {', '.join(sorted(tables))}, sources",
            )
        for name in content:
            if f"{table}.{name}" not in known:
                allowed = ", ".join(sorted(p.split(".")[1] for p in known if p.startswith(f"{table}.")))
                raise SettingsError(
                    f"unknown setting {table}.{name}",
                    where=f"{file}:{line_of(text, name)}",
                    remedy=f"[{table}] has: {allowed}",
                )


def _value(setting: Setting, document: dict[str, Any], env: Mapping[str, str], file: Path) -> Any:
    table, name = setting.path.split(".")
    value, where = setting.default, str(file)
    if name in document.get(table, {}):
        value = document[table][name]
    if setting.variable in env:
        value, where = env[setting.variable], setting.variable
    return _typed(value, type(setting.default), setting.path, where)


def _typed(value: Any, kind: type, name: str, where: str) -> Any:
    if kind is int and isinstance(value, str) and re.fullmatch(r"-?\d+", value.strip()):
        return int(value)
    if type(value) is not kind:
        wanted = {int: "a whole number", str: "text"}[kind]
        raise SettingsError(f"{name} is {value!r}, {wanted} is needed", where=where, remedy="Correct the value")
    return value


def _of_source(name: str, names: Collection[str], env: Mapping[str, str]) -> dict[str, str]:
    """The variables that override a source's keys, by key; ``a_b`` is no key of the source ``a`` beside ``a_b``."""
    prefix = f"KUNDENECHO_SOURCES_{name.upper()}_"
    longer = tuple(f"KUNDENECHO_SOURCES_{n.upper()}_" for n in names if n.upper().startswith(f"{name.upper()}_"))
    mine = (v for v in env if v.startswith(prefix) and not (longer and v.startswith(longer)))
    return {variable.removeprefix(prefix).lower(): env[variable] for variable in mine}


def _source(name: str, table: Any, file: Path, text: str, overrides: Mapping[str, str]) -> SourceTable:
    line = line_of(text, f"[sources.{name}]")
    values = {**(table if isinstance(table, dict) else {"": table}), **overrides}
    return SourceTable(name, values, line, file)


def line_of(text: str, token: str) -> int:
    """First line (from 1) of ``text`` that mentions ``token``; 1 when none does."""
    for number, line in enumerate(text.splitlines(), 1):
        if token in line:
            return number
    return 1
