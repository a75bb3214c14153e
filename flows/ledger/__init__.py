"""The ledger: every forecast that was issued, and what then came. No row of it ever changes."""

from flows.ledger.ledger import Issue, Ledger

__all__ = ["Issue", "Ledger"]
