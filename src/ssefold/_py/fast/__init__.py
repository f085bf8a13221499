"""The fast path of the pure backend: what is like something seen before is not read again."""
