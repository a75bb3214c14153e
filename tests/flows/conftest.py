"""Data that the flows' tests share."""

from __future__ import annotations

import pytest

from features.panel import Panel
from features.schema import to_panel
from features.splits import Split
from tests.flows.small import small_frame


@pytest.fixture(scope="module")
def panel() -> Panel:
    return to_panel(small_frame())


@pytest.fixture(scope="module")
def split(panel: Panel) -> Split:
    return Split.by_share(panel.steps)
