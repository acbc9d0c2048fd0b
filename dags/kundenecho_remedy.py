"""### Approve a remedy

Asks a person whether a drafted remedy is right, and writes the answer down as `kundenecho remedies approve` does: the
truth is the state in our database. Started by hand for one remedy (`R3`); waiting holds no worker. Never scheduled.
"""

from __future__ import annotations

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import Param, dag, task

from dags.shared import DEFAULTS, START, run_step

APPROVE = "Freigeben"
REJECT = "Nicht freigeben"
_SHOWN = "{{ ti.xcom_pull(task_ids='look')['%s'] }}"


@dag(
    schedule=None,
    start_date=START,
    catchup=False,
    # Somebody's answer may take days, and other remedies must not wait for it.
    max_active_runs=16,
    params={"remedy": Param(type="string", pattern=r"^R\d{1,18}$", title="Lösung", description="Nummer, wie R3")},
    default_args=dict(DEFAULTS),
    tags=["kundenecho", "remedy"],
    doc_md=__doc__,
)
def kundenecho_remedy() -> None:
    """Ask, and write the answer down."""

    @task
    def look(params: dict[str, str] | None = None) -> dict[str, str]:
        from pipeline.remedy_approval import for_approval

        return run_step(for_approval, (params or {})["remedy"])

    ask = HITLOperator(
        task_id="ask",
        subject=_SHOWN % "subject",
        body=_SHOWN % "body",
        options=[APPROVE, REJECT],
        params={"note": Param("", type=["string", "null"], title="Anmerkung")},
    )

    @task
    def answer(response: object, params: dict[str, str] | None = None) -> str:
        from pipeline.remedy_approval import answered

        return run_step(answered, (params or {})["remedy"], response, approving=APPROVE)

    shown = look()
    shown >> ask
    answer(ask.output)


kundenecho_remedy()
