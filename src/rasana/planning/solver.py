"""HiGHS as the engine uses it: silent, on one thread (the same call gives the same answer), asked whether to go on."""

from __future__ import annotations

from collections.abc import Callable

import highspy


class Solver(highspy.Highs):
    """A HiGHS instance that prints nothing; ``keep_going`` is asked during branch and bound and may end it."""

    def __init__(self, keep_going: Callable[[], bool] | None = None) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.setOptionValue("threads", 1)
        if keep_going is not None:
            self.cbMipInterrupt += lambda event: event.interrupt(not keep_going())

    def enableCallbacks(self) -> None:  # noqa: N802 - HiGHS's name
        """Silence comes first: registering callbacks, which the base does at birth, would print a banner."""
        self.setOptionValue("output_flag", False)
        super().enableCallbacks()  # type: ignore[no-untyped-call]
