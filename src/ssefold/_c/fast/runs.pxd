# cython: language_level=3
"""The contract of fast/runs.pyx: how many bytes of frames like one template were folded."""

from .build cimport Template
from .slots cimport Cells
from ..engine.stream cimport Stream

# Neither raises: where memory is short it ends before the frame that asked for it.

# For a template whose `text_slot` is not -1. `most` bounds a frame.
cdef Py_ssize_t run_text(
    Template template, Stream stream, const unsigned char *p, Py_ssize_t size, Py_ssize_t most
) noexcept
# For one that is `steady`.
cdef Py_ssize_t run_steady(
    Template template, Cells cells, const unsigned char *p, Py_ssize_t size, Py_ssize_t most
) noexcept
