from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from mlflow.tracking import MlflowClient

from flows.tracking.mlflow_database import make_mlflow_database

KILLED = """
import os, signal, sys
import mlflow.store.db.utils as steps
from flows.tracking.mlflow_database import make_mlflow_database
steps._upgrade_db = lambda engine: os.kill(os.getpid(), signal.SIGKILL)
make_mlflow_database(sys.argv[1])
"""


def test_a_kill_leaves_no_part_of_a_database_and_the_next_start_makes_one(tmp_path: Path) -> None:
    uri, root = f"sqlite:///{tmp_path}/mlflow.db", str(Path(__file__).parents[3])
    words = [sys.executable, "-c", KILLED, uri]
    assert subprocess.run(words, cwd=root, check=False).returncode == -signal.SIGKILL
    assert not (tmp_path / "mlflow.db").exists()
    make_mlflow_database(uri)
    assert len(MlflowClient(uri).search_experiments()) == 1
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == [".mlflow.db.lock", "mlflow.db"]


def test_other_stores_are_left_alone(tmp_path: Path) -> None:
    make_mlflow_database("http://127.0.0.1:9")
    kept = tmp_path / "mlflow.db"
    kept.write_bytes(b"mine")
    make_mlflow_database(f"sqlite:///{kept}")
    assert kept.read_bytes() == b"mine"
