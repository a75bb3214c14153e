"""Prefect's pages as a user sees them: things are found by their words and their roles."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

from tests.end_to_end.browser import await_one
from tests.end_to_end.processes import LIMIT, until

_SUBMIT = "//button[normalize-space()='Submit']"
_FIELD = ".//label[.='{0}' or .='{0} (Optional)']/ancestor::div[fieldset][1]"


PATIENCE = 30.0
"""Seconds after which one who waits for a run asks for it again."""


class RunForm:
    """The form that starts a run. A field is named by the titles on the way to it."""

    def __init__(self, chromium: Chrome, prefect: str, deployment: str) -> None:
        self.chromium = chromium
        chromium.get(f"{prefect}/v2/deployments/deployment/{deployment}/run")
        await_one(chromium, _FIELD.format("Source"))

    def field(self, *titles: str) -> WebElement:
        """A field or a group, with its title, its description and what it complains of."""
        found = self.chromium.find_element(By.TAG_NAME, "form")
        for title in titles:
            found = found.find_element(By.XPATH, _FIELD.format(title))
        return found

    def input(self, *titles: str) -> WebElement:
        """Where a value is written."""
        return self.field(*titles).find_element(By.CSS_SELECTOR, "fieldset :is(input, textarea)")

    def write(self, value: str, *titles: str) -> None:
        """Put a value in the place of what is there."""
        box = self.input(*titles)
        box.send_keys(Keys.CONTROL, "a")
        box.send_keys(value or Keys.DELETE)
        assert box.get_attribute("value") == value

    def choose(self, names: Iterable[str], *titles: str) -> None:
        """Choose these of a list, and no others."""
        field = self.field(*titles)
        for remove in field.find_elements(By.CSS_SELECTOR, "button[aria-label^='Remove']"):
            remove.click()
        field.find_element(By.CSS_SELECTOR, "[aria-haspopup=listbox]").click()
        for name in names:
            await_one(self.chromium, f"//*[@role='option'][normalize-space()='{name}']").click()
        self.chromium.switch_to.active_element.send_keys(Keys.ESCAPE)
        assert self.chosen(*titles) == list(names)

    def chosen(self, *titles: str) -> list[str]:
        """What of a list has been chosen."""
        tags = self.field(*titles).find_elements(By.CSS_SELECTOR, "fieldset [title]")
        return [tag.text for tag in tags]

    def submit(self) -> None:
        """Ask for the run."""
        button = await_one(self.chromium, _SUBMIT)
        self.chromium.execute_script("arguments[0].scrollIntoView({block: 'center'})", button)
        button.click()

    def submit_until(self, made: Callable[[], object]) -> None:
        """Ask for the run until it is there: a busy server may refuse, in words soon gone."""
        asked = 0.0

        def seen() -> bool:
            nonlocal asked
            if made():
                return True
            now = time.monotonic()
            if now - asked > PATIENCE and self.chromium.find_elements(By.XPATH, _SUBMIT):
                asked = now
                self.submit()
            return False

        until(seen, pause=0.5)

    def complaint(self, *titles: str) -> str:
        """What is said against a field when the form has been submitted, by browser or server."""
        if said := self.input(*titles).get_attribute("validationMessage"):
            return said
        wait = WebDriverWait(self.chromium, LIMIT)
        return str(wait.until(lambda _: self._said_by_server(*titles)))

    def _said_by_server(self, *titles: str) -> str:
        path = "./fieldset/following-sibling::*[normalize-space()]"
        return " ".join(one.text for one in self.field(*titles).find_elements(By.XPATH, path))


class RunPage:
    """The page of a run."""

    def __init__(self, chromium: Chrome, prefect: str, run: str) -> None:
        self.chromium = chromium
        chromium.get(f"{prefect}/v2/runs/flow-run/{run}")

    def await_state(self, state: str) -> None:
        """Watch until the page shows this state."""
        await_one(self.chromium, f"//*[normalize-space()='{state}']")

    def artifacts(self) -> list[str]:
        """The keys of its artifacts, by the tab of that name."""
        await_one(self.chromium, "//*[@role='tab'][contains(., 'Artifacts')]").click()
        wait = WebDriverWait(self.chromium, LIMIT)
        return sorted(wait.until(lambda _: self._keys()))

    def _keys(self) -> set[str]:
        links = self.chromium.find_elements(By.CSS_SELECTOR, "a[href*='artifacts/key/']")
        return {str(link.get_attribute("href")).rpartition("/")[2] for link in links}
