"""Chromium without a window, and what tests ask of it.

Screenshots are kept in tests/screenshots/, which git ignores. Without Chromium and its driver the
tests that drive it are skipped, but on CI (CI=true) they fail.
"""

from __future__ import annotations

import base64
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support import expected_conditions
from selenium.webdriver.support.wait import WebDriverWait

from tests.end_to_end.processes import LIMIT

SCREENSHOTS = Path(__file__).parents[1] / "screenshots"
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)


def installed(*names: str) -> str:
    """The path of the first program that is there."""
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        reason = f"{' or '.join(names)} is not installed: apt-get install chromium chromium-driver"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@contextmanager
def browsing(profile: Path) -> Iterator[Chrome]:
    """One browser with a fresh profile; its driver is the one installed, none is looked for."""
    os.environ |= {"SE_OFFLINE": "true", "SE_AVOID_STATS": "true"}
    options = ChromeOptions()
    options.binary_location = installed("chromium", "chromium-browser", "google-chrome")
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = Chrome(options=options, service=Service(installed("chromedriver")))
    try:
        yield driver
    except Exception as error:
        error.add_note(f"{driver.current_url}\n{driver.find_element(By.TAG_NAME, 'body').text}")
        raise
    finally:
        driver.quit()


def await_one(chromium: Chrome, path: str, limit: float = LIMIT) -> WebElement:
    """The element of this XPath, when it is to be seen."""
    shown = expected_conditions.visibility_of_element_located((By.XPATH, path))
    return WebDriverWait(chromium, limit).until(shown, f"{path} at {chromium.current_url}")


def keep(chromium: Chrome, name: str) -> None:
    """The whole page as a PNG."""
    width, seen, height = chromium.execute_script(
        "return [innerWidth, innerHeight, document.documentElement.scrollHeight]"
    )
    asked: dict[str, Any] = {}
    if height > seen:  # a page that need not grow for its picture is not drawn anew
        clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
        asked = {"captureBeyondViewport": True, "clip": clip}
    shot = chromium.execute_cdp_cmd("Page.captureScreenshot", asked)
    SCREENSHOTS.mkdir(exist_ok=True)
    (SCREENSHOTS / f"{name}.png").write_bytes(base64.b64decode(shot["data"]))


def log(chromium: Chrome, name: str) -> list[dict[str, Any]]:
    """What has come since the last call."""
    entries: list[dict[str, Any]] = chromium.get_log(name)  # type: ignore[no-untyped-call]
    return entries
