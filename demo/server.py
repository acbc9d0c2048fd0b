"""The demo company's servers on loopback: its shop, and a ProvenExpert API as documented."""

from __future__ import annotations

import argparse
import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from datetime import datetime

import uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

from demo.company import Company, company
from demo.portal import portal_routes
from demo.shop import shop_routes

API_ID, API_KEY = "demo", "demo-key"


class DemoServer:
    """The servers in a thread of this process.

    Args:
        of: The company to show.
        as_of: Show the state of this moment; None for the newest. May be changed while it runs.
        plan: Plan of the portal's account; below PREMIUM it refuses to hand out ratings.
        port: Port to listen on; 0 takes a free one.
    """

    def __init__(
        self, of: Company | None = None, *, as_of: datetime | None = None, plan: str = "PREMIUM", port: int = 0
    ) -> None:
        self.company = of or company()
        self.as_of = as_of
        self.plan = plan
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(("127.0.0.1", port))
        self._server = uvicorn.Server(uvicorn.Config(self._app(), log_level="error", access_log=False))
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._listener]}, daemon=True)

    @property
    def url(self) -> str:
        """Address of the shop, with a slash at its end; the portal's API stands below ``api/v1/``."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}/"

    def __enter__(self) -> DemoServer:
        self._thread.start()
        for _ in range(200):
            if self._server.started:
                return self
            time.sleep(0.05)
        raise TimeoutError("the demo server did not start within ten seconds")

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(10)
        self._listener.close()

    def _app(self) -> Starlette:
        return Starlette(
            routes=[
                Mount("/api/v1", routes=portal_routes(self)),
                *shop_routes(self),
                Route("/{rest:path}", lambda _: PlainTextResponse("Nicht gefunden", 404)),
            ]
        )


@contextlib.contextmanager
def demo_server(**options: object) -> Iterator[DemoServer]:
    """A running server; options as for :class:`DemoServer`."""
    with DemoServer(**options) as server:  # type: ignore[arg-type]
        yield server


def main() -> None:
    """Serve until interrupted: ``python -m demo.server --port 8731``."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--port", type=int, default=8731)
    with DemoServer(port=parser.parse_args().port) as server, contextlib.suppress(KeyboardInterrupt):
        print(server.url)  # noqa: T201
        while True:
            time.sleep(1)


if __name__ == "__main__":
    main()
