"""What `forecastle text` says, in 80 columns."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.cli import run
from flows.text.figures import as_markdown
from flows.text.remembered import Model
from flows.text.teaching import ChapterReport
from flows.text.terminal import show
from flows.tracking.runs import TrackedRun
from models.training import Epoch

Capture = pytest.CaptureFixture[str]
LONG = "a-bidirectional-lstm-of-three-layers-with-attention-pooling-over-residual-connections"


@pytest.fixture
def report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ChapterReport:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(tmp_path)
    models = [
        Model("gru", "5.2", [Epoch(1, 2.0, 1.5, 0.1, 1.0), Epoch(2, 1.0, 1.75, 0.1, 1.0)]),
        Model(LONG, "5.2", [], {"accuracy": 0.81234, "tokens_per_second": 12345.0, "f1": 0.5}),
        Model("naive", "5.3", [], {"mae": 1e-7, "skill_vs_naive": 0.0}),
    ]
    folder = tmp_path / "home" / "runs" / "text-chapter-5"
    folder.mkdir(parents=True)
    (folder / "5.1-scaling.png").write_bytes(b"")
    uri = f"sqlite:///{tmp_path}/home/mlflow.db"
    return ChapterReport(5, models, folder, TrackedRun("abc", "1", "text", uri))


def test_it_fits_80_columns_and_names_all(report: ChapterReport, capsys: Capture) -> None:
    show([report])
    said = capsys.readouterr().out
    table = said.partition("Figures")[0].splitlines()
    assert max(map(len, table)) <= 80
    assert "Chapter 5: Forecasting" in said
    assert "home/runs/text-chapter-5" in said
    assert "5.1-scaling.png" in said
    assert "mlflow ui --backend-store-uri" in said
    gru = next(one for one in table if "gru" in one)
    assert gru.split() == ["5.2", "gru", "2", "1.5"]
    assert "accuracy 0.8123" in said.replace("\n", "")
    assert "12,345" in said


def test_a_page_of_prefect_has_the_figures(report: ChapterReport) -> None:
    from PIL import Image

    Image.new("RGB", (8, 8)).save(report.folder / "5.1-scaling.png")
    said = as_markdown(report)
    assert "## 5.1 Preprocessing without leaks" in said
    assert "data:image/png;base64," in said
    assert "| gru | 5.2 | 2 | 1.5 |" in said
    assert "5.2-stocks" not in said


def test_a_mistake_ends_with_code_2_and_a_sentence(capsys: Capture) -> None:
    assert run(["text", "--chapters", "1,9"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("forecastle: chapters.1: ")
    assert len(said.strip().splitlines()) == 1


def test_help_tells_of_both_commands(capsys: Capture) -> None:
    assert run(["text", "--help"]) == 0
    said = capsys.readouterr().out
    assert "--chapters" in said
    assert "chat" in said
    assert run(["text", "chat", "--help"]) == 0
    assert "3.7" in capsys.readouterr().out
