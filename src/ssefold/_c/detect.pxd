# cython: language_level=3
"""How detect.py is compiled: as it stands."""
