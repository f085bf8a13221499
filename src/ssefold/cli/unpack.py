"""Compressed files, told by their first bytes and unpacked as they are read.

Enters: chunks of bytes. Leaves: the same, or the content packed in them, in pieces of bounded
size; raises Packed where they are damaged, cut, cannot be read here, or hold too much.
Must not know: where the bytes come from, or their meaning.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from importlib import import_module
from typing import Any, NamedTuple

# No answer is as long. A small file may be made to unpack to more than any disk holds.
MOST_UNPACKED = 1 << 30

INSTALL = (
    "zstd is read by Python 3.14 or newer, or with the package zstandard "
    "(pip install 'ssefold[cli]'); or unpack it: zstd -dc FILE | ssefold ... -"
)


class Packed(Exception):
    """Compressed bytes that cannot be unpacked, or not on; its text says why."""


class Codec(NamedTuple):
    """A kind of compression.

    make: the unpacker of one member, with `decompress`, `eof` and `unused_data`. errors: its
    exceptions. step: how many bytes it is given at once, so that they unpack to a few MiB at the
    most: a block of zstd is 4 bytes, and may stand for 128 KiB.
    """

    name: str
    magic: bytes
    make: Callable[[], Any]
    errors: type[Exception]
    step: int


def unpacked(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The chunks as they come; of a compressed file, its content."""
    rest = iter(chunks)
    head = b""
    for chunk in rest:
        head += chunk
        if not any(len(head) < len(magic) and magic.startswith(head) for magic in CODECS):
            break
    for magic, codec in CODECS.items():
        if head.startswith(magic):
            yield from _members(codec(), _joined(head, rest))
            return
    if head:
        yield head
    yield from rest


def _joined(head: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield head
    yield from rest


def _members(codec: Codec, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The content of all members of a file, one after the other; zeros may follow the last
    one."""
    total = members = 0
    member = codec.make()
    begun = False  # whether any of this member was read
    for data in _steps(chunks, codec.step):
        while data:
            if not begun and members and not data.strip(b"\0"):
                break
            begun = True
            try:
                piece = member.decompress(data)
            except codec.errors as error:
                raise Packed(f"damaged {codec.name} data: {_one_line(error)}") from None
            total += len(piece)
            if total > MOST_UNPACKED:
                raise Packed(f"the {codec.name} data holds more than {MOST_UNPACKED >> 20} MiB")
            if piece:
                yield piece
            if not member.eof:
                break
            data = member.unused_data
            member, begun = codec.make(), False
            members += 1
    if begun:
        raise Packed(f"the {codec.name} data is cut: its end is missing")


def _steps(chunks: Iterator[bytes], step: int) -> Iterator[bytes]:
    for chunk in chunks:
        for start in range(0, len(chunk), step):
            yield chunk[start : start + step]


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _gzip() -> Codec:
    return Codec("gzip", GZIP, lambda: zlib.decompressobj(wbits=31), zlib.error, 4096)


def _zstd() -> Codec:
    with suppress(ImportError):
        found: Any = import_module("compression.zstd")
        return Codec("zstd", ZSTD, found.ZstdDecompressor, found.ZstdError, 128)
    with suppress(ImportError):
        found = import_module("zstandard")
        return Codec(
            "zstd", ZSTD, lambda: found.ZstdDecompressor().decompressobj(), found.ZstdError, 128
        )
    raise Packed(INSTALL)


GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
CODECS: dict[bytes, Callable[[], Codec]] = {GZIP: _gzip, ZSTD: _zstd}
