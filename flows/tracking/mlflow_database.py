"""An empty database of MLflow, made whole or not at all: MLflow cannot go on with a part of one."""

from __future__ import annotations

from pathlib import Path

from filelock import FileLock

from flows.files import hidden_folder

_SQLITE = "sqlite:///"


def make_mlflow_database(uri: str) -> None:
    """Make the database that a store's URI names, where it is a file that is not there yet."""
    path = Path(uri.removeprefix(_SQLITE))
    if not uri.startswith(_SQLITE) or path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_name(f".{path.name}.lock")):
        if not path.exists():
            _make(path)


def _make(path: Path) -> None:
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    with hidden_folder(path) as folder:
        draft = folder / path.name
        store = SqlAlchemyStore(f"{_SQLITE}{draft}", "mlflow-artifacts:/")  # type: ignore[no-untyped-call]
        store.engine.dispose()
        draft.rename(path)
