"""Series from a CSV or Parquet file, in the long format or wide (one column a series)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import pandas as pd

from features.dates import are_day_numbers, looks_like_date, parse_dates
from features.errors import UserError
from features.optional import need
from features.schema import require_columns
from features.sources.sniff import read_head, sniff_delimiter
from features.sources.source import Fetched

DATE_NAMES = ("date", "ds", "day", "time", "datetime", "timestamp")  # where numbers may be days
SAMPLE = 50  # cells of a column that are looked at to see whether it holds dates


@dataclass(frozen=True)
class ColumnMapping:
    """Which columns of a wide file are the series."""

    date: str | None = None
    """The date column; None takes the first whose cells read as dates."""
    columns: Mapping[str, str] | None = None
    """Column name to series id; None takes every number column under its own name."""

    def __post_init__(self) -> None:
        ids = list((self.columns or {}).values())
        twice = [name for at, name in enumerate(ids) if name in ids[:at]]
        if twice:
            raise UserError(
                f"the column mapping gives two columns the series id {twice[0]!r}, expected "
                "different ids; rename one"
            )


def read_file(path: Path, mapping: ColumnMapping | None = None) -> Fetched:
    """The series of a CSV or Parquet file.

    A file with a column `unique_id` is long (`unique_id, ds, y`, others kept) unless a mapping is
    given. Any other is wide: the first column that reads as dates is `ds` and each number column
    a series. Text columns and number columns without a name (a saved index) are left out.

    Raises:
        UserError: for what cannot be read as one of these.
    """
    try:
        table = _read_table(path)
        if mapping is None and "unique_id" in table.columns:
            require_columns(table, ("unique_id", "ds", "y"))
            frame = table.assign(ds=parse_dates(table["ds"]))
        else:
            frame = _wide_to_long(table, mapping or ColumnMapping())
    except UserError as error:
        raise UserError(f"cannot read {path}: {error}") from error
    return Fetched(frame, title=path.stem, experiment=path.stem)


def _read_table(path: Path) -> pd.DataFrame:
    head = read_head(path)
    if head.startswith(b"PAR1"):
        return _read_parquet(path)
    if path.suffix.lower() in (".parquet", ".pq"):
        raise UserError("it does not begin as Parquet does; check how it was written")
    delimiter = sniff_delimiter(head)
    try:
        # low_memory would type each column by pieces, and ids such as 007 are no numbers.
        return pd.read_csv(
            path,
            sep=delimiter,
            encoding="utf-8-sig",
            dtype={"unique_id": str},
            low_memory=False,
        )
    except (ValueError, OSError) as error:
        reason = " ".join(str(error).split())
        raise UserError(f"it is not CSV all through ({reason}); correct it there") from error


def _read_parquet(path: Path) -> pd.DataFrame:
    need("pyarrow", "reading a Parquet file")
    try:
        table = pd.read_parquet(path, engine="pyarrow")
    except (ValueError, OSError) as error:
        raise UserError(
            "it begins as Parquet does but is broken or cut off; write or copy it again"
        ) from error
    if table.empty:
        raise UserError("it holds no rows, expected one row a date; check how it was written")
    if table.index.names != [None] or isinstance(table.index, pd.DatetimeIndex):
        table = table.reset_index()
    return table.rename(columns=str)


def _wide_to_long(table: pd.DataFrame, mapping: ColumnMapping) -> pd.DataFrame:
    date = _date_column(table, mapping.date)
    dates = parse_dates(table[date])
    if dates.duplicated().any():
        stamp = dates[dates.duplicated()].iloc[0]
        raise UserError(
            f"{stamp} occurs twice in the date column {date!r}, expected one row a date; if each "
            "row is one series' value, name the columns unique_id, ds and y"
        )
    series = _series_columns(table.drop(columns=date), mapping.columns)
    parts = [
        pd.DataFrame({"unique_id": name, "ds": dates, "y": table[column]})
        for column, name in series.items()
    ]
    return pd.concat(parts, ignore_index=True)


def _date_column(table: pd.DataFrame, name: str | None) -> str:
    if name is not None:
        _require_named(table, name)
        return name
    for column in table.columns:
        if _holds_dates(table[column]):
            return str(column)
    raise UserError(
        f"none of its columns ({_listed(table)}) holds dates, expected one with dates such as "
        "2024-01-31; add it, or name the date column"
    )


def _holds_dates(column: pd.Series) -> bool:
    if pd.api.types.is_datetime64_any_dtype(column):
        return True
    if pd.api.types.is_numeric_dtype(column):
        return str(column.name).lower() in DATE_NAMES and are_day_numbers(column)
    cells = column.dropna().head(SAMPLE).astype(str)
    return len(cells) > 0 and all(map(looks_like_date, cells))


def _series_columns(table: pd.DataFrame, named: Mapping[str, str] | None) -> Mapping[str, str]:
    """Column to series id, each column checked to hold numbers."""
    if named is not None:
        for column in named:
            _require_named(table, column)
            if not _holds_numbers(table[column]):
                raise UserError(
                    f"column {column!r} holds {table[column].iloc[0]!r}, expected numbers; "
                    "map a number column"
                )
        return named
    numbers = [c for c in table.columns if _has_name(c) and _holds_numbers(table[c])]
    if not numbers:
        raise UserError(
            f"none of its columns ({_listed(table)}) beside the dates holds numbers, expected at "
            "least one; write decimals with a point and no unit"
        )
    return {column: column for column in numbers}


def _has_name(column: str) -> bool:
    return not column.startswith("Unnamed:")


def _holds_numbers(column: pd.Series) -> bool:
    """Whether a column is numbers; one that is partly so is refused."""
    if pd.api.types.is_bool_dtype(column) or pd.api.types.is_datetime64_any_dtype(column):
        return False
    numbers = pd.to_numeric(column, errors="coerce")
    bad = (column.notna() & numbers.isna()).to_numpy()
    if bad.any() and numbers.notna().any():
        row = int(bad.argmax())
        raise UserError(
            f"column {column.name!r} holds {column.iloc[row]!r} in row {row} among numbers, "
            "expected a number; correct it, or leave it empty if it is missing"
        )
    return not bad.any()


def _require_named(table: pd.DataFrame, name: str) -> None:
    if name not in table.columns:
        near = get_close_matches(name, list(table.columns), n=1)
        hint = f"did you mean {near[0]!r}?" if near else "correct the column mapping"
        raise UserError(f"unknown column {name!r}; the file has {_listed(table)}; {hint}")


def _listed(table: pd.DataFrame) -> str:
    more = f" and {table.shape[1] - 12} more" if table.shape[1] > 12 else ""
    return ", ".join(map(str, table.columns[:12])) + more
