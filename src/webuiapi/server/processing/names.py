"""Samplers and schedulers by their names, with the silent ways in which the webui takes names that it does not know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..catalog import Catalog, Item

AUTOMATIC = "Automatic"

_BY_TIMESTEPS = frozenset({"DDIM", "DDIM CFG++", "PLMS", "UniPC"})
"""Samplers that count in time steps and so do not read a scheduler, whatever the infotext says."""
_ANCESTRAL_ETA = frozenset(
    {"Euler a", "DPM2 a", "DPM fast", "DPM adaptive", "DPM++ 2S a", "DPM++ SDE", "DPM++ 2M SDE", "DPM++ 2M SDE Heun"}
    | {"DPM++ 3M SDE"}
)
_DDIM_ETA = frozenset({"DDIM", "DDIM CFG++"})
_NOISE = ("s_noise",)
_CHURN = ("s_churn", "s_tmin", "s_tmax", "s_noise")
_SIGMA_OPTIONS: Mapping[str, Sequence[str]] = {
    "Euler": _CHURN, "Heun": _CHURN, "DPM2": _CHURN,
    "DPM fast": _NOISE, "DPM2 a": _NOISE, "DPM++ 2S a": _NOISE, "DPM++ SDE": _NOISE,
    "DPM++ 2M SDE": _NOISE, "DPM++ 2M SDE Heun": _NOISE, "DPM++ 3M SDE": _NOISE,
}  # fmt: skip
_SIGMA_LABELS = {
    "s_churn": ("Sigma churn", 0.0),
    "s_tmin": ("Sigma tmin", 0.0),
    "s_tmax": ("Sigma tmax", float("inf")),
    "s_noise": ("Sigma noise", 1.0),
}


class Names:
    """The samplers and schedulers of one catalogue."""

    def __init__(self, catalog: Catalog) -> None:
        self._samplers = catalog.samplers
        self._schedulers = catalog.schedulers

    def sampler(self, name: Any) -> Item | None:
        """The sampler of exactly this name; aliases and another case do not count."""
        return next((item for item in self._samplers if item["name"] == name), None)

    def any_sampler(self, name: str) -> Item | None:
        """The sampler of this name or alias, in any case: how scripts check what they were given."""
        wanted = name.lower()
        for item in self._samplers:
            if wanted in (item["name"].lower(), *(alias.lower() for alias in item["aliases"])):
                return item
        return None

    def scheduler(self, name: Any) -> Item | None:
        """The scheduler of exactly this name or label."""
        return next((item for item in self._schedulers if name in (item["name"], item["label"])), None)

    def resolve(self, sampler: str | None, scheduler: str | None, *, automatic: bool = True) -> tuple[str, str]:
        """Name of the sampler and label of the scheduler that are used.

        A scheduler at the end of the sampler's name is split off; an unknown sampler is the first of the list, an
        unknown scheduler Automatic. With `automatic` a scheduler that is the sampler's own is Automatic too.
        """
        name, found = self.split(sampler or self._samplers[0]["name"])
        found = found or self.scheduler(scheduler) or self._schedulers[0]
        chosen = self.sampler(name) or self._samplers[0]
        if automatic and chosen["options"].get("scheduler") == found["name"]:
            found = self._schedulers[0]
        return chosen["name"], found["label"]

    def split(self, name: str, *, any_case: bool = False) -> tuple[str, Item | None]:
        """A sampler's name without the schedulers at its end, tried in the order of the list, and the last of them."""
        found = None
        for item in self._schedulers:
            for label in (item["label"], item["name"], *(item["aliases"] or ())):
                end = name[-len(label) - 1 :]
                if end == f" {label}" or (any_case and end.lower() == f" {label}".lower()):
                    found, name = item, name[: -len(label) - 1]
                    break
        return name, found

    def schedule(self, sampler: str, scheduler: str | None) -> str | None:
        """Label of the scheduler that a sampler really follows; None where the model's own or none is."""
        if sampler in _BY_TIMESTEPS:
            return None
        name: Any = scheduler or AUTOMATIC
        if name == AUTOMATIC:
            item = self.sampler(sampler)
            name = item["options"].get("scheduler") if item else None
        found = self.scheduler(name)
        if found is None or found["label"] == AUTOMATIC:
            return None
        label: str = found["label"]
        return label

    def hires(self, values: Mapping[str, Any]) -> tuple[str, str]:
        """Sampler and scheduler of the second pass, as the pairs of an infotext name them or leave them to be."""
        own_sampler, own_scheduler = values.get("Hires sampler"), values.get("Hires schedule type")
        sampler = values.get("Sampler") if own_sampler in (None, "", "Use same sampler") else own_sampler
        scheduler = values.get("Schedule type") if own_scheduler in (None, "", "Use same scheduler") else own_scheduler
        sampler, scheduler = self.resolve(sampler, scheduler)
        return (
            "Use same sampler" if sampler == values.get("Sampler") else sampler,
            "Use same scheduler" if scheduler == values.get("Schedule type") else scheduler,
        )

    def uses_ensd(self, sampler: str, eta: float | None) -> bool:
        """Whether the sampler adds the option `eta_noise_seed_delta` to the seed of its own noise."""
        item = self.sampler(sampler)
        return eta != 0 and item is not None and item["options"].get("uses_ensd") == "True"


def sampler_pairs(sampler: str, eta: float | None, options: Mapping[str, Any]) -> dict[str, Any]:
    """What the settings of a sampler add to the infotext, where they are not its own defaults."""
    pairs: dict[str, Any] = {}
    for names, option, label, usual in (
        (_ANCESTRAL_ETA, "eta_ancestral", "Eta", 1.0),
        (_DDIM_ETA, "eta_ddim", "Eta DDIM", 0.0),
    ):
        if sampler in names:
            value = options[option] if eta is None else eta
            if value != usual:
                pairs[label] = value
    for option in _SIGMA_OPTIONS.get(sampler, ()):
        label, usual = _SIGMA_LABELS[option]
        value = options[option]
        if option == "s_tmax" and not value:
            value = usual
        if value != usual:
            pairs[label] = value
    return pairs


def schedule_pairs(label: str, scheduler: Item | None, options: Mapping[str, Any]) -> dict[str, Any]:
    """What the settings of a scheduler add to the infotext."""
    pairs: dict[str, Any] = {}
    for option, key in (("sigma_min", "Schedule min sigma"), ("sigma_max", "Schedule max sigma")):
        if options[option] != 0:
            pairs[key] = options[option]
    default_rho = scheduler["default_rho"] if scheduler else -1.0
    if default_rho != -1.0 and options["rho"] not in (0, default_rho):
        pairs["Schedule rho"] = options["rho"]
    if label == "Beta":
        pairs["Beta schedule alpha"] = options["beta_dist_alpha"]
        pairs["Beta schedule beta"] = options["beta_dist_beta"]
    return pairs
