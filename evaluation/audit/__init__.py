"""The future-blind test for steps of any kind, and a look for the future in columns of a table."""

from __future__ import annotations

from evaluation.audit.chain import Step, audit
from evaluation.audit.leak import Leak
from evaluation.audit.suspects import suspects

__all__ = ["Leak", "Step", "audit", "suspects"]
