"""Faults that befall one command: kills, signals, damaged files, a full disk, a twin."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import psutil

from benchmarks.wrecks import Ended, Place, ended, small_disk, tree, until

MOMENTS = {
    "training": "models.training._save 3",
    "backtest": "flows.steps.compare 1",
    "report": "flows.outputs.write_report 1",
    "mlflow": "mlflow.pyfunc.save_model 2",
    "ledger": "flows.followup.issue 1",
}
"""Where a run is killed: a function, and which of its calls."""
ENDLESS = 1_000_000
SIZES = (300, 1000, 2000, 4000, 8000, 16_000)
"""KiB of a disk: each is full at another moment of the run."""


def reference(place: Place) -> None:
    """A run that nothing befalls, beside; its figures are those to be had."""
    assert place.call(place.forecast()).code == 0


def same_again(place: Place, undisturbed: Place) -> str:
    """The same command once more: it ends with the same bits, and nothing is left behind."""
    done = place.call(place.forecast())
    assert done.code == 0, done.err
    assert place.figures() == undisturbed.figures(), "other figures"
    assert place.drafts() == 0, "a draft is left"
    assert place.issues() == 1, f"{place.issues()} issues in the ledger"
    assert "RUNNING" not in place.states(), place.states()
    return f"the same command ended with the same bits; MLflow {', '.join(place.states())}"


def killed(place: Place, undisturbed: Place, moment: str) -> str:
    """SIGKILL at a moment."""
    assert place.call(place.forecast(), MOMENTS[moment]).code == -signal.SIGKILL
    seen, issued = place.results(), place.issues()
    assert (seen, issued) == (1 if moment == "ledger" else 0, 0), (seen, issued)
    return f"{seen} whole results, {issued} issues; {same_again(place, undisturbed)}"


def signalled(place: Place, undisturbed: Place, number: signal.Signals) -> str:
    """A signal in mid-training."""
    process = place.start(place.forecast(ENDLESS))
    until(place.training, process)
    started = tree(process)
    process.send_signal(number)
    found = ended(process)
    assert "Traceback" not in found.err, found.err
    assert place.results() == place.drafts() == 0
    assert not psutil.wait_procs(started, timeout=60)[1]
    assert place.states() == ["FAILED"], place.states()
    return f"exit code {found.code}, said '{found.said}'; {same_again(place, undisturbed)}"


def command_killed_with_server(place: Place, undisturbed: Place) -> str:
    """SIGKILL to a command that has a temporary server of its own."""
    place.environment.pop("PREFECT_API_URL", None)
    process = place.start(place.forecast(ENDLESS))
    until(place.training, process)
    started = tree(process)
    process.kill()
    process.communicate()
    assert started
    assert not psutil.wait_procs(started, timeout=60)[1], "the server is left"
    drafts = place.drafts()
    return f"{len(started)} processes ended, {drafts} draft left; {same_again(place, undisturbed)}"


def killed_in_first_migration(place: Place, undisturbed: Place) -> str:
    """SIGKILL while MLflow's database is made."""
    assert place.call(place.forecast(), "mlflow.store.db.utils._upgrade_db 1").code < 0
    assert not (place.home / "mlflow.db").exists()
    return f"no database; {same_again(place, undisturbed)}"


def two_at_once(place: Place, undisturbed: Place) -> str:
    """The same forecast twice at the same time in one new home."""
    both = [place.start(place.forecast()) for _ in range(2)]
    found = [ended(process) for process in both]
    assert [one.code for one in found] == [0, 0], [one.err for one in found]
    assert place.results() == 2
    assert place.issues() == 1
    assert place.figures() == undisturbed.figures()
    return f"both ended well; 2 results, 1 issue; {same_again(place, undisturbed)}"


def damaged_checkpoint(place: Place, undisturbed: Place) -> str:
    """A checkpoint that is cut in half while nothing runs."""
    place.call(place.forecast(), "models.training._save 3")
    (cut,) = place.home.glob("checkpoints/*/training.safetensors")
    cut.write_bytes(cut.read_bytes()[: cut.stat().st_size // 2])
    return f"cut; {same_again(place, undisturbed)}"


def damaged_up_json(place: Place, undisturbed: Place) -> str:
    """`up.json` cut short."""
    place.home.mkdir(exist_ok=True)
    (place.home / "up.json").write_text('{"prefect": "http', encoding="utf-8")
    return same_again(place, undisturbed)


def damaged_plan(place: Place, _: Place) -> str:
    """`forecastle.yaml` cut short."""
    place.home.mkdir(exist_ok=True)
    (place.home / "forecastle.yaml").write_text("forecasts: {stocks: {para", encoding="utf-8")
    return one_sentence(place.call(["up"]))


def damaged_results(place: Place, undisturbed: Place) -> str:
    """A results folder that has lost files."""
    assert place.call(place.forecast()).code == 0
    (folder,) = (place.home / "runs").iterdir()
    (folder / "parameters.json").write_text("{", encoding="utf-8")
    (folder / "backtest.parquet").unlink()
    config = ["--config", str(folder / "parameters.json")]
    said = one_sentence(place.call([*place.forecast(), *config]))
    return f"{said}; without that file {same_again(place, undisturbed)}"


def one_sentence(found: Ended) -> str:
    """Exit code 2 and a single line."""
    assert found.code == 2, (found.code, found.err)
    lines = [line for line in found.err.splitlines() if line.startswith("forecastle: ")]
    assert len(lines) == 1, found.err
    assert "Traceback" not in found.err, found.err
    return f"exit code 2: '{lines[0]}'"


def full_disk(place: Place, undisturbed: Place) -> str:
    """The home folder's disk is full, at one moment after another, until it is large enough."""
    said: list[str] = []
    with small_disk(place.home, f"{SIZES[0]}k") as grow:
        for kib in SIZES:
            grow(f"{kib}k")
            found = place.call(place.forecast())
            if found.code == 0:
                break
            one_sentence(found)
            told = f"{kib} KiB: {found.said}"
            said.append(told.replace(str(place.folder), "…"))
            assert place.results() == 0, "a half-written result is seen"
        print(*said, sep="\n", flush=True)
        grow("100m")
        return f"{len(said)} times a sentence and exit code 2; {same_again(place, undisturbed)}"


def full_everything(place: Place, undisturbed: Place) -> str:
    """The disk of home and of the temporary Prefect server fills up in mid-training."""
    place.environment.pop("PREFECT_API_URL", None)
    with small_disk(place.folder / "disk", "200m"):
        disk = place.folder / "disk"
        place.environment |= {"FORECASTLE_HOME": str(disk / "home"), "PREFECT_HOME": str(disk)}
        process = place.start(place.forecast(ENDLESS))
        until(lambda: any(disk.glob("home/checkpoints/*/training.safetensors")), process)
        filler = fill(disk)
        said = one_sentence(ended(process))
        filler.unlink()
        done = place.call(place.forecast())
        assert done.code == 0, done.err
        assert place.figures() == undisturbed.figures()
    return f"{said.replace(str(place.folder), '…')}; with room again the same bits"


def fill(disk: Path) -> Path:
    """Take all the room there is."""
    filler = disk / "filler"
    subprocess.run(
        ["dd", "if=/dev/zero", f"of={filler}", "bs=64k"], check=False, stderr=subprocess.DEVNULL
    )
    return filler
