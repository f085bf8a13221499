"""Fold a recorded stream while it is relayed: python examples/quickstart.py [FILE]"""

import sys
from pathlib import Path

import ssefold

RECORDING = Path(__file__).parent / "chat-text.sse"


def main(path: Path) -> None:
    """Relay the stream to nowhere, and print what went through."""
    acc = ssefold.StreamAccumulator()
    with path.open("rb") as source:
        for chunk in ssefold.tap(source, acc):
            del chunk  # a gateway sends it on here: it is untouched

    print("status:       ", acc.status)
    print("dialect:      ", acc.dialect)
    print("events, bytes:", acc.events, acc.bytes)
    print("finish reason:", acc.finish_reason())
    print("usage:        ", acc.usage)
    print("faults:       ", acc.fault_count)
    print("text:         ", acc.text())


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else RECORDING)
