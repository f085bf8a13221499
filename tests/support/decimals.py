"""Decimals that are hard to tell from the shortest form of a double.

Enters: a generator of random numbers.
Leaves: `decimal(rng)`, a JSON number with a fraction or an exponent, in range.
Must not know: who reads it.
"""

from __future__ import annotations

import math
import random
import struct
from collections.abc import Callable
from decimal import Context, Decimal
from fractions import Fraction


def likely(rng: random.Random) -> str:
    """A log probability as Python writes it."""
    return repr(-rng.random() * 9)


def any_double(rng: random.Random) -> str:
    """A double of any size, shortest."""
    return repr(struct.unpack("<d", struct.pack("<Q", rng.getrandbits(64)))[0])


def rounded(rng: random.Random) -> str:
    """So many places behind the point, the zeros with them."""
    return f"{rng.uniform(-30, 30):.{rng.randint(1, 20)}f}"


def significant(rng: random.Random) -> str:
    """15 to 18 digits of a double, where 15 always suffice or 17 always do."""
    return f"{rng.random() * 10.0 ** rng.randint(-5, 16):.{rng.randint(15, 18)}g}"


def neighbour(rng: random.Random) -> str:
    """One or two away in the last digit from a shortest form."""
    sign, digits, exponent = Decimal(repr(rng.random() * 10.0 ** rng.randint(-3, 15))).as_tuple()
    number = int("".join(map(str, digits))) + rng.choice((-2, -1, 1, 2))
    return f"{Decimal((sign, tuple(map(int, str(abs(number)))), exponent)):f}"


def midway(rng: random.Random) -> str:
    """Between two doubles, to so many digits: a tie, or almost."""
    below = rng.uniform(1, 2) * 2.0 ** rng.randint(-12, 50)
    tie = (Fraction(below) + Fraction(math.nextafter(below, math.inf))) / 2
    digits = Context(prec=rng.choice((15, 16, 17, 30)))
    return f"{digits.divide(Decimal(tie.numerator), Decimal(tie.denominator)):f}"


def power_of_two(rng: random.Random) -> str:
    """Below it the doubles lie closer than above it."""
    power = 2.0 ** rng.randint(-13, 53)
    number = rng.choice((power, math.nextafter(power, 0), math.nextafter(power, math.inf)))
    return rng.choice((repr(number), f"{number:.17g}", f"{number:.16g}"))


def integral(rng: random.Random) -> str:
    """A double that is an integer, up to where a float writes an exponent."""
    return f"{rng.getrandbits(rng.randint(1, 56))}.{'0' * rng.randint(1, 2)}"


def by_hand(rng: random.Random) -> str:
    """Forms that no program writes, but a server may."""
    exponent = rng.choice(("e", "E")) + rng.choice(("", "+", "-")) + str(rng.randint(0, 30))
    zeros = "0" * rng.randint(0, 6)
    return rng.choice(("", "-")) + rng.choice((
        f"{rng.randint(0, 99)}{exponent}", f"{rng.randint(0, 99)}.{rng.randint(0, 99)}{exponent}",
        f"0.{zeros}{rng.getrandbits(rng.randint(1, 60))}", f"{rng.randint(0, 99)}.50",
    ))  # fmt: skip


KINDS: tuple[Callable[[random.Random], str], ...] = (
    likely, any_double, rounded, significant, neighbour, midway, power_of_two, integral, by_hand,
)  # fmt: skip


def decimal(rng: random.Random) -> str:
    """A JSON number of one of the kinds; never an integer, never more than two exponent digits."""
    while True:
        token = rng.choice(KINDS)(rng)
        digits, _, exponent = token.lower().partition("e")
        if digits.strip("-").replace(".", "").isdigit() and "." + exponent != ".":
            if len(exponent.strip("+-")) <= 2:
                return token
        elif "." in digits:
            return token
