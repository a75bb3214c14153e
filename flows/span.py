"""What a flow is told of dates, and of how the time span is cut."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, Field, WithJsonSchema, model_validator

from flows.form import Form
from models.settings import require


def within_reach(stamp: datetime) -> datetime:
    """Refuse a date that nanoseconds since 1970 cannot tell, or that has no decade before it."""
    require(1700 <= stamp.year <= 2250, f"the date {stamp} is not in the years 1700 to 2250")
    return stamp


Moment = Annotated[
    datetime,
    AfterValidator(within_reach),
    # A text: to pick a day of 1990 in Prefect's calendar takes hundreds of clicks.
    WithJsonSchema({"type": "string", "pattern": r"^\d{4}-\d\d-\d\d"}),
]


class SplitShares(Form):
    """How the time span is cut: train first, then validation, and the rest is the test range."""

    train: float = Field(default=0.7, gt=0, lt=1, title="Training share")
    """Share of the steps that models learn from."""
    validation: float = Field(default=0.1, gt=0, lt=1, title="Validation share")
    """Share of the steps for early stopping, choice of the model and first errors for intervals."""
    gap: int = Field(default=0, ge=0)
    """Steps left out in front of the validation and of the test range."""

    @model_validator(mode="after")
    def _leaves_a_test_range(self) -> SplitShares:
        require(
            self.train + self.validation < 1,
            f"the training share {self.train} and the validation share {self.validation} leave no "
            "test range; their sum must be below 1",
        )
        return self
