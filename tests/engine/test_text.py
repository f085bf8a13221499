"""Text buffers: two readers, a cursor that moves in its own step, readers in other threads."""

from __future__ import annotations

import importlib
import threading
from typing import Any

import pytest
from backends import PACKAGES, Backend


def text_of(backend: Backend) -> Any:
    return importlib.import_module(f"{PACKAGES[backend.name]}.text").Text()


@pytest.mark.parametrize("reader", [0, 1])
def test_what_is_shown_stays_to_be_taken(backend: Backend, reader: int) -> None:
    text = text_of(backend)
    text.append("Hello")
    assert [text.peek(False, reader) for _ in range(3)] == ["Hello"] * 3
    assert text.taken == 0
    text.append(", world")
    text.accept(reader)
    assert text.taken == (5 if reader == 0 else 0)
    text.accept(reader)  # what was shown is given once
    assert text.take(False, reader) == ", world"
    assert text.peek(False, reader) == ""
    text.accept(reader)
    assert text.peek(True, 1 - reader) == "Hello, world"
    assert text.taken == (12 if reader == 0 else 0)


def test_half_of_a_pair_waits_in_both_steps(backend: Backend) -> None:
    text = text_of(backend)
    text.append("a\ud83d")
    assert text.peek(False) == "a"
    assert text.get() == "a\ud83d"
    text.accept()
    assert text.peek(False) == ""
    text.accept()
    assert text.taken == 1
    text.append("\ude00b")
    assert text.take(False).encode("utf-16", "surrogatepass").decode("utf-16") == "😀b"
    text.append("\ud83d")
    assert text.peek(False) == ""
    assert text.peek(True) == "\ud83d"
    text.accept()
    assert text.take(True) == ""


def test_reading_between_pieces(backend: Backend) -> None:
    """What was joined for one reader is still to be taken by the others."""
    text = text_of(backend)
    whole = ""
    taken = ["", ""]
    for number in range(200):
        text.append(f"{number},")
        whole += f"{number},"
        if number % 3 == 0:
            assert text.get() == whole
        if number % 7 == 0:
            taken[1] += text.take(False, 1)
        if number % 2 == 0:
            taken[0] += text.take(False)
            assert taken[0] == whole
            assert text.taken == len(whole)
    assert taken[1] + text.take(True, 1) == whole


def test_no_such_reader(backend: Backend) -> None:
    text = text_of(backend)
    for reader in (2, 7):
        with pytest.raises(IndexError):
            text.peek(False, reader)
        with pytest.raises(IndexError):
            text.accept(reader)


def test_readers_in_other_threads_lose_nothing(backend: Backend) -> None:
    """Each of them joins pieces; none may join what another did, or what came in between."""
    text = text_of(backend)
    taken: list[list[str]] = [[], []]
    over = threading.Event()

    def read() -> None:
        while not over.is_set():
            text.get()

    def take(reader: int) -> None:
        while not over.is_set():
            taken[reader].append(text.take(False, reader))

    threads = [threading.Thread(target=read) for _ in range(3)]
    threads += [threading.Thread(target=take, args=(reader,)) for reader in (0, 1)]
    for thread in threads:
        thread.start()
    pieces = [f"{number};" for number in range(20_000)]
    for piece in pieces:
        text.append(piece)
    over.set()
    for thread in threads:
        thread.join()
    whole = "".join(pieces)
    assert text.get() == whole
    for reader in (0, 1):
        assert "".join(taken[reader]) + text.take(True, reader) == whole


def test_a_reader_that_comes_while_another_joins(backend: Backend) -> None:
    """The same at the one place where it went wrong, without luck."""
    if backend.name == "c":
        pytest.skip("one buffer, no pieces")
    base = type(text_of(backend))
    join = base._join

    class Interrupted(base):  # type: ignore[misc, valid-type]
        __slots__ = ()
        deep = 0

        def _join(self, *args: Any) -> None:
            Interrupted.deep += 1
            if Interrupted.deep == 1:
                assert self.get() == "abcd"
                self.append("e")
                self.append("f")
                assert self.take(False) == "abcdef"
            join(self, *args)

    late = Interrupted()
    for piece in "abcd":
        late.append(piece)
    assert late.get() == "abcd"
    assert late.get() == "abcdef"
    assert late.take(False, 1) == "abcdef"
    assert late.take(False) == ""


# The bodies of `arguments` as they stand on the wire, and whether each is JSON in its turn.
BODIES = (
    (rb"{\"a\":[\"b\",\"c\",{}],\"d\":[]}", True),
    (rb" {\n\t\"a\" : 1.5e3 ,\r\n \"b\" : [ true , null ] } \n", True),
    (rb"{\u0022a\u0022:\u00201}", True),
    (rb"{\"a\":\u0074rue}", True),
    (rb"{\"a\":\"\/ \u00e9 \u005c\u005c \\/\\n\\\"\\\\\"}", True),
    (rb"{\"a\":\"\\u00e9 \\ud83d\\ude00 \\ud83d\"}", True),
    (rb"{\"a\":\"\ud83d\ude00 \ud83d\"}", True),
    (rb"[12]", True),
    (rb"\"\"", True),
    (rb"{\"a\":\"", False),
    (rb"{\"a\":\"\\\"}", False),
    (rb"{\"a\":\"\\", False),
    (rb"{\"a\":\"\\u00e", False),
    (rb"{\"a\":\"\\u00g0\"}", False),
    (rb"{\"a\":\"\\x\"}", False),
    (rb"{\"a\":\"\n\"}", False),
    (rb"{\"a\":\"\u0001\"}", False),
    (rb"{\"a\":1,}", False),
    (rb"{\"a\":1]", False),
    (rb"{\"a\" 1}", False),
    (rb"{a:\"b\"}", False),
    (rb"{\"a\":\b1}", False),
    (rb"[\"a\",]", False),
    (rb"[\"a\"\"b\"]", False),
    (rb"{} {\"a\":1}", False),
    (rb"\ud83d[]", False),
    (rb"\\\"a\"", False),
)
CALL = (
    b'data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c","type":"function",'
    b'"function":{"name":"f","arguments":"%s"}}]},"finish_reason":null}]}\n\n'
    b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}\n\n'
    b"data: [DONE]\n\n"
)


@pytest.mark.parametrize(("body", "is_json"), BODIES)
def test_whether_arguments_are_json(backend: Backend, body: bytes, is_json: bool) -> None:
    folded = backend.StreamAccumulator()
    folded.feed(CALL % body)
    folded.close()
    codes = [anomaly.code for anomaly in folded.anomalies]
    assert codes == ([] if is_json else ["bad_tool_json"])


@pytest.mark.parametrize("depth", [2, 3])
def test_what_nests_too_deep_is_no_damage(backend: Backend, depth: int) -> None:
    text = text_of(backend)
    text.append('{"a":{"b":{"c":')
    assert bool(text.is_json(depth)) is (depth < 3)
    text.append("1}}}")
    assert text.is_json(depth)
