"""What every DAG of ours keeps."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT

pytestmark = [pytest.mark.airflow, pytest.mark.heavy]
STEPS = {
    "kundenecho_analyse",
    "kundenecho_decide",
    "kundenecho_report",
    "kundenecho_retain",
    "kundenecho_freshness",
    "kundenecho_cases",
    "kundenecho_remedy",
    "kundenecho_seal",
}
FILES = sorted((ROOT / "dags").glob("kundenecho_*.py"))


@pytest.fixture(scope="module")
def dags(airflow_home: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """All DAGs of an installation with two good sources and one whose card is broken."""
    import os

    from dags.local import load_dags

    file = tmp_path_factory.mktemp("config") / "kundenecho.toml"
    file.write_text(
        '[sources.shop]\nkind = "schemaorg"\naddress = "https://shop.example/"\nschedule = "15 4 * * *"\n'
        '[sources.portal]\nkind = "provenexpert"\nschedule = "@daily"\naccounts = ["a", "b"]\n'
        '[sources.wrong]\nkind = "schemaorg"\naddress = "https://x.example/"\nschedule = "sometimes"\n'
    )
    os.environ["KUNDENECHO_CONFIG"] = str(file)
    try:
        return load_dags()
    finally:
        del os.environ["KUNDENECHO_CONFIG"]


def test_one_collect_dag_for_each_source(dags: dict[str, Any]) -> None:
    assert set(dags) == STEPS | {f"kundenecho_collect_{name}" for name in ("shop", "portal", "wrong")}
    assert dags["kundenecho_collect_shop"].timetable.expression == "15 4 * * *"
    assert dags["kundenecho_collect_portal"].timetable.expression == "0 0 * * *"


def test_policies(dags: dict[str, Any]) -> None:
    for name, dag in dags.items():
        assert dag.doc_md, name
        assert dag.doc_md.lstrip().startswith("###"), name
        assert "kundenecho" in dag.tags, name
        assert len(dag.tags) == 2, name
        # Only where a person is waited for must one run not stop the others.
        assert (dag.max_active_runs == 1) == (name != "kundenecho_remedy"), name
        assert not dag.catchup, name
        for task in dag.tasks:
            options = getattr(task, "partial_kwargs", None) or task.__dict__
            assert options.get("owner", getattr(task, "owner", None)) == "kundenecho", (name, task.task_id)
            assert options.get("retries") == 2, (name, task.task_id)
            assert options.get("on_failure_callback"), (name, task.task_id)


def test_people_are_asked_in_a_dag_without_a_schedule_only(dags: dict[str, Any]) -> None:
    asking = {name for name, dag in dags.items() if any(task.task_type.endswith("HITLOperator") for task in dag.tasks)}
    assert asking == {"kundenecho_remedy"}
    assert dags["kundenecho_remedy"].schedule is None


def test_a_failed_account_cannot_hide(dags: dict[str, Any]) -> None:
    """The last task depends on the mapped one by the default rule; all_done alone would hide a failure."""
    dag = dags["kundenecho_collect_shop"]
    [last] = [task for task in dag.tasks if not task.downstream_task_ids]
    assert last.trigger_rule.value == "all_success"
    assert "collect" in last.upstream_task_ids


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.stem)
def test_files_are_thin(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree)
    top = {
        alias.name.split(".")[0] if isinstance(node, ast.Import) else (node.module or "").split(".")[0]
        for node in tree.body
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
    }
    assert top <= {"__future__", "airflow", "dags", "kundenecho", "spiders"}
    text = file.read_text(encoding="utf-8").upper()
    assert not any(word in text for word in ("SELECT ", "INSERT INTO", "PSYCOPG"))
    assert len(text.splitlines()) <= 100


def test_import_is_quick_beyond_airflow() -> None:
    code = (
        "import json, sys, time; import airflow.sdk; start = time.process_time();"
        "sys.path.insert(0, '.');"
        f"[__import__('dags.' + name) for name in {[f.stem for f in FILES]!r}];"
        "heavy = [m for m in ('scrapy', 'spacy', 'psycopg2', 'extruct', 'openpyxl', 'scipy', 'textblob_de') if m in sys.modules];"
        "print(json.dumps([time.process_time() - start, heavy]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    seconds, heavy = json.loads(done.stdout.strip().splitlines()[-1])
    assert heavy == []
    assert seconds < 2
