"""Both backends, side by side, whichever of them the package itself runs.

Leaves: `BACKENDS`, name -> `Backend` with its classes. A compiled backend that is
missing fails here; only SSEFOLD_NO_EXTENSIONS=1, which also builds without it,
leaves it out.
"""

from __future__ import annotations

import importlib
import os
from dataclasses import dataclass
from typing import Any

from ssefold._accumulator import Answering

PACKAGES = {"c": "ssefold._c", "python": "ssefold._py"}


@dataclass(frozen=True)
class Backend:
    """One backend: what stands behind the public classes, and they themselves."""

    name: str
    StreamAccumulator: Any
    SSEDecoder: Any
    Framer: Any
    ServerSentEvent: Any
    read: Any

    def __repr__(self) -> str:
        return self.name


def load(name: str) -> Backend:
    """The backend `name`; raises ImportError if it is not installed or does not load."""
    package = PACKAGES[name]
    core, decoder, framing, jsonread = (
        importlib.import_module(f"{package}.{module}")
        for module in ("core", "decoder", "framing", "jsonread")
    )
    # As ssefold._accumulator does it for the backend that runs.
    accumulator = type("StreamAccumulator", (Answering, core.FoldCore), {"__slots__": ()})
    events = importlib.import_module(f"{package if name == 'c' else 'ssefold'}.engine.events")
    return Backend(
        name=name,
        StreamAccumulator=accumulator,
        SSEDecoder=decoder.SSEDecoder,
        Framer=framing.Framer,
        ServerSentEvent=events.ServerSentEvent,
        read=jsonread.read,
    )


def wanted() -> list[str]:
    """The names of the backends that have to be there."""
    pure_alone = os.environ.get("SSEFOLD_NO_EXTENSIONS", "") not in ("", "0")
    return ["python"] if pure_alone else ["c", "python"]


BACKENDS: dict[str, Backend] = {name: load(name) for name in wanted()}
