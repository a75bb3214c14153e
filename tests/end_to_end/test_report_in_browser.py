"""The report in headless Chromium: on a desktop, on a phone, by keyboard, in the dark, on paper."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import ActionChains, Chrome, Keys
from selenium.webdriver.support.wait import WebDriverWait

from evaluation.report import write_report
from flows import forecast_frame
from flows.outputs import write_outputs
from tests.end_to_end import page
from tests.end_to_end.browser import browsing, keep, log
from tests.evaluation.reports import full_content
from tests.flows.small import SETTINGS, small_frame

SIZES = {"desktop": (1280, 900), "phone": (360, 740)}


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    """One browser for all of these tests."""
    with browsing(tmp_path_factory.mktemp("profile")) as driver:
        yield driver


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report that has every part."""
    path = tmp_path_factory.mktemp("toy") / "report.html"
    write_report(path, full_content())
    return path


def show(chromium: Chrome, path: Path, size: str = "desktop", scheme: str = "light") -> None:
    """Open a report, and wait until every figure has been scrolled to and drawn."""
    width, height = SIZES[size]
    phone = size == "phone"
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": phone}
    chromium.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    chromium.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": phone})
    features = [
        {"name": "prefers-color-scheme", "value": scheme},
        {"name": "prefers-reduced-motion", "value": "reduce"},
    ]
    chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    for name in ("browser", "performance"):
        log(chromium, name)  # what is read is gone
    chromium.get(path.as_uri())
    WebDriverWait(chromium, 60).until(lambda driver: driver.execute_script(page.ALL_DRAWN))
    chromium.execute_script("scrollTo(0, 0)")


def requested(chromium: Chrome) -> list[str]:
    """The addresses that the page asked for."""
    messages = [json.loads(entry["message"])["message"] for entry in log(chromium, "performance")]
    sent = [m["params"] for m in messages if m["method"] == "Network.requestWillBeSent"]
    return [str(params["request"]["url"]) for params in sent]


def judge(chromium: Chrome, path: Path) -> None:
    """What holds for every report at every size."""
    assert log(chromium, "browser") == []
    inside = ("data:", "blob:", "chrome:")  # the last are the browser's own icons
    addresses = [url for url in requested(chromium) if not url.startswith(inside)]
    assert addresses == [path.as_uri()]
    assert chromium.execute_script(page.TOO_WIDE) == []
    assert chromium.execute_script(page.NOT_DRAWN) == []
    assert chromium.execute_script(page.NAMELESS) == []
    assert chromium.execute_script(page.LOW_CONTRAST) == []
    levels = chromium.execute_script(page.HEADINGS)
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b <= a + 1 for a, b in pairwise(levels)), levels


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_every_part_is_drawn_and_can_be_read(
    chromium: Chrome, toy: Path, size: str, scheme: str
) -> None:
    show(chromium, toy, size, scheme)
    keep(chromium, f"every-part-{size}-{scheme}")
    judge(chromium, toy)


def test_the_report_of_a_run_can_be_read(chromium: Chrome, tmp_path: Path) -> None:
    models = ["naive", "seasonal-naive", "drift", "gru-seq2seq"]
    write_outputs(forecast_frame(small_frame(), 3, models, **SETTINGS), tmp_path)
    path = tmp_path / "report.html"
    for size in SIZES:
        show(chromium, path, size)
        keep(chromium, f"run-{size}")
        judge(chromium, path)


def test_everything_is_reached_by_keyboard(chromium: Chrome, toy: Path) -> None:
    show(chromium, toy)
    wanted = chromium.execute_script(page.WANTED)
    assert len(wanted) > 60
    assert wanted[0] == "Skip to the verdict"
    chromium.execute_script("wanted[0].focus()")
    reached = []
    for _ in wanted[1:]:
        ActionChains(chromium).send_keys(Keys.TAB).perform()
        reached.append(chromium.execute_script(page.FOCUSED))
    assert [one["place"] for one in reached] == list(range(1, len(wanted))), reached
    assert all(one["outlined"] for one in reached), reached


def test_a_line_is_hidden_and_a_table_opened_by_keyboard(chromium: Chrome, toy: Path) -> None:
    show(chromium, toy)
    figure = chromium.find_element("css selector", "figure")
    button = figure.find_element("css selector", ".keys button")
    before = chromium.execute_script(page.TRACES, figure)
    button.send_keys(Keys.SPACE)
    assert button.get_attribute("aria-pressed") == "false"
    wait = WebDriverWait(chromium, 20)
    wait.until(lambda driver: driver.execute_script(page.TRACES, figure) == before - 1)
    button.send_keys(Keys.SPACE)
    wait.until(lambda driver: driver.execute_script(page.TRACES, figure) == before)
    figure.find_element("css selector", "summary").send_keys(Keys.ENTER)
    assert figure.find_element("css selector", "table").is_displayed()
    assert chromium.execute_script(page.TOO_WIDE) == []


def test_the_figures_follow_the_page_into_the_dark(chromium: Chrome, toy: Path) -> None:
    show(chromium, toy)
    light = chromium.execute_script(page.FILLS)
    features = [{"name": "prefers-color-scheme", "value": "dark"}]
    chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    wait = WebDriverWait(chromium, 20)
    wait.until(lambda driver: driver.execute_script(page.FILLS) != light)
    assert chromium.execute_script(page.LOW_CONTRAST) == []


def test_figures_that_nobody_scrolled_to_are_printed(chromium: Chrome, toy: Path) -> None:
    chromium.get(toy.as_uri())
    drawn = "return document.querySelectorAll('[data-drawn]').length"
    WebDriverWait(chromium, 60).until(
        lambda driver: driver.execute_script("return !!window.Plotly")
    )
    assert chromium.execute_script(drawn) < chromium.execute_script(page.FIGURES)
    printed: dict[str, Any] = chromium.execute_cdp_cmd("Page.printToPDF", {})
    assert base64.b64decode(printed["data"]).startswith(b"%PDF")
    assert chromium.execute_script(drawn) == chromium.execute_script(page.FIGURES)
