"""Where this installation keeps things: read from the environment, not from a flow's parameters."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from features.errors import UserError
from flows.up.running import running


class Settings(BaseSettings):
    """Settings of the machine, each an environment variable with the prefix `FORECASTLE_`."""

    model_config = SettingsConfigDict(
        env_prefix="FORECASTLE_", use_attribute_docstrings=True, frozen=True, populate_by_name=True
    )

    home: Path = Path("forecastle_home")
    """Folder for results, checkpoints and, unless another store is named, the MLflow store."""

    mlflow_tracking_uri: str | None = Field(default=None, validation_alias="MLFLOW_TRACKING_URI")
    """MLflow store or server. Where none is named, the server that `forecastle up` runs for this
    home, or else a SQLite file in the home folder."""

    mlflow_patience: float = Field(default=900.0, ge=0)
    """Seconds that a run waits at its end for an MLflow store that does not answer, and one that a
    deployment runs also at its start."""

    ledger_url: str | None = None
    """PostgreSQL or SQLite database of issued forecasts; a SQLite file in the home folder where
    none is named."""

    task_runner: Literal["threads", "dask", "ray"] = "threads"
    """What does fits and refits beside each other: processes of this machine, or Dask or Ray."""

    cluster: str = ""
    """Address of a scheduler of Dask or a head of Ray, whose machines share the home folder at the
    same path; where empty, a cluster of `workers` processes is started and ended with the run."""

    workers: int = Field(default=1, ge=1, le=1024)
    """Processes that fit beside each other on this machine, each on one thread."""

    studies_url: str | None = None
    """PostgreSQL or SQLite database of the trials of searches; a SQLite file in the home folder
    where none is named."""

    webhook: SecretStr | None = None
    """URL that the Prefect server calls when a run fails, inputs or errors drift, or a champion is
    promoted."""

    def __init__(self, **given: Any) -> None:
        try:
            super().__init__(**given)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            name = str(first["loc"][0]).upper()
            raise UserError(
                f"the setting {name} is {first['input']!r}: {first['msg'].lower()}; set "
                f"FORECASTLE_{name.removeprefix('FORECASTLE_')} to such a value"
            ) from error

    @property
    def alone(self) -> bool:
        """Whether this process does all work itself."""
        return self.task_runner == "threads" and self.workers == 1

    @property
    def studies(self) -> str:
        """The database of the trials of searches in use."""
        return self.studies_url or f"sqlite:///{self.searches / 'optuna.db'}"

    @property
    def ledger(self) -> str:
        """The database of issued forecasts in use."""
        return self.ledger_url or f"sqlite:///{self.home.resolve() / 'ledger.db'}"

    @property
    def runs(self) -> Path:
        """Folder that holds one folder of results a run."""
        return self.home.resolve() / "runs"

    @property
    def outbox(self) -> Path:
        """Folder of what MLflow is still to be told, one folder a run."""
        return self.home.resolve() / "outbox"

    @property
    def checkpoints(self) -> Path:
        """Folder that a killed run resumes from."""
        return self.home.resolve() / "checkpoints"

    @property
    def panels(self) -> Path:
        """Folder of the data that the workers of a run under way read."""
        return self.home.resolve() / "panels"

    @property
    def searches(self) -> Path:
        """Folder of what searches remember, and of the weights of their best trials."""
        return self.home.resolve() / "searches"

    @property
    def store(self) -> Path:
        """Folder in which fetched data is kept for good."""
        return self.home.resolve() / "store"

    @property
    def tracking_uri(self) -> str:
        """The MLflow store in use."""
        if self.mlflow_tracking_uri:
            return self.mlflow_tracking_uri
        served = running(self.home)
        return served.mlflow if served else f"sqlite:///{self.home.resolve() / 'mlflow.db'}"

    @property
    def artifact_root(self) -> str | None:
        """Where a new experiment keeps its files; None leaves it to the MLflow server."""
        if self.tracking_uri.startswith(("sqlite:", "file:", "mysql", "postgresql")):
            return (self.home.resolve() / "mlartifacts").as_uri()
        return None
