"""The trials of a search: Optuna's file in a folder of the test, tiny networks."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from optuna.distributions import CategoricalDistribution
from optuna.trial import TrialState
from pydantic import ValidationError

from evaluation.leaderboard import overall
from features.errors import UserError
from features.panel import Panel
from features.schema import to_panel
from features.splits import Split
from flows import steps
from flows.candidates import candidates_of
from flows.invocation import parameters_of
from flows.parameters import SearchParameters
from flows.search import best_settings
from flows.settings import Settings
from flows.space import SETTINGS, drawn, given, space
from flows.study import Trials, opened
from flows.tracking.records import outcome
from flows.tracking.runs import process_tags
from models.ensemble import Ensemble
from models.forecaster import check_length
from models.registry import Recipe
from models.settings import NetworkSettings
from tests.flows.postgres import serving
from tests.flows.small import given as fields_of
from tests.flows.small import small_frame

Open = Callable[..., AbstractContextManager[Trials]]


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return Settings(home=tmp_path / "home")


@pytest.fixture
def search(settings: Settings, panel: Panel, split: Split) -> Open:
    """Open the trials of a search, in the same home folder unless another is named."""

    def open_(at: Settings = settings, **fields: Any) -> AbstractContextManager[Trials]:
        return opened(at, parameters(**fields), panel, split)

    return open_


def parameters(**fields: Any) -> SearchParameters:
    few = {"models": ["gru-direct"], "tune": ["dropout", "look_back", "learning_rate"], "top": 3}
    return SearchParameters(**fields_of("frame", **few | fields))


def told(trials: Trials) -> list[tuple[Any, ...]]:
    """What the trials that are done drew and found."""
    return [(t.state, t.params, t.value, t.intermediate_values) for t in trials.done]


@pytest.mark.parametrize("horizon", [1, 3, 24, 48])
@pytest.mark.parametrize("look_back", [14, 60])
def test_every_combination_of_the_space_can_be_trained(horizon: int, look_back: int) -> None:
    panel = to_panel(small_frame(500))
    split, base = Split.by_share(500), Recipe(horizon, 7, NetworkSettings(look_back=look_back))
    found = space(("gru-direct", "lstm-direct"), SETTINGS, base, panel, split)
    choices = {k: d.choices for k, d in found.items() if isinstance(d, CategoricalDistribution)}
    segments = choices.get("segment", (1,))
    for segment, span in product(segments, choices["look_back"]):
        recipe = drawn({"segment": segment, "look_back": span, "learning_rate": 5e-3}, base)
        check_length(panel, split, recipe.network, horizon)
        assert recipe.training.learning_rate == 5e-3
    fitting = {1: (1,), 3: (1,), 24: (1, 6, 12), 48: (1, 6, 12, 24)}[horizon]
    assert segments == tuple(s for s in fitting if s <= look_back)
    here = given(found, "lstm-direct", base)
    assert all(here[key] in values for key, values in choices.items())
    assert here.keys() == found.keys()


def test_what_is_not_to_be_tuned_or_has_one_value_is_left_out(panel: Panel, split: Split) -> None:
    base = Recipe(3, 7, NetworkSettings(look_back=14))
    found = space(("gru-direct",), ("level", "segment"), base, panel, split)
    assert set(found) == {"level"}


def test_trials_begin_with_what_was_given_and_do_not_depend_on_pauses(
    search: Open, tmp_path: Path
) -> None:
    fields: dict[str, Any] = {"models": ["gru-direct", "lstm-direct"]}
    with search(**fields) as trials:
        for _ in range(4):
            trials.advance()
        at_once = told(trials)
        base = trials.base
        assert [trials.candidate(t).recipe for t in trials.done[:2]] == [base, base]
        assert [trials.candidate(t).name for t in trials.done[:2]] == fields["models"]
        assert trials.candidate(trials.done[2]).recipe != base
    other = Settings(home=tmp_path / "other")
    for count in (1, 2, 1):
        with search(other, **fields) as trials:
            for _ in range(count):
                trials.advance()
    with search(other, **fields) as trials:
        assert told(trials) == at_once


def test_postgresql_remembers_a_search_as_a_file_does(search: Open, settings: Settings) -> None:
    with serving() as url, search() as kept:
        at = settings.model_copy(update={"home": settings.home / "other", "studies_url": url})
        for _ in range(2):
            with search(at) as trials:
                trials.advance()
            kept.advance()
        with search(at) as trials:
            assert told(trials) == told(kept)
        assert not (at.searches / "optuna.db").exists()


def test_a_database_that_is_away_is_named_without_its_password(
    search: Open, settings: Settings
) -> None:
    url = "postgresql://me:hidden@127.0.0.1:1/x"
    with (
        pytest.raises(UserError, match="FORECASTLE_STUDIES_URL") as error,
        search(settings.model_copy(update={"studies_url": url})),
    ):
        pass
    assert "hidden" not in str(error.value)


def test_a_trial_whose_process_is_gone_is_done_again_with_what_it_had(search: Open) -> None:
    gone = {**process_tags(), "forecastle.process": f"{2**22 + 1} 0.0"}
    with search() as trials:
        trials.advance()
        alive, dead = trials.study.ask(trials.space), trials.study.ask(trials.space)
        for key, tag in process_tags().items():
            alive.set_user_attr(key, tag)
        for key, tag in gone.items():
            dead.set_user_attr(key, tag)
        dead.report(0.5, 0)
    with search() as trials:
        again = trials.advance()
        assert again.params == dead.params
        assert again.intermediate_values[0] == 0.5
        states = [t.state for t in trials.study.trials]
    assert states == [
        TrialState.COMPLETE,
        TrialState.RUNNING,
        TrialState.FAIL,
        TrialState.COMPLETE,
    ]


def test_a_hopeless_trial_is_pruned_and_leaves_nothing(search: Open) -> None:
    training = fields_of("frame")["training"] | {"epochs": 3, "learning_rate": 1e-6}
    with search(training=training, top=9) as trials:
        for rate in (1e-2, 9e-3, 8e-3, 7e-3, 6e-3, 1e-6):
            trials.study.enqueue_trial({"learning_rate": rate, "dropout": 0.0, "look_back": 14})
        ended = [trials.advance() for _ in range(6)]
        assert [t.state.name for t in ended] == ["COMPLETE"] * 5 + ["PRUNED"]
        assert 1 <= outcome(ended[-1])["epochs"] < 3
        assert np.isnan(outcome(ended[-1])["validation_mae"])
        assert len(list(trials.weights.iterdir())) == 5
        assert len(trials.best()) == 5


def test_the_best_are_judged_by_the_weights_that_their_trials_left(
    search: Open, panel: Panel, split: Split
) -> None:
    with search(models=["drift", "gru-direct"]) as trials:
        ended = [trials.advance() for _ in range(5)]
        assert len(list(trials.weights.iterdir())) == 3
        candidates = trials.judged()
        names = [candidate.name for candidate in candidates]
        assert names == ["naive", "seasonal-naive", "drift", "gru-direct", "ensemble"]
        assert [(c.trained, bool(c.history)) for c in candidates[3:]] == [(0, True), (0, False)]
        validation, _ = steps.compare(candidates, panel, split, trials.parameters)
        lowest = min(t.value for t in ended if t.value is not None)
        assert overall(validation, "mae")["gru-direct"] == lowest
        mixed = candidates[-1].fitted
        assert isinstance(mixed, Ensemble)
        assert len(mixed.members) == 3
        for folder in trials.weights.iterdir():
            (folder / "fitted" / "forecaster.safetensors").unlink()
            (folder / "fitted" / "history.json").unlink()
            (folder / "fitted").rmdir()
        anew = trials.judged()[-1].forecast(panel, split.origins("test", 3))
        np.testing.assert_array_equal(anew, mixed.forecast(panel, split.origins("test", 3)))


def test_one_best_trial_makes_no_ensemble(search: Open) -> None:
    with search(top=1) as trials:
        trials.advance()
        assert [c.name for c in trials.judged()] == ["naive", "seasonal-naive", "gru-direct"]


def test_settings_drawn_twice_count_once(search: Open) -> None:
    with search(tune=["level"]) as trials:
        for _ in range(4):
            trials.advance()
        assert len(trials.best()) == 2


def test_a_search_in_which_no_training_succeeds_says_so(search: Open) -> None:
    training = fields_of("frame")["training"] | {"learning_rate": 1e36}
    with search(training=training) as trials:
        assert trials.advance().state is TrialState.PRUNED
        assert not list(trials.weights.iterdir())
        with pytest.raises(UserError, match="none of the 1 trials gave a finite validation loss"):
            trials.best()


def test_other_data_splits_and_settings_are_other_searches(
    settings: Settings, panel: Panel, split: Split, search: Open
) -> None:
    with search() as trials:
        trials.advance()
        name = trials.study.study_name
    with search(trials=7, top=1, series=["a"], experiment="x") as trials:  # decides no trial
        assert trials.study.study_name == name
        assert len(trials.done) == 1
    others = [
        opened(settings, parameters(), to_panel(small_frame(150)), Split.by_share(150)),
        opened(settings, parameters(), panel, Split.by_share(panel.steps, 0.6)),
        search(tune=["dropout"]),
        search(models=["lstm-direct"]),
        search(stride=2),
        search(training=fields_of("frame")["training"] | {"seed": 1}),
    ]
    for other in others:
        with other as trials:
            assert trials.study.study_name != name
            assert trials.done == []


def test_a_forecast_takes_the_best_settings(search: Open, tmp_path: Path) -> None:
    with search(models=["drift", "gru-direct"]) as trials:
        for _ in range(3):
            trials.advance()
        config = tmp_path / "best.yaml"
        config.write_text(yaml.safe_dump(best_settings(trials)))
        best = trials.best()[0]
        read = parameters_of("forecast", None, config, {}, [])
        *_, network = candidates_of(read, 7)
        assert (network.name, network.recipe) == (best.name, best.recipe)
        assert read.models == ("naive", "seasonal-naive", "drift", "gru-direct")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"models": ["naive", "drift"]}, "a search needs a network, and models names naive, drift"),
        ({"training": {"members": 2}}, "trains one network, and training.members is 2"),
        ({"trials": 0}, "trials"),
        ({"top": 0}, "top"),
        ({"tune": ["heads"]}, "tune"),
    ],
)
def test_what_cannot_be_searched_is_refused(fields: dict[str, Any], said: str) -> None:
    with pytest.raises((UserError, ValidationError), match=said):
        parameters(**fields)
