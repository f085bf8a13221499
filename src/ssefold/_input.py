"""The one door for bytes-like input.

Enters: the argument of `feed`, of any type.
Leaves: `bytes` that nobody else can change, or TypeError / BufferError before
anything happened.
Must not know: the meaning of the bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # type checkers know it without an installation
    from typing_extensions import Buffer

    BytesLike = Buffer
else:
    BytesLike = bytes | bytearray | memoryview


def as_bytes(chunk: BytesLike) -> bytes:
    """Return `chunk` as bytes, without a copy where it is bytes already.

    Takes any C-contiguous bytes-like object. Raises TypeError for everything else (str and int
    among it, and a view after its release or with closed memory) and BufferError for a buffer
    with gaps.
    """
    if type(chunk) is bytes:
        return chunk
    try:
        view = memoryview(chunk)
    except TypeError:
        raise TypeError(wrong_type(chunk)) from None
    except ValueError as error:
        raise TypeError(f"{wrong_type(chunk)} that was released or closed: {error}") from None
    if not view.c_contiguous:
        raise BufferError(NOT_CONTIGUOUS)
    return view.tobytes()


NOT_CONTIGUOUS = "a bytes-like object must be C-contiguous: pass bytes(view) instead"


def wrong_type(chunk: object) -> str:
    """The text of the TypeError for `chunk`."""
    return f"a bytes-like object is required, not {type(chunk).__name__!r}"
