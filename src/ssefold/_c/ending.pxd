# cython: language_level=3
"""How ending.py is compiled: what is judged once asks nothing by offset."""

from .state cimport elements, member


cpdef judge(merger, ends, int depth, bint terminated)
cpdef judge_stopped(merger, place)
