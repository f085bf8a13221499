"""What every test may ask for: the backends (backends.py), one after the other or at once."""

from __future__ import annotations

import pytest
from backends import BACKENDS, Backend


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> Backend:
    """Each backend in turn: StreamAccumulator, SSEDecoder, Framer, read, name."""
    return BACKENDS[request.param]


@pytest.fixture
def backends() -> list[Backend]:
    """All backends at once, for tests that compare them."""
    return list(BACKENDS.values())
