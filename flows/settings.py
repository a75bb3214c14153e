"""Where this installation keeps things: read from the environment, not from a flow's parameters."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

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
    def searches(self) -> Path:
        """Folder of the file that remembers searches, and of the weights of their best trials."""
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
