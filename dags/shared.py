"""What the DAGs share: the asset, the defaults, the alarms, the classes of errors."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import pendulum
from airflow.sdk import Asset
from airflow.sdk.exceptions import AirflowFailException

from kundenecho.errors import KundenechoError, RetryError
from kundenecho.settings import load_settings

if TYPE_CHECKING:
    from airflow.sdk import Context

#: Told of new rows. Its events may be coalesced, so consumers ask the database what is new.
FEEDBACK: Final = Asset(name="kundenecho_feedback", uri="kundenecho://feedback")
#: Told of new analyses.
ANALYSES: Final = Asset(name="kundenecho_analyses", uri="kundenecho://analyses")

START: Final = pendulum.datetime(2026, 1, 1, tz="Europe/Berlin")

_Result = TypeVar("_Result")


def run_step(function: Callable[..., _Result], *arguments: Any, **options: Any) -> _Result:
    """Call a step of the pipeline and class its errors for Airflow.

    Args:
        function: A step; its first argument is the settings.
        arguments: The step's further arguments.
        options: The step's named arguments.

    Raises:
        AirflowFailException: The error needs a person; trying again is useless.
        RetryError: Trying again may help.
    """
    try:
        return function(load_settings(), *arguments, **options)
    except RetryError:
        raise
    except KundenechoError as error:
        raise AirflowFailException(str(error)) from None
    except Exception as error:
        # The message of a foreign error may quote a row, and task logs hold no personal data.
        raise RetryError(f"the step failed ({type(error).__name__} in {_place(error)})") from None


def _place(error: Exception) -> str:
    """File and line in which an error arose."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(frame.filename).name} line {frame.lineno}"


def tell_failure(context: Context) -> None:
    """Failure callback: tell somebody, once until the same step has succeeded again."""
    from pipeline.alarms import step_failed

    error = context.get("exception")
    ours = isinstance(error, (KundenechoError, AirflowFailException))
    step_failed(load_settings(), step_name(context), str(error) if ours else type(error).__name__)


def end_alarm(context: Context) -> None:
    """Success callback: the next failure is told again."""
    from pipeline.alarms import step_succeeded

    step_succeeded(load_settings(), step_name(context))


def step_name(context: Context) -> str:
    """Name of a task for people: its DAG without the prefix, and what tells it from its neighbours there."""
    instance = context["ti"]
    label = str(context["dag"].dag_id).removeprefix("kundenecho_").replace("collect_", "collect ")
    helper = "" if label.startswith(instance.task_id) or instance.task_id == "check" else f" ({instance.task_id})"
    index = f" [{instance.map_index}]" if instance.map_index is not None and instance.map_index > 0 else ""
    return f"{label}{helper}{index}"


#: Defaults of every task. A retry is for trouble that passes; the alarm comes after the last one.
DEFAULTS: Final[Mapping[str, Any]] = {
    "owner": "kundenecho",
    "retries": 2,
    "retry_delay": timedelta(minutes=5),
    "retry_exponential_backoff": True,
    "max_retry_delay": timedelta(hours=1),
    "on_failure_callback": tell_failure,
    "on_success_callback": end_alarm,
}
