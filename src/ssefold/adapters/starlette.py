"""A tap for ASGI applications: Starlette, FastAPI and whatever else speaks ASGI.

Enters: an application.
Leaves: the same application; each of its event streams is listened to, and the closed
accumulator is handed to a callback.
Must not know: Starlette itself, routes, servers.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from inspect import iscoroutinefunction
from typing import Any

from ssefold import StreamAccumulator

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


class TapMiddleware:
    """Listens to each text/event-stream response of `app`, and changes none.

    on_finish: called as on_finish(acc, scope) once for each such response, however it
               ended: at its end, on an exception, when the client has gone. A plain
               function: there may be no time left to await one. Its exceptions are not
               held back.
    make:      makes the accumulator of a response.

    It belongs inside of whatever compresses: compressed bytes are no event stream,
    and the accumulator says so.
    """

    def __init__(
        self,
        app: Application,
        on_finish: Callable[[StreamAccumulator, Scope], object],
        make: Callable[[], StreamAccumulator] = StreamAccumulator,
    ) -> None:
        if not callable(on_finish) or iscoroutinefunction(on_finish):
            raise TypeError("on_finish must be a plain function, not a coroutine function")
        self.app = app
        self.on_finish = on_finish
        self.make = make

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application; of what is no HTTP request nothing is heard."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        acc: StreamAccumulator | None = None

        async def listening(message: Message) -> None:
            nonlocal acc
            if message["type"] == "http.response.start":
                acc = self.make() if _is_event_stream(message) else None
            elif acc is not None and message["type"] == "http.response.body":
                try:  # as in tap: the relay goes on
                    acc.feed(message.get("body", b""))
                except Exception as error:
                    acc.tap_error = acc.tap_error or type(error).__name__
            await send(message)

        try:
            await self.app(scope, receive, listening)
        finally:
            if acc is not None:
                acc.close()
                self.on_finish(acc, scope)


def _is_event_stream(message: Message) -> bool:
    """Whether this response's Content-Type is text/event-stream, with or without parameters."""
    for name, value in message.get("headers", ()):
        if name.lower() == b"content-type":
            kind: bytes = value.partition(b";")[0]
            return kind.strip().lower() == b"text/event-stream"
    return False
