"""URLs of databases: which are taken, by which driver, and how they are shown."""

from __future__ import annotations

from sqlalchemy import URL
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from features.errors import UserError

_EXPECTED = "expected sqlite:///PATH or postgresql://USER:PASSWORD@HOST/DATABASE, or leave it unset"


def parsed(url: str, variable: str) -> URL:
    """The URL that a variable holds, with the driver that is installed with `forecastle[postgres]`.

    Raises:
        UserError: no URL, or one of another kind of database.
    """
    try:
        found = make_url(url.replace("postgres://", "postgresql://", 1))
    except ArgumentError as error:
        raise UserError(f"{variable} is no URL of a database; {_EXPECTED}") from error
    if found.drivername == "postgresql":
        return found.set(drivername="postgresql+psycopg")
    if found.get_backend_name() not in ("sqlite", "postgresql"):
        raise UserError(f"{variable} names a database of {found.drivername}; {_EXPECTED}")
    return found


def shown(url: URL) -> str:
    """Without a password."""
    return url.render_as_string(hide_password=True)


def unusable(what: str, url: URL, error: Exception, variable: str) -> UserError:
    """A database that is away, full or may not be written, in a sentence.

    Args:
        what: it is, such as "the ledger".
        url: where it is.
        error: what was raised.
        variable: by which another one is named.
    """
    told = error.orig if isinstance(error, DBAPIError) and error.orig else error
    reason = str(told).strip().splitlines()[0][:160]
    return UserError(
        f"{what} at {shown(url)} cannot be used ({reason}), expected a database that can be "
        f"written; mend that, or name another with {variable}"
    )
