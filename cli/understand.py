"""Commands of the German understanding: analyse, evaluate, train, lineage."""

from __future__ import annotations

import json
from pathlib import Path

import click

from cli.console import print_counts, print_table, progress, settings
from cli.train import train
from kundenecho.errors import SettingsError


@click.command()
@click.option("--input", "source", type=click.Path(path_type=Path, dir_okay=False), help="JSON lines with id and text.")
@click.option("--output", "target", type=click.Path(path_type=Path, dir_okay=False), help="JSON lines to write.")
@click.option("--model", help="Directory of a trained scheme, or directory or name of a spaCy pipeline.")
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes, for files only.")
def analyse(source: Path | None, target: Path | None, model: str | None, workers: int) -> None:
    """Analyse what the lineage has not seen, or with --input and --output a file without a database."""
    if (source is None) != (target is None):
        raise click.UsageError("--input and --output go together")
    found = settings()
    if source is None or target is None:
        if model or workers != 1:
            raise click.UsageError("--model and --workers go with --input and --output; see analysis.engine")
        from pipeline.analyse import analyse as step

        with progress() as report:
            counts = step(found, progress=report)
        print_counts("analyse", counts)
        return
    from nlp.batch import analyse_file

    with progress() as report:
        result = analyse_file(
            source,
            target,
            engine=found["analysis.engine"],
            model=model or found["analysis.model"],
            workers=workers,
            progress=lambda done: report("Texte verstehen", done, None),
        )
    click.echo(f"{target}: {result.analysed} von {result.lines} Zeilen verstanden, {result.errors} Fehler")
    if result.errors:
        raise SystemExit(1)


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--json", "as_json", is_flag=True, help="The whole report for machines.")
@click.option(
    "--cross-validate",
    "unit",
    type=click.Choice(["product", "category", "file"]),
    help="Train anew for each fold, without its texts and units; needs scikit-learn and some minutes.",
)
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), help="Rated texts for --cross-validate.")
@click.option("--personal", is_flag=True, help="Score what is found of personal data in texts; FILE marks it.")
@click.option("--signals", is_flag=True, help="Score questions, fixes, touchpoints and the like; FILE marks them.")
@click.option("--scheme", type=click.Path(path_type=Path, dir_okay=False), help="Score --model; FILE has its labels.")
@click.option(
    "--model", type=click.Path(path_type=Path, file_okay=False), help="What train wrote; default: analysis.model."
)
def evaluate(
    file: Path,
    as_json: bool,
    unit: str | None,
    data: Path | None,
    personal: bool,
    signals: bool,
    scheme: Path | None,
    model: Path | None,
) -> None:
    """Score this lineage, and textblob-de beside it, against FILE (annotated JSON lines).

    Texts that the weights saw in training are left out.
    """
    if bool(unit) + personal + signals + bool(scheme) > 1:
        raise click.UsageError("--cross-validate, --personal, --signals and --scheme exclude each other")
    if scheme and not model:
        raise click.UsageError("--scheme goes with --model")
    if model and (unit or personal or signals):
        raise click.UsageError("--model does not go with --cross-validate, --personal and --signals")
    if data and not unit:
        raise click.UsageError("--data goes with --cross-validate")
    if scheme and model:
        from nlp.scheme_evaluate import evaluate_scheme

        click.echo(evaluate_scheme(file, scheme, model, as_json))
        return
    if personal or signals:
        from nlp.personal_evaluation import evaluate_personal
        from nlp.signal_evaluation import evaluate_signals

        click.echo((evaluate_personal if personal else evaluate_signals)(file, as_json))
        return
    from nlp.evaluate import evaluate as score
    from nlp.evaluate import format_report

    found = settings()
    report = score(
        file,
        list(dict.fromkeys([found["analysis.engine"], "textblob-de"])),
        model=None if unit else str(model or found["analysis.model"]),
        unit=unit,
        data=data,
        report=lambda done: click.echo(done, err=True),
    )
    click.echo(json.dumps(report, ensure_ascii=False, indent=2) if as_json else format_report(report))


@click.group()
def lineage() -> None:
    """Versions of the understanding: code, lexicons, model and settings as one digest."""


@lineage.command("list")
def lineage_list() -> None:
    """List the lineages and their state."""
    from storage.analyses import list_lineages
    from storage.connect import database

    with database(settings()) as db, db.connect("kundenecho lineage") as conn:
        rows = [
            [str(x["lineage_id"]), x["digest"], x["state"], str(x["analysed"]), f"{x['created_at']:%Y-%m-%d %H:%M}"]
            for x in list_lineages(conn)
        ]
    print_table(["Nr.", "Digest", "Zustand", "Texte", "Angelegt"], rows)


@lineage.command("diff")
@click.argument("a")
@click.argument("b")
def lineage_diff(a: str, b: str) -> None:
    """Show what changed from lineage A to lineage B (numbers or digests)."""
    from storage.analyses import diff_lineages, list_lineages
    from storage.connect import database

    with database(settings()) as db, db.connect("kundenecho lineage") as conn:
        known = {str(x["lineage_id"]): x["lineage_id"] for x in list_lineages(conn)}
        known |= {x["digest"]: x["lineage_id"] for x in list_lineages(conn)}
        for name in (a, b):
            if name not in known:
                raise SettingsError(f"there is no lineage {name}", remedy="See kundenecho lineage list")
        changes = diff_lineages(conn, known[a], known[b])
    print_table(["Was", "Vorher", "Nachher", "Texte"], [[str(v) for v in row] for row in changes])


COMMANDS = (analyse, evaluate, train, lineage)
