"""The vocabulary of Kundenecho: records, settings, keying and errors.

Floor 1 of the house (see ``docs/architecture.md``): every other package may
import from here, and nothing here imports from another package.
"""

from __future__ import annotations

__version__ = "0.1.0"
