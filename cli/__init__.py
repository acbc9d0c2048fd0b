"""The ``kundenecho`` command: arguments, progress and exit codes."""

from __future__ import annotations
