"""How rates in dated reviews behave: what the scenarios and the priors of the baseline are taken from."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
from surveillance.simulate import Array

#: Parts of a stay, as guests complain about them.
PARTS = {
    "noise": r"\blaut|lärm|hellhör",
    "breakfast": r"frühst",
    "parking": r"parkpl",
    "bathroom": r"\bbad|dusche",
    "bed": r"\bbett|matratz",
    "dirt": r"schmutz|dreck|sauber",
    "small": r"klein",
    "staff": r"personal|unfreund",
    "price": r"preis|teuer",
    "wifi": r"wlan|wifi|internet",
}
#: Months with fewer reviews are left out.
LEAST = 20


def measure(file: Path) -> list[str]:
    """Trend, season and dispersion of complaints by month, one line a part (Poisson regression with exposure).

    Args:
        file: Reviews with `date` (year-month) and `text_negative`; those without a date are ignored.
    """
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    rows = [row for row in rows if row.get("date") and row.get("text_negative") is not None]
    months, exposure = np.unique([row["date"] for row in rows], return_counts=True)
    kept = exposure >= LEAST
    number = np.array([12 * int(m[:4]) + int(m[5:7]) for m in months])[kept]
    angle, years = 2 * np.pi * number / 12, (number - number.mean()) / 12
    columns = np.column_stack([np.ones(len(number)), years, np.sin(angle), np.cos(angle)])
    lines = [f"{len(rows)} dated reviews, {kept.sum()} months of {exposure[kept].min()} to {exposure.max()} reviews"]
    for part, pattern in PARTS.items():
        named = [row["date"] for row in rows if re.search(pattern, row["text_negative"], re.IGNORECASE)]
        counts = np.array([named.count(month) for month in months[kept]], dtype=float)
        lines.append(f"{part:<10} {_fit(counts, exposure[kept].astype(float), columns)}")
    return lines


def _fit(counts: Array, exposure: Array, columns: Array) -> str:
    beta = np.array([np.log(counts.sum() / exposure.sum()), 0, 0, 0])
    for _ in range(20):
        mean = exposure * np.exp(columns @ beta)
        information = (columns * mean[:, None]).T @ columns
        beta = beta + np.linalg.solve(information, columns.T @ (counts - mean))
    error = np.sqrt(np.diag(np.linalg.inv(information)))
    dispersion = ((counts - mean) ** 2 / mean).sum() / (len(counts) - 4)
    return (
        f"{counts.sum():4.0f} complaints, trend {beta[1]:+.2f} ± {error[1]:.2f} a year,"
        f" season ± {np.hypot(*beta[2:]):.2f} (± {error[2]:.2f}), dispersion {dispersion:.2f}"
    )
