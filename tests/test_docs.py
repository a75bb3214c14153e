"""The documentation is run: its recipes against the real registries, its paths, its commands."""

from __future__ import annotations

import importlib.util
import re
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, get_args

import numpy as np
import pytest

from evaluation import metrics
from evaluation.kinds import BASELINES, RIVALS
from features.sources import SOURCES, Query, fetch
from flows import backtest_frame, forecast_frame
from flows.cli.app import app
from models import forecaster, registry, settings
from models.registry import MODELS, load, save
from tests.flows.small import SETTINGS, small_frame

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
Install = Callable[[str], ModuleType]
each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def recipe(heading: str) -> list[tuple[str, str]]:
    """The code blocks under a heading of the page: file and code."""
    part = re.split(rf"^#+ {re.escape(heading)}$", PAGE, flags=re.M)[1]
    part = re.split(r"^#+ [A-Z]", part, maxsplit=1, flags=re.M)[0]
    return re.findall(r"^```python\n# (\S+)\n(.*?)^```$", part, flags=re.M | re.S)


def entry(code: str) -> dict[str, Any]:
    """A block that shows a registry's new line below the import that it needs."""
    lines, _, line = code.rpartition("\n\n")
    names: dict[str, Any] = vars(metrics).copy()
    exec(lines, names)
    return dict(eval("{" + line + "}", names))


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Write a recipe's new file, and import it under the name that its path gives it."""

    def write(path: str, code: str) -> ModuleType:
        assert not (ROOT / path).exists()
        file, name = tmp_path / Path(path).name, path.removesuffix(".py").replace("/", ".")
        file.write_text(code, encoding="utf-8")
        spec = importlib.util.spec_from_file_location(name, file)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, name, module)
        spec.loader.exec_module(module)
        return module

    return lambda heading: write(*recipe(heading)[0])


