"""The time of a run, in one place, so that a test can wait without waiting."""

from __future__ import annotations

import asyncio
import random
import time
from datetime import UTC, datetime


class Clock:
    """The machine's own clock. A test puts another one into the run's context."""

    def now(self) -> datetime:
        """The moment, aware UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that only grow, for measuring pauses."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Let others work for so many seconds."""
        await asyncio.sleep(seconds)

    def jitter(self) -> float:
        """A factor between 0.5 and 1.5, so that many clients do not come back at once."""
        return random.uniform(0.5, 1.5)  # noqa: S311  no secret, so the plain generator will do
