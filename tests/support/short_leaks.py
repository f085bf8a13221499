"""Readers while one allocation after the other fails: what they hold afterwards.

Leaves: on standard output the readers after which more blocks are held than before.
Must not know: pytest.

To be run as a process of its own, as short_memory.py.
"""

from __future__ import annotations

import gc
import sys
from typing import Any

# It asks elsewhere for its memory, and is not ours to try.
sys.modules["orjson"] = None  # type: ignore[assignment]

import _testcapi  # noqa: E402

import short_scenarios  # noqa: E402

READERS = ("snapshot_json", "snapshot", "text", "usage", "tool_calls", "result_json")
TIMES = 30


def run_short(act: Any, acc: Any, start: int) -> None:
    _testcapi.set_nomemory(start, start + 1)
    try:
        act(acc)
    except Exception:
        pass
    finally:
        _testcapi.remove_mem_hooks()


def held_more(act: Any, acc: Any, start: int) -> int:
    """How many blocks more are held after so many times."""
    counts = []
    for _ in range(2):
        for _ in range(TIMES):
            run_short(act, acc, start)
        gc.collect()
        counts.append(sys.getallocatedblocks())
    return counts[1] - counts[0]


def main() -> None:
    for name in ("words", "long texts", "calls", "surrogates", "logprobs", "choices", "unknown"):
        acc = short_scenarios.accumulator(short_scenarios.STREAMS[name])()
        for reader in READERS:
            for start in range(60):
                more = held_more(short_scenarios.READS[reader], acc, start)
                if more >= TIMES:
                    print(f"{reader} of {name}, allocation {start}: {more} blocks")


if __name__ == "__main__":
    main()
