"""For memories whose entries can be erased: what was begun before that may rest on what is gone."""


class Forgetting:
    """Counts how often something was forgotten.

    Work takes `times` before it begins, and remembers its result only if there was `nothing_since`.
    """

    def __init__(self) -> None:
        self._times = 0

    @property
    def times(self) -> int:
        return self._times

    def note(self) -> None:
        """Something is forgotten at this moment."""
        self._times += 1

    def nothing_since(self, times: int) -> bool:
        return self._times == times
