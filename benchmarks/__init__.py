"""Measurements: `OMP_NUM_THREADS=1 python -m benchmarks`."""
