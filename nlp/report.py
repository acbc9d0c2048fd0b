"""The report of an evaluation as plain text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from kundenecho.analysis import SENTIMENTS

_TITLES: Final = {
    "sentiment_macro_f1": "Stimmung, Makro-F1",
    "recommend_mean_f1": "Empfehlung, F1 von ja und nein",
    "loyalty_mean_f1": "Treue, F1 von bleibt und geht",
    "aspect_polarity_micro_f1": "Aspekt + Polarität, Mikro-F1",
    "defect_micro_f1": "Mängelart, Mikro-F1",
    "defect_component_micro_f1": "Mängelart + Bauteil, Mikro-F1",
}
_SHARES: Final = {
    "evidence_hit_share": "Belegstelle getroffen",
    "calibration_error": "Kalibrierungsfehler (ECE)",
    "abstained_share": "Anteil Enthaltungen",
}
_LABELS: Final = {"recommend": "Empfehlung", "loyalty": "Treue", "pairs": "Aspekt + Polarität", "defects": "Mängelart"}
_FIRST: Final = 32
_COLUMN: Final = 29


def format_report(report: dict[str, Any]) -> str:
    """The report of :func:`evaluate` as plain text, a column for each engine and each lead."""
    engines = report["engines"]
    leads = list(report["leads"].items())
    heads = [engine["name"] for engine in engines] + [f"Vorsprung vor {name}" for name, _ in leads]
    lines = [
        f"{Path(report['gold']).name}: {report['texts']} Texte; in Klammern 95-%-Bootstrap-Intervalle",
        *_conditions(report),
        "",
        _line("", heads),
    ]
    for name, title in _TITLES.items():
        cells = [_figure(engine["figures"][name]) for engine in engines]
        lines.append(_line(title, cells + [_figure(lead[name], sign="+") for _, lead in leads]))
    lines.append(_line("Stimmung, Genauigkeit", [_number(engine["sentiment"]["accuracy"]) for engine in engines]))
    for name, title in _SHARES.items():
        lines.append(_line(title, [_number(engine[name]) for engine in engines]))
    lines.append(_line("Ohne Stimmung (nicht deutsch)", [str(engine["unanswered"]) for engine in engines]))
    lines.append(_line("Texte je Sekunde", [f"{engine['texts_per_second']:.0f}" for engine in engines]))
    lines += _label_lines("Stimmung", [engine["sentiment"]["labels"] for engine in engines])
    lines += ["", _line(f"Verwechslungen: gesagt {' / '.join(SENTIMENTS)} / keine", [])]
    for row, label in enumerate(SENTIMENTS):
        cells = [" / ".join(map(str, engine["sentiment"]["confusion"][row])) for engine in engines]
        lines.append(_line(f"  {label}", cells))
    for name, title in _LABELS.items():
        lines += _label_lines(title, [engine["labels"][name] for engine in engines])
    lines += ["", _line("Gesagte Sicherheit: Texte / im Mittel / richtig", [])]
    for number in range(len(engines[0]["reliability"])):
        bins = [engine["reliability"][number] for engine in engines]
        cells = [f"{one['texts']} / {_number(one['stated'])} / {_number(one['right'])}" for one in bins]
        if any(one["texts"] for one in bins):
            lines.append(_line(f"  bis {bins[0]['to']:.1f}".replace(".", ","), cells))
    return "\n".join(lines)


def _conditions(report: dict[str, Any]) -> list[str]:
    lines = []
    if report["left_out"]:
        lines.append(f"{report['left_out']} Texte ausgelassen, weil die Gewichte sie gesehen haben")
    if report["cross_validated"]:
        lines.append(f"Kreuzvalidiert: ohne Texte derselben Einheit ({report['cross_validated']}) neu trainiert")
    return lines


def _label_lines(title: str, engines: Sequence[dict[str, dict[str, float | None]]]) -> list[str]:
    lines = ["", _line(f"{title}: Präzision / Trefferquote / F1", [])]
    for label in engines[0]:
        cells = [
            " / ".join(_number(scores[label][part]) for part in ("precision", "recall", "f1")) for scores in engines
        ]
        lines.append(_line(f"  {label}", cells))
    return lines


def _line(title: str, cells: Sequence[str]) -> str:
    return (title.ljust(_FIRST) + "".join(cell.rjust(_COLUMN) for cell in cells)).rstrip()


def _figure(figure: dict[str, float | None], sign: str = "") -> str:
    value = _number(figure["value"], sign)
    if figure["low"] is None:
        return value
    return f"{value} ({_number(figure['low'], sign)} – {_number(figure['high'], sign)})"


def _number(value: float | None, sign: str = "") -> str:
    return "–" if value is None else f"{value:{sign}.3f}".replace(".", ",")
