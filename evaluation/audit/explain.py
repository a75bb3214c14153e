"""What explains a column: least squares on what was known, and on that and what came later.

The residuals are those of each half of the rows from the coefficients of the other half, so more
columns do not explain more by their number.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from features.panel import Floats

LAGS = 24
"""Most steps before and after that are looked at one by one."""
PICKS, FAR = 2, 400
"""Beyond those, so many steps that move most with the column, and how far away they may lie."""
EXACT = 1e-3
"""Share of the unexplained variance that the future must leave at most, to be the explanation."""
NOISE = 1e-9
"""Share of a column's variance below which what is unexplained is rounding."""
MATCHED, MATCHES = 0.2, 20
"""Share and number of values that are found again in the future."""
LEAST = 60
"""Rows below which nothing is said."""


def varies(x: Floats) -> bool:
    """Whether there is enough of a column to say anything, and it is not constant."""
    seen = x[np.isfinite(x)]
    return len(seen) >= LEAST and bool(np.ptp(seen) > 0)


def forms(y: Floats) -> dict[str, Floats]:
    """The target as it is, as a logarithm and as a return, where it has them."""
    out = {"made of 'y'": y}
    if (y[np.isfinite(y)] > 0).all():
        ratio = np.full(len(y), np.nan)
        ratio[1:] = y[1:] / y[:-1]
        out |= {"made of log 'y'": np.log(y), "made of returns of 'y'": ratio}
    return out


def lead(x: Floats, by: int) -> Floats:
    """[T] The value `by` steps later (earlier where negative), NaN beyond the ends."""
    out = np.full(len(x), np.nan)
    if by >= 0:
        out[: len(x) - by] = x[by:]
    else:
        out[-by:] = x[:by]
    return out


def needs_later(x: Floats, z: Floats, own: bool) -> bool:
    """Whether z after a step determines x at it, and x and z up to the step do not.

    Args:
        x: [T] the column.
        z: [T] what it may be made of.
        own: x's own past counts as known too. Against another covariate it must not: a lagged
            average of x gives x away one step later, and is no leak of x.
    """
    width = _width(x)
    if width < 1:
        return False
    before = [lead(z, -k) for k in range(width + 1)]
    before += [lead(x, -k) for k in range(1, width + 1)] if own else []
    after = [lead(z, k) for k in range(1, width + 1)]
    if _decides(x, before, after):
        return True
    far = _picks(x, z, width)  # which cost rows at both ends
    before += [lead(z, k) for k in far if k < 0]
    return bool(far) and _decides(x, before, after + [lead(z, k) for k in far if k > 0])


def needs_target(f: Floats, y: Floats, horizon: int) -> bool:
    """Whether y around a step determines f at it, and what was known a horizon before does not."""
    width = _width(f)
    if width < 1:
        return False
    before = [lead(y, -k) for k in range(horizon, horizon + width)]
    before += [lead(f, -k) for k in range(1, width + 1)]
    after = [lead(y, k) for k in range(-min(width, horizon) + 1, width + 1)]
    return _decides(f, before, after)


def repeats(x: Floats, horizon: int) -> bool:
    """Whether x can be told from its own values, as a calendar can."""
    width = _width(x)
    before = [lead(x, -k) for k in range(horizon, horizon + 2 * width)]
    return width > 0 and _unexplained(x, before, []) < EXACT


def equal(x: Floats, z: Floats) -> bool:
    """Whether two columns are the same at all but one in a thousand of their common steps."""
    both = np.isfinite(x) & np.isfinite(z)
    return bool(both.sum() >= LEAST and np.isclose(x[both], z[both]).mean() >= 0.999)


def holds_later(x: Floats, y: Floats) -> bool:
    """Whether many values of x are values of y that occur once, at one of the next steps."""
    values, first, counts = np.unique(y[np.isfinite(y)], return_index=True, return_counts=True)
    if (counts == 1).mean() < 0.5:  # so coarse that values meet by chance
        return False
    steps = np.flatnonzero(np.isfinite(y))[first]
    at = np.clip(np.searchsorted(values, x), 0, len(values) - 1)
    ahead = steps[at] - np.arange(len(x))
    hit = (values[at] == x) & (counts[at] == 1) & (ahead > 0) & (ahead <= 2 * LAGS)
    return bool(hit.sum() >= max(MATCHES, MATCHED * np.isfinite(x).sum()))


