"""The version, written once: packaging reads it from here, `ssefold.__version__` shows it."""

__version__ = "0.1.0"
