"""The compiled backend: the same module names and the same answers as the pure one."""
