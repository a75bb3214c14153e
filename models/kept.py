"""Trees of tensors and plain values on disk, as one safetensors file: reading it runs no code.

The tensors lie there under dotted names. The rest of the tree is JSON in the file's metadata, where
a tensor is `{"tensor": name}`, a dict its list of pairs and a tuple its list of values.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from torch import Tensor

_TREE = "tree"


def keep(tree: dict[str, Any], path: Path) -> None:
    """Write a tree, whole or not at all.

    Args:
        tree: dicts, lists and tuples of tensors, texts, numbers, booleans and None; keys may be
            integers.
        path: of the file; its folder is made where it is not there.

    Raises:
        TypeError: it holds something else.
    """
    from safetensors.torch import save

    tensors: dict[str, Tensor] = {}
    plain = json.dumps(_apart(tree, "", tensors))
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}.tmp")  # another process may keep the same
    draft.write_bytes(save(tensors, metadata={_TREE: plain}))
    draft.replace(path)


def kept(path: Path) -> dict[str, Any]:
    """The tree that `keep` wrote, its tensors on the CPU.

    Raises:
        FileNotFoundError: no such file.
        SafetensorError: a file of another kind, or one that was cut short.
    """
    from safetensors import safe_open

    with safe_open(path, framework="pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        tree: dict[str, Any] = _together(json.loads(file.metadata()[_TREE]), tensors)
    return tree


def _apart(value: Any, name: str, tensors: dict[str, Tensor]) -> Any:
    """What JSON holds of a value; its tensors go into `tensors`."""
    if isinstance(value, Tensor):
        assert name not in tensors
        tensors[name] = value.detach().cpu().contiguous().clone()  # shared memory is refused
        return {"tensor": name}
    inner = f"{name}." if name else ""
    if isinstance(value, dict):
        return {"dict": [[k, _apart(v, f"{inner}{k}", tensors)] for k, v in value.items()]}
    if isinstance(value, list | tuple):
        parts = [_apart(v, f"{inner}{k}", tensors) for k, v in enumerate(value)]
        return {"tuple": parts} if isinstance(value, tuple) else parts
    return value


def _together(value: Any, tensors: dict[str, Tensor]) -> Any:
    if isinstance(value, list):
        return [_together(part, tensors) for part in value]
    if not isinstance(value, dict):
        return value
    ((kind, parts),) = value.items()
    if kind == "tensor":
        return tensors[parts]
    if kind == "dict":
        return {k: _together(v, tensors) for k, v in parts}
    return tuple(_together(part, tensors) for part in parts)
