"""### Collect one source

Runs the source's spider for each of its accounts in a process of its own, judges the run by its
statistics, and loads the feed in one transaction. A failing account fails this run, and only this
run: the other accounts' rows and the other sources are not touched.

There is one such DAG for each source in `kundenecho.toml`, on the source's own schedule. A source
whose card is broken keeps its DAG, which fails with the card's error until it is mended.
"""

from __future__ import annotations

from airflow.sdk import CronTriggerTimetable, TriggerRule, dag, get_current_context, task

from dags.shared import DEFAULTS, FEEDBACK, START, run_step
from kundenecho.settings import load_settings
from spiders.card import BrokenCard, Card, load_cards


def collect_dag(card: Card | BrokenCard) -> None:
    """Make the DAG of one source; Airflow registers it when it is made.

    Args:
        card: The source's card, or why it is broken.
    """
    name = card.name
    schedule = None
    if isinstance(card, Card) and card.schedule:
        schedule = CronTriggerTimetable(_cron(card.schedule), timezone=card.time_zone)

    @dag(
        dag_id=f"kundenecho_collect_{name}",
        schedule=schedule,
        start_date=START,
        catchup=False,
        max_active_runs=1,
        default_args=dict(DEFAULTS),
        tags=["kundenecho", "collect"],
        doc_md=__doc__,
    )
    def collect_source() -> None:
        @task
        def accounts() -> list[str]:
            from pipeline.collect import card_of

            return list(run_step(card_of, name).accounts)

        @task(map_index_template="{{ account }}")
        def collect(account: str) -> dict[str, int]:
            from pipeline.collect import collect as step

            # Airflow reads the name of the mapped task from the context.
            get_current_context()["account"] = account or name  # type: ignore[typeddict-unknown-key]
            return run_step(step, name, account)

        @task(trigger_rule=TriggerRule.ALL_DONE_MIN_ONE_SUCCESS, outlets=[FEEDBACK])
        def announce() -> None:
            """Tell that rows may have arrived, also where another account failed."""

        @task
        def verdict() -> None:
            """Fail the run when any account failed: with all_done alone that would be invisible."""

        collected = collect.expand(account=accounts())
        end = verdict()
        collected >> announce() >> end
        collected >> end

    collect_source()


def _cron(schedule: str) -> str:
    presets = {"@hourly": "0 * * * *", "@daily": "0 0 * * *", "@weekly": "0 0 * * 0", "@monthly": "0 0 1 * *"}
    return presets.get(schedule, schedule)


for _card in load_cards(load_settings()).values():
    collect_dag(_card)
