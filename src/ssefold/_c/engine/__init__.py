"""The engine, compiled: a `.pxd` for each module of `ssefold/engine` says with which types."""
