"""The forms in which personal numbers and addresses are written, as regular expressions.

Every repetition has a limit, so that no text takes longer than in proportion to its length.
"""

from __future__ import annotations

import re
from typing import Final

_I: Final = re.IGNORECASE
URL: Final = re.compile(r"(?:https?://|www\.)\S+", _I)
GOODS: Final = re.compile(
    r"\b(?:ean|gtin|isbn|art(?:ikel)?\.?[ -]?(?:nr|nummer)|modell(?:nummer)?|charge(?:nnummer)?|serien(?:nr|nummer))\b"
    r"[.: ]{0,3}[\w-]{3,20}", _I,
)  # fmt: skip
EMAIL: Final = re.compile(
    r"[\w.%+-]{1,64}(?: (?:punkt|dot) [\w+-]{1,40}){0,3}(?: ?[(\[](?:at|ät)[)\]] ?| ät | ?@ ?)"
    r"[\w-]{1,63}(?:(?:\.| ?[(\[](?:dot|punkt)[)\]] ?| punkt | dot )[\w-]{1,63}){0,3}"
    r"(?:\.| ?[(\[](?:dot|punkt)[)\]] ?| punkt | dot )[^\W\d_]{2,12}(?!\w)", _I,
)  # fmt: skip
IBAN: Final = re.compile(r"(?<!\w)[A-Z]{2}[ -]?\d{2}(?=[ -]?[A-Z0-9]{2})", _I)
IBAN_LENGTHS: Final = {
    "DE": 22, "AT": 20, "CH": 21, "LI": 21, "NL": 18, "FR": 27, "IT": 27, "BE": 16, "LU": 20, "ES": 24, "PL": 28,
    "CZ": 24, "GB": 22, "DK": 18, "SE": 24, "NO": 15, "HU": 28, "SK": 24, "SI": 19, "HR": 21, "PT": 25, "RO": 24,
    "BG": 22, "IE": 22, "FI": 18, "EE": 20, "LV": 21, "LT": 20, "GR": 27, "TR": 26,
}  # fmt: skip

_KIND_OF_NUMBER: Final = (
    r"kunden(?:karten|konto)?|kd|bestell|best|auftrags?|vorgangs?|rechnungs?|re|vertrags?|sendungs|paket|tracking|"
    r"retouren?|mitglieds?|buchungs|reservierungs|policen?|versicherungs(?:schein)?|schadens?|ticket|fall|case|rma|"
    r"konto|karten|kreditkarten|zähler|gutschein|garantie|post|abo|service|lieferschein|beleg|bon|angebots?|referenz|"
    r"teilnehmer|personal|steuer|mandats?|akten|geschäfts|mitglieder|anschluss"
)
_NUMBER_LINK: Final = (
    r"[.:]?(?: ?(?:nr|no|nummer|mit der nummer|mit der nr)\b\.?:?)?"
    r"[ :(#–„\"]{0,4}(?:(?:ist|lautet|war|die|der|von mir) ){0,2}[:(#–]?[ #]{0,2}"
)
_VALUE: Final = (
    r"((?:[A-Z]{1,6}[-/. ]?)?[A-Z]{0,8}\d[A-Z\d]{0,24}(?:[-/.](?:[A-Z]{0,6}\d[A-Z\d]{0,12}|[A-Z]{1,3}(?!\w))"
    r"| [A-Z]{0,4}\d[A-Z\d]{1,11}| [A-Z](?= \d)|(?<=\d \d{4} \d{4}) \d(?!\d)){0,8})(?!\w)"
)
NUMBER: Final = re.compile(
    rf"(?<!\w)(?:(?:{_KIND_OF_NUMBER})\.?[ -]?(?:nummer|nr|no|id|code|zeichen|kennung)\b|(?:kdnr|az|unser zeichen|"
    rf"ihr zeichen)\b){_NUMBER_LINK}{_VALUE}", _I,
)  # fmt: skip
CODE: Final = re.compile(r"(?<!\w)(?:\w{4,16}code|\w{3,16}-code)[: ]{1,3}([A-Z0-9]{2,}[A-Z0-9-]{3,})(?!\w)")
THING: Final = re.compile(
    r"(?<!\w)(?:bestellung|auftrag|vorgang|vertrag|rechnung|sendung|ticket|buchung|kunden(?:konto|karte)|konto|abo|bon|"
    r"lieferschein|rma|angebot|servicefall|fall|police|reservierung|aktenzeichen|retoure|paket|reklamation|nummer|karte)"
    rf"\b{_NUMBER_LINK}{_VALUE}", _I,
)  # fmt: skip
LONE: Final = re.compile(
    r"(?<![\w.,/@-])(?<!&#)(?:\d{3}-\d{7}-\d{7}|1Z[A-Z\d]{16}|\d{4}([ -])\d{4}\1\d{4}\1\d{4}"
    r"|(?:[A-Z]{1,4}[-/])?\d{7,24}|(?<=#)[A-Z]{0,3}\d{4,})(?![\w/]|[.,-]\d)"
)
DATE: Final = re.compile(
    r"\d{1,2}\.\d{1,2}\.(?:\d{2,4})?(?!\d)|\d{1,2}\.\d{2} ?[-–]|\d{4}-\d\d-\d\d|\d{1,2}/(?:19|20)\d\d(?!\d)"
)
NO_PREFIX: Final = re.compile(
    r"(?:am|um|im|in|ab|an|zu|so|da|es|er|ob|bei|war|ist|mit|der|die|das|hab|von|vom|und|auf|nie|nur|für|vor|aus|fast|nach|"
    r"über|sind|seit|kam|nicht) ", _I,
)  # fmt: skip
_UNIT: Final = (
    r"(?! ?(?:€|%|°|euro|eur|cent|chf|km|m|cm|mm|min|minuten?|std|h|stunden?|uhr|tagen?|tag|wochen?|monaten?|jahren?|"
    r"mal|x|stück|stk|sterne?n?|punkte?n?|grad|kg|g|gramm|ml|l|liter|watt|w|v|volt|personen|teilen?|meter|leute|pools)\b)"
)
IS_UNIT: Final = re.compile(r" ?[€%]| ?euro?\b| ?uhr\b", _I)
PHONE: Final = re.compile(r"(?<![\w.,/+-])(?:\+ ?[1-9]|00[ ]?[1-9]|\(?0[1-9])(?:[ /.()–-]{0,3}\d){5,15}(?!\d)")
SERVICE_LINE: Final = re.compile(r"0(?:800|180|900|137|700|810|820|848|842)")
LOCAL: Final = re.compile(
    r"(?<!\w)(?:tel(?:efon)?(?:nummer)?|rufnummer|handy(?:nummer)?|mobil|fax|durchwahl|festnetz|whatsapp|vorwahl|dann)\b"
    r"[.:]? {0,2}(?:ist |lautet |die )?((?:0\d{2,5})|\d(?:[ /-]{0,1}\d){4,11})(?!\d)" + _UNIT, _I,
)  # fmt: skip
SPOKEN: Final = re.compile(
    r"(?<!\w)(?:(?:null|eins?|zwei|zwo|drei|vier|fünf|sechs|sieben|acht|neun)(?:, |[ ,-])){5,24}"
    r"(?:null|eins?|zwei|zwo|drei|vier|fünf|sechs|sieben|acht|neun)(?!\w)", _I,
)  # fmt: skip

