# Front door. `make` names the targets; each installs what it needs, if something is missing.

.DEFAULT_GOAL := help
.PHONY: help build demo check coverage bench fuzz fuzz-long soak dist man format clean

PROGRAM := build/release/airpicture

help:
	@echo "make demo       a simulated air picture on a page of its own (Ctrl-C ends it)"
	@echo "make build      the program: $(PROGRAM)"
	@echo "make check      build and test everything"
	@echo "make coverage   lines and branches that the unit tests run, per folder"
	@echo "make bench      benchmarks"
	@echo "make fuzz       fuzz every reader, a minute each (fuzz-long: an hour each);"
	@echo "                TARGETS=\"asterix asterix_stream\" these alone, FUZZ_S=seconds each"
	@echo "make soak       the program under load for an hour (SOAK_S=seconds)"
	@echo "make dist       the source with the page built: it needs no node"
	@echo "make man        manual pages and tables of keys from the program itself"
	@echo "make format     clang-format"
	@echo "make clean      remove build/"

build:
	@tools/install-deps build
	@tools/install-page
	@[ -f build/release/build.ninja ] || cmake --preset release
	@ninja -C build/release airpicture page

# In a terminal the page, until Ctrl-C, wherever its log goes; else one simulated run with its
# errors against the truth.
demo: build
	@if [ -t 1 ]; then $(PROGRAM) run --open --at-end stay; else $(PROGRAM) demo -o airpicture-demo; fi

check:
	@tools/install-deps build check
	@tools/install-page
	@tools/check

coverage:
	@tools/install-deps build check
	@tools/coverage

bench:
	@tools/install-deps build check
	@tools/install-page
	@tools/bench

fuzz: FUZZ_S := 60
fuzz-long: FUZZ_S := 3600
fuzz fuzz-long:
	@tools/install-deps build check
	@tools/check --fuzz-seconds $(FUZZ_S) --fuzz-targets $(TARGETS)

SOAK_S ?= 3600
soak:
	@tools/install-deps build check
	@tools/soak $(SOAK_S)

dist: build
	@tools/dist build

man: build
	@mkdir -p doc/man
	@$(PROGRAM) help --man > doc/man/airpicture.1
	@for command in replay run check token decode convert track simulate evaluate compare export \
	    why demo help; do \
	    $(PROGRAM) help --man $$command > doc/man/airpicture-$$command.1 || exit 1; \
	done
	@sed '/^<!-- keys/q' doc/scenarios.md > build/scenarios.md
	@$(PROGRAM) simulate --keys >> build/scenarios.md
	@mv build/scenarios.md doc/scenarios.md
	@sed '/^<!-- keys/q' doc/run.md > build/run.md
	@$(PROGRAM) check --keys >> build/run.md
	@mv build/run.md doc/run.md

format:
	@tools/install-deps style
	@git ls-files '*.c' '*.h' | grep -v '/gen/' | grep -v '^include/airpicture/asterix/' | \
	    xargs clang-format-14 -i

clean:
	rm -rf build
