from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from features.panel import Panel
from features.schema import to_panel
from features.splits import Split
from flows.candidates import Candidate, candidates_of, forget
from flows.outputs import trainings
from flows.parameters import ForecastParameters
from models.registry import Recipe
from models.settings import NetworkSettings, TrainingSettings
from models.training import Epoch
from tests.flows.small import given, small_frame

NETWORK = NetworkSettings(hidden=4, look_back=14)


def candidate(folder: Path | None, epochs: int = 3, seed: int = 0, members: int = 1) -> Candidate:
    training = TrainingSettings(
        epochs=epochs, device="cpu", batch_rows=4, seed=seed, members=members
    )
    return Candidate("gru-direct", Recipe(3, 7, NETWORK, training), folder)


def forecast(fitted: Candidate, panel: Panel) -> np.ndarray:
    return fitted.forecast(panel, np.array([120, panel.steps - 1]))


@pytest.mark.parametrize("members", [1, 2])
def test_a_finished_fit_is_taken_up_and_forecasts_the_same(
    members: int, panel: Panel, split: Split, tmp_path: Path
) -> None:
    first, second = (candidate(tmp_path, members=members) for _ in range(2))
    first.fit(panel, split)
    second.fit(panel, split)
    assert (first.trained, first.taken_up) == (3 * members, 0)
    assert (second.trained, second.taken_up) == (0, 3 * members)
    assert second.history == first.history
    np.testing.assert_array_equal(forecast(second, panel), forecast(first, panel))


def test_a_training_that_is_killed_goes_on_member_by_member(
    panel: Panel, split: Split, tmp_path: Path
) -> None:
    def kill(epoch: Epoch) -> None:
        if killed.trained == 5:
            raise InterruptedError

    killed, again, unkilled = (
        candidate(folder, members=2) for folder in (tmp_path, tmp_path, None)
    )
    killed.watch = kill
    with pytest.raises(InterruptedError):
        killed.fit(panel, split)
    again.fit(panel, split)
    unkilled.fit(panel, split)
    assert (again.trained, again.taken_up) == (1, 5)
    np.testing.assert_array_equal(forecast(again, panel), forecast(unkilled, panel))


def test_the_trainings_of_an_ensemble_are_told_apart(panel: Panel, split: Split) -> None:
    one, two = candidate(None), candidate(None, members=2)
    for each in (one, two):
        each.fit(panel, split)
    assert list(trainings(one)) == ["gru-direct"]
    found = trainings(two)
    assert list(found) == ["gru-direct 1", "gru-direct 2"]
    assert [len(epochs) for epochs in found.values()] == [3, 3]
    losses = [e.train_loss for e in one.history]
    assert [e.train_loss for e in found["gru-direct 1"]] == losses


def test_checkpoints_change_nothing(panel: Panel, split: Split, tmp_path: Path) -> None:
    kept, unkept = candidate(tmp_path), candidate(None)
    kept.fit(panel, split)
    unkept.fit(panel, split)
    np.testing.assert_array_equal(forecast(kept, panel), forecast(unkept, panel))


def test_other_settings_data_or_splits_start_afresh(panel: Panel, split: Split) -> None:
    one = candidate(None)
    frame = small_frame()
    frame.loc[5, "y"] += 1e-9
    other_data = to_panel(frame)
    digests = {
        one.digest(panel, split),
        candidate(None, seed=1).digest(panel, split),
        candidate(None, epochs=4).digest(panel, split),
        one.digest(other_data, split),
        one.digest(panel, Split.by_share(panel.steps, 0.6)),
        Candidate("lstm-direct", one.recipe).digest(panel, split),
        one.digest(panel, split, before="another"),
    }
    assert len(digests) == 7
    assert candidate(None).digest(panel, split) in digests


def test_what_comes_after_the_validation_range_makes_no_other_fit(
    panel: Panel, split: Split, tmp_path: Path
) -> None:
    last = split.validation.stop - 1
    first, again = candidate(tmp_path), candidate(tmp_path)
    first.fit(panel, split)
    again.fit(panel.until(last), split)
    assert again.trained == 0
    assert first.digest(panel.until(last - 1), split) != first.last_fit


def test_a_run_that_ended_well_leaves_no_checkpoints(
    panel: Panel, split: Split, tmp_path: Path
) -> None:
    parameters = ForecastParameters(**given("frame"))
    candidates = candidates_of(parameters, 7, tmp_path)
    for one in candidates:
        one.fit(panel, split)
    assert len(list(tmp_path.iterdir())) == len(candidates)
    forget(candidates)
    assert list(tmp_path.iterdir()) == []


def test_an_unfitted_candidate_refuses_to_forecast(panel: Panel) -> None:
    with pytest.raises(RuntimeError, match="gru-direct is not fitted"):
        forecast(candidate(None), panel)


def test_a_candidate_made_anew_is_not_fitted(panel: Panel, split: Split) -> None:
    one = candidate(None)
    one.fit(panel, split)
    assert one.anew().forecaster is None


@pytest.mark.parametrize(
    "file", ["training.safetensors", "fitted/forecaster.safetensors", "fitted/history.json"]
)
def test_a_damaged_checkpoint_is_trained_anew_to_the_same(
    file: str, panel: Panel, split: Split, tmp_path: Path
) -> None:
    first, second = (candidate(tmp_path) for _ in range(2))
    first.fit(panel, split)
    assert first.place is not None
    damaged = first.place / file
    damaged.write_bytes(damaged.read_bytes()[:-100])
    second.fit(panel, split)
    assert (second.trained, second.taken_up) == (3, 0)
    np.testing.assert_array_equal(forecast(second, panel), forecast(first, panel))
