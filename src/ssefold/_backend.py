"""The only door to the backends.

Enters: the environment variable SSEFOLD_BACKEND ("c", "python", or unset).
Leaves: `name` of the backend that runs, and its classes.
Must not know: anything else.

Unset, the compiled backend runs where it is installed. Only its absence leads to
the pure one: an extension that is there and does not load raises. It loads into one
interpreter of a process; in another the import says so in a sentence.
"""

from __future__ import annotations

import os
from importlib.util import find_spec
from typing import TYPE_CHECKING

from ssefold import _unpickle

VARIABLE = "SSEFOLD_BACKEND"

ONE_INTERPRETER = (
    "ssefold's compiled backend runs in one interpreter of a process: "
    f"set {VARIABLE}=python before importing it in subinterpreters"
)


def _choose() -> str:
    wanted = os.environ.get(VARIABLE, "")
    if wanted not in ("", "c", "python"):
        raise ImportError(f"{VARIABLE} must be 'c' or 'python', not {wanted!r}")
    if wanted == "python":
        return "python"
    if find_spec("ssefold._c.core") is not None:
        return "c"
    if wanted == "c":
        raise ImportError(
            f"{VARIABLE}=c, but ssefold was installed without its compiled backend: "
            "reinstall it with a C compiler at hand, or unset the variable"
        )
    return "python"


name = _choose()

if TYPE_CHECKING or name == "python":
    from ssefold._py.core import FoldCore
    from ssefold._py.decoder import SSEDecoder
    from ssefold.engine.events import ServerSentEvent
else:
    try:
        from ssefold._c.core import FoldCore
        from ssefold._c.decoder import SSEDecoder
        from ssefold._c.engine.events import ServerSentEvent
    except ImportError as error:
        if "interpreter" not in str(error):
            raise
        raise ImportError(ONE_INTERPRETER) from error

_unpickle.event_class = ServerSentEvent

__all__ = ["FoldCore", "SSEDecoder", "ServerSentEvent", "name"]
