# Every target is one script, so all of them also work without make. Extra arguments: make test ARGS="--filter Stock"

.PHONY: help run test bench faults simulate sanitize fuzz nightly format generate check

## make run       build Daybook and start it with a demonstration shop
## make test      build and run every test
## make bench     measure beside the machine's limits; writes the table of docs/BENCHMARKS.md
## make faults    run the program under every fault, about two hours (root sees all of them)
## make simulate  run the shop on a simulated disk: SEEDS=1000 runs, from SEED=1 on
## make sanitize  unit tests under the thread and the address sanitizer
## make fuzz      mutated input at what reads bytes from outside, five minutes each
## make nightly   all that is too long for .ci/run: sanitize, fuzz, simulate, faults
## make format    format the Swift sources in place
## make generate  write the Swift code of proto/ again
## make check     formatting, generated code, who imports whom

help:
	@sed -n 's/^## //p' $(firstword $(MAKEFILE_LIST))

run:
	@ops/run $(ARGS)

test:
	@ops/test $(ARGS)

faults:
	@ops/faults $(ARGS)

bench:
	@ops/bench $(ARGS)

simulate:
	@ops/simulate

sanitize:
	@ops/sanitize $(ARGS)

fuzz:
	@ops/fuzz $(ARGS)

nightly:
	@ops/nightly

format:
	@ops/format

generate:
	@ops/generate

check:
	@ops/check
