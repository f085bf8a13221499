"""The fast path of the compiled backend: what is like something seen before is not read again."""
