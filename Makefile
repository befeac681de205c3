# Names for those who like make; nothing here but calls.
.PHONY: demo test bench

demo:
	./demo

test:
	./test

# WORKLOADS="q1 q17 lifecycle"  RECORDS=2000000  ROUNDS=3  ENGINES="turgo raw-copy streams"  PEERS=0  RESUME=1: bench/README.md
bench:
	tools/setup test
	cmake --preset release
	cmake --build --preset release --target turgo nexmark bench_digest bench_probe raw_copy
	python3 bench/run.py
