"""What runs leave behind holds no pickle, neither as a file nor in an archive or a database."""

from __future__ import annotations

import io
import pickle
import pickletools
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from flows.cli import run
from tests.end_to_end.test_search import OPTIONS
from tests.features.providers.meteostat_server import MeteostatServer, days

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")  # Prefect closes sockets late
ZIP, NPY, SQLITE = b"PK\x03\x04", b"\x93NUMPY", b"SQLite format 3\0"


def is_pickle(content: bytes) -> bool:
    """Whether all of it is a pickle, or it begins as those of protocol 2 and later do."""
    try:
        *_, (last, _, end) = pickletools.genops(content)
    except Exception:  # whatever it stumbles over
        return content[:1] == b"\x80" and content[1:2] in b"\x02\x03\x04\x05" and len(content) > 1
    return last.name == "STOP" and end == len(content) - 1 > 0


def pickles(content: bytes, name: str) -> Iterator[str]:
    """The names of what is a pickle in a file, archives unpacked."""
    if content.startswith(ZIP):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for member in archive.namelist():
                yield from pickles(archive.read(member), f"{name}/{member}")
    elif content.startswith(NPY):
        if b"'descr': '|O'" in content[:200]:
            yield name
    elif is_pickle(content):
        yield name


def found_in(folder: Path) -> list[str]:
    found: list[str] = []
    for path in (path for path in folder.rglob("*") if path.is_file()):
        content = path.read_bytes()
        found += pickles(content, str(path))
        if content.startswith(SQLITE):
            found += [name for name, value in values(path) for name in pickles(value, name)]
    return found


def values(database: Path) -> Iterator[tuple[str, bytes]]:
    """Every value of every table that is not a number."""
    with closing(sqlite3.connect(database)) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        for (table,) in tables.fetchall():
            for row in connection.execute(f'SELECT * FROM "{table}"'):
                for value in row:
                    if isinstance(value, bytes | str) and value:
                        told = value.encode() if isinstance(value, str) else value
                        yield f"{database}/{table}", told


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickle_is_found_wherever_it_is(protocol: int, tmp_path: Path) -> None:
    content: Any = pickle.dumps({"weights": [1.5, "two"]}, protocol)
    (tmp_path / "plain").write_bytes(content)
    torch.save({"a": torch.ones(3)}, tmp_path / "torch.pt")
    objects = np.array([{}], dtype=object)
    np.savez(tmp_path / "objects.npz", objects=objects)
    np.savez(tmp_path / "fine.npz", numbers=np.ones(3))
    (tmp_path / "text.json").write_text('{"a": null}')
    with closing(sqlite3.connect(tmp_path / "a.db")) as connection, connection:
        connection.execute("CREATE TABLE kept (value BLOB)")
        connection.execute("INSERT INTO kept VALUES (?)", (content,))
    found = {Path(name).relative_to(tmp_path).as_posix() for name in found_in(tmp_path)}
    places = {"plain", "torch.pt/torch/data.pkl", "a.db/kept", "objects.npz/objects.npy"}
    assert found == places


@pytest.mark.usefixtures("prefect_server")
def test_no_run_leaves_a_pickle(
    sample: Path, home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    quick = [*("--horizon", "3", "--look-back", "14", "--epochs", "1", "--device", "cpu")]
    quick += ["--set", "network.hidden=4", "--set", "training.members=2"]
    all_kinds = ["--models", "naive,ridge,boosting,gru-direct"]
    assert run(["forecast", str(sample), *quick, *all_kinds]) == 0
    refits = ["--refit-every", "16", "--models", "naive,gru-direct"]
    assert run(["backtest", str(sample), *quick, *refits]) == 0
    assert run(["retrain", str(sample), *quick, "--models", "gru-direct"]) == 0
    assert run(["forecast", str(sample), *quick, "--champion"]) == 0
    search = ["--epochs", "2", "--trials", "2", "--top", "2"]
    assert run(["search", str(sample), *OPTIONS, *search]) == 0
    with MeteostatServer() as server:
        monkeypatch.setenv("FORECASTLE_METEOSTAT", server.url)
        server.add_station("10637", latitude=50.05, longitude=8.6)
        today = pd.Timestamp.now("UTC").tz_localize(None).normalize()
        first, last = (today - pd.Timedelta(days=n) for n in (730, 1))
        server.tables["daily", "10637"] = days(str(first), str(last))
        assert run(["forecast", "weather", "--station", "10637", "--models", "naive"]) == 0
    kept = {path.name for path in home.rglob("*")}
    assert {"forecaster.safetensors", "mlflow.db", "ledger.db", "store"} <= kept
    assert found_in(tmp_path) == []
