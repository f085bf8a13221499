# cython: language_level=3
"""Write the state of an answer as JSON, without making the answer.

Enters: a state (state.py), while it grows or at its end.
Leaves: the bytes of jsonwrite.write(state.read(state)); or None where only these functions can
tell: an unpaired surrogate, say. One place of the program replaces those.
Must not know: events, dialects.

Texts stand there as JSON already. The words of state.py about reading each class hold for this
module as well: the parity test compares them after each read.
"""

from cpython.dict cimport PyDict_GetItemWithError, PyDict_Next
from cpython.list cimport PyList_GET_ITEM, PyList_GET_SIZE
from cpython.object cimport PyObject

from .jsonscan cimport SCAN_SURROGATE
from .jsonwrite cimport (
    Writer,
    begin,
    drop,
    finish,
    put,
    put_body,
    put_byte,
    put_string,
    put_value,
    reserve,
)
from .engine.jsonvalue cimport copy
from .engine.lookup_calls cimport Calls
from .engine.state cimport (
    Echo,
    Elements,
    Entries,
    Grown,
    JSONText,
    Keyed,
    Parts,
    Place,
    Replaced,
    Hinted,
    elements,
)
from .engine.state import default_of
from .engine.table cimport Node
from .text cimport Text
from .engine.field_written cimport Written

cdef extern from "Python.h":
    char *PyByteArray_AS_STRING(object data)


class Unusual(Exception):
    """A value that only a reading of the state tells."""


cpdef bytes write_state(state):
    """The JSON text of the read `state`, or None."""
    cdef Writer w
    begin(&w)
    try:
        put_state(&w, state)
        return finish(&w)
    except Unusual:
        pass
    finally:
        drop(&w)
    return None


cdef int put_state(Writer *w, state) except -1:
    kind = type(state)
    if kind is str or state is None or kind is int or kind is float or kind is bool:
        return put_value(w, state)
    if kind is Text:
        return put_text(w, <Text>state)
    if kind is Place:
        return put_place(w, <Place>state)
    if kind is dict:
        return put_members(w, <dict>state, None, c'{')
    if kind is list or kind is Grown or isinstance(state, (dict, list)):
        return put_value(w, copy((<Grown>state).items if kind is Grown else state))
    if kind is Elements:
        return put_elements(w, <Elements>state)
    if kind is Entries or kind is Calls or kind is Parts or kind is Hinted or kind is Keyed:
        return put_states(w, elements(state))
    if kind is Echo:
        return put_string(w, (<Echo>state).text)
    if kind is JSONText:
        return put_json_text(w, <JSONText>state)
    if kind is Replaced:
        return put_state(w, (<Replaced>state).value)
    if kind is Written:
        return put_state(w, (<Written>state).values)
    raise Unusual


cdef int put_text(Writer *w, Text text) except -1:
    cdef int flags = 0
    reserve(w, text.size + 2)
    put_byte(w, c'"')
    if text.escaped:
        put_body(w, text.buf, text.size, &flags)
        if flags & SCAN_SURROGATE:
            raise Unusual
    elif text.size:
        put(w, text.buf, text.size)
    return put_byte(w, c'"')


cdef int put_place(Writer *w, Place place) except -1:
    """An object: ordered keys first, then the rest as first seen."""
    cdef dict values = place.values
    cdef Node node = place.node
    cdef Py_ssize_t met = 0
    cdef unsigned char before = c'{'
    cdef PyObject *found
    if node is None:
        return put_members(w, values, None, before)
    for key in node.order:
        found = PyDict_GetItemWithError(values, key)
        if found != NULL:
            met += 1
            put_member(w, before, key, <object>found)
        elif key in node.always:
            put_member(w, before, key, default_of(node, key, values))
        else:
            continue
        before = c','
    if met < len(values):
        return put_members(w, values, node.order, before)
    if before == c'{':
        put_byte(w, c'{')
    return put_byte(w, c'}')


cdef int put_members(Writer *w, dict values, tuple known, unsigned char before) except -1:
    """All members but the known ones, and the brace behind them."""
    cdef Py_ssize_t pos = 0, size = len(values)
    cdef PyObject *key
    cdef PyObject *below
    while PyDict_Next(values, &pos, &key, &below):
        name = <object>key
        state = <object>below
        if known is None or name not in known:
            put_member(w, before, name, state)
            before = c','
        if len(values) != size:
            raise Unusual  # another thread is feeding
    if before == c'{':
        put_byte(w, c'{')
    return put_byte(w, c'}')


cdef inline int put_member(Writer *w, unsigned char before, str key, state) except -1:
    put_byte(w, before)
    put_string(w, key)
    put_byte(w, c':')
    return put_state(w, state)


cdef int put_states(Writer *w, list states) except -1:
    """A list of states of its own."""
    cdef Py_ssize_t i
    put_byte(w, c'[')
    for i in range(PyList_GET_SIZE(states)):
        if i:
            put_byte(w, c',')
        put_state(w, <object>PyList_GET_ITEM(states, i))
    return put_byte(w, c']')


cdef int put_elements(Writer *w, Elements elements) except -1:
    """Waiting elements stand there as JSON writes them, a comma behind each (fast/slots.pyx)."""
    cdef bytearray waiting = elements.waiting
    cdef list items = elements.items
    cdef Py_ssize_t size = 0 if waiting is None else len(waiting), count = len(items)
    if size == 0:
        return put_value(w, items)
    if count == 0:
        put_byte(w, c'[')
    else:
        put_value(w, items)
        if len(waiting) != size or len(items) != count:
            raise Unusual  # another thread is feeding
        w.buf[w.size - 1] = c','  # in the place of the bracket
    put(w, PyByteArray_AS_STRING(waiting), size)
    w.buf[w.size - 1] = c']'
    return 0


cdef int put_json_text(Writer *w, JSONText json_text) except -1:
    if not json_text.text:
        return put_state(w, json_text.start)
    if json_text.settled:
        return put_value(w, copy(json_text.value))
    whole, value = json_text.parse(json_text.text.get())
    return put_value(w, value) if whole else put_state(w, json_text.text)
