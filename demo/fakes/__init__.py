"""Fakes of the sources' interfaces, one a kind: strict where the real ones are.

Each is written from the provider's documentation and never from a spider. It refuses what the real one
refuses: a wrong parameter, a missing sort, a wrong token, too many requests.
"""

from __future__ import annotations
