"""The DAG asks a person and writes the answer down; what the command line shows is the same."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from kundenecho.settings import Settings
from pipeline import remedies
from storage.connect import Connection

pytestmark = [pytest.mark.airflow, pytest.mark.heavy]


@pytest.fixture
def drafted(settings: Settings, conn: Connection, airflow_home: Path) -> Iterator[str]:
    """A draft on a product that was sold and that one feedback knows."""
    with conn.cursor() as cursor:
        cursor.execute(
            "INSERT INTO kundenecho.load (source, full_read) VALUES ('shop', true) RETURNING load_id",
        )
        [(load_id,)] = cursor.fetchall()
        cursor.execute("INSERT INTO kundenecho.product VALUES ('HM-310', 'Aurora', NULL, %s)", (load_id,))
        cursor.execute(
            "INSERT INTO kundenecho.defect (product, component, defect) VALUES ('HM-310', 'düse', 'blockage')"
            " RETURNING defect_id"
        )
        [(defect_id,)] = cursor.fetchall()
    conn.commit()
    saved = dict(os.environ)
    os.environ.update(KUNDENECHO_DATABASE_URL=str(settings.database_url), KUNDENECHO_HOME=str(settings.home))
    yield remedies.draft(settings, f"D{defect_id}", by="Jana", text="Mit einer Büroklammer.", steps=["Biegen."])
    os.environ.clear()
    os.environ.update(saved)


@pytest.fixture
def respond(monkeypatch: pytest.MonkeyPatch) -> Callable[[list[str], str], list[Any]]:
    """Answers once the run waits for a person, by the function behind the API; gives what was shown."""

    def prepare(chosen: list[str], note: str) -> list[Any]:
        from airflow.api_fastapi.core_api.datamodels.hitl import UpdateHITLDetailPayload
        from airflow.api_fastapi.core_api.routes.public.hitl import update_hitl_detail
        from airflow.models.hitl import HITLDetail
        from airflow.utils.session import create_session
        from sqlalchemy import select

        shown: list[Any] = []
        sleep = time.sleep

        def answer(seconds: float) -> None:
            with create_session() as session:
                waiting = session.scalars(select(HITLDetail).where(HITLDetail.responded_at.is_(None))).one_or_none()
                if waiting is None:
                    return sleep(seconds)
                shown.append((waiting.subject, waiting.body))
                ti = waiting.task_instance
                update_hitl_detail(
                    ti.dag_id,
                    ti.run_id,
                    ti.task_id,
                    UpdateHITLDetailPayload(chosen_options=chosen, params_input={"note": note}),
                    SimpleNamespace(get_id=lambda: "7", get_name=lambda: "Peter Lang"),  # type: ignore[arg-type]
                    session,
                )
            return None

        monkeypatch.setattr(time, "sleep", answer)
        return shown

    return prepare


def run(remedy: str) -> str:
    from dags.local import load_dags

    dag = load_dags()["kundenecho_remedy"]
    for task in dag.tasks:
        task.retries = 0
    return str(dag.test(run_conf={"remedy": remedy}).state)


def test_approved_by_a_person(drafted: str, settings: Settings, respond: Callable[..., list[Any]]) -> None:
    shown = respond(["Freigeben"], "mit der Werkstatt geprüft")
    assert run(drafted) == "success"
    [(subject, body)] = shown
    assert subject == f"Lösung {drafted} freigeben?"
    assert "Aurora: düse: verstopft" in body
    assert "1. Biegen." in body
    found = remedies.show(settings, drafted)
    assert (found["state"], found["approved_by"]) == ("approved", "Peter Lang")
    assert found["events"][-1]["note"] == "mit der Werkstatt geprüft"
    # What is approved cannot be approved again: nobody is asked, and the run fails with what to do.
    assert run(drafted) == "failed"
    assert len(shown) == 1


def test_not_approved_by_a_person(drafted: str, settings: Settings, respond: Callable[..., list[Any]]) -> None:
    respond(["Nicht freigeben"], "")
    assert run(drafted) == "success"
    found = remedies.show(settings, drafted)
    assert (found["state"], found["events"][-1]["action"]) == ("draft", "reject")
    assert found["events"][-1]["done_by"] == "Peter Lang"
