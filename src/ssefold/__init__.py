"""ssefold: a tap for LLM streams. Bytes in, relayed untouched; the answer at the side.

    acc = ssefold.StreamAccumulator()
    for chunk in ssefold.tap(response.iter_bytes(), acc):
        send(chunk)
    acc.status, acc.usage, acc.snapshot()
"""

from ssefold import _backend
from ssefold._accumulator import StreamAccumulator
from ssefold._relay import adeltas, afold, atap, deltas, fold, tap
from ssefold._replay import replay
from ssefold._version import __version__
from ssefold.delta import DELTA_KINDS, Delta
from ssefold.errors import (
    ANOMALY_CODES,
    FAULT_CODES,
    Anomaly,
    Fault,
    SSEFoldError,
    StreamError,
    StreamFailed,
    StreamMalformed,
    StreamTruncated,
)
from ssefold.limits import Limits

SSEDecoder = _backend.SSEDecoder
ServerSentEvent = _backend.ServerSentEvent
backend: str = _backend.name

__all__ = [
    "ANOMALY_CODES",
    "DELTA_KINDS",
    "FAULT_CODES",
    "Anomaly",
    "Delta",
    "Fault",
    "Limits",
    "SSEDecoder",
    "SSEFoldError",
    "ServerSentEvent",
    "StreamAccumulator",
    "StreamError",
    "StreamFailed",
    "StreamMalformed",
    "StreamTruncated",
    "__version__",
    "adeltas",
    "afold",
    "atap",
    "backend",
    "deltas",
    "fold",
    "replay",
    "tap",
]
