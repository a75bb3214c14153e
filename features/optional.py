"""Libraries that only some work needs, imported when that work starts."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from features.errors import UserError


def need(module: str, purpose: str) -> ModuleType:
    """Import `module`, or say in one sentence what it is needed for and how to get it."""
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        package = module.partition(".")[0]
        if (error.name or "").partition(".")[0] != package:
            raise
        raise UserError(
            f"{purpose} needs the package {package}, which is not installed; "
            f"install it with `pip install {package.replace('_', '-')}`"
        ) from error
