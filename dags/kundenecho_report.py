"""### Report

Writes the two lists and the report of defects as files and sends them to those named in `report.email_to` and to
`report.webhook_url`, every Monday morning. A retry sends only to those who have not got it; `lists.deliveries` holds
the receipts.
"""

from __future__ import annotations

from airflow.sdk import CronTriggerTimetable, dag, task

from dags.shared import DEFAULTS, START, run_step


@dag(
    schedule=CronTriggerTimetable("0 7 * * 1", timezone="Europe/Berlin"),
    start_date=START,
    catchup=False,
    max_active_runs=1,
    default_args=dict(DEFAULTS),
    tags=["kundenecho", "report"],
    doc_md=__doc__,
)
def kundenecho_report() -> None:
    """Report weekly."""

    @task
    def report() -> dict[str, int]:
        from pipeline.report import report as step
        from web.report import PAGES

        return run_step(step, pages=PAGES)

    report()


kundenecho_report()
