"""Judges any implementation by the corpus, through a small contract of its command line.

`python -m conformance -- COMMAND` runs COMMAND over tests/corpus; README.md has the contract.
Standard library alone, and nothing of ssefold: what is judged is a program.
"""
