"""Benchmarks: ours beside a peer in the same run, with the answer asserted. docs/howto/benchmarks.md."""
