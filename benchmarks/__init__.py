"""Benchmarks: named traffic, what people would use instead, and what it costs.

python -m benchmarks.report          everything in one run: RESULTS.md, results.json, docs/bench.svg
python -m benchmarks.instructions    instructions per event, under callgrind
pytest benchmarks -o python_files='bench_*.py'    the same rows through pytest-benchmark
"""
