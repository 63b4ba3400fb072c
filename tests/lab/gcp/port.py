"""One port for both wires: what begins as HTTP/2 goes to the gRPC server, everything else to the HTTP server."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading

PREFACE = b"PRI"
"""How HTTP/2 begins where both sides know it will be spoken."""


class Port:
    """A relay on 127.0.0.1 before two servers."""

    def __init__(self, port: int, rpc: int, http: int, tls: ssl.SSLContext | None = None) -> None:
        self._to = {True: rpc, False: http}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(
            asyncio.start_server(self._relay, "127.0.0.1", port, ssl=tls), self._loop
        ).result()
        self.number: int = self._server.sockets[0].getsockname()[1]

    def close(self) -> None:
        """Stop relaying."""
        self._loop.call_soon_threadsafe(self._server.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            first = await reader.readexactly(len(PREFACE))
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()
            return
        inner, outer = await asyncio.open_connection("127.0.0.1", self._to[first == PREFACE])
        outer.write(first)
        await asyncio.gather(pump(reader, outer), pump(inner, writer))


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Carry what one side sends to the other, and its end."""
    try:
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        writer.transport.abort()
        return
    with contextlib.suppress(ConnectionError, OSError):
        writer.close()
