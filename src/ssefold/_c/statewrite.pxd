# cython: language_level=3
"""The contract of statewrite.pyx: the JSON of a state."""

cpdef bytes write_state(state)
