from __future__ import annotations

import sqlite3

from mlflow.exceptions import MlflowException
from sqlalchemy.exc import OperationalError

from flows.tracking.patience import StoreError


def test_of_a_database_the_sentence_says_what_the_database_says() -> None:
    full = OperationalError("INSERT", {}, sqlite3.OperationalError("database or disk is full"))
    full.add_detail("raised as a result of Query-invoked autoflush")
    error = MlflowException(str(full))
    error.__cause__ = full
    told = str(StoreError("sqlite:///mlflow.db", error))
    assert told.startswith("the MLflow store at sqlite:///mlflow.db cannot be used (database or ")
    assert "autoflush" not in told
