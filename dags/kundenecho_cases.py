"""### Cases

Escalates the cases that are overdue, and tells of them and of valuable customers who are unhappy, each
case once. Cases are opened by the DAG that decides; this one looks at the clock. Approved routine messages go out,
each once, to customers who may be written to.
"""

from __future__ import annotations

from airflow.sdk import CronTriggerTimetable, dag, task

from dags.shared import DEFAULTS, START, run_step


@dag(
    schedule=CronTriggerTimetable("20 * * * *", timezone="Europe/Berlin"),
    start_date=START,
    catchup=False,
    max_active_runs=1,
    default_args=dict(DEFAULTS),
    tags=["kundenecho", "cases"],
    doc_md=__doc__,
)
def kundenecho_cases() -> None:
    """Look for cases that somebody must know of."""

    @task
    def check() -> dict[str, int]:
        from pipeline.cases import check_cases

        return run_step(check_cases)

    @task
    def send() -> dict[str, int]:
        from pipeline.send_messages import send_messages

        return run_step(send_messages)

    check()
    send()


kundenecho_cases()
