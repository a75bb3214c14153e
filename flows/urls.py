"""Addresses as they may be shown."""

from __future__ import annotations

import re


def without_password(text: str) -> str:
    """`text` with no user and password in its addresses."""
    return re.sub(r"://[^/\s]*@", "://", text)
