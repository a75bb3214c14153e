"""What was ever fetched, on disk: nothing is overwritten, and any past moment can be read again."""

from __future__ import annotations

from features.store.coverage import Coverage, Span
from features.store.segment import Damage, Damaged
from features.store.shelf import Shelf, shelves

__all__ = ["Coverage", "Damage", "Damaged", "Shelf", "Span", "shelves"]
