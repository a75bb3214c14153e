from __future__ import annotations

import base64
import gzip
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest

from evaluation.backtest import backtest
from evaluation.content import Account, ReportContent
from evaluation.metrics import seasonal_scale
from evaluation.report import MOST_SERIES, render, write_report
from tests.evaluation.reports import NASTY, SPLIT, full_content, plain_content
from tests.evaluation.toys import Constant, panel_of


@pytest.fixture(scope="module")
def content() -> ReportContent:
    return plain_content()


@pytest.fixture(scope="module")
def full() -> ReportContent:
    return full_content()


@pytest.fixture(scope="module")
def html(content: ReportContent) -> str:
    return render(content)


class Outline(HTMLParser):
    """Tags in their order, with attributes; text by the tag that holds it."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "link", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"<{tag}> closes another element"

    def handle_data(self, data: str) -> None:
        if self.open:
            self.texts.setdefault(self.open[-1], []).append(data.strip())


@pytest.fixture(scope="module")
def outline(html: str) -> Outline:
    parser = Outline()
    parser.feed(html)
    assert not parser.open
    return parser


def test_the_verdict_comes_before_any_table(html: str) -> None:
    assert html.index("are too few to tell whether a network beats") < html.index("<table>")
    assert "gru-seq2seq is behind naive" in html
    assert "on the validation range" in html


def test_it_holds_every_part(outline: Outline) -> None:
    assert outline.texts["h2"] == [
        "Leaderboard",
        "Forecasts",
        "Error by step ahead",
        "Calibration",
        "Attention",
        "Training",
        "Data",
        "Settings",
        "To make this report again",
    ]
    assert len([tag for tag, _ in outline.tags if tag == "figure"]) == 4 + 4
    assert outline.texts["code"] == ["forecastle forecast <file>"]


def test_it_asks_nothing_of_a_network(outline: Outline) -> None:
    for tag, attributes in outline.tags:
        for name in ("src", "href", "srcset", "action", "data"):
            assert not re.match(r"(https?:)?//", attributes.get(name) or ""), (tag, attributes)
    scripts = [attributes for tag, attributes in outline.tags if tag == "script"]
    assert all("src" not in attributes for attributes in scripts)


def test_plotly_is_inlined_once(html: str) -> None:
    (packed,) = re.findall(r'<script type="text/plain" id="plotly">(.*?)</script>', html)
    script = gzip.decompress(base64.b64decode(packed)).decode()
    assert script.count("* plotly.js v") == 1
    assert len(html) < 2_500_000


def test_it_can_be_read_aloud(outline: Outline) -> None:
    tags = [tag for tag, _ in outline.tags]
    figures = tags.count("figure")
    assert tags.count("table") == tags.count("caption") == 6 + figures
    assert tags.count("h1") == tags.count("main") == tags.count("nav") == 1
    assert figures == tags.count("figcaption")
    ids = [a["id"] for _, a in outline.tags if "id" in a]
    assert len(ids) == len(set(ids))
    drawings = [a for tag, a in outline.tags if tag == "div" and a.get("role") == "img"]
    assert len(drawings) == figures
    assert {a["aria-labelledby"] for a in drawings} <= set(ids)
    links = [a["href"] for tag, a in outline.tags if tag == "a"]
    assert {link[1:] for link in links if link} <= set(ids)
    assert ("html", {"lang": "en"}) in outline.tags
    assert all(a.get("scope") for tag, a in outline.tags if tag == "th")


def test_every_figure_is_data_for_plotly(html: str) -> None:
    drawn = re.findall(r'<script type="application/json">(.*?)</script>', html, flags=re.S)
    assert len(drawn) == html.count("<figure>")
    for text in drawn:
        assert json.loads(text)["data"]
        assert "<" not in text


def test_the_model_to_use_is_marked_once_a_table(html: str) -> None:
    assert html.count('<span class="badge">to use</span>') == 1
    assert re.search(r'<tr class="use"><th scope="row">(\S+) <span', html)


def test_names_cannot_break_out(html: str) -> None:
    assert NASTY not in html
    assert "<script>alert" not in html
    assert "<i>none</i>" not in html
    assert "A report &amp; its title" in html


def test_nested_settings_are_told_one_by_one(outline: Outline) -> None:
    names, values = outline.texts["dt"], outline.texts["dd"]
    told = dict(zip(names[::-1], values[::-1], strict=False))  # the first ones have notes
    assert told["network.hidden"] == "64"
    assert told["network.ids"] == "a, b"


def test_the_data_card_tells_splits_and_gaps(html: str, content: ReportContent) -> None:
    panel = content.panel
    assert panel.digest in html
    for steps in (SPLIT.train, SPLIT.validation, SPLIT.test):
        assert f"{panel.stamps[steps.start]:%Y-%m-%d}" in html
        assert f"{panel.stamps[steps.stop - 1]:%Y-%m-%d}" in html
    missing = int(np.isnan(panel.y).sum() - panel.start.sum())
    assert f"{missing} of " in html


def test_without_a_validation_range_no_model_is_chosen(content: ReportContent) -> None:
    bare = replace(
        content, validation=None, future=None, histories={}, attention={}, settings={}, made=""
    )
    html = render(bare)
    assert 'class="choice"' not in html
    assert "chosen on the validation" not in html
    for heading in ("Training", "Attention", "Settings"):
        assert f">{heading}<" not in html


def test_many_series_are_in_the_tables_but_not_all_drawn() -> None:
    series = MOST_SERIES + 3
    panel = panel_of(np.random.default_rng(0).normal(size=(series, 120)))
    content = ReportContent(
        title="many",
        source="",
        command="",
        panel=panel,
        split=SPLIT,
        scale=seasonal_scale(panel, SPLIT.train, 7),
        test=backtest([Constant(0.0, name="naive")], panel, SPLIT.origins("test", 3)),
    )
    html = render(content)
    assert "3 more are in the tables" in html
    assert f"series-{series - 1}" in html
    assert html.count("<figure>") == MOST_SERIES + 1
    assert "Calibration" not in html


def test_a_series_without_any_value_is_told_as_such() -> None:
    y = np.random.default_rng(0).normal(size=(2, 120))
    y[1] = np.nan
    panel = panel_of(y)
    test = backtest([Constant(0.0, name="naive")], panel, SPLIT.origins("test", 3))
    scale = seasonal_scale(panel, SPLIT.train, 7)
    html = render(ReportContent("t", "s", "c", panel, SPLIT, scale, test))
    assert "nan" not in re.sub(r"<script.*?</script>", "", html, flags=re.S).lower()


def test_it_is_written_whole_or_not_at_all(content: ReportContent, tmp_path: Path) -> None:
    path = tmp_path / "new" / "report.html"
    write_report(path, content)
    first = path.read_text(encoding="utf-8")
    assert first.rstrip().endswith("</html>")
    with pytest.raises(ZeroDivisionError):
        write_report(path, replace(content, settings=Broken()))
    assert path.read_text(encoding="utf-8") == first
    assert list(path.parent.iterdir()) == [path]


class Broken(dict[str, object]):
    def items(self) -> NoReturn:
        raise ZeroDivisionError


def test_the_same_content_gives_the_same_report(content: ReportContent, html: str) -> None:
    assert render(content) == html


def test_each_part_that_may_be_absent_is_there_when_it_is_given(
    full: ReportContent, html: str
) -> None:
    whole = render(full)
    for part in (
        "Every metric with its 95 % interval",
        ">Where the error is<",
        "Where observations fell in the forecast distribution",
        ">What a rule would have earned<",
        ">What earlier forecasts came to<",
        ">Drift of the inputs<",
        "1.000 (0.800 to 1.300)",
        "season has moved",
        "buy and hold",
    ):
        assert part in whole, part
        assert part not in html, part
    assert "Is a lead more than luck?" in html


def test_an_account_needs_no_table(content: ReportContent) -> None:
    html = render(replace(content, drift=Account(["All is <well>."])))
    assert "<li>All is &lt;well&gt;.</li>" in html
