"""The demo company's server on loopback: its shop, and below it the fakes of the portals' interfaces."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

from demo.company import Company, company
from demo.fakes.base import Fake

SHOP = "schemaorg"
#: What stands before the whole application, to disturb it in tests.
Wrap = Callable[[Any], Any]


@cache
def fakes() -> dict[str, type[Fake]]:
    """The fakes by their kind: every subclass of :class:`Fake` in ``demo/fakes``."""
    for file in sorted((Path(__file__).parent / "fakes").glob("[!_]*.py")):
        import_module(f"demo.fakes.{file.stem}")
    found: dict[str, type[Fake]] = {}
    open_ = [Fake]
    while open_:
        for cls in open_.pop().__subclasses__():
            open_.append(cls)
            if "kind" in cls.__dict__:
                found[cls.kind] = cls
    return dict(sorted(found.items()))


class _Prompt(uvicorn.Server):
    """Starts and ends at once; uvicorn's own waits for a tick of its clock, and the tests start a thousand of them."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    def leave(self) -> None:
        """End from another thread, after what is being answered."""
        self.should_exit = True
        if self.ready.is_set():
            self._loop.call_soon_threadsafe(self._leaving.set)

    async def main_loop(self) -> None:
        """Serve until told to leave."""
        self._loop, self._leaving = asyncio.get_running_loop(), asyncio.Event()
        self.ready.set()
        ticks = 0
        while not await self.on_tick(ticks):
            ticks += 1
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._leaving.wait(), 0.1)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close what idles, and wait for the rest."""
        for listening in (*self.servers, *(sockets or ())):
            listening.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        while self.server_state.connections or self.server_state.tasks:
            await asyncio.sleep(0.005)
        await self.lifespan.shutdown()


class DemoServer:
    """The servers in a thread of this process.

    Args:
        of: The company to show.
        as_of: Show the state of this moment; None for the newest. May be changed while it runs.
        port: Port to listen on; 0 takes a free one.
        wrap: Stands before the application, to disturb it in tests.

    Attributes:
        fakes: The portals' interfaces by kind, each at its own address below the shop's.
    """

    def __init__(
        self,
        of: Company | None = None,
        *,
        as_of: datetime | None = None,
        port: int = 0,
        wrap: Wrap = lambda app: app,
    ) -> None:
        self.company = of or company()
        self.as_of = as_of
        self.fakes: dict[str, Fake] = {kind: made(self) for kind, made in fakes().items()}
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(("127.0.0.1", port))
        self._server = _Prompt(uvicorn.Config(wrap(self._app()), log_level="critical", access_log=False))
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._listener]}, daemon=True)

    @property
    def url(self) -> str:
        """Address of the shop, with a slash at its end; a portal's interface stands below it at its kind."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}/"

    def __enter__(self) -> DemoServer:
        self._thread.start()
        if not self._server.ready.wait(10):
            raise TimeoutError("the demo server did not start within ten seconds")
        return self

    def __exit__(self, *_: object) -> None:
        self._server.leave()
        self._thread.join(10)
        self._listener.close()

    def _app(self) -> Starlette:
        return Starlette(
            routes=[
                *(Mount(f"/{kind}", routes=fake.routes()) for kind, fake in self.fakes.items() if kind != SHOP),
                *self.fakes[SHOP].routes(),
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
