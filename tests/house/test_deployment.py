"""docker-compose.yml and Dockerfile agree with the code, as far as can be told without an engine."""

from __future__ import annotations

import importlib.util
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli.main import cli
from kundenecho.settings import ENVIRONMENT, SETTINGS
from tests.conftest import ROOT

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = {name: s for name, s in SERVICES.items() if s.get("build") == "."}
AIRFLOW = {"api-server", "scheduler", "dag-processor", "triggerer"}


def test_the_services_of_an_airflow_three() -> None:
    assert set(SERVICES) == AIRFLOW | {"postgres", "init", "web", "worker", "redis"}
    assert {name for name, s in SERVICES.items() if s.get("profiles") == ["workers"]} == {"worker", "redis"}
    assert set(OURS) == set(SERVICES) - {"postgres", "redis"}


@pytest.mark.parametrize("name", sorted(OURS))
def test_commands_exist(name: str) -> None:
    program, *words = OURS[name]["command"]
    if program == "kundenecho":
        assert words[0] in cli.commands
    elif program == "airflow":
        known = AIRFLOW | {"celery"}
        assert words[0] in known
        assert words[0] == name or (name, words) == ("worker", ["celery", "worker"])
    else:
        assert (program, words) == ("bash", ["/opt/kundenecho/deploy/init.sh"])
        assert (ROOT / "deploy" / "init.sh").stat().st_mode & 0o100


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_long_running_services_have_a_health_check(name: str) -> None:
    service = SERVICES[name]
    if name == "init":
        assert service["restart"] == "no"
        return
    check = service["healthcheck"]
    assert check["test"][0] in {"CMD", "CMD-SHELL"}
    assert {"interval", "timeout", "retries"} <= set(check)


@pytest.mark.parametrize("name", sorted(OURS))
def test_services_wait_for_what_they_need(name: str) -> None:
    wanted = OURS[name]["depends_on"]
    assert wanted["postgres"]["condition"] == "service_healthy"
    if name != "init":
        assert wanted["init"]["condition"] == "service_completed_successfully"
    for other, how in wanted.items():
        assert other in SERVICES
        if how["condition"] == "service_healthy":
            assert "healthcheck" in SERVICES[other]


def test_volumes() -> None:
    used = {v.split(":")[0] for s in SERVICES.values() for v in s.get("volumes", [])}
    assert {v for v in used if not v.startswith(".")} == set(COMPOSE["volumes"])
    assert all((ROOT / v).exists() for v in used if v.startswith("."))
    assert "docker.sock" not in (ROOT / "docker-compose.yml").read_text()
    state = (ROOT / "Dockerfile").read_text()
    assert "KUNDENECHO_HOME=/var/lib/kundenecho" in state
    assert all("state:/var/lib/kundenecho" in s["volumes"] for s in OURS.values())


def test_every_variable_is_in_the_example_and_known() -> None:
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8") + (ROOT / "deploy/postgres-init.sh").read_text()
    used = set(re.findall(r"(?<!\$)\$\{([A-Z_]+)[:}]", (ROOT / "docker-compose.yml").read_text(encoding="utf-8")))
    example = set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE))
    assert used == example
    known = {s.variable for s in SETTINGS} | set(ENVIRONMENT)
    for service in OURS.values():
        for name in service["environment"]:
            if name.startswith("KUNDENECHO_"):
                assert name in known, name
    assert text.count("AIRFLOW_DB_PASSWORD") >= 3


def test_one_jwt_secret_for_all() -> None:
    secrets = {s["environment"]["AIRFLOW__API_AUTH__JWT_SECRET"] for s in OURS.values()}
    assert len(secrets) == 1
    assert len({s["environment"]["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] for s in OURS.values()}) == 1


def test_no_secret_has_a_default() -> None:
    for name, value in {k: v for s in SERVICES.values() for k, v in s.get("environment", {}).items()}.items():
        if re.search(r"PASSWORD|SECRET|FERNET", name) and not name.startswith(
            ("KUNDENECHO_SMTP", "KUNDENECHO_WEBHOOK")
        ):
            assert ":?" in str(value) or re.fullmatch(r"\$\{AIRFLOW_DB_PASSWORD\}", str(value)), name


def test_ports_are_on_loopback() -> None:
    ports = [p for s in SERVICES.values() for p in s.get("ports", [])]
    assert len(ports) == 2
    assert all(p.startswith("127.0.0.1:") for p in ports)


def test_versions_agree() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    [version] = re.findall(r"^apache-airflow==(.+)$", lock, re.MULTILINE)
    assert f"AIRFLOW_VERSION={version}" in (ROOT / "Dockerfile").read_text(encoding="utf-8")


def test_the_image_brings_the_dictionary() -> None:
    """After the installation, whose versions it is made of; else each process unpacks simplemma's own."""
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert lines.index("pip install") < lines.index("python -m nlp.dictionary")
    assert importlib.util.find_spec("nlp.dictionary") is not None


@pytest.mark.parametrize("script", sorted((ROOT / "deploy").glob("*.sh")), ids=lambda p: p.name)
def test_scripts_are_sound(script: Any) -> None:
    assert subprocess.run(["bash", "-n", str(script)], check=False).returncode == 0
    assert "set -euo pipefail" in script.read_text()


def test_airflow_knows_the_settings_we_set() -> None:
    """A misspelt section is silently ignored by Airflow; its own configuration template knows them all."""
    # Found without importing Airflow, which would read its settings.
    found = importlib.util.find_spec("airflow")
    assert found is not None
    assert found.submodule_search_locations
    [folder] = found.submodule_search_locations
    template = yaml.safe_load((Path(folder) / "config_templates" / "config.yml").read_text(encoding="utf-8"))
    celery = {"celery"}
    for service in OURS.values():
        for name in service["environment"]:
            if name.startswith("AIRFLOW__"):
                _, section, option = name.lower().split("__")
                assert section in celery or option in template[section]["options"], name
