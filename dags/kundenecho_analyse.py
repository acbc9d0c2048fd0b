"""### Analyse

Understands every current revision that the configured lineage has not seen. Started by new
feedback and, since asset events may be coalesced, by the clock: what is to be done is asked of
the database, never taken from the event.
"""

from __future__ import annotations

from airflow.sdk import AssetOrTimeSchedule, CronTriggerTimetable, dag, task

from dags.shared import ANALYSES, DEFAULTS, FEEDBACK, START, run_step


@dag(
    schedule=AssetOrTimeSchedule(
        timetable=CronTriggerTimetable("30 * * * *", timezone="Europe/Berlin"), assets=[FEEDBACK]
    ),
    start_date=START,
    catchup=False,
    max_active_runs=1,
    default_args=dict(DEFAULTS),
    tags=["kundenecho", "analyse"],
    doc_md=__doc__,
)
def kundenecho_analyse() -> None:
    """Analyse what is new."""

    @task(outlets=[ANALYSES])
    def analyse() -> dict[str, int]:
        from pipeline.analyse import analyse as step

        return run_step(step)

    analyse()


kundenecho_analyse()