_HOUSE: Final = (
    r"\d{1,4}(?:[a-h](?!\w)| [a-g](?!\w))?(?: ?[-–/] ?(?:top ?)?\d{1,4}(?: ?[a-g](?!\w))?)?(?![\w€%°]|[.,:]\d)" + _UNIT
)
_TOWN: Final = r"(?:(?:D|A|CH|L)[- ]?)?\d{4,5} [A-ZÄÖÜ][\wäöüß.-]{2,40}(?:[ -][A-ZÄÖÜ][\wäöüß]{2,30})?"
_STREET_END: Final = r"(?:stra(?:ß|ss)e|str\.?|weg|allee|gasse|platz|chaussee|promenade|stieg|twiete)"
_PLACE_END: Final = (
    r"(?:ring|damm|ufer|hof|park|berg|markt|feld|hang|zeile|steig|pfad|graben|kamp|reihe|tor|brücke|wall)"
)
_NO_STREET: Final = (
    r"(?i:(?!(?:(?:park|stell|sitz|camping|arbeits|spiel|liege|schlaf|zelt|lager|steh|lade|sport|tennis|fußball|treff|steck|"
    r"frei|speicher|haupt|ersatz|rast|flug|bolz|grill)platz|(?:heim|um|rück|hin|rad|fuß|geh|wander|anfahrts|vertriebs|"
    r"lösungs|arbeits|aus|trampel|lauf)weg|landstra|schnellstra|autobahn|straße \d|strasse \d)[ .\d]))"
)
STREET: Final = re.compile(
    rf"(?<![\w-]){_NO_STREET}(?:[A-ZÄÖÜ][\w-]{{2,30}} (?i:{_STREET_END})|(?i:[^\W\d_][\w-]{{1,40}}?{_STREET_END}))"
    rf"(?i: ?{_HOUSE})(?:,? ?\n?(?:in |nach )?{_TOWN})?"
)
SQUARE: Final = re.compile(rf"(?i:(?<![\w-])(?:straße|strasse|platz) (?:des|der|zum) )[A-ZÄÖÜ]\w{{2,30}} (?i:{_HOUSE})")
NAMED_STREET: Final = re.compile(
    r"(?i:(?<![\w-])((?:am|an der|an den|im|in der|in den|zum|zur|auf dem|auf der|unter den|hinter der|vor dem|beim|"
    r"lange|hohe|alte|neue|große|kleine|obere|untere) [^\W\d_][\w-]{2,30}(?: [^\W\d_][\w-]{2,30})?"
    rf"|[^\W\d_][\w-]{{1,40}}{_PLACE_END}) {_HOUSE})(,? ?\n?(?:in |nach )?{_TOWN})?"
)
OF_STREETS: Final = frozenset(
    ("am", "an", "der", "den", "im", "in", "zum", "zur", "auf", "dem", "unter", "hinter", "vor", "beim", "alte", "neue")
)  # fmt: skip
#: Tells that an address is meant, where the street's name has no ending of its own.
AT_HOME: Final = (
    "wohn", "adress", "anschrift", "abholung", "liefer", "geschickt", "schicken", "schickt", "absender", "kontakt",
    "hausnummer", "garage", "zugestellt", "zusteller", "kurier", "paketbote",
)  # fmt: skip
POST: Final = re.compile(
    r"(?<![\w.,-])(?:(?:D|A|CH)[- ])?(?!\d\d00|\d{2,3}000)\d{5} "
    r"(?:[A-ZÄÖÜ][a-zäöüß]{3,30}(?:[ -][A-ZÄÖÜ][a-zäöüß]{2,30})?"
    r"|[a-zäöüß]{4,30}(?=, (?:am|an|im|zum|zur|\w{1,30}(?:str|weg))))(?!\w)"
)
BOX: Final = re.compile(r"(?i:packstation) \d{2,3}")
PLATE: Final = re.compile(r"(?<![\w-])([A-ZÄÖÜ]{1,3})-[A-Z]{1,2} \d{1,4}[EH]?(?![\w-])")
PLATE_NEAR: Final = re.compile(r"(?<![\w-])([A-ZÄÖÜ]{1,3})[- ][A-Z]{1,2} ?\d{1,4} ?[EH]?(?![\w-])", _I)
PLATE_ABROAD: Final = re.compile(r"(?<![\w-])(?:[A-Z]{1,2}[- ]\d{3,5} ?[A-Z]{1,3}|[A-Z]{2} \d{3,6})(?![\w-])")
HANDLE: Final = re.compile(r"(?<![\w.@])@[^\W\d_][\w.-]{2,30}\w")
UNDERSCORE: Final = re.compile(r"(?<![\w.@/-])(?=\w*[a-z])(?!\w*_x000)[^\W\d_]\w{1,30}_\w{1,30}(?<!_)(?!\w)")
ACCOUNT: Final = re.compile(
    r"(?:insta(?:gram)?|twitter|tiktok|telegram|youtube|mastodon|(?:nutzer|user|account|ebay|nick|profil|mitglieds)-?name|"
    r"benutzername|account|login|nick|heiße ich|unter dem namen)(?: (?:ist|war|lautet|unter|als))?[: ]{1,3}"
    r"([^\W\d_][\w.-]{3,30}\w)", _I,
)  # fmt: skip
DIGIT: Final = re.compile(r"\d")
LONG: Final = re.compile(r"\d\d{2}|\d[ ./-]\d")
ODD: Final = re.compile(r"[\d_.-]|(?<!^)[A-ZÄÖÜ]")
NAMED_ACCOUNT: Final = re.compile(r"\w*name|unter dem namen|heiße ich", _I)
ACCOUNT_CUES: Final = (
    "insta", "twitter", "tiktok", "telegram", "youtube", "mastodon", "ername", "tname", "y-name", "nick", "account",
    "login", "heiße ich", "unter dem namen", "profilname", "mitgliedsname",
)  # fmt: skip
NUMBER_CUES: Final = (
    "nummer", "nr", "code", "zeichen", "kennung", "no ", "no.", "id ", "id:", "id.", "az ", "az.", "az:",
)  # fmt: skip
THING_CUES: Final = (
    "bestellung", "auftrag", "vorgang", "vertrag", "rechnung", "sendung", "ticket", "buchung", "konto", "abo", "bon",
    "schein", "rma", "angebot", "fall", "police", "reservierung", "zeichen", "retoure", "paket", "reklamation",
    "nummer", "karte",
)  # fmt: skip
LOCAL_CUES: Final = ("tel", "fax", "handy", "mobil", "rufnummer", "durchwahl", "festnetz", "whatsapp", "vorwahl")
GOODS_CUES: Final = ("ean", "isbn", "gtin", "artikel", "art.", "modell", "charge", "serien")
STREET_CUES: Final = (
    "straße", "strasse", "str.", "str ", "weg ", "allee ", "gasse ", "platz ", "chaussee ", "promenade ", "stieg ",
    "twiete ", "packstation ",
)  # fmt: skip
STREET_NEAR: Final = re.compile(
    r"(?:stra(?:ß|ss)e|str\.?|weg|allee|gasse|platz|chaussee|promenade|stieg|twiete|packstation) ?\d"
    r"|stra(?:ß|ss)e \w{1,30} \w{1,30} \d"
)
FIVE: Final = re.compile(r"\d{5}")
HOUSE_NEAR: Final = re.compile(r"[a-zäöüß]{3} \d")
VEHICLE_CUES: Final = (
    "kennz", "nummernschild", "wagen", "auto", "pkw", "lkw", "transporter", "fahrzeug", "wohnmobil", "laster",
    "spedition",
)  # fmt: skip
