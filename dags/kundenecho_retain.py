"""### Retain

Withdraws texts whose retention by the source's card is over, and removes old feed folders, every
night.
"""

from __future__ import annotations

from airflow.sdk import CronTriggerTimetable, dag, task

from dags.shared import DEFAULTS, START, run_step


@dag(
    schedule=CronTriggerTimetable("15 3 * * *", timezone="Europe/Berlin"),
    start_date=START,
    catchup=False,
    max_active_runs=1,
    default_args=dict(DEFAULTS),
    tags=["kundenecho", "retain"],
    doc_md=__doc__,
)
def kundenecho_retain() -> None:
    """Retain what may be kept."""

    @task
    def retain() -> dict[str, int]:
        from pipeline.retain import retain as step

        return run_step(step)

    retain()


kundenecho_retain()
