"""Fuzz both backends against each other: `make fuzz`, or `python -m tests.fuzz`.

With atheris installed its coverage of the pure backend guides the search; without
it, generated and randomly damaged streams are tried, which needs nothing. What
fails is written to a file, and that file is run again by naming it.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import importlib.util
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
# Out of the way of version control and of the sdist.
WORK = HERE.parents[1] / "build" / "fuzz"
FOUND = WORK / "found"

for folder in (HERE, HERE.parent / "support"):  # as pytest does for the tests
    sys.path.insert(0, str(folder))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="how long (default: 60)")
    parser.add_argument("--seed", type=int, default=None, help="a fixed seed for the fuzzer")
    parser.add_argument(
        "--engine", choices=["auto", "atheris", "random"], default="auto", help="who searches"
    )
    parser.add_argument("files", nargs="*", type=Path, help="inputs to run once, instead")
    return parser.parse_args()


def load(instrument: Any) -> Any:
    """The target; what it imports of ours is instrumented, if somebody listens."""
    with instrument:
        import target
    print(f"backends: {', '.join(backend.name for backend in target.parity.ALL)}", flush=True)
    return target


def keep(data: bytes, error: BaseException) -> Path:
    """Write a failing input to a file of its own."""
    FOUND.mkdir(parents=True, exist_ok=True)
    path = FOUND / hashlib.sha256(data).hexdigest()[:16]
    path.write_bytes(data)
    print(f"\n{type(error).__name__}: {str(error)[:2000]}", file=sys.stderr)
    print(f"\nrun it again: python -m tests.fuzz {path}", file=sys.stderr)
    return path


def kept(one_input: Callable[[bytes], None]) -> Callable[[bytes], None]:
    """`one_input`, which writes a failing input to a file first."""

    def run(data: bytes) -> None:
        try:
            one_input(data)
        except Exception as error:
            keep(data, error)
            raise

    return run


def by_atheris(seconds: int, seed: int | None) -> None:
    """Until the time is up or something fails; the corpus is kept for the next run."""
    import atheris

    target = load(atheris.instrument_imports(include=["ssefold"]))
    corpus = WORK / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for i, data in enumerate(target.seeds(300)):
        (corpus / f"seed-{i:04}").write_bytes(data)
    flags = [f"-max_total_time={seconds}", "-timeout=20", "-max_len=6000", "-rss_limit_mb=4096"]
    flags += [f"-seed={seed}"] if seed is not None else []
    words = HERE / "words.dict"
    argv = [sys.argv[0], str(corpus), f"-dict={words}", f"-artifact_prefix={FOUND}/", *flags]
    FOUND.mkdir(parents=True, exist_ok=True)
    atheris.Setup(argv, kept(target.one_input))
    atheris.Fuzz()


def by_chance(seconds: int, seed: int | None) -> None:
    """Generated streams, each whole and then damaged time and again."""
    target = load(contextlib.nullcontext())
    from streamnoise import damaged

    run = kept(target.one_input)
    first = time.time_ns() & 0xFFFFFFFF if seed is None else seed
    end, count = time.monotonic() + seconds, 0
    rng = random.Random(first)
    print(f"--engine random --seed {first}", flush=True)
    while time.monotonic() < end:
        stream = target.parity.case(rng.getrandbits(40)).stream
        for _ in range(10):
            stream = damaged(rng, stream)
            run(bytes(rng.choice([0, rng.randrange(256)]) for _ in range(target.HEAD)) + stream)
            count += 1
    print(f"{count} inputs, nothing found")


def main() -> None:
    args = arguments()
    if args.files:
        target = load(contextlib.nullcontext())
        for path in args.files:
            print(target.case_of(path.read_bytes()))
            target.one_input(path.read_bytes())
        print("nothing found")
        return
    installed = importlib.util.find_spec("atheris") is not None
    if args.engine == "atheris" and not installed:
        sys.exit("atheris is not installed: pip install atheris, or use --engine random")
    if installed and args.engine != "random":
        by_atheris(args.seconds, args.seed)
    else:
        by_chance(args.seconds, args.seed)


if __name__ == "__main__":
    main()
