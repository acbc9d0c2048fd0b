"""Commands that run the house: run, decide, retain, serve, db."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import ExitStack

import click

from cli.console import print_counts, progress, settings, trial_secret
from cli.data import collect_all
from cli.lists import print_advocates, print_defects
from kundenecho.errors import KundenechoError, SettingsError
from kundenecho.settings import CONFIG_VARIABLE, Settings

_SHOWN = 10


@click.command()
@click.option("--once", is_flag=True, help="Stop after the lists instead of serving the pages.")
@click.option("--demo", is_flag=True, help="Use the demo company: a local shop, portals, surveys, its own lists.")
@click.option("--airflow", is_flag=True, help="Run the steps through the Airflow DAGs (dag.test) instead of directly.")
def run(once: bool, demo: bool, airflow: bool) -> None:
    """Do the main job: migrate, collect all sources, analyse, decide, report; then serve the pages."""
    with ExitStack() as stack:
        if demo:
            _enter_demo(stack)
        found = settings()
        trial_secret(found)
        # The embedded server starts once for the whole job, not anew for each step.
        from storage.connect import database

        stack.enter_context(database(found))
        _migrate(found)
        if demo:
            from pipeline.company_lists import import_folder

            import_folder(found, found.home / "demo-exports")
        failure = _through_airflow(found) if airflow else _directly(found)
        _show(found)
        if failure is not None:
            raise failure
        if not once:
            _serve(found)


def _enter_demo(stack: ExitStack) -> None:
    from demo.scene import demo_scene

    # The demo keeps its state apart: it never mixes with a database of one's own.
    os.environ.pop("KUNDENECHO_DATABASE_URL", None)
    os.environ.pop(CONFIG_VARIABLE, None)
    home = settings().home / "demo"
    scene = stack.enter_context(demo_scene(home))
    os.environ.update(scene.env)
    for name, url in scene.urls.items():
        click.echo(f"{name}: {url}")


def _directly(found: Settings) -> BaseException | None:
    from pipeline.analyse import analyse
    from pipeline.cases import check_cases
    from pipeline.decide import decide as decide_step
    from pipeline.report import report as report_step
    from pipeline.seal_renewal import renew_seals
    from pipeline.send_messages import send_messages
    from web.report import PAGES
    from web.seal import PAGES as SEAL

    failure: BaseException | None = None
    try:
        collect_all(found, ())
    except SystemExit as error:
        failure = error
    with progress() as shown:
        print_counts("analyse", analyse(found, progress=shown))
        print_counts("decide", decide_step(found, progress=shown))
        print_counts("cases", check_cases(found))
        print_counts("messages", send_messages(found, progress=shown))
        print_counts("report", report_step(found, pages=PAGES, progress=shown))
        if found["seal.renew"]:
            print_counts("seal", renew_seals(found, pages=SEAL, progress=shown))
    return failure


def _through_airflow(found: Settings) -> BaseException | None:
    from dags.local import run_dags

    with progress() as shown:
        states = run_dags(found, progress=shown)
    for dag_id, state in states.items():
        click.echo(f"{dag_id}: {state}")
    bad = [dag_id for dag_id, state in states.items() if state != "success"]
    if bad:
        return KundenechoError(f"{', '.join(bad)} did not succeed", remedy="The task log above names the reason")
    return None


def _show(found: Settings) -> None:
    from storage.advocate_list import list_advocates
    from storage.connect import database
    from storage.lists import list_defects

    with database(found) as db, db.connect("kundenecho run") as conn:
        click.echo()
        print_defects(
            list_defects(conn, limit=_SHOWN, onset=True), title=f"{found['company.name']}: was immer wieder kaputtgeht"
        )
        click.echo()
        print_advocates(list_advocates(conn, limit=_SHOWN), title=f"{found['company.name']}: wer für uns spricht")


@click.command()
@click.option("--all", "everything", is_flag=True, help="Recompute everything instead of what was touched.")
def decide(everything: bool) -> None:
    """Recompute persons, advocates, defects and topics that the last writes touched."""
    from pipeline.decide import decide as step

    found = settings()
    trial_secret(found)
    with progress() as report_progress:
        counts = step(found, everything=everything, progress=report_progress)
    print_counts("decide", counts)


@click.command()
def retain() -> None:
    """Withdraw texts whose retention is over, and remove old feed folders."""
    from pipeline.retain import retain as step

    with progress() as report_progress:
        counts = step(settings(), progress=report_progress)
    print_counts("retain", counts)


@click.command()
def serve() -> None:
    """Serve the pages for marketing and product."""
    _serve(settings())


def _serve(found: Settings) -> None:
    from web.server import serve as serve_pages

    serve_pages(found, announce=lambda url: click.echo(f"\nSeiten: {url}  (Strg+C beendet)"))


@click.group()
def db() -> None:
    """The database: migrations, its address, a shell, a TCP port for BI tools."""


@db.command()
def migrate() -> None:
    """Bring the database to this version."""
    done = _migrate(settings())
    click.echo("\n".join(done) if done else "nothing to migrate")


def _migrate(found: Settings) -> list[str]:
    from storage.connect import database
    from storage.migrate import migrate as migrate_database

    with database(found) as database_, database_.connect("kundenecho migrate") as conn:
        return migrate_database(conn)


@db.command()
def url() -> None:
    """Print the database's address, without a password."""
    from storage.connect import database, without_password

    with database(settings()) as database_:
        click.echo(without_password(database_.url))


@db.command(context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def shell(arguments: tuple[str, ...]) -> None:
    """Open psql on the database; ARGUMENTS go to psql."""
    from storage.connect import database
    from storage.embedded import program

    program_path = program("psql")
    if program_path is None:
        raise SettingsError("psql was not found", remedy="Install the PostgreSQL client, or use kundenecho db url")
    with database(settings()) as database_:
        sys.exit(subprocess.run([str(program_path), database_.url, *arguments], check=False).returncode)


@db.command("serve")
@click.option("--port", type=click.IntRange(0, 65535), default=5433, show_default=True, help="0 takes a free one.")
def db_serve(port: int) -> None:
    """Serve the embedded database on a loopback TCP port, for BI tools and spreadsheets."""
    from storage.embedded import Embedded

    found = settings()
    if found.database_url:
        raise SettingsError(
            "a PostgreSQL of your own is configured", where="KUNDENECHO_DATABASE_URL", remedy="Connect to it directly"
        )
    Embedded(found.home / "postgres").serve_tcp(port, announce=click.echo)


COMMANDS = (run, decide, retain, serve, db)
