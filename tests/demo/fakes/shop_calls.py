"""Asking a fake shop over HTTP, as anybody would."""

from __future__ import annotations

import base64
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any


def call(
    url: str, *, body: Any = None, headers: Mapping[str, str] | None = None, method: str | None = None,
    user: str | None = None,
) -> tuple[int, Any, Mapping[str, str]]:  # fmt: skip
    """Status, content and headers of an answer; ``user`` is ``name:password`` for HTTP Basic."""
    data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, method=method)
    if data is not None:
        request.add_header("Content-Type", "application/json")
    if user:
        request.add_header("Authorization", "Basic " + base64.b64encode(user.encode()).decode())
    for name, value in (headers or {}).items():
        request.add_header(name, value)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, _opened(answer.read()), answer.headers
    except urllib.error.HTTPError as error:
        return error.code, _opened(error.read()), error.headers


def _opened(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body.decode()
