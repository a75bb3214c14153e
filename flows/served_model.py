"""The model as MLflow serves it: a long frame in, the long frame of its forecast out.

MLflow keeps this file beside the folder that `models.registry.save` writes and runs it where the
model is loaded, so no pickle is involved; it needs this project to be installed, and nothing of
the place where the model was trained.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel, PythonModelContext

from features.panel import Covariates, Panel
from features.schema import to_panel
from flows.steps import look_ahead
from models.registry import load

CONTRACT = "contract.json"
"""File beside the forecaster's own: the calendar and the covariates of the frames it reads."""


def write_contract(folder: Path, panel: Panel) -> None:
    """Leave beside a saved forecaster what the frames must look like that it will read."""
    covariates = asdict(panel.covariates)
    text = json.dumps({"calendar": panel.calendar.name, "covariates": covariates}, indent=2)
    (folder / CONTRACT).write_text(text + "\n", encoding="utf-8")


class ServedForecaster(PythonModel):
    """Forecasts from the last step of the frame it is given."""

    def load_context(self, context: PythonModelContext) -> None:
        """Read the forecaster and its data contract from the logged folder."""
        folder = Path(context.artifacts["forecaster"])
        contract = json.loads((folder / CONTRACT).read_text(encoding="utf-8"))
        self.calendar = str(contract["calendar"])
        self.covariates = Covariates(**{k: tuple(v) for k, v in contract["covariates"].items()})
        self.forecaster = load(folder)

    def predict(
        self,
        context: PythonModelContext,
        model_input: pd.DataFrame,
        params: dict[str, Any] | None = None,
    ) -> pd.DataFrame:
        """Forecast H steps of every series.

        Args:
            context: given by MLflow, unused once the model is loaded.
            model_input: `unique_id, ds, y` and the covariates the model was trained with. Rows
                after the last `y` hold known-future covariates.
            params: none are known.

        Returns:
            `unique_id, ds, <model>`, one row a series and step.
        """
        panel = to_panel(model_input, self.calendar, self.covariates)
        frame = look_ahead([self.forecaster], panel).forecast_frame()
        return frame.drop(columns="cutoff")


set_model(ServedForecaster())
