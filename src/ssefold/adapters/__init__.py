"""Taps for the libraries that streams come through: one module, one library.

Enters: another library's response, stream or application.
Leaves: the same bytes, while an accumulator listens.
Must not know: anything of this package but its public names. The libraries are known
by their shape alone; none is imported.
"""
