"""Analyse a file of JSON lines: one line out for each line in, in order, memory flat.

The input has ``{"id": str, "text": str, "title"?: str, "product"?: str}`` a line, UTF-8; a byte order
mark at its start and other keys are ignored. What cannot be analysed gets an error line instead:

* ``{"id": …, "error": …}`` where the id is known: no text, nothing in it, a field that is not text;
* ``{"id": null, "line": N, "error": …}`` where it is not: a line that is not JSON (a blank one too:
  each line has its answer) or not an object, or whose id is missing or not a string. A number is no
  id: echoed as text it would match no key of the caller's, echoed as a number no reader's type.

Output is UTF-8. NUL and unpaired surrogates are analysed as U+FFFD, so offsets hold, and come back
as they were; a line with an unpaired surrogate is written in ASCII escapes, the only way to hold it.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

from kundenecho.analysis import Analysis
from kundenecho.errors import DataError, KundenechoError, RetryError, SettingsError
from kundenecho.records import MAX_TEXT_CHARS, digest_json
from kundenecho.text import storable
from nlp.engine import Engine, Text, load_engine
from nlp.parallel import Chunk, answers_of

```
