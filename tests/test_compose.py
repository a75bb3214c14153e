"""What a mistake in `compose.yaml` or in the manifests of `docs/many-machines.md` would cost."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.end_to_end.composed import read

ROOT = Path(__file__).parents[1]
SERVICES: dict[str, dict[str, Any]] = read()["services"]
PAGE = (ROOT / "docs" / "many-machines.md").read_text(encoding="utf-8")
each_service = pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)


@each_service
def test_ports_are_for_this_machine_alone(service: dict[str, Any]) -> None:
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


@each_service
def test_a_service_waits_for_what_it_needs_and_comes_back(service: dict[str, Any]) -> None:
    for name, wait in service.get("depends_on", {}).items():
        healthy = wait["condition"] == "service_healthy"
        assert ("healthcheck" in SERVICES[name]) is healthy
        assert healthy or SERVICES[name]["restart"] == "on-failure"
    assert service["restart"] in ("unless-stopped", "on-failure")
    assert service["mem_limit"]


@each_service
def test_a_url_holds_no_password(service: dict[str, Any]) -> None:
    words = [*service.get("command", []), *map(str, service["environment"].values())]
    assert not [word for word in words if re.search(r"://[^/@]*:[^/@]*@", word)]
    assert "POSTGRES_PASSWORD" not in service["environment"]


def test_without_a_password_compose_says_what_to_do() -> None:
    text = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    assert re.search(r"file: \$\{POSTGRES_PASSWORD_FILE:\?.*docs/many-machines\.md", text)


@pytest.mark.parametrize("password", ["", "a:b", "a\\b"])
def test_a_password_that_programs_read_differently_is_refused(
    password: str, tmp_path: Path
) -> None:
    done, kept = entered(password, tmp_path)
    assert done.returncode == 2
    assert "choose another" in done.stderr
    assert not kept.exists()


def test_a_password_is_for_its_user_alone(tmp_path: Path) -> None:
    done, kept = entered("se cret'\"$(x)", tmp_path)
    assert (done.returncode, done.stdout) == (0, f"{kept}\n")
    assert kept.read_text() == "*:*:*:*:se cret'\"$(x)\n"
    assert kept.stat().st_mode & 0o777 == 0o600


def entered(password: str, folder: Path) -> tuple[subprocess.CompletedProcess[str], Path]:
    """A command behind the image's entrypoint, and the file that it finds the password in."""
    (folder / "secret").write_text(f"{password}\n")
    environment = {"HOME": str(folder), "POSTGRES_PASSWORD_FILE": str(folder / "secret")}
    words = [str(ROOT / "deploy/entrypoint"), "sh", "-c", "echo $PGPASSFILE"]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    return done, folder / ".pgpass"


def test_the_image_holds_what_is_imported_and_is_pinned() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    taken = set(re.findall(r"^COPY (\w+) ", text, re.M))
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (packages,) = re.findall(r"^include = \[(.*)\]$", project, re.M)
    assert taken == set(re.findall(r'"(\w+)"', packages))
    assert "--constraint constraints.txt" in text
    assert re.search(r"^USER (?!root)", text, re.M)
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    copied = re.findall(r"^COPY (?!--from)(?:--\S+ )?(.+) \S+$", text, re.M)
    assert {f"!{name}" for line in copied for name in line.split()} <= set(ignored)


def test_the_manifests_are_what_kubernetes_reads() -> None:
    blocks = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.M | re.S)
    objects = [one for block in blocks for one in yaml.safe_load_all(block)]
    kinds = [one["kind"] for one in objects if "kind" in one]
    assert sorted(kinds) == ["Job", "PersistentVolumeClaim"]
    assert all({"apiVersion", "metadata", "spec"} <= set(one) for one in objects if "kind" in one)


def test_the_job_template_fills_every_variable_it_names() -> None:
    text = (ROOT / "deploy/kubernetes/job-template.json").read_text(encoding="utf-8")
    template = json.loads(text)
    named = set(re.findall(r"\{\{ (\w+) \}\}", json.dumps(template["job_configuration"])))
    assert named == set(template["variables"]["properties"])
