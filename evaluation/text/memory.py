"""How much memory a step of training takes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch.profiler import ProfilerActivity, profile


def peak_bytes(step: Callable[[], object]) -> int:
    """Most bytes of tensors at a time during a step, above those that were there before it.

    On the CPU this is a sum over PyTorch's own record of what its allocator gives and takes back,
    so it is the same in every run: what the step needs, not what the C library keeps mapped, and
    nothing of other work in the process (the resident size has both). What is left after the step
    counts while it is there: gradients and the optimiser's moments, for instance.
    """
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as seen:
        step()
    with TemporaryDirectory() as folder:
        path = Path(folder, "trace.json")
        seen.export_chrome_trace(str(path))
        events = json.loads(path.read_text(encoding="utf-8"))["traceEvents"]
    changes = sorted(
        (one["ts"], one["args"]["Bytes"])
        for one in events
        if one.get("name") == "[memory]" and one["args"]["Device Type"] == 0
    )
    held = most = 0
    for _, change in changes:
        held += change
        most = max(most, held)
    return most


def state_bytes(model: torch.nn.Module) -> int:
    """Bytes of a model's weights and buffers."""
    return sum(one.nbytes for one in (*model.parameters(), *model.buffers()))
