"""A language model reads on where it stopped, and what it says is a distribution."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from features.errors import UserError
from models.settings import Recurrence
from models.text.language_model import LanguageModel, LanguageSettings, State, detached

KINDS: tuple[Recurrence, ...] = ("rnn", "lstm", "gru")
V = 7


def model_of(kind: Recurrence, layers: int = 2, tied: bool = False) -> LanguageModel:
    torch.manual_seed(0)
    settings = LanguageSettings(kind, layers, 6, 6 if tied else 4, dropout=0.3, tied=tied)
    return LanguageModel(V, settings).eval()


def flat(state: State) -> list[Tensor]:
    return [part for layer in state for part in layer]


@pytest.mark.parametrize("kind", KINDS)
def test_reading_on_is_reading_at_once(kind: Recurrence) -> None:
    model, ids = model_of(kind), torch.randint(V, (3, 9))
    whole, last = model(ids)
    begun, state = model(ids[:, :4])
    rest, after = model(ids[:, 4:], state)
    torch.testing.assert_close(torch.cat([begun, rest], dim=1), whole)
    for a, b in zip(flat(after), flat(last), strict=True):
        torch.testing.assert_close(a, b)


@pytest.mark.parametrize("kind", KINDS)
def test_steps_give_the_log_probabilities_of_the_whole(kind: Recurrence) -> None:
    model, ids = model_of(kind), torch.randint(V, (3, 5))
    state = model.begin(3)
    for t, expected in enumerate(model(ids)[0].log_softmax(dim=-1).unbind(dim=1)):
        log_p, state = model.step(ids[:, t], state)
        torch.testing.assert_close(log_p, expected)
        torch.testing.assert_close(log_p.exp().sum(dim=1), torch.ones(3))


@pytest.mark.parametrize("kind", KINDS)
def test_the_state_of_a_row_is_its_own(kind: Recurrence) -> None:
    model, ids = model_of(kind), torch.randint(V, (3, 5))
    state = model(ids)[1]
    picked = model.rows(state, torch.tensor([2, 0, 2]))
    expected = model(ids[[2, 0, 2]])[1]
    for a, b in zip(flat(picked), flat(expected), strict=True):
        torch.testing.assert_close(a, b)


@pytest.mark.parametrize("kind", KINDS)
def test_what_comes_later_changes_nothing_before_it(kind: Recurrence) -> None:
    model, ids = model_of(kind), torch.randint(V, (1, 8))
    other = ids.clone()
    other[:, 5:] = (other[:, 5:] + 1) % V
    torch.testing.assert_close(model(ids)[0][:, :5], model(other)[0][:, :5])
    assert not torch.allclose(model(ids)[0][:, 5:], model(other)[0][:, 5:])


@pytest.mark.parametrize("kind", KINDS)
def test_the_states_are_those_that_the_layers_hand_on(kind: Recurrence) -> None:
    model, ids = model_of(kind), torch.randint(V, (2, 4))
    states = model.states(ids)
    assert states.shape == (2, 2, 4, 6)
    torch.testing.assert_close(model.head(states[-1]), model(ids)[0])
    for found, layer in zip(states, model(ids)[1], strict=True):
        torch.testing.assert_close(found[:, -1], layer[0])


def test_one_layer_is_pytorchs() -> None:
    model, ids = model_of("gru", layers=1), torch.randint(V, (3, 5))
    theirs = nn.GRU(4, 6, batch_first=True)
    theirs.load_state_dict(model.layers[0].state_dict())
    expected = model.head(theirs(model.embedding(ids))[0])
    torch.testing.assert_close(model(ids)[0], expected)


def test_a_tied_head_is_the_embedding() -> None:
    model = model_of("lstm", tied=True)
    assert model.head.weight is model.embedding.weight
    assert len(list(model.parameters())) == len(list(model_of("lstm").parameters())) - 1
    with pytest.raises(UserError, match="same, got 4 and 6"):
        LanguageSettings("lstm", 1, 6, 4, tied=True)


def test_impossible_settings_are_refused() -> None:
    with pytest.raises(UserError, match="layers must be at least 1, got 0"):
        LanguageSettings(layers=0)
    with pytest.raises(UserError, match="dropout must be below 1"):
        LanguageSettings(dropout=1.0)
    with pytest.raises(UserError, match="rnn, lstm or gru, got elman"):
        LanguageSettings("elman")  # type: ignore[arg-type]


def test_a_detached_state_has_no_history() -> None:
    model = model_of("lstm")
    state = model(torch.randint(V, (2, 3)))[1]
    assert all(part.requires_grad for part in flat(state))
    assert not any(part.requires_grad for part in flat(detached(state)))
