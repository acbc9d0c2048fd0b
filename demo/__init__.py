"""The demo company: a fictitious maker of coffee machines, its shop, a portal's API, its exports.

Everything a newcomer needs without an account anywhere. Imported by the command line, tests and
benchmarks only; it knows the sources' documentation and never the spiders.
"""

from __future__ import annotations
