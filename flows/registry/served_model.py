"""The model as MLflow serves it: a long frame in, the long frame of its forecast out.

MLflow keeps this file beside the folder that `models.registry.save` writes and runs it where the
model is loaded, so no pickle is involved; it needs this project to be installed, and nothing of
the place where the model was trained.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel, PythonModelContext

from features.schema import to_panel
from flows.contract import Contract
from flows.steps import look_ahead
from models.registry import load


class ServedForecaster(PythonModel):
    """Forecasts from the last step of the frame it is given."""

    def load_context(self, context: PythonModelContext) -> None:
        """Read the forecaster and its data contract from the logged folder."""
        folder = Path(context.artifacts["forecaster"])
        self.contract = Contract.read(folder)
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
        panel = to_panel(model_input, self.contract.calendar, self.contract.covariates)
        frame = look_ahead([self.forecaster], panel).forecast_frame()
        return frame.drop(columns="cutoff")


set_model(ServedForecaster())
