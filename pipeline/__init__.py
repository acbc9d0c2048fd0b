"""The steps: collect, analyse, decide, report, retain.

Each step is a typed function that the command line and the DAG tasks both call,
and that returns counts. It opens what it needs from the settings, writes a row
about itself into the table ``run``, and raises when it failed.
"""

from __future__ import annotations
