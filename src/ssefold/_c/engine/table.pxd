# cython: language_level=3
"""How table.py is compiled: the nodes' attributes by offset."""

from .rows cimport CallsRow, Ends, Names, PartsRow, ReadRow


cdef class Node:
    cdef readonly int op
    cdef readonly str name
    cdef readonly bint named
    cdef readonly bint absent
    cdef readonly bint empty
    cdef readonly object default
    cdef readonly bint has_default
    cdef readonly str without
    cdef readonly Py_ssize_t cut
    cdef public tuple given
    cdef readonly bint delta
    cdef readonly tuple alike
    cdef readonly dict alike_names
    cdef readonly bint only_text
    cdef readonly dict options
    cdef readonly bint json
    cdef readonly str until
    cdef readonly object rank
    cdef readonly str to
    cdef readonly str sibling
    cdef readonly str limit
    cdef readonly bint by_place
    cdef readonly tuple keys
    cdef readonly str needs
    cdef readonly CallsRow calls
    cdef readonly PartsRow parts
    cdef readonly dict texts
    cdef readonly tuple last_words
    cdef readonly tuple default_with
    cdef readonly dict children
    cdef public Node rest
    cdef public Node item
    cdef readonly dict givers
    cdef readonly tuple order
    cdef readonly tuple always
    cdef readonly tuple early
    cdef public bint is_early
    cdef public bint crowded
    cdef readonly str by
    cdef public tuple sign


cdef class Table:
    cdef readonly str name
    cdef readonly object kind
    cdef readonly dict lists
    cdef readonly dict made
    cdef readonly frozenset hints
    cdef readonly dict events
    cdef readonly tuple patterns
    cdef readonly object sequence
    cdef readonly Names names
    cdef readonly ReadRow read
    cdef readonly object finished
    cdef readonly tuple terminator
    cdef readonly frozenset telling
    cdef readonly tuple errors
    cdef readonly tuple error_tree
    cdef readonly Ends ends
    cdef readonly object own
    cdef readonly bint judged
    cdef readonly Node root
    cdef readonly tuple text_rules
    cdef readonly tuple text_steps
    cdef readonly object text_leaf
    cdef readonly object part_texts
    cdef readonly object last_words
    cdef readonly tuple second_ids
