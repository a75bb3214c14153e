"""Every fault of docs/reliability.md, tried for real.

    python -m benchmarks.faults
    python -m benchmarks.faults killed-in-report two-ups
    python -m benchmarks.faults prefect-away mlflow-away --minutes 5

Each has a home folder of its own and real processes. Printed are what was expected, what happened
and the seconds that it took; the exit code is 1 where something else happened. `full-disk` and
`full-everything` mount a small file system, which needs root.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks import faults_of_runs as runs
from benchmarks import faults_of_services as services
from benchmarks.wrecks import Place, prefect

Trial = Callable[[Place, Place], str]


@dataclass(frozen=True)
class Fault:
    """One row of the table."""

    expected: str
    trial: Trial


_SAME = "the same command ends with the same bits, one issue, nothing left behind"
_ON = "the run goes on, and ends well and with the same bits when it is back"
_SENTENCE = "one sentence, exit code 2"
_RESTART = "`up` and all it started end; at the next start Crashed, and a new run ends well"


def faults(seconds: float) -> dict[str, Fault]:
    """Name -> fault. Servers are away for some seconds."""
    kills = {
        f"killed-in-{moment}": Fault(_SAME, partial(runs.killed, moment=moment))
        for moment in runs.MOMENTS
    }
    return kills | {
        "killed-in-migration": Fault(_SAME, runs.killed_in_first_migration),
        "killed-with-server": Fault(
            f"its server ends too; {_SAME}", runs.command_killed_with_server
        ),
        "ctrl-c": Fault(
            f"exit code 130, run failed; {_SAME}", partial(runs.signalled, number=signal.SIGINT)
        ),
        "sigterm": Fault(
            f"ended by the signal, run failed; {_SAME}",
            partial(runs.signalled, number=signal.SIGTERM),
        ),
        "two-forecasts": Fault("both end well, one issue", runs.two_at_once),
        "damaged-checkpoint": Fault(f"its fit begins anew; {_SAME}", runs.damaged_checkpoint),
        "damaged-results": Fault(f"{_SENTENCE} where it is read", runs.damaged_results),
        "damaged-up-json": Fault("as if nothing ran", runs.damaged_up_json),
        "damaged-plan": Fault(f"{_SENTENCE} from `up`", runs.damaged_plan),
        "full-disk": Fault(f"{_SENTENCE}; with room {_SAME}", runs.full_disk),
        "full-everything": Fault(f"{_SENTENCE}; with room the same bits", runs.full_everything),
        "prefect-away": Fault(_ON, partial(services.prefect_away, seconds=seconds)),
        "prefect-gone": Fault(f"{_SENTENCE}; {_SAME}", services.prefect_never_back),
        "mlflow-away": Fault(_ON, partial(services.mlflow_away, seconds=seconds)),
        "two-ups": Fault(f"{_SENTENCE} from the second", services.two_ups),
        "run-killed": Fault("Crashed; a new run ends well", services.run_killed),
        "worker-killed": Fault(_RESTART, services.worker_killed),
        "up-killed": Fault(_RESTART, services.up_killed),
    }


def main() -> int:
    """Try what is named, or everything."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    known = faults(0)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(known))
    parser.add_argument("--minutes", type=float, default=0.25, help="how long servers are away")
    given = parser.parse_args()
    if unknown := set(given.names) - set(known):
        parser.error(f"unknown faults {', '.join(sorted(unknown))}")
    wanted = faults(given.minutes * 60)
    with tempfile.TemporaryDirectory() as folder:
        undisturbed = Place(Path(folder) / "undisturbed")
        with prefect(undisturbed) as server:
            runs.reference(undisturbed)
            api = f"{server.url}/api"
            names = given.names or list(wanted)
            good = [attempt(n, wanted[n], Path(folder) / n, api, undisturbed) for n in names]
    return 0 if all(good) else 1


def attempt(name: str, fault: Fault, folder: Path, api: str, undisturbed: Place) -> bool:
    """Try one fault in a place of its own, and print its row."""
    begun, good = time.monotonic(), True
    try:
        happened = fault.trial(Place(folder, api), undisturbed)
    except Exception as error:
        happened, good = f"OTHERWISE: {error!r}", False
    seconds = time.monotonic() - begun
    print(f"| {name} | {fault.expected} | {happened} | {seconds:.0f} |", flush=True)
    return good


if __name__ == "__main__":
    sys.exit(main())
