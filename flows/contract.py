"""What a saved forecaster can be given, and what it has seen: kept beside it in the registry."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd

from features.errors import UserError
from features.panel import Covariates, Panel
from features.splits import Split

_FILE = "contract.json"


@dataclass(frozen=True)
class Contract:
    """The frames that a forecaster reads, and the dates up to which it was made."""

    calendar: str
    covariates: Covariates
    series: tuple[str, ...]
    fitted_until: pd.Timestamp
    """Last step of its training range."""
    chosen_until: pd.Timestamp
    """Last step of the validation range, on which it stopped and was chosen."""

    @classmethod
    def of(cls, panel: Panel, split: Split) -> Contract:
        """Of a forecaster fitted on `split`."""
        ends = (panel.stamps[part.stop - 1] for part in (split.train, split.validation))
        return cls(panel.calendar.name, panel.covariates, panel.ids, *ends)

    @classmethod
    def read(cls, folder: Path) -> Contract:
        """What `write` left in `folder`."""
        kept = json.loads((folder / _FILE).read_text(encoding="utf-8"))
        covariates = Covariates(**{k: tuple(v) for k, v in kept["covariates"].items()})
        ends = (pd.Timestamp(kept[end]) for end in ("fitted_until", "chosen_until"))
        return cls(kept["calendar"], covariates, tuple(kept["series"]), *ends)

    def write(self, folder: Path) -> None:
        """Leave it beside a saved forecaster."""
        ends = {k: getattr(self, k).isoformat() for k in ("fitted_until", "chosen_until")}
        text = json.dumps(asdict(self) | ends, indent=2)
        (folder / _FILE).write_text(text + "\n", encoding="utf-8")

    def require_fit(self, panel: Panel, who: str) -> None:
        """Refuse, in one sentence, a panel that the forecaster `who` cannot forecast.

        Raises:
            UserError: another calendar, other series or other covariates.
        """
        pairs = {
            "the calendar": (self.calendar, panel.calendar.name),
            "the series": (_listed(self.series), _listed(panel.ids)),
            "the covariates": (_named(self.covariates), _named(panel.covariates)),
        }
        for what, (own, given) in pairs.items():
            if own != given:
                raise UserError(
                    f"{who} was trained on {what} {own}, and the data has {given}; give it the "
                    "same, or keep a champion apart with --set experiment=NAME"
                )


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names)


def _named(covariates: Covariates) -> str:
    kinds = {kind: ", ".join(names) for kind, names in asdict(covariates).items() if names}
    return "; ".join(f"{names} ({kind})" for kind, names in kinds.items()) or "none"
