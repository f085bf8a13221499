"""The headers of `_c/include`, compiled alone, against plain loops and against repr.

What they do in a fold is seen in the other tests; here each loop meets every size up to
several vectors, at both ends of the memory that may be read.
"""

from __future__ import annotations

import os
import random
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
INCLUDE = ROOT / "src" / "ssefold" / "_c" / "include"
SOURCE = ROOT / "tests" / "c" / "headers.c"
STRICT = ["-std=c99", "-D_DEFAULT_SOURCE", "-Wall", "-Wextra", "-Werror"]
UNDEFINED = ["-O1", "-g", "-fsanitize=undefined", "-fno-sanitize-recover=all"]
FLAGS = {
    "as built": ["-O3"],
    "narrow library": ["-O3", "-DSSEFOLD_NARROW_LIBRARY"],  # as beside musl
    "scalar": ["-O3", "-DSSEFOLD_SCALAR"],
    "undefined behaviour": UNDEFINED,
    "undefined behaviour, scalar": [*UNDEFINED, "-DSSEFOLD_SCALAR"],
}
ROUNDS = 4000

CUT, BAD, LOOSE, UNSURE = 1, 2, 256, 512
MOST_SCALE = 120

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="memory is fenced by mmap")


def compiler() -> list[str]:
    return shlex.split(os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc")


def compiled(target: Path, *flags: str, include: Path = INCLUDE) -> str:
    """What the compiler says; nothing where all is well."""
    command = [*compiler(), *STRICT, *flags, f"-I{include}", f"-I{target.parent}"]
    try:
        done = subprocess.run(
            [*command, "-o", str(target), str(SOURCE)], capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        pytest.skip("no C compiler")
    return done.stderr if done.returncode else ""


def tenths() -> str:
    """The table that scans of numbers are given, as C."""
    rows = [(1 << (127 + (10**k - 1).bit_length())) // 10**k for k in range(MOST_SCALE)]
    halves = [[row >> 64 for row in rows], [row & (2**64 - 1) for row in rows]]
    columns = ("{" + ", ".join(f"{half}ULL" for half in column) + "}" for column in halves)
    return f"static const ssefold_tenths TENTHS = {{{', '.join(columns)}}};\n"


@pytest.fixture(scope="module", params=FLAGS)
def program(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("headers")
    (folder / "tenths.h").write_text(tenths())
    target = folder / "headers"
    said = compiled(target, *FLAGS[request.param])
    if said and request.param.startswith("undefined") and re.search("ubsan|fsanitize", said):
        pytest.skip("no sanitizer for undefined behaviour")
    assert not said, said
    return target


@pytest.mark.parametrize("seed", range(4))
def test_the_loops_do_what_plain_loops_do(program: Path, seed: int) -> None:
    command = [str(program), str(seed), str(ROUNDS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.returncode}: {done.stderr}"


# -- numbers --------------------------------------------------------------------------------------

NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?")
# A number that stops in its midst: where, by the grammar.
BEGUN = re.compile(r"-?(?:(?:0|[1-9]\d*)(?:\.\d*)?)?(?:(?<=\d)[eE][-+]?\d*)?")


def written() -> list[str]:
    """Numbers as JSON writes them, nearly so, and not at all."""
    chance = random.Random(7)
    found = [
        "0", "-0", "1", "-1", "01", "-", "-x", "0.0", "-0.0", "0.5", "1.50", "100.0", "1.",
        "1.e5", "1e", "1e+", "1e5", "1E5", "1e05", "1e-05", "1e-5", "1.0e-05", "2.5e-07", "1e16",
        "1e+16", "1e+15", "1e22", "1e308", "1e-300", "0.0001", "0.00001", "0.00010", "0.1e-5",
        "123456789012345678", "1234567890123456789", "-12345678901234567", "9007199254740993.0",
        "12345678901234567.0", "9007199254740992.0", "0.1000000000000000055511151231257827",
        "0.30000000000000004", "0.3000000000000001", "5e-324", "1.7976931348623157e+308",
        "-2.2250738585072014e-308", "4503599627370496.5", "0.000", "10.0", "20.00", "x", "", "1.5x",
    ]  # fmt: skip
    for _ in range(3000):
        value = chance.choice([
            chance.random, lambda: -chance.expovariate(1), lambda: chance.gauss(0, 1e5),
            lambda: 10 ** chance.uniform(-30, 30), lambda: float(chance.randrange(10**17)),
            lambda: chance.random() * 1e-7,
        ])()  # fmt: skip
        found.append(chance.choice([
            repr, lambda x: f"{x:.17g}", lambda x: f"{x:.16g}", lambda x: f"{x:.15e}",
            lambda x: f"{x:.3f}", lambda x: str(int(x)), lambda x: f"{x:.16e}",
        ])(value))  # fmt: skip
        text = repr(value)
        at = chance.randrange(len(text) + 1)
        found.append(
            text[:at] + chance.choice("0123456789.e+-E") + text[at + chance.randrange(2) :]
        )
    return found


def scanned(program: Path, numbers: list[str], behind: str) -> list[tuple[int, int]]:
    """Of each number where its scan ended, and with which flags."""
    given = "".join(f"{number}{behind}\n" for number in numbers)
    done = subprocess.run(
        [str(program), "numbers"], input=given, capture_output=True, text=True, check=True
    )
    found = [line.split() for line in done.stdout.splitlines()]
    assert len(found) == len(numbers)
    return [(int(end), int(flags)) for end, flags in found]


def test_numbers_end_where_their_grammar_ends(program: Path) -> None:
    numbers = written()
    for number, (end, flags) in zip(numbers, scanned(program, numbers, ","), strict=True):
        begun = BEGUN.match(number)
        whole = NUMBER.match(number)
        assert begun is not None
        assert end == begun.end(), number
        assert (flags & (CUT | BAD) == BAD) == (not whole or whole.end() != begun.end()), number


def test_a_number_that_is_not_loose_is_what_repr_writes(program: Path) -> None:
    numbers = [number for number in written() if NUMBER.fullmatch(number)]
    assert len(numbers) > 3000
    unsure = missed = 0
    for number, (_, flags) in zip(numbers, scanned(program, numbers, ","), strict=True):
        digits = len(re.sub(r"[eE].*|[-.]", "", number).lstrip("0"))
        is_float = bool(re.search("[.eE]", number))
        same = number == (repr(float(number)) if is_float else str(int(number)))
        if flags & UNSURE:
            unsure += 1
            exponent = re.search(r"[eE][-+]?(\d+)", number)
            assert len(number) > (48 if is_float else 18) or (exponent and len(exponent[1]) > 2)
        elif flags & LOOSE:
            missed += same and "e+" not in number  # no table reaches as far
            assert not same or digits > 15, number
        else:
            assert same, number
    assert unsure > 10
    assert missed < len(numbers) / 100, "nearly each number that repr writes is known as such"


def test_a_wrong_header_is_seen(tmp_path: Path) -> None:
    """One bound too wide in a copy of a header: the program must tell, or be ended."""
    for name, right, wrong in (
        ("simd.h", "SSEFOLD_EQUAL(a, b, n - 16)", "SSEFOLD_EQUAL(a, b, n - 17)"),
        ("bytewalk.h", "p < end && end - first >= 16", "p < end && end - first >= 0"),
        ("jsonscan.h", "while (p < end && *p != '\\\\') p++;", "while (*p != '\\\\') p++;"),
        ("utf8.h", "c < 0x800 ||", "c < 0x7FF ||"),
    ):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "tenths.h").write_text(tenths())
        shutil.copytree(INCLUDE, folder, dirs_exist_ok=True)  # headers include their neighbours
        text = (INCLUDE / name).read_text()
        assert right in text
        (folder / name).write_text(text.replace(right, wrong))
        said = compiled(folder / "headers", *FLAGS["narrow library"], include=folder)
        assert not said, said
        done = subprocess.run(
            [str(folder / "headers"), "0", str(ROUNDS)], capture_output=True, check=False
        )
        assert done.returncode != 0, name
