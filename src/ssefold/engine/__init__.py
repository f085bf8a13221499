"""The engine: written once for both backends, from the events to the answer.

Start with stream.py: each event of a stream enters there. The names say the rest:

- `stream*`: what an event, a body or a stray line is, and how the stream stands.
- `field_*`: dialects whose events merge by their fields.
- `event_*`: dialects whose events say what they do.
- `lookup_*`: which element of the answer is meant.
- all else: what these share (the table of a dialect, the answer, the account, the plan).
"""
