# cython: language_level=3
"""How full.py is compiled."""

from .plain cimport repair_text, text_weight, weight
from .state cimport Place, Replaced, Slots, new_place