def tells_sign(x: Floats, y: Floats) -> bool:
    """Whether a column of two values parts the steps by how y changes after them, and only then."""
    if len(np.unique(x[np.isfinite(x)])) != 2:
        return False
    now = [y, y - lead(y, -1)]
    return any(_parts(x, lead(y, k) - y) for k in range(1, LAGS // 2)) and not any(
        _parts(x, one) for one in now
    )


def ends_earlier(x: Floats, z: Floats) -> bool:
    """Whether x lacks its last values where z has them, as what is made of later values does."""
    return _edge(x[::-1]) > _edge(z[::-1]) and _edge(z) <= _edge(x)


def _edge(x: Floats) -> int:
    """Missing values in front."""
    seen = np.isfinite(x)
    return int(seen.argmax()) if seen.any() else len(x)


def _parts(x: Floats, by: Floats) -> bool:
    both = np.isfinite(x) & np.isfinite(by)
    high = x[both] == np.nanmax(x)
    if min(high.sum(), (~high).sum()) < MATCHES:
        return False
    one, two = by[both][high], by[both][~high]
    return bool(one.min() >= two.max() or two.min() >= one.max())


def _width(x: Floats) -> int:
    """How many steps before and after the rows are enough for."""
    return min(LAGS, (int(np.isfinite(x).sum()) - LEAST) // 12)


def _picks(x: Floats, z: Floats, width: int) -> list[int]:
    """The far steps at which z moves most with how x changes its course."""
    far = min(FAR, len(x) // 4)
    if far <= width:
        return []
    course, move = (np.nan_to_num(np.diff(a, n)) for a, n in ((x, 2), (z, 1)))
    steps = np.array([k for k in range(-far, far + 1) if abs(k) > width])
    length = len(course)
    spectrum = np.fft.rfft(move[:length], 2 * length) * np.conj(np.fft.rfft(course, 2 * length))
    together = np.abs(np.fft.irfft(spectrum, 2 * length))[steps]
    chosen: list[int] = []
    for side in (steps > 0, steps < 0):
        order = np.argsort(-together[side])[:PICKS]
        chosen += [int(k) + near for k in steps[side][order] for near in (-1, 0, 1)]
    return sorted({k for k in chosen if abs(k) > width})


def _decides(x: Floats, before: Sequence[Floats], after: Sequence[Floats]) -> bool:
    rows = np.isfinite(np.column_stack([x, *before, *after])).min(axis=1)
    if rows.sum() < 2 * (len(before) + len(after)) + LEAST or np.ptp(x[rows]) == 0:
        return False
    still, together = _still(x, rows), _unexplained(x, [*before, *after], [])
    if together >= EXACT * still:
        return False
    past = min(_unexplained(x, before, after), still)
    return past > NOISE and together < EXACT * past


def _still(x: Floats, rows: NDArray[np.bool_]) -> float:
    """What the value before leaves unexplained."""
    change = (x - lead(x, -1))[rows]
    return float(np.nanmean(change**2) / np.var(x[rows])) if np.isfinite(change).any() else 1.0


def _unexplained(x: Floats, design: Sequence[Floats], beside: Sequence[Floats]) -> float:
    """Share of the variance of x that is left, over rows where `beside` is there too."""
    whole = np.column_stack([x, *design, *beside])
    rows = whole[np.isfinite(whole).all(axis=1)][:, : 1 + len(design)]
    if len(rows) < LEAST or np.ptp(rows[:, 0]) == 0:
        return 1.0
    scale = rows.std(axis=0)
    rows = (rows - rows.mean(axis=0)) / np.where(scale > 0, scale, 1.0)
    halves = np.array_split(rows, 2)
    left = [_left(fit, judge) for fit, judge in (halves, halves[::-1])]
    return float(np.concatenate(left).var())


def _left(fit: Floats, judge: Floats) -> Floats:
    one = np.ones((len(fit), 1)), np.ones((len(judge), 1))
    coefficients = np.linalg.lstsq(np.hstack([fit[:, 1:], one[0]]), fit[:, 0], rcond=None)[0]
    return judge[:, 0] - np.hstack([judge[:, 1:], one[1]]) @ coefficients
