# cython: language_level=3, boundscheck=False, wraparound=False
"""Texts from which somebody takes, event by event, while nothing but they changes.

Enters: the texts that an answer was found to have, and how much of each was given.
Leaves: the pieces that came to them since, as one string or as records.
Must not know: where in an answer texts stand, how else it may change (core.pyx and _taking.py do).

A guardrail or a user interface asks after each event of a stream. Recognised chunks change
nothing but slots: until the next event that is read for itself, an answer grows by appends
alone, and no state has to be walked to find them.
"""

from cpython.list cimport PyList_GET_ITEM, PyList_GET_SIZE
from cpython.object cimport PyTypeObject
from cpython.ref cimport Py_DECREF, Py_INCREF
from cpython.tuple cimport PyTuple_GET_ITEM, PyTuple_SET_ITEM

from ssefold.delta import Delta

from .engine.state cimport Replaced
from .text cimport Text

cdef extern from "Python.h":
    object PyType_GenericAlloc(PyTypeObject *type, Py_ssize_t items)

cdef enum:
    FIELDS = 7      # of a Delta
    TEXT_FIELD = 1
    # More texts are walked: each of them would be asked at each event.
    MOST_LEAVES = 16

cdef object RECORD = Delta


cdef class Leaf:
    """One text; see the .pxd."""


cdef class Following:
    """The texts of one reader, in the order of the answer.

    mark: while the core's is the same nothing else changed. choice: whose texts they are, where
    one choice was asked for.
    """

    cdef str text(self):
        cdef Leaf leaf = None
        cdef Leaf other
        cdef Py_ssize_t i
        cdef str piece
        for i in range(PyList_GET_SIZE(self.leaves)):
            other = <Leaf>PyList_GET_ITEM(self.leaves, i)
            if other.text.size > other.text.given[0]:
                if leaf is not None:
                    return self.texts()
                leaf = other
        if leaf is None:
            return ""
        piece = leaf.text.peek(False, 0)
        leaf.text.accept(0)
        return piece

    cdef str texts(self):
        """The same where several grew. All of it exists before any is given."""
        cdef list pieces = []
        cdef Leaf leaf
        for leaf in self.leaves:
            pieces.append(leaf.text.peek(False, 0))
        text = "".join(pieces)
        for leaf in self.leaves:
            leaf.text.accept(0)
        return text

    cdef list deltas(self):
        # Whatever the collector sees is made first: it may run any code, one that takes among it.
        # From the first text that is read until all are given nothing else runs.
        cdef Py_ssize_t grown[MOST_LEAVES]
        cdef list leaves = self.leaves
        cdef list out = [], given
        cdef Leaf leaf
        cdef Py_ssize_t count = 0, i
        cdef bint blank = False
        cdef str piece
        for i in range(PyList_GET_SIZE(leaves)):
            leaf = <Leaf>PyList_GET_ITEM(leaves, i)
            if leaf.text.size > leaf.text.given[1]:
                grown[count] = i
                count += 1
                out.append(record_of(leaf.record))
        for i in range(count):
            leaf = <Leaf>PyList_GET_ITEM(leaves, grown[i])
            piece = leaf.text.peek(False, 1)
            blank |= not piece
            put_text(<object>PyList_GET_ITEM(out, i), piece)
        given = [delta for delta in out if delta[TEXT_FIELD]] if blank else out
        for i in range(count):
            leaf = <Leaf>PyList_GET_ITEM(leaves, grown[i])
            leaf.text.accept(1)
            piece = <str>PyTuple_GET_ITEM(<object>PyList_GET_ITEM(out, i), TEXT_FIELD)
            leaf.characters += len(piece)
        return given


cdef object record_of(tuple fields):
    """A record with these fields, made without the call of its class."""
    cdef object record = PyType_GenericAlloc(<PyTypeObject *>RECORD, FIELDS)
    cdef Py_ssize_t i
    for i in range(FIELDS):
        field = <object>PyTuple_GET_ITEM(fields, i)
        Py_INCREF(field)
        PyTuple_SET_ITEM(record, i, field)
    return record


cdef void put_text(object record, str text) noexcept:
    """The text of a record that nobody has seen yet."""
    before = <object>PyTuple_GET_ITEM(record, TEXT_FIELD)
    Py_INCREF(text)
    PyTuple_SET_ITEM(record, TEXT_FIELD, text)
    Py_DECREF(before)


cdef Following nothing():
    """Of a reader that follows no text."""
    cdef Following made = Following.__new__(Following)
    made.mark = -1
    made.leaves = []
    return made


cdef class Follows:
    """The texts that both readers of an answer follow.

    reader: 0 is take_text(), 1 is take(), as in Text.take.
    """

    def __cinit__(self):
        self.texts = nothing()
        self.pieces = nothing()

    cdef int begin(self, int reader, long long mark, choice, list rows) except -1:
        """From that mark on only these texts can grow; too many of them are not followed.

        rows: (text, key, how many characters of it were given, record or None).
        """
        cdef Following made = nothing()
        cdef Leaf leaf
        if len(rows) > MOST_LEAVES:
            return 0
        for text, key, before, record in rows:
            if type(text) is Replaced:
                text = (<Replaced>text).text
            if type(text) is not Text:
                return 0  # something else that grows
            leaf = Leaf.__new__(Leaf)
            leaf.text = <Text>text
            leaf.key = key
            leaf.before = before
            leaf.record = record
            made.leaves.append(leaf)
        made.mark = mark
        made.choice = choice
        if reader:
            self.pieces = made
        else:
            self.texts = made
        return 0

    cdef int end(self, int reader, dict taken) except -1:
        """The reader walks: tell how much of these texts was given to it."""
        cdef Following known = self.pieces if reader else self.texts
        cdef Leaf leaf
        for leaf in known.leaves:
            if not reader:
                taken[leaf.key] = leaf.text.taken
            elif leaf.characters:
                taken[leaf.key] = leaf.before + leaf.characters
        known = nothing()
        if reader:
            self.pieces = known
        else:
            self.texts = known
        return 0
