"""The ``kundenecho`` command: arguments, progress and exit codes."""

from __future__ import annotations

import kundenecho  # noqa: F401  before all that imports numpy
