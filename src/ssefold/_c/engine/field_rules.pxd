# cython: language_level=3
"""How field_rules.py is compiled: each rule as a C function, with the same parameters."""

cimport cython

from .field_candidates cimport add_candidate_parts
from .field_parts cimport add_part, add_parts, add_text_part, keep_text, open_content
from .field_unknown cimport any_field, fragment_field, member_field, merge_keys
from .jsonvalue cimport is_open, same, text_weight
from .ledger cimport Ledger
from .plan cimport path_of
from .state cimport Echo, Elements, Parts, Place
from .table cimport Node

# Assigned by the imports of outcomes.py and field_spec.py: comparisons of C integers.
cdef int APPENDED, DROPPED, EXTENDED, FIXED, KEPT, LAST_ONE, OPENED
cdef int FINISH, LAST, LAST_FILLED
# Assigned by field_rules.py.
cdef int LONGEST_GIVEN


cpdef null_field(Ledger ledger, Place place, str key, Node node, tuple at)
cpdef tell_sign(Ledger ledger, Node node, value)
cpdef check_finished(Ledger ledger, Place place, tuple at, str key, str kind)

cpdef drop_field(Ledger ledger, Place place, str key, Node node, value, tuple at)
cpdef first_field(Ledger ledger, Place place, str key, Node node, value, tuple at)
cpdef last_field(Ledger ledger, Place place, str key, Node node, value, tuple at)
cpdef append_field(Ledger ledger, Place place, str key, Node node, value, tuple at)
cdef odd_text(Ledger ledger, Place place, str key, Node node, value, tuple at)
cpdef name_field(Ledger ledger, Place place, str key, Node node, value, tuple at)
cpdef content_field(Ledger ledger, Place place, str key, Node node, value, tuple at)
cpdef any_delta_field(Ledger ledger, Place place, str key, Node node, value, tuple at)

# Those of RARE.
cpdef snapshot_field(Ledger ledger, Place place, str key, Node node, value, tuple at)
cpdef member_of_any_type(Ledger ledger, Place place, str key, Node node, value, tuple at)
cpdef extend_field(Ledger ledger, Place place, str key, Node node, value, tuple at)
cpdef extend_any_field(Ledger ledger, Place place, str key, Node node, value, tuple at)
cpdef per_key_field(Ledger ledger, Place place, str key, Node node, value, tuple at)
cpdef keys_into(Ledger ledger, Place place, str name, value, tuple at, str key)
cpdef parts_field(Ledger ledger, Place place, str key, Node node, value, tuple at)

cdef bint _has_text(dict values, str key) except -1
cdef str _without(str text, Node node)
cdef bint _is_empty(value) except -1