def test_a_source(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    install("How to add a source")
    (path, code) = recipe("How to add a source")[1]
    assert path == "features/sources/__init__.py"
    for name, source in entry(code).items():
        monkeypatch.setitem(SOURCES, name, source)
    fetched = fetch("employment", Query(("government",)))
    result = forecast_frame(fetched.frame, 6, ["naive"], calendar=fetched.calendar)
    assert result.panel.ids == ("government",)
    assert str(result.forecast["ds"].iloc[0].date()) == "2016-01-01"


def test_a_forecast_by_rule(
    install: Install, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    mean = install("A forecast by rule").Mean
    _, (path, code), (kinds, names) = recipe("A forecast by rule")
    assert (path, kinds) == ("models/registry.py", "evaluation/kinds.py")
    assert eval(names.partition("=")[2]) == (*BASELINES, "mean")
    assert issubclass(mean, get_args(registry.AnyForecaster))
    for name, make in entry(code).items():
        monkeypatch.setitem(MODELS, name, make)
    result = forecast_frame(small_frame(), 3, ["naive", "mean"])
    assert {"naive", "mean"} == set(result.leaderboard.index)
    level = small_frame().groupby("unique_id")["y"].mean()
    np.testing.assert_allclose(result.forecast["mean"], np.repeat(level, 3))
    save(result.candidates[1].fitted, tmp_path / "kept")
    again = load(tmp_path / "kept").forecast(result.panel, result.test.origins)
    np.testing.assert_array_equal(again, result.test.forecasts["mean"])


def test_a_classical_rival(
    install: Install, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    install("A classical rival")
    _, (path, code), (kinds, names) = recipe("A classical rival")
    assert (path, kinds) == ("models/registry.py", "evaluation/kinds.py")
    assert eval(names.partition("=")[2]) == (*RIVALS, "smoothing")
    for name, make in entry(code).items():
        monkeypatch.setitem(MODELS, name, make)
    result = backtest_frame(small_frame(), 3, ["naive", "smoothing"])
    assert np.isfinite(result.leaderboard.loc["smoothing", "mae"])
    save(result.candidates[1].fitted, tmp_path / "kept")
    again = load(tmp_path / "kept").forecast(result.panel, result.test.origins)
    np.testing.assert_array_equal(again, result.test.forecasts["smoothing"])


def test_a_network(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    install("A network")
    _, (settings_path, literal), (path, code) = recipe("A network")
    assert (settings_path, path) == ("models/settings.py", "models/forecaster.py")
    strategies = get_args(eval(literal.partition("=")[2], vars(settings)))
    assert strategies == (*get_args(settings.Strategy), "plain")
    monkeypatch.setattr(forecaster, "NETWORKS", forecaster.NETWORKS | entry(code))
    for cell in get_args(settings.Cell):
        make = registry._network(cell, "plain")  # type: ignore[arg-type]
        monkeypatch.setitem(MODELS, f"{cell}-plain", make)
    result = backtest_frame(small_frame(), 3, ["naive", "lstm-plain", "gru-plain"], **SETTINGS)
    assert np.isfinite(result.leaderboard.loc[["lstm-plain", "gru-plain"], "mae"]).all()


def test_a_metric(monkeypatch: pytest.MonkeyPatch) -> None:
    (path, function), (_, line), (oracle, slow) = recipe("How to add a metric")
    assert (path, oracle) == ("evaluation/metrics.py", "tests/evaluation/test_metrics.py")
    for name, metric in entry(f"{function}\n\n{line}").items():
        monkeypatch.setitem(metrics.METRICS, name, metric)
    result = backtest_frame(small_frame(), 3, ["naive", "seasonal-naive"])
    slowly = eval("{" + slow + "}")["far"]
    points = result.backtest.rename(columns={"y": "a", "naive": "f"})
    points["absolute"] = np.repeat(result.scale.absolute, len(points) // 2)
    points["far"] = [slowly(point) for point in points.itertuples()]
    want = points.groupby("unique_id")["far"].mean()
    got = result.by_series["far"].xs("naive", level="model")
    np.testing.assert_allclose(got, want)
    assert 0 < result.leaderboard.loc["naive", "far"] == pytest.approx(np.mean(want))
    assert "far" in result.by_horizon


def test_the_readme_in_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (code,) = re.findall(r"^```python\n(.*?)^```$", README, flags=re.M | re.S)
    small_frame(200).to_csv(tmp_path / "sales.csv", index=False)
    monkeypatch.chdir(tmp_path)
    exec(code, {})
    assert "beats the naive forecast" in capsys.readouterr().out


@each_page
def test_every_path_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:\w+/)+(?:\w+\.(?:py|md|toml))?)`", text))
    links = set(re.findall(r"\]\((?!http)([^)#]+)\)", text))
    made = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert [path for path in named if not (ROOT / path).exists() and path not in made] == []
    assert [link for link in links if not (page.parent / link).exists()] == []


@each_page
def test_every_command_is_known(page: Path) -> None:
    from typer.main import get_command

    commands = get_command(app).commands  # type: ignore[attr-defined]
    for words in shell_lines(page):
        if words[:1] == ["make"]:
            assert f"\n{words[-1]}:" in (ROOT / "Makefile").read_text(encoding="utf-8")
        if words[:1] == ["forecastle"] and words[1] in commands:
            command = commands[words[1]]
            command = getattr(command, "commands", {}).get("".join(words[2:3]), command)
            known = {name for option in command.params for name in option.opts}
            assert {word for word in words if word.startswith("--")} <= known
        if words[:3] == ["python", "-m", "pytest"]:
            assert (ROOT / words[3]).exists()


def shell_lines(page: Path) -> list[list[str]]:
    """The commands of a page's shell blocks, in words."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", page.read_text(encoding="utf-8"), re.M | re.S)
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
    return [shlex.split(line.partition("|")[0], comments=True) for line in lines]
