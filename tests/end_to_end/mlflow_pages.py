"""MLflow's pages as a user sees them: things are found by their words and their roles."""

from __future__ import annotations

from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support import expected_conditions
from selenium.webdriver.support.wait import WebDriverWait

from tests.end_to_end.browser import await_one
from tests.end_to_end.processes import LIMIT

_WORDS = "return [...document.querySelectorAll('.main-svg text')].map(one => one.textContent)"
"""At once: the chart is drawn more than once."""
_LOADED = "return arguments[0].complete && arguments[0].naturalWidth"


class ExperimentPages:
    """The pages of one experiment."""

    def __init__(self, chromium: Chrome, mlflow: str, experiment: str) -> None:
        self.chromium = chromium
        self.runs = f"{mlflow}/#/experiments/{experiment}/runs"

    def _open(self, address: str) -> None:
        """Load it from the beginning: the pages differ by what follows the # only."""
        self.chromium.get("about:blank")
        self.chromium.get(address)

    def unfold(self, parent: str, *children: str) -> None:
        """Show the runs below one in the table of runs; they have these names."""
        self._open(self.runs)
        cell = f"//a[contains(@href, '{parent}')]/ancestor::*[@role='gridcell']"
        await_one(self.chromium, f"{cell}//button").click()
        for name in children:
            await_one(self.chromium, f"//a[contains(@href, '/runs/')][normalize-space()='{name}']")

    def overview(self, run: str) -> str:
        """What a run's page says, its description included."""
        self._open(f"{self.runs}/{run}")
        await_one(self.chromium, "//*[normalize-space()='Parameters' or contains(., 'Metrics (')]")
        await_one(self.chromium, "//*[contains(., 'Prefect run:')]")
        return self.chromium.find_element(By.TAG_NAME, "body").text

    def chart(self, run: str, metric: str, *words: str) -> None:
        """Show the chart of a metric; it has these words, those of its axes among them."""
        self._open(f"{self.runs}/{run}/model-metrics")
        search = "//input[contains(@placeholder, 'Search metric')]"
        await_one(self.chromium, search).send_keys(metric)
        wait = WebDriverWait(self.chromium, LIMIT)
        wait.until(lambda _: set(words) <= set(self.chromium.execute_script(_WORDS)), str(words))

    def picture(self, run: str, path: str) -> int:
        """The width of a picture among the artifacts, in pixels, when it has been drawn."""
        self._open(f"{self.runs}/{run}/artifacts/{path}")
        wait = WebDriverWait(self.chromium, LIMIT)
        return int(wait.until(lambda _: self._width("//img[contains(@src, 'blob:')]")))

    def document(self, run: str, path: str) -> str:
        """The text of a page among the artifacts, shown within the page."""
        self._open(f"{self.runs}/{run}/artifacts/{path}")
        shown = expected_conditions.frame_to_be_available_and_switch_to_it((By.TAG_NAME, "iframe"))
        WebDriverWait(self.chromium, LIMIT).until(shown)
        await_one(self.chromium, "//h1")
        return self.chromium.find_element(By.TAG_NAME, "body").text

    def _all(self, path: str) -> list[WebElement]:
        return self.chromium.find_elements(By.XPATH, path)

    def _width(self, path: str) -> int:
        return max(
            (self.chromium.execute_script(_LOADED, img) for img in self._all(path)), default=0
        )
