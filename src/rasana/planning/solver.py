"""HiGHS as the engine uses it: silent, and on one thread, so that the same call gives the same answer."""

from __future__ import annotations

from collections.abc import Callable

import highspy


class Solver(highspy.Highs):
    """A HiGHS instance that prints nothing; it ends after ``time_left`` seconds, asked when it is made."""

    def __init__(self, time_left: Callable[[], float] | None = None) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.setOptionValue("threads", 1)
        if time_left is not None:
            self.setOptionValue("time_limit", max(time_left(), 0.0))

    def enableCallbacks(self) -> None:  # noqa: N802 - HiGHS's name
        """Silence comes first: registering callbacks, which the base does at birth, would print a banner."""
        self.setOptionValue("output_flag", False)
        super().enableCallbacks()  # type: ignore[no-untyped-call]
