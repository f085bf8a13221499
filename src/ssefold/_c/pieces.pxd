# cython: language_level=3
"""Bytes of a block that may lie in the caller's buffer, or in ours.

Enters: where bytes lie; what is to be kept of them.
Leaves: where they lie now.
Must not know: lines, fields, what the bytes mean.

An open stream has eight of them, nearly always with nothing of their own.
"""

from cpython.bytes cimport PyBytes_FromStringAndSize
from cpython.mem cimport PyMem_Free, PyMem_Realloc
from libc.string cimport memcpy

cdef enum:
    KEEP_ROOM = 1024            # buffers larger than this are freed after use


# In the caller's buffer where `ptr` is not `mem`.
cdef struct Piece:
    const unsigned char *ptr
    Py_ssize_t size
    unsigned char *mem          # own memory, or NULL; its size stands before it


cdef inline Py_ssize_t *piece_block(Piece *piece) noexcept nogil:
    """Where its own memory begins: with its size."""
    return NULL if piece.mem == NULL else <Py_ssize_t *>piece.mem - 1


cdef inline Py_ssize_t piece_room(Piece *piece) noexcept nogil:
    return 0 if piece.mem == NULL else piece_block(piece)[0]


cdef inline void piece_free(Piece *piece) noexcept:
    PyMem_Free(piece_block(piece))
    piece.mem = NULL
    piece.ptr = NULL
    piece.size = 0


cdef inline int piece_reserve(Piece *piece, Py_ssize_t size) except -2:
    """Make `mem` hold `size` bytes; it grows by half, so appending is linear."""
    cdef Py_ssize_t room = piece_room(piece)
    cdef Py_ssize_t *block
    if size <= room:
        return 0
    room += room // 2
    if room < size:
        room = size if size > 64 else 64
    block = <Py_ssize_t *>PyMem_Realloc(piece_block(piece), sizeof(Py_ssize_t) + room)
    if block == NULL:
        raise MemoryError()
    block[0] = room
    if piece.ptr == piece.mem:
        piece.ptr = <unsigned char *>(block + 1)
    piece.mem = <unsigned char *>(block + 1)
    return 0


cdef inline int piece_own(Piece *piece) except -2:
    """Bring the bytes into our own memory: the caller's buffer is going away."""
    if piece.ptr == piece.mem:
        return 0
    if piece.size:
        piece_reserve(piece, piece.size)
        memcpy(piece.mem, piece.ptr, piece.size)
    piece.ptr = piece.mem
    return 0


cdef inline int piece_append(Piece *piece, const unsigned char *p, Py_ssize_t n) except -2:
    if n <= 0:
        return 0
    piece_own(piece)
    piece_reserve(piece, piece.size + n)
    memcpy(piece.mem + piece.size, p, n)
    piece.size += n
    return 0


cdef inline void piece_borrow(Piece *piece, const unsigned char *p, Py_ssize_t n) noexcept nogil:
    piece.ptr = p
    piece.size = n


cdef inline void piece_drop(Piece *piece) noexcept:
    """Forget the bytes; a buffer that one large event left behind is freed."""
    piece.size = 0
    if piece.mem != NULL and piece_room(piece) > KEEP_ROOM:
        piece_free(piece)
    piece.ptr = piece.mem


cdef inline bytes piece_bytes(Piece *piece):
    return PyBytes_FromStringAndSize(<const char *>piece.ptr, piece.size)
