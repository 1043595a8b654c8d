"""Chooses instances in turn, in proportion to their weights."""

from __future__ import annotations

from collections.abc import Sequence

from .._wire.announcement import Announcement


class WeightedRoundRobin:
    """Chooses the instance with the greatest weight in each pass, and one with half of that in every second pass.

    A change of the list does not disturb the order, because only an index into the list is kept.
    """

    def __init__(self) -> None:
        self._index = 0
        self._pass = 0
        self._heaviest = 1
        self._heaviest_now = 1

    def next(self, instances: Sequence[Announcement]) -> Announcement | None:
        """Return the next instance of a list, or None if the list is empty."""
        # A greatest weight that is no longer in the list is noticed after one pass: the second one finds an instance.
        for _ in range(2 * len(instances) + 1 if instances else 0):
            if self._index >= len(instances):
                self._index = 0
                self._pass += 1
                self._heaviest, self._heaviest_now = self._heaviest_now, 1
            instance = instances[self._index]
            self._index += 1
            weight = instance.weight or 1
            self._heaviest_now = max(self._heaviest_now, weight)
            if self._is_chosen(weight):
                return instance
        return None

    def _is_chosen(self, weight: int) -> bool:
        if weight >= self._heaviest:
            return True
        return (self._pass + 1) * weight // self._heaviest > self._pass * weight // self._heaviest
