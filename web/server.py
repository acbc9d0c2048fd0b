"""Starts the pages."""

from __future__ import annotations

import socket
from collections.abc import Callable

import uvicorn

from kundenecho.errors import SettingsError
from kundenecho.settings import Settings
from storage.connect import database, kept
from web.app import build


def serve(settings: Settings, *, announce: Callable[[str], object] = print) -> None:
    """Serve the pages until interrupted.

    Args:
        settings: ``web.host`` and ``web.port``; port 0 takes a free one.
        announce: Told the address once it is known.

    Raises:
        SettingsError: If the address is taken or not ours.
    """
    host, port = settings["web.host"], settings["web.port"]
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        raise SettingsError(
            f"the pages cannot listen on {host}:{port}: {error.strerror}",
            where="web.port",
            remedy="Choose another port with KUNDENECHO_WEB_PORT; 0 takes a free one",
        ) from None
    with database(settings) as opened, kept(opened) as db:
        announce(f"http://{host}:{listener.getsockname()[1]}/")
        server = uvicorn.Server(uvicorn.Config(build(settings, db), log_level="warning", access_log=False))
        server.run(sockets=[listener])
