"""### Freshness

Raises an alarm, once, for each scheduled source without a good run for twice its interval. It is
a DAG of its own because the source that stopped running cannot tell.
"""

from __future__ import annotations

from airflow.sdk import CronTriggerTimetable, dag, task

from dags.shared import DEFAULTS, START, run_step


@dag(
    schedule=CronTriggerTimetable("50 * * * *", timezone="Europe/Berlin"),
    start_date=START,
    catchup=False,
    max_active_runs=1,
    default_args=dict(DEFAULTS),
    tags=["kundenecho", "freshness"],
    doc_md=__doc__,
)
def kundenecho_freshness() -> None:
    """Look for sources that have gone silent."""

    @task
    def check() -> dict[str, int]:
        from pipeline.alarms import check_freshness

        return run_step(check_freshness)

    check()


kundenecho_freshness()
