"""Trees of tensors and plain values on disk."""

from __future__ import annotations

import math
import pickle
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors import SafetensorError

from models.kept import keep, kept

PLAIN = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text())
KEYS = st.one_of(st.integers(), st.text())
TREES = st.recursive(
    PLAIN,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(KEYS, inner, max_size=3),
    ),
    max_leaves=12,
)


@given(tree=st.dictionaries(KEYS, TREES, max_size=4))
def test_plain_values_come_back_with_their_types(
    tree: dict[Any, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("tree") / "tree.safetensors"
    keep(tree, path)
    assert repr(kept(path)) == repr(tree)


def test_tensors_come_back_as_they_were(tmp_path: Path) -> None:
    shared = torch.arange(12.0)
    tensors: dict[str, Any] = {
        "empty": torch.zeros(0, 3),
        "scalar": torch.tensor(math.pi, dtype=torch.float64),
        "view": shared[::2],
        "same": shared,
        "turned": shared.view(3, 4).T,
        "bits": torch.tensor([True, False]),
        "bytes": torch.arange(5, dtype=torch.uint8),
        "nan": torch.tensor([math.nan, math.inf]),
        "half": torch.ones(2, dtype=torch.bfloat16),
        "state": {0: {"step": torch.tensor(3)}, 1: (torch.ones(1, requires_grad=True), None)},
    }
    keep(tensors, tmp_path / "new" / "tensors.safetensors")
    again = kept(tmp_path / "new" / "tensors.safetensors")
    assert list(again) == list(tensors)
    for name in list(tensors)[:-1]:
        torch.testing.assert_close(again[name], tensors[name], rtol=0, atol=0, equal_nan=True)
    assert int(again["state"][0]["step"]) == 3
    assert float(again["state"][1][0]) == 1
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["tensors.safetensors"]


def test_what_is_no_plain_value_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(TypeError):
        keep({"path": tmp_path}, tmp_path / "tree.safetensors")
    assert list(tmp_path.iterdir()) == []


def test_a_pickle_is_not_read(tmp_path: Path) -> None:
    class Harm:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.touch, (tmp_path / "harmed",))

    path = tmp_path / "tree.safetensors"
    path.write_bytes(pickle.dumps(Harm()))
    with pytest.raises(SafetensorError):
        kept(path)
    torch.save({"a": torch.ones(2)}, path)
    with pytest.raises(SafetensorError):
        kept(path)
    assert not (tmp_path / "harmed").exists()
