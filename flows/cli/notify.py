"""The command `forecastle notify`: try the webhook."""

from __future__ import annotations

from flows.cli.options import Home, prepare


def notify(home: Home = None) -> None:
    """Call the webhook with a test message, and say what it answered."""
    prepare(home)
    from flows.notify.trial import try_it

    print(try_it())
