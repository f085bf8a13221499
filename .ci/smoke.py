"""Check an installed package from outside: python .ci/smoke.py c|python

Imports what is installed, never this tree: run it with an interpreter that has ssefold from a
wheel. It must run on the named backend, refuse one that is not there, and fold a stream.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STREAM = ROOT / "examples" / "chat-text.sse"

REFUSES = """
try:
    import ssefold
except ImportError as error:
    print("refused:", error)
else:
    raise SystemExit(f"SSEFOLD_BACKEND=c gave {ssefold.backend!r} where there is no extension")
"""


def without_backend() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "SSEFOLD_BACKEND"}


def python(code: str, **environment: str) -> str:
    """What `code` prints in an interpreter of its own."""
    command = [sys.executable, "-c", code]
    result = subprocess.run(
        command, env={**without_backend(), **environment}, stdout=subprocess.PIPE, text=True
    )
    if result.returncode:
        raise SystemExit(f"failed: {command} with {environment}")
    return result.stdout.strip()


def main(backend: str) -> None:
    where = Path(python("import ssefold; print(ssefold.__file__)"))
    if ROOT / "src" in where.parents:
        raise SystemExit(f"{where} is this tree, not an installed package")
    got = python("import ssefold; print(ssefold.backend)")
    if got != backend:
        raise SystemExit(f"ssefold.backend is {got!r}, expected {backend!r}")
    if backend == "python":
        print(python(REFUSES, SSEFOLD_BACKEND="c"))
    else:
        python("import ssefold", SSEFOLD_BACKEND="python")
    command = [sys.executable, "-m", "ssefold", "fold", "--text", str(STREAM)]
    subprocess.run(command, env=without_backend(), check=True, stdout=subprocess.DEVNULL)
    print(f"ok: {where.parent}, backend {backend}")


if __name__ == "__main__":
    if sys.argv[1:] not in (["c"], ["python"]):
        raise SystemExit(__doc__)
    main(sys.argv[1])
