"""The compiled scanners: what templates will rely on, with no object made.

Enters: bodies of strings and whole values, bytes of every kind.
Leaves: flags and places, judged by the readers and by Python's own codecs.
"""

from __future__ import annotations

import importlib
import json
import os
import random

import pytest
from json_reference import ALPHABET, CHUNKS

from ssefold._py import jsonread as pure
from ssefold.engine.jsonmarks import BAD, CUT, DEEP, OK

# An extension that does not load must fail here, not vanish from the run.
WITH_C = os.environ.get("SSEFOLD_NO_EXTENSIONS") != "1"
compiled = importlib.import_module("ssefold._c.jsonread") if WITH_C else None
needs_c = pytest.mark.skipif(compiled is None, reason="built without extensions")

SCAN_CUT, SCAN_BAD, SCAN_DEEP, SCAN_ESCAPE = 1, 2, 4, 8
SCAN_NON_ASCII, SCAN_INVALID_UTF8, SCAN_SURROGATE = 16, 32, 64


def _check_scan(data: bytes, depth: int) -> None:
    assert compiled is not None
    flags, stop = compiled.scan(data, 0, depth)
    data = data.lstrip(b" \t\n\r") if data[:1] in b" \t\n\r" else data
    code, _, pos, _ = pure.read_slowly(data, 0, depth)
    failed = {OK: 0, BAD: SCAN_BAD, CUT: SCAN_CUT, DEEP: SCAN_DEEP}[code]
    if code == BAD and data[:pos].lstrip(b"-") == b"0":
        failed = 0  # a zero with a digit behind: the scanner leaves that to its caller
    assert flags & 7 == failed, data
    assert data[stop:pos].strip(b" \t\n\r") == b"", data


@needs_c
def test_scan_value_stops_where_the_reader_does() -> None:
    rng = random.Random(17)
    for chunk in CHUNKS:
        chunk = chunk.lstrip()
        for size in range(1, len(chunk) + 1):
            # A number that the data cuts is whole to the scanner: judge behind a space.
            _check_scan(chunk[:size] + b" ", 128)
        for _ in range(150):
            data = bytearray(chunk)
            data[rng.randrange(len(data))] = rng.choice(ALPHABET)
            data = bytearray(bytes(data).lstrip(b" \t\n\r"))
            _check_scan(bytes(data) + b" ", rng.choice((128, 2, 0)))


@needs_c
@pytest.mark.parametrize(
    ("body", "flags"),
    [
        (b"abc", 0),
        (b"0123456789abcdef" * 3, 0),
        (b"a\\nb", SCAN_ESCAPE),
        ("é中😀".encode(), SCAN_NON_ASCII),
        (b"\\ud83d\\ude00", SCAN_ESCAPE),
        (b"\\ud83dx", SCAN_ESCAPE | SCAN_SURROGATE),
        (b"\\udc00", SCAN_ESCAPE | SCAN_SURROGATE),
        (b"x\xff", SCAN_NON_ASCII | SCAN_INVALID_UTF8),
        (b"\xe2\x82", SCAN_NON_ASCII | SCAN_INVALID_UTF8),
        (b"\xed\xa0\x80", SCAN_NON_ASCII | SCAN_INVALID_UTF8),
    ],
)
def test_scan_string(body: bytes, flags: int) -> None:
    assert compiled is not None
    assert compiled.scan_body(body + b'"rest', 0) == (flags, len(body))
    found, stop = compiled.scan_body(body, 0)
    assert (found & 7, stop) == (SCAN_CUT, len(body))
    found, stop = compiled.scan_body(body + b"\n", 0)
    assert (found & 7, stop) == (SCAN_BAD, len(body))


@needs_c
def test_every_short_utf8_sequence() -> None:
    """Valid to the scanner is what Python's strict decoder takes."""
    assert compiled is not None
    edges = (0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xFF)
    for lead in range(0x80, 0x100):
        for tail in [(), *((a,) for a in edges), *((a, b) for a in edges for b in edges)]:
            for last in ((), (0x80,), (0xBF,)):
                body = bytes((lead, *tail, *last)).replace(b"\x00", b" ")
                flags, stop = compiled.scan_body(body + b'"', 0)
                try:
                    body.decode("utf-8")
                    valid = True
                except UnicodeDecodeError:
                    valid = False
                assert (not flags & SCAN_INVALID_UTF8, stop) == (valid, len(body)), body
                text, _ = compiled.unescape_body(body)
                assert text == body.decode("utf-8", "replace")


@needs_c
def test_plain_text_of_every_length_and_alignment() -> None:
    assert compiled is not None
    for stop in (b'"', b"\\", b"\x1f", b"\x00", b"\x80", b"\xff"):
        for lead in range(18):
            for size in range(40):
                data = b'"' * lead + b"a~ #[]" * 7
                data = data[: lead + size] + stop
                flags, end = compiled.scan_body(data, lead)
                if stop == b'"':
                    assert (flags, end) == (0, lead + size)
                elif stop < b" ":
                    assert (flags & 7, end) == (SCAN_BAD, lead + size)
                else:
                    assert (flags & 7, end) == (SCAN_CUT, len(data))


@needs_c
def test_unescape() -> None:
    assert compiled is not None
    rng = random.Random(23)
    pieces = ["a", "é", "中", "😀", "\\n", '\\"', "\\\\", "\\/", "\\u0000", "\\u00e9", "\\u4e2d"]
    pieces += ["\\ud83d", "\\ude00", "\\uD83D\\uDE00", "plain text " * 3]
    for _ in range(2000):
        body = "".join(rng.choices(pieces, k=rng.randrange(60)))
        text, length = compiled.unescape_body(body.encode())
        assert text == json.loads(f'"{body}"')
        assert length == len(text.encode("utf-8", "surrogatepass"))


@needs_c
def test_unescape_of_what_no_scan_took_stays_in_bounds() -> None:
    assert compiled is not None
    for body in (
        b"a\\",
        b"\\u",
        b"\\u12",
        b"\\ud83d\\",
        b"\\ud83d\\u",
        b"\\ud83d\\ude0",
        b"\\\xff",
    ):
        text, _ = compiled.unescape_body(body)
        assert isinstance(text, str)
