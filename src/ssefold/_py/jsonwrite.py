"""Write a plain value as compact JSON in UTF-8.

Enters: dicts with str keys, lists, scalars; no string with an unpaired surrogate.
Leaves: bytes.
Must not know: states, events, dialects.
"""

from __future__ import annotations

import json
from typing import Any

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def write(value: Any) -> bytes:
    """The JSON text; UnicodeEncodeError for a string that no UTF-8 has."""
    return _ENCODER.encode(value).encode("utf-8")
