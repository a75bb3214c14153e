"""The signal and its rows against readable loops."""

import numpy as np
import pandas as pd
import pytest
import torch

from features.calendars import Calendar
from features.lens import Lens
from features.normalize import Scaling
from features.panel import Covariates, Panel
from features.signal import Rows, Signal

T, H = 40, 3


def panel() -> Panel:
    rng = np.random.default_rng(0)
    y = rng.normal(size=(2, T)).cumsum(axis=1) + 50
    y[1, :6] = np.nan
    y[0, 12:14] = np.nan
    past = rng.normal(size=(2, T, 1))
    future = rng.normal(size=(2, T + H, 1))
    calendar = Calendar("D", pd.date_range("2021-02-01", periods=T))
    names = Covariates(("wind",), ("holiday",), ("height",))
    return Panel(("a", "b"), calendar, y, past, future, np.array([[1.0], [3.0]]), names)


def lens(scaling: Scaling = Scaling()) -> Lens:  # noqa: B008
    return Lens.fit(panel(), range(0, 30), scaling, H)


def test_every_number_of_an_input_row() -> None:
    w, signal = 4, lens().signal(panel())
    rows = Rows(torch.tensor([1, 0]), torch.tensor([4, 10]), 3)
    C, F = 2, signal.known.shape[2]
    inputs, context = signal.points(rows, w), signal.context(rows.series, rows.ends(w))
    assert inputs.shape == (2, 3, 2 * w * C)
    assert context.shape == (2, 3, F + 1)
    for r, (s, first) in enumerate(zip([1, 0], [4, 10], strict=True)):
        for n in range(3):
            begin = first + n * w
            points = inputs[r, n].view(w, 2 * C)
            before = max(begin - 1, int(signal.start[s]))
            for j in range(w):
                t = begin + j
                inside = t >= signal.start[s]
                for c in range(C):
                    there = bool(inside) and signal.observed[s, t, c] > 0
                    change = (signal.values[s, t, c] - signal.anchor[s, before, c]) / signal.reach[
                        s, c
                    ]
                    assert points[j, c] == (change if there else 0)
                    assert points[j, C + c] == float(there)
            end = begin + w - 1
            assert torch.equal(context[r, n, :F], signal.known[s, end])
            assert torch.equal(context[r, n, F:], signal.static[s])
    level = signal.level(rows.series, rows.ends(w))
    assert torch.equal(level[1, 2], signal.anchor[0, 21])


def test_rows_end_at_their_origins() -> None:
    rows = Rows(torch.tensor([0, 0]), torch.tensor([-2, 5]), 3)
    assert rows.ends(4).tolist() == [[1, 5, 9], [8, 12, 16]]


def test_targets_are_hidden_from_the_stop_on() -> None:
    signal = lens().signal(panel())
    values, seen = signal.targets(
        torch.tensor([0]), torch.tensor([[10, 11, 12, 14, 29, 30, 39, 45]]), 30
    )
    assert seen[0, :, 0].tolist() == [1, 1, 0, 1, 1, 0, 0, 0]
    assert torch.equal(values[0, 0], signal.values[0, 10])


@pytest.mark.parametrize(
    "scaling", [Scaling(), Scaling("robust", log=True), Scaling(difference=True)]
)
def test_restore_takes_true_targets_back_to_the_data(scaling: Scaling) -> None:
    """What a perfect network says comes out as the data."""
    fitted = lens(scaling)
    signal = fitted.signal(panel())
    origins = np.array([15, 20, 33])
    steps = torch.as_tensor(origins[:, None] + np.arange(1, H + 1))
    values, _ = signal.targets(torch.arange(2), steps.expand(2, -1, -1), T)
    anchor = signal.anchor[:, origins, 0][..., None]
    perfect = (values[..., 0] - anchor) / signal.reach[:, 0][:, None, None]
    got = fitted.restore(perfect.double().numpy(), panel(), origins)
    np.testing.assert_allclose(got, panel().y[:, steps.numpy()], rtol=1e-4)


def test_known_covariates_reach_the_horizon() -> None:
    signal: Signal = lens().signal(panel())
    assert signal.known.shape[:2] == (2, T + H)
    assert torch.isfinite(signal.known).all()


def test_the_calendar_is_shown_if_asked_for() -> None:
    hidden = Lens.fit(panel(), range(0, 30), Scaling(), H, calendar=False).signal(panel())
    assert hidden.known.shape[2] == 1  # the declared covariate
    assert lens().signal(panel()).known.shape[2] == 3  # and the week; a year was not seen twice
    assert torch.equal(hidden.known[..., -1], lens().signal(panel()).known[..., -1])


def test_nothing_is_fitted_past_the_training_range() -> None:
    other = panel()
    other.y[:, 30:] *= 1e6
    other.past[:, 30:] = 1e6
    other.future[:, 30:] = -1e6
    again, expected = Lens.fit(other, range(0, 30), Scaling(), H), lens()
    for a, b in zip((again.past, again.future), (expected.past, expected.future), strict=True):
        np.testing.assert_array_equal(a.center, b.center)
        np.testing.assert_array_equal(a.scale, b.scale)
    np.testing.assert_array_equal(again.reach, expected.reach)
    np.testing.assert_array_equal(again.normalizer.scale, expected.normalizer.scale)


def test_reach_is_the_typical_change_over_the_horizon() -> None:
    y = panel().y[:, :30]
    z = (y - np.nanmean(y, axis=1, keepdims=True)) / np.nanstd(y, axis=1, keepdims=True)
    z = pd.DataFrame(z.T)
    square = [(z.shift(-h) - z.ffill()) ** 2 for h in range(1, H + 1)]
    expected = np.sqrt(pd.concat(square).mean())
    np.testing.assert_allclose(lens().reach[:, 0], expected)


def test_state_restores_the_lens() -> None:
    fitted = lens(Scaling("minmax", log=True))
    again = Lens.restored(fitted.state())
    a, b = fitted.signal(panel()), again.signal(panel())
    for name, tensor in vars(a).items():
        assert torch.equal(tensor, getattr(b, name))
