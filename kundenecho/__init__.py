"""The vocabulary of Kundenecho: records, settings, keying and errors.

Floor 1 of the house (see ``docs/architecture.md``): every other package may
import from here, and nothing here imports from another package.
"""

from __future__ import annotations

import os

# Read by numpy when it is imported, which comes later. Matrices as small as ours gain nothing from a second thread;
# it keeps a core busy with waiting, and takes it from the other worker.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

__version__ = "0.1.0"
