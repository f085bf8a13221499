"""Check what sdists and wheels hold: python .ci/check_dist.py FILE...

A platform wheel without its extension still works, only slowly: nobody would notice. The
expected modules are read from the source tree, not from setup.py, so that a module that
setup.py forgot is found too.
"""

from __future__ import annotations

import sys
import tarfile
import zipfile
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "ssefold"
SUFFIXES = {".so", ".pyd"}


def compiled_modules() -> set[str]:
    """Every module that the compiled backend consists of."""
    cython = {path.stem for path in PACKAGE.glob("_c/**/*.pyx")}
    types = {path.stem for path in PACKAGE.glob("_c/engine/*.pxd")}
    return cython | {name for name in types if (PACKAGE / "engine" / f"{name}.py").exists()}


def source_files() -> set[str]:
    """Every file under src/ that an sdist must carry."""
    wanted = {".py", ".pyx", ".pxd", ".h", ".pyi", ".typed"}
    files = (path for path in PACKAGE.rglob("*") if path.suffix in wanted)
    return {path.relative_to(ROOT).as_posix() for path in files}


def check_sdist(path: Path) -> list[str]:
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    missing = (source_files() | {"LICENSE", "setup.py", "pyproject.toml"}) - names
    made = {name for name in names if name.endswith((".c", ".so"))}
    written = {name for name in made if name.startswith("tests/c/") and (ROOT / name).is_file()}
    left = made - written | {name for name in names if name.startswith("build/")}
    return [f"lacks {name}" for name in sorted(missing)] + [
        f"holds the build product {name}" for name in sorted(left)
    ]


def check_wheel(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as archive:
        names = [PurePosixPath(name) for name in archive.namelist()]
    found = {name.name.partition(".")[0] for name in names if name.suffix in SUFFIXES}
    expected = set() if path.stem.endswith("-none-any") else compiled_modules()
    problems = [f"lacks the compiled module {name}" for name in sorted(expected - found)]
    problems += [f"holds the unexpected module {name}" for name in sorted(found - expected)]
    headers = {f"ssefold/_c/include/{path.name}" for path in PACKAGE.glob("_c/include/*.h")}
    problems += [f"lacks the header {name}" for name in sorted(headers - {*map(str, names)})]
    if PurePosixPath("ssefold/py.typed") not in names:
        problems.append("lacks ssefold/py.typed")
    if not any(name.name == "LICENSE" for name in names):
        problems.append("lacks the license")
    problems += [f"holds the source {name}" for name in names if name.suffix in {".c", ".pyx"}]
    return problems


def main(arguments: list[str]) -> int:
    if not arguments:
        print("no files to check", file=sys.stderr)
        return 2
    failed = False
    for path in map(Path, arguments):
        problems = check_wheel(path) if path.suffix == ".whl" else check_sdist(path)
        print(f"{'FAILED' if problems else 'ok':7}{path.name}")
        for problem in problems:
            print(f"       {problem}")
        failed = failed or bool(problems)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
