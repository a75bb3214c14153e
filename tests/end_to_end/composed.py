"""The services of `compose.yaml` as processes of this machine, by their own commands.

A service's name becomes the loopback interface, its port a free one, its paths a folder, and the
image's environment that of the `Dockerfile`. All else is as it is written.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import yaml

from tests.end_to_end.processes import free_port, wait_until
from tests.flows.postgres import Postgres, listening

ROOT = Path(__file__).parents[2]
PORTS = ("5432", "4200", "5000", "8080", "8786")
_OWN = ("PATH", "PYTHONPATH", "LANG", "OMP_NUM_THREADS")


class Composed:
    """The file, and the processes of its services."""

    def __init__(self, folder: Path, password: str) -> None:
        self.folder, self.password = folder, password
        self.home = folder / "data"
        self.home.mkdir(parents=True)
        self.secret = folder.with_name("postgres_password")
        self.secret.write_text(f"{password}\n", encoding="utf-8")
        self.ports = {port: str(free_port()) for port in PORTS}
        self.file = read(self._here)
        self.started: list[Any] = []

    def _here(self, text: str) -> str:
        """A text of the file as it is on this machine."""
        text = re.sub(r"(//|@)[a-z][a-z-]*:", r"\g<1>127.0.0.1:", text).replace("0.0.0.0", LOCAL)
        text = re.sub(r"\b(5432|4200|5000|8080|8786)\b", lambda m: self.ports[m[1]], text)
        text = text.replace("/run/secrets/postgres_password", str(self.secret))
        return text.replace("/home/forecastle", str(self.folder))

    def url(self, service: str) -> str:
        """Where a service answers; the port that it publishes."""
        (published,) = self.file["services"][service]["ports"]
        host, port, _ = published.split(":")
        return f"http://{host}:{port}"

    @contextmanager
    def postgres(self) -> Iterator[Postgres]:
        """The database that the file describes."""
        service = self.file["services"]["postgres"]
        script = next(v.split(":")[0] for v in service["volumes"] if "initdb.d" in v)
        user = service["environment"]["POSTGRES_USER"]
        port = int(self.ports["5432"])
        with listening(port, user, self.password, ROOT / script) as server:
            _, program, *words = service["healthcheck"]["test"]
            server.call(program, *words, "-p", str(port))
            yield server

    def start(self, name: str, **environment: str) -> Any:
        """A service, under way; what it says goes to a log."""
        log = self.folder / f"{name}-{len(self.started)}.log"
        with log.open("w") as out:
            process = subprocess.Popen(
                [ROOT / "deploy/entrypoint", *self.file["services"][name]["command"]],
                env=self.environment(name) | environment,
                cwd=self.folder,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.started.append(process)
        return process

    def environment(self, name: str) -> dict[str, str]:
        """What a service is told, and no more than it needs of this process's own."""
        own = {key: os.environ[key] for key in _OWN if key in os.environ}
        own["PATH"] = f"{Path(sys.executable).parent}:{own['PATH']}"
        own |= {"HOME": str(self.folder), "PYTHONPATH": str(ROOT)}
        dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8").rpartition("\nFROM")[2]
        image = dict(re.findall(r"([A-Z_]+)=([^ \\\n]+)", dockerfile))
        image.pop("PATH")
        told = self.file["services"][name]["environment"]
        kept = {key: value for key, value in told.items() if value is not None}
        return own | {key: self._here(value) for key, value in image.items()} | kept

    def ready(self, name: str, process: Any, port: str = "") -> None:
        """Wait until a service is healthy, by its own check."""
        _, *words = self.file["services"][name]["healthcheck"]["test"]
        words = [word.replace(self.ports["8080"], port or self.ports["8080"]) for word in words]
        check = [sys.executable if word == "python" else word for word in words]
        wait_until(
            lambda: subprocess.run(check, capture_output=True, check=False).returncode == 0,
            process,
            300,
            pause=1,
        )

    def done(self, name: str) -> str:
        """What a service said that has run to its end."""
        process = self.start(name)
        assert process.wait(300) == 0, self.said()
        return (self.folder / f"{name}-{len(self.started) - 1}.log").read_text(encoding="utf-8")

    def said(self) -> str:
        """Every log."""
        return "\n".join(path.read_text(errors="replace") for path in self.folder.glob("*.log"))

    def stop(self) -> None:
        """Kill all that was started."""
        for process in self.started:
            kill_tree(process)


LOCAL = "127.0.0.1"


def read(here: Any = str, **variables: str) -> dict[str, Any]:
    """The file with its variables put in, and each text of it changed by `here`."""

    def put(match: re.Match[str]) -> str:
        name, kind, rest = match.groups()
        assert name in variables or kind == ":-" or "FILE" in name
        return variables.get(name, rest if kind == ":-" else "/run/secrets/postgres_password")

    text = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(here(re.sub(r"\$\{(\w+)(:[-?])([^}]*)\}", put, text)))
    return found


def kill_tree(process: Any) -> None:
    """SIGKILL to a process and its descendants, those in groups of their own included."""
    if process.poll() is not None:
        return
    me = psutil.Process(process.pid)
    tree = [me, *me.children(recursive=True)]
    for one in tree:
        one.kill()
    psutil.wait_procs(tree, timeout=30)
    process.wait()
