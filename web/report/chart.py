"""The chart of one defect as SVG: persons by week or month, what was to be expected, where a rise begins.

Drawn by hand rather than by a plotting library: forty charts take milliseconds, each bar tells its figures to a pointer
and to a screen reader, and the same report gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from math import ceil, floor, log10
from typing import Final

from markupsafe import Markup, escape

from pipeline.defect_charts import Bar, Chart
from pipeline.notation import decimal, number
from pipeline.words import MONTHS

_WIDTH, _HEIGHT = 460, 238
_LEFT, _RIGHT, _TOP = 30, 452, 24
_BASE: Final = 158
#: The strip below, with who spoke of the product at all.
_STRIP_TOP, _STRIP_BASE = 180, 206
_LABELS: Final = 8
#: Half the width of the longest label, in units.
_LABEL_HALF: Final = 20


def draw(chart: Chart) -> Markup:
    """The chart as an inline ``svg`` element, styled by the page's own style sheet.

    Args:
        chart: At least one bar.
    """
    bars = chart.bars
    top = _nice(max(max(bar.persons, bar.expected.high if bar.expected else 0) for bar in bars))
    step = (_RIGHT - _LEFT) / len(bars)
    parts = [
        *_grid(top),
        *_since(chart, step),
        *_published(chart, step),
        *_band(bars, step, top),
        *_columns(chart, step, top),
        *_line(bars, step, top),
        *_strip(bars, step),
        *_axis(chart, step),
    ]
    return Markup(  # noqa: S704  every text in it is escaped where it is written
        f'<svg class="chart" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(chart.description)}">'
        f"{''.join(parts)}</svg>"
    )


def _grid(top: int) -> Iterable[str]:
    ticks = sorted({0, top // 2, top}) if top % 2 == 0 else [0, top]
    for tick in ticks:
        y = _y(tick, top)
        yield f'<line class="grid" x1="{_LEFT}" x2="{_RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield f'<text class="end" x="{_LEFT - 5}" y="{y + 4:.1f}">{number(tick)}</text>'


def _since(chart: Chart, step: float) -> Iterable[str]:
    if chart.since is None:
        return
    begin, low = (_x_of(chart, day.toordinal(), step) for day in chart.since[:2])
    behind = _x_of(chart, (chart.since[2] + timedelta(days=7)).toordinal(), step)
    yield f'<rect class="span" x="{low:.1f}" y="{_TOP}" width="{max(behind - low, 2):.1f}" height="{_BASE - _TOP}"/>'
    yield f'<line class="since" x1="{begin:.1f}" x2="{begin:.1f}" y1="{_TOP - 4}" y2="{_BASE}"/>'
    side, shift = ("end", -8) if begin > (_LEFT + _RIGHT) / 2 else ("start", 8)
    yield f'<path class="mark" d="M{begin - 5:.1f} {_TOP - 4}h10l-5 8z"/>'
    month = chart.since[0] + timedelta(days=3)
    label = f"Anstieg seit {MONTHS[month.month - 1]} {month.year}"
    yield f'<text class="{side} strong" x="{begin + shift:.1f}" y="{_TOP - 8}">{label}</text>'


def _published(chart: Chart, step: float) -> Iterable[str]:
    if chart.published is None or chart.published < chart.bars[0].start:
        return
    x = _x_of(chart, chart.published.toordinal(), step)
    side, shift = ("end", -4) if x > (_LEFT + _RIGHT) / 2 else ("start", 4)
    yield f'<line class="published" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{_BASE}"/>'
    yield f'<text class="{side} remedy" x="{x + shift:.1f}" y="{_TOP + 10}">Lösung</text>'


def _band(bars: Sequence[Bar], step: float, top: int) -> Iterable[str]:
    for at, bar in enumerate(bars):
        if bar.expected:
            low, high = _y(bar.expected.low, top), _y(bar.expected.high, top)
            yield (
                f'<rect class="band" x="{_LEFT + at * step:.1f}" y="{high:.1f}" width="{step:.1f}" '
                f'height="{max(low - high, 0.5):.1f}"/>'
            )


def _line(bars: Sequence[Bar], step: float, top: int) -> Iterable[str]:
    path, drawing = [], False
    for at, bar in enumerate(bars):
        if bar.expected:
            y = _y(bar.expected.mean, top)
            path.append(f"{'V' if drawing else f'M{_LEFT + at * step:.1f} '}{y:.1f}H{_LEFT + (at + 1) * step:.1f}")
        drawing = bar.expected is not None
    if path:
        yield f'<path class="expected" d="{"".join(path)}"/>'


def _columns(chart: Chart, step: float, top: int) -> Iterable[str]:
    gap = min(2.0, step / 5)
    for at, bar in enumerate(chart.bars):
        later = chart.bars[at + 1].start if at + 1 < len(chart.bars) else None
        risen = chart.since is not None and (later is None or later > chart.since[0])
        kind = "bar" + (" risen" if risen else "") + (" open" if bar.open else "")
        y = _y(bar.persons, top)
        yield (
            f'<rect class="{kind}" x="{_LEFT + at * step + gap / 2:.1f}" y="{y:.1f}" width="{step - gap:.1f}" '
            f'height="{_BASE - y:.1f}"><title>{escape(_told(bar))}</title></rect>'
        )


def _told(bar: Bar) -> str:
    words = f"{bar.label}: {number(bar.persons)} von {number(bar.spoke)}"
    if bar.expected:
        words += (
            f"; zu erwarten {decimal(bar.expected.mean)} ({decimal(bar.expected.low)}–{decimal(bar.expected.high)})"
        )
    return words + ("; noch nicht abgeschlossen" if bar.open else "")


def _strip(bars: Sequence[Bar], step: float) -> Iterable[str]:
    most = max(max(bar.spoke for bar in bars), 1)
    gap = min(2.0, step / 5)
    yield f'<text class="end" x="{_LEFT - 5}" y="{_STRIP_TOP + 8}">{number(most)}</text>'
    for at, bar in enumerate(bars):
        height = (_STRIP_BASE - _STRIP_TOP) * bar.spoke / most
        yield (
            f'<rect class="spoke" x="{_LEFT + at * step + gap / 2:.1f}" y="{_STRIP_BASE - height:.1f}" '
            f'width="{step - gap:.1f}" height="{height:.1f}"/>'
        )


def _axis(chart: Chart, step: float) -> Iterable[str]:
    every = ceil(len(chart.bars) / _LABELS)
    for y in (_BASE, _STRIP_BASE):
        yield f'<line class="axis" x1="{_LEFT}" x2="{_RIGHT}" y1="{y}" y2="{y}"/>'
    # Counted from the newest, which is the one that is asked about.
    for at in range(len(chart.bars) - 1, -1, -every):
        start = chart.bars[at].start
        text = f"{start:%d.%m.}" if chart.weekly else f"{MONTHS[start.month - 1][:3]} {start:%y}"
        x, side = _LEFT + (at + 0.5) * step, "middle"
        if x + _LABEL_HALF > _WIDTH:
            x, side = _WIDTH - 1, "end"
        yield f'<text class="{side}" x="{x:.1f}" y="{_STRIP_BASE + 16}">{text}</text>'


def _x_of(chart: Chart, day: int, step: float) -> float:
    """Place of a day on the axis, within its week or month."""
    starts = [bar.start.toordinal() for bar in chart.bars]
    starts.append(starts[-1] + (7 if chart.weekly else 31))
    if day <= starts[0]:
        return _LEFT
    at = max(n for n, start in enumerate(starts) if start <= day)
    if at == len(starts) - 1:
        return _RIGHT
    return _LEFT + (at + (day - starts[at]) / (starts[at + 1] - starts[at])) * step


def _y(value: float, top: int) -> float:
    return _BASE - (_BASE - _TOP) * min(value, top) / top


def _nice(value: float) -> int:
    """The next round number at or above a value, for the top of an axis."""
    if value <= 4:
        return max(ceil(value), 2)
    size: int = 10 ** floor(log10(value))
    return int(next(m * size for m in (1, 1.2, 1.6, 2, 3, 4, 6, 8, 10) if m * size >= value))
