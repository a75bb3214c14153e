"""Reading dates out of a column, without guessing."""

from __future__ import annotations

from datetime import date

import pandas as pd

from features.errors import UserError

TIMES = ("", " %H:%M", " %H:%M:%S")
DAYS = ("%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y", "%Y/%m/%d", "%d-%b-%Y")
FORMATS = ("ISO8601", *(day + time for day in DAYS for time in TIMES))
"""The ways of writing a date that are understood; ISO 8601 (2024-01-31 18:00) goes first."""

OFFSET = r"\d[T ]\d{2}.*?(Z|[+-]\d{2}:?\d{2})$"


def parse_dates(column: pd.Series) -> pd.Series:
    """The column as datetime64[ns], tz-naive or in one time zone; empty cells become NaT.

    Raises:
        UserError: for numbers that are not days (20240131), text that is no date, dates that could
            be month/day or day/month, more than one time zone, years outside 1678-2262, or a
            span that nanoseconds cannot count.
    """
    if isinstance(column.dtype, pd.ArrowDtype):
        column = column.astype(object)
    if isinstance(column.dtype, pd.DatetimeTZDtype) or column.dtype.kind == "M":
        return _nanoseconds(column)
    if are_day_numbers(column):
        return _nanoseconds(pd.to_datetime(column.astype(str), format="%Y%m%d"))
    if pd.api.types.is_numeric_dtype(column) or isinstance(column.dtype, pd.PeriodDtype):
        raise UserError(
            f"column {column.name!r} holds {column.dtype} values (the first is {column.iloc[0]}), "
            "expected dates; convert it with pandas.to_datetime first"
        )
    try:
        # A panel repeats each date once a series: only the different ones are parsed.
        codes, values = pd.factorize(column)
    except TypeError as error:
        raise UserError(
            f"column {column.name!r} holds a {type(column.iloc[0]).__name__}, expected dates; "
            "convert it with pandas.to_datetime first"
        ) from error
    parsed = _parse_values(pd.Series(list(values), dtype=object), column)
    return _nanoseconds(pd.Series(parsed.reindex(codes).array, column.index, name=column.name))


def are_day_numbers(column: pd.Series) -> bool:
    """Whether a column holds days as whole numbers such as 20240131."""
    if not pd.api.types.is_integer_dtype(column) or column.isna().any() or column.empty:
        return False
    days = pd.to_datetime(column.astype(str), format="%Y%m%d", errors="coerce")
    return bool(days.notna().all() and (column >= 10**7).all())


def looks_like_date(text: str) -> bool:
    """Whether one cell of a text file reads as a date; a bare number does not."""
    if len(text) < 8 or not any(mark in text for mark in "-/."):
        return False
    if not text[:1].isdigit() or text.replace(".", "", 1).isdigit():
        return False
    one = pd.Series([text])
    return any(_parsed(one, form).notna().all() for form in FORMATS)


def _parse_values(values: pd.Series, column: pd.Series) -> pd.Series:
    _one_zone(values, column.name)
    if len(values) and values.map(lambda value: isinstance(value, date)).all():
        return pd.to_datetime(values)
    texts = values.map(str)
    iso = _parsed(texts, FORMATS[0])
    if iso.notna().all():
        return iso
    tries = [iso, *(_parsed(texts, form) for form in FORMATS[1:])]
    whole = [parsed for parsed in tries if parsed.notna().all()]
    if len(whole) > 1 and not whole[0].equals(whole[1]):
        raise UserError(
            f"column {column.name!r} holds dates such as {values.iloc[0]!r} that read as "
            "month/day and as day/month, expected one reading; write them as 2024-01-31"
        )
    best = max(tries, key=lambda parsed: int(parsed.notna().sum()))
    return _all_parsed(best, values, column)


def _parsed(values: pd.Series, form: str) -> pd.Series:
    return pd.to_datetime(values, format=form, errors="coerce")


def _one_zone(values: pd.Series, name: object) -> None:
    """Refuse what mixes UTC offsets, time zones, or dates with and without one."""
    texts = values[values.map(lambda value: isinstance(value, str))].astype(str)
    zones = set(texts.str.extract(OFFSET, expand=False).fillna("none"))
    others = values[~values.index.isin(texts.index)]
    zones |= {str(getattr(value, "tzinfo", None) or "none") for value in others}
    if len(zones) > 1:
        raise UserError(
            f"column {name!r} mixes the time zones {', '.join(sorted(zones))}, expected one or "
            "none; convert it with pandas.to_datetime(column, utc=True)"
        )


def _all_parsed(parsed: pd.Series, values: pd.Series, column: pd.Series) -> pd.Series:
    if parsed.notna().all():
        return parsed
    value = values[parsed.isna()].iloc[0]
    row = int((column == value).to_numpy().argmax())
    raise UserError(
        f"column {column.name!r} holds {value!r} in row {row}, expected a date "
        "such as 2024-01-31 or 2024-01-31 18:00; correct or remove the row"
    )


def _nanoseconds(column: pd.Series) -> pd.Series:
    first, last = column.min(), column.max()
    try:
        last - first  # pandas counts at most 292 years of nanoseconds
        return column.dt.as_unit("ns")
    except (pd.errors.OutOfBoundsDatetime, OverflowError) as error:
        raise UserError(
            f"column {column.name!r} holds dates from {first} to {last}, expected years between "
            "1678 and 2262 and at most 292 of them; correct or remove the rows that are wrong"
        ) from error
