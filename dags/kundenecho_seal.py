"""### Seal

Writes the seals of `seal.renew` anew every morning: their period ends with the day, and words whose consent was
withdrawn go. A seal that can no longer be issued is taken away and told once; one that fails does not stop the others.
"""

from __future__ import annotations

from airflow.sdk import CronTriggerTimetable, dag, task

from dags.shared import DEFAULTS, START, run_step


@dag(
    schedule=CronTriggerTimetable("30 6 * * *", timezone="Europe/Berlin"),
    start_date=START,
    catchup=False,
    max_active_runs=1,
    default_args=dict(DEFAULTS),
    tags=["kundenecho", "seal"],
    doc_md=__doc__,
)
def kundenecho_seal() -> None:
    """Renew the seals."""

    @task
    def renew() -> dict[str, int]:
        from pipeline.seal_renewal import renew_seals
        from web.seal import PAGES

        return run_step(renew_seals, pages=PAGES)

    renew()


kundenecho_seal()
