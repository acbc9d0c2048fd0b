"""### Decide

Recomputes persons, advocates and defects that the last writes touched (dirty keys). Follows the
analysis.
"""

from __future__ import annotations

from airflow.sdk import dag, task

from dags.shared import ANALYSES, DEFAULTS, START, run_step


@dag(
    schedule=[ANALYSES],
    start_date=START,
    catchup=False,
    max_active_runs=1,
    default_args=dict(DEFAULTS),
    tags=["kundenecho", "decide"],
    doc_md=__doc__,
)
def kundenecho_decide() -> None:
    """Decide what is touched."""

    @task
    def decide() -> dict[str, int]:
        from pipeline.decide import decide as step

        return run_step(step)

    decide()


kundenecho_decide()
