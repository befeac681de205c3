# Names for those who like make; nothing here but calls.
.PHONY: demo test bench

demo:
	./demo

test:
	./test

# WORKLOADS="q1 q17"  RECORDS=2000000  ROUNDS=3  ENGINES="turgo raw-copy streams"  PEERS=0
bench:
	tools/setup test
	cmake --preset release
	cmake --build --preset release --target turgo nexmark bench_digest raw_copy
	python3 bench/run.py
