"""The command ``report``: the weekly report, and the report of defects on demand."""

from __future__ import annotations

from pathlib import Path

import click

from cli.console import print_counts, progress, settings


@click.group(invoke_without_command=True)
@click.option("--again", is_flag=True, help="Send it also to those who have got this week's report.")
@click.pass_context
def report(context: click.Context, again: bool) -> None:
    """Write lists and report as files and send them to those who asked for it."""
    if context.invoked_subcommand:
        return
    from pipeline.report import report as step
    from web.report import PAGES

    found = settings()
    with progress() as shown:
        counts = step(found, pages=PAGES, again=again, progress=shown)
    print_counts(f"report → {found.home / 'reports'}", counts)


@report.command()
@click.option("--product", help="Only this product.")
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), help="File to write; default: under reports/."
)
@click.option("--pdf", is_flag=True, help="Print it as well, with the Chromium or Chrome that is installed.")
def defects(product: str | None, output: Path | None, pdf: bool) -> None:
    """Write the report of defects for product teams: one HTML file that needs nothing else."""
    from pipeline.report import write_defect_report
    from web.report import PAGES

    for file in write_defect_report(settings(), PAGES, product=product, output=output, pdf=pdf):
        click.echo(file)


COMMANDS = (report,)
