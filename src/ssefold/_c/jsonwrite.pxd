# cython: language_level=3
"""The contract of jsonwrite.pyx: plain values as compact JSON."""

cpdef bytes write(value)
