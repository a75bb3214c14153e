"""A figure as the report holds it: its data, its legend, and a table that says the same."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evaluation.palette import DASHES
from evaluation.tables import Table

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

STROKES = dict(zip(DASHES, ("", "7 4", "2 3", "7 3 2 3"), strict=True))
"""SVG's word for each dash."""


@dataclass(frozen=True)
class Key:
    """An entry of a legend: it names the traces of its group and switches them on and off."""

    name: str
    group: str
    colour: str
    """As `#RRGGBB`."""
    kind: str
    """`line`, `band`, `bar` or `hollow`."""
    stroke: str = ""
    symbol: str = ""


@dataclass(frozen=True)
class Drawing:
    """A figure with the sentence that says what is seen, and the table behind it."""

    caption: str
    name: str
    """The HTML id, the same for the same caption."""
    data: str
    """JSON for Plotly, safe within a script element."""
    keys: list[Key]
    table: Table


def drawing(figure: Figure, caption: str, table: Table) -> Drawing:
    """The figure with its caption and its table."""
    from markupsafe import Markup

    name = "figure-" + hashlib.sha256(caption.encode()).hexdigest()[:12]
    safe = figure.to_json().replace("<", r"\u003c")  # no text can close the script element
    keys = [_key(trace) for trace in figure.data if trace.name and trace.showlegend is not False]
    return Drawing(caption, name, Markup(safe), keys if len(keys) > 1 else [], table)


def _key(trace: Any) -> Key:
    group = trace.legendgroup or trace.name
    if trace.type == "bar":
        line = trace.marker.line.color
        kind = "bar" if trace.marker.color == line else "hollow"
        return Key(trace.name, group, line, kind)
    if trace.fill:
        return Key(trace.name, group, trace.fillcolor[:7], "band")
    stroke, symbol = STROKES[trace.line.dash], trace.marker.symbol or ""
    return Key(trace.name, group, trace.line.color, "line", stroke, symbol)
