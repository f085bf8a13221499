"""The outcome of an event's value: the vocabulary between merge and templates.

Enters: nothing. Leaves: constants. Must not know: anything.

A plan says for each value of an event, by its path, what any later value of the
same kind at that path would do. A backend makes a template of it (build).
"""

FIXED = 0  # only the same again, without any change
DROPPED = 1  # anything: it is left out
APPENDED = 2  # any string: it is appended to the text at target[name]
EXTENDED = 3  # any list: it extends target[name]
LAST_ONE = 4  # the same again while target[name] is the same; any scalar once it changed
KEPT = 5  # the same again while target[name] is the same, and nothing else
ECHOED = 6  # the same again, counted by the Echo at target[name]
OPENED = 7  # a container: its members have outcomes of their own
LAST_MEMBER = 8  # as LAST_ONE, and charged for by its weight
ROUTED = 9  # a list: `name` is an element's routing integer; `changed`: so does an id
COUNTED = 10  # the next number of the target, a Sequence

# So many words there are.
OUTCOMES = 11
