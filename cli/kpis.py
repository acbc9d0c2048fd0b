"""The command for the key figures."""

from __future__ import annotations

from pathlib import Path

import click

from cli.console import print_table, settings
from cli.output import FORMAT, OUTPUT, write


@click.command()
@FORMAT
@OUTPUT
@click.option("--by", type=click.Choice(["week", "product", "channel"]), help="One row for each; else for everything.")
@click.option("--weeks", type=click.IntRange(1), default=12, show_default=True, help="Newest weeks, with --by week.")
@click.option("--kpi", help="Only this key figure, by its name in lists.kpis.")
def kpis(form: str, output: Path | None, by: str | None, weeks: int, kpi: str | None) -> None:
    """Key figures: how fast we answer, who stays, who comes back, what a customer is worth; and the milestones."""
    from insights.milestones import KPIS
    from pipeline import kpis as words
    from storage.connect import database
    from storage.kpis import list_kpis

    if kpi is not None and kpi not in KPIS:
        raise click.BadParameter(f"{kpi!r} is no key figure; they are {', '.join(KPIS)}", param_hint="--kpi")
    found = settings()
    with database(found) as db, db.connect("kundenecho kpis") as conn:
        rows = list_kpis(conn, by=by, kpi=kpi, weeks=weeks)
        goals = words.milestones(conn, found)
    if form != "table":
        write(form, output, "Kennzahlen", rows)
        return
    table = [
        [
            *([str(row[by])] if by else []),
            words.KPI[row["kpi"]],
            words.value_words(row["value"], row["unit"]),
            words.interval_words(row) or "–",
            f"{row['n']} {words.OF[row['kpi']]}",
        ]
        for row in rows
    ]
    head = {"week": ["Woche ab"], "product": ["Produkt"], "channel": ["Kanal"]}.get(by or "", [])
    print_table([*head, "Kennzahl", "Wert ", "95 %-Bereich", "aus"], table, title="Kennzahlen")
    if by is None:
        print_table(
            ["Meilenstein", "Ziel", "Stand ", "Erreicht?"],
            [
                [
                    " · ".join(part for part in (words.KPI[g["kpi"]], g["product"], g["channel"]) if part),
                    words.goal_words(g, words.UNIT[g["kpi"]]),
                    words.value_words(g["value"], words.UNIT[g["kpi"]]),
                    words.VERDICT[g["verdict"]],
                ]
                for g in goals
                if kpi in {None, g["kpi"]}
            ],
            title="Meilensteine",
        )


COMMANDS = (kpis,)
