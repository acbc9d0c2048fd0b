"""Entry point of the ``kundenecho`` command.

Exit codes: 0 ok, 1 failed, 2 wrong use or wrong settings, 3 yield out of bounds.
"""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path

import click

from cli import (
    advocates,
    cases,
    contact,
    data,
    journey,
    kpis,
    lists,
    messages,
    new_source,
    offers,
    operate,
    parts,
    persons,
    remedies,
    report,
    rights,
    seal,
    sources,
    understand,
)
from cli.console import fail
from kundenecho import __version__
from kundenecho.errors import KundenechoError

_INTERRUPTED = 130


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="kundenecho")
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Settings file; default: KUNDENECHO_CONFIG, else kundenecho.toml in the working directory.",
)
@click.option("-v", "--verbose", is_flag=True, help="Also print what each step logs.")
def cli(config: Path | None, verbose: bool) -> None:
    """Listen to German-speaking customers: collect, understand, decide, show."""
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING, format="%(levelname)s %(name)s: %(message)s"
    )
    if config:
        os.environ["KUNDENECHO_CONFIG"] = str(config)


for room in (
    operate, report, data, sources, new_source, understand, lists, advocates, offers, persons, parts, cases, messages,
    contact, kpis, journey, remedies, rights, seal,
):  # fmt: skip
    for command in room.COMMANDS:
        cli.add_command(command)


def main() -> None:
    """Run the command; every expected error ends in one clear line and its exit code."""
    try:
        cli.main(prog_name="kundenecho", standalone_mode=False)
    except click.exceptions.Exit as done:
        sys.exit(done.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        fail("interrupted")
        sys.exit(_INTERRUPTED)
    except KundenechoError as error:
        fail(str(error))
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # The reader went away (| head): nothing to say, and nothing more to flush.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


if __name__ == "__main__":
    main()
