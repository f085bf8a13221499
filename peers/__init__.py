"""What ssefold is compared with: libraries and merges by hand, each as its documentation shows it.

One module each, for both who ask. benchmarks/ times its rows (rows.py), with reads that go in where
a transport would hand them over. conformance/ judges it as a program (programs.py), at the
loopback, by the contract that serve.py speaks.
"""
