"""A server that answers every request with one stream, as a provider would.

Enters: bytes. Leaves: a URL at which a client of any library reads them.
Must not know: what the bytes are, or who asks.

So each library is run as its documentation shows it, with its own transport, and no adapter
reaches for what is private.
"""

from __future__ import annotations

import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Loopback:
    """`url` answers with `body`, which is set before each request."""

    def __init__(self) -> None:
        """Listen on a free port of the loopback, until the process ends."""
        self.body = b""
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # head and body in one packet, else each answer waits for an ACK

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("content-length") or 0))
                self.send_response(200)
                self.send_header("content-type", "text/event-stream; charset=utf-8")
                self.send_header("content-length", str(len(outer.body)))
                self.end_headers()
                self.wfile.write(outer.body)

            def log_message(self, *args: Any) -> None:
                """Say nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{server.server_port}"
        for name in ("NO_PROXY", "no_proxy"):  # a proxy would not reach this host
            os.environ[name] = "127.0.0.1"
