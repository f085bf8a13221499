# What people run; `make help` lists it. Nothing leaves this folder: the environment is $(VENV).
#
# Settings, after `make TARGET` or in the environment:
#   PYTHON=python3.12          the interpreter that makes $(VENV); another one makes it anew
#   SSEFOLD_NO_EXTENSIONS=1    the pure backend alone, no C compiler needed
#   SSEFOLD_SCALAR=1           compiled without vectors, as for machines without SSE2 and NEON
#   SSEFOLD_SANITIZE=1         compiled with the address and undefined-behaviour sanitizers
#   SSEFOLD_COVERAGE=1         compiled with line tracing; `make test` then reports coverage
#   JOBS=4                     so many processes share the tests, not one for each core; 0: pytest
#                              runs them itself, as a debugger wants it
#   ARGS="..."                 more arguments for pytest (test, test-all, bench), the fuzzer,
#                              bench-report ("--quick --only text,tools") and bench-instructions
#                              ("--record")

PYTHON ?= python3
VENV ?= .venv
ARGS ?=
JOBS ?= logical
PY := $(VENV)/bin/python

# A switch is on unless it is unset, empty or 0; setup.py reads the same ones.
on = $(filter-out 0,$(SSEFOLD_$(1)))
export SSEFOLD_NO_EXTENSIONS SSEFOLD_SCALAR SSEFOLD_SANITIZE SSEFOLD_COVERAGE

# What the installed extension was made from: all of _c/, and the modules that are written once
# for both backends, engine/NAME.py with a _c/engine/NAME.pxd.
PXD := $(wildcard src/ssefold/_c/*.pxd src/ssefold/_c/*/*.pxd)
ENGINE := $(wildcard $(PXD:src/ssefold/_c/engine/%.pxd=src/ssefold/engine/%.py))
SOURCES := pyproject.toml setup.py src/ssefold/_version.py $(PXD) $(filter %.py,$(ENGINE)) \
	$(foreach suffix,pyx py h,$(wildcard src/ssefold/_c/*.$(suffix) src/ssefold/_c/*/*.$(suffix)))

# Stamps, all inside $(VENV). Their names carry the settings, so that a changed one works anew.
MODE := $(if $(call on,NO_EXTENSIONS),python,c)$(if $(call on,SCALAR),-scalar)$(if $(call on,SANITIZE),-sanitize)$(if $(call on,COVERAGE),-coverage)
ENVIRONMENT := $(VENV)/.made-by-$(subst /,_,$(PYTHON))
INSTALLED := $(VENV)/.installed-$(MODE)
EXTRA := $(VENV)/.extra-
LITELLM := $(VENV)/.tried-litellm
CORPUS_PEERS := $(VENV)/.tried-corpus-peers
PRODUCTS = src/ssefold/engine/*.c \
	$(foreach suffix,c so pyd,src/ssefold/_c/*.$(suffix) src/ssefold/_c/*/*.$(suffix))

# How pytest is started. Sanitizers must be loaded before the interpreter's own memory functions,
# see each block only where it comes from malloc, and end the process with a report on stderr,
# which pytest must not hold back.
SANITIZED = LD_PRELOAD="$$($${CC:-cc} -print-file-name=libasan.so)" \
	ASAN_OPTIONS=detect_leaks=0 PYTHONMALLOC=malloc
RUN = $(if $(call on,SANITIZE),$(SANITIZED)) $(PY) $(if $(call on,COVERAGE),-m coverage run) \
	-m pytest $(if $(call on,SANITIZE),--capture=sys) $(SPREAD)

# The headers as compilers see them, with vectors or, by one word more, without. What clang-tidy
# counts in the system's headers is of no use to anybody: it is heard only where it fails.
HEADERS := $(wildcard src/ssefold/_c/include/*.h)
PYTHON_H = $$($(PY) -c 'import sysconfig; print(sysconfig.get_path("include"))')
tidy = @said=$$(clang-tidy --quiet $(HEADERS) -- -x c -std=c11 -isystem "$(PYTHON_H)" $(1) 2>&1) \
	|| { echo "$$said"; exit 1; }

# The tests are shared by as many processes as there are cores: whoever has nothing left takes of
# another's. Coverage is counted in one.
SPREAD = $(if $(call on,COVERAGE),,-n $(JOBS) --maxprocesses=8 --dist=worksteal)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test test-all lint types bench bench-report bench-instructions corpus corpus-table fuzz clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' Makefile

# A heading, the fold, and whether it ended as announced: file, expected exit code, what it means.
define show
	@printf '\n== %s\n' "$(1)"; code=0; $(PY) -m ssefold fold --pretty "$(1)" || code=$$?; \
	if [ $$code -ne $(2) ]; then echo "exit code $$code, expected $(2)" >&2; exit 1; fi; \
	printf -- '-- exit code %s, as expected: %s\n' "$$code" "$(3)"
endef

demo: $(INSTALLED) ## fold two recorded streams: one whole, one damaged
	$(call show,examples/chat-text.sse,0,the stream is complete)
	$(call show,examples/chat-function-call.sse,5,this stream is damaged; above are its faults and what could be saved)

test: MARKED := -m "not campaign and not long"
test: test-all ## run the tests, on both backends; about 3 minutes on two cores
test-all: $(INSTALLED) $(EXTRA)test $(if $(call on,COVERAGE),$(EXTRA)dev) ## the same with more cuts, seeds and failing allocations: what .ci/run asks
	$(RUN) $(MARKED) $(ARGS)
	$(if $(call on,COVERAGE),$(PY) -m coverage report)

lint: $(EXTRA)dev ## ruff; clang-format and, where it is installed, clang-tidy over the headers
	$(PY) -m ruff check .
	$(VENV)/bin/clang-format --dry-run --Werror $(HEADERS) $(wildcard tests/c/*.[ch])
	$(if $(shell command -v clang-tidy),$(call tidy,),@echo "no clang-tidy here: left out")
	$(if $(shell command -v clang-tidy),$(call tidy,-DSSEFOLD_SCALAR))

types: $(EXTRA)test $(EXTRA)dev ## mypy, strict
	$(PY) -m mypy

bench: $(INSTALLED) $(EXTRA)bench ## run the benchmarks
	$(PY) -m pytest benchmarks -o python_files='bench_*.py' $(ARGS)

bench-report: $(INSTALLED) $(EXTRA)bench $(LITELLM) ## everything in one run: RESULTS.md, the picture, the README's figures
	$(PY) -m benchmarks.report $(ARGS)

bench-instructions: $(INSTALLED) $(EXTRA)bench ## instructions per event under callgrind, beside those recorded last
	$(PY) -m benchmarks.instructions $(ARGS)

corpus: $(INSTALLED) ## judge both backends by the corpus, as programs; another one: ARGS="-- COMMAND"
	$(if $(ARGS),$(PY) -m conformance $(ARGS),$(PY) -m conformance -- $(PY) -m peers.ours \
		$(if $(call on,NO_EXTENSIONS),python,c) && $(PY) -m conformance -- $(PY) -m peers.ours python)

corpus-table: $(INSTALLED) $(CORPUS_PEERS) ## what other libraries make of the corpus: docs/corpus-peers.md
	$(PY) -m conformance.table $(ARGS)

fuzz: $(INSTALLED) $(EXTRA)test ## feed both backends with mutated streams for a while
	$(PY) -m tests.fuzz $(ARGS)

clean: ## remove the environment, build products and caches
	rm -rf $(VENV) build dist *.egg-info src/*.egg-info $(PRODUCTS)
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .benchmarks .coverage htmlcov
	find .ci benchmarks conformance peers src tests -name __pycache__ -type d -prune -exec rm -rf {} +

# Set-up -------------------------------------------------------------------------------------

$(ENVIRONMENT):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { \
		echo "ssefold needs Python 3.10 or newer; '$(PYTHON)' is: $$($(PYTHON) --version 2>&1)" >&2; \
		echo "Name another one: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	@touch $@

# The compiler that the build will call: $CC, else the one that Python was built with.
define require_compiler
	@cc=$${CC:-$$($(PY) -c 'import sysconfig; print(sysconfig.get_config_var("CC") or "cc")')}; \
	command -v $${cc%% *} > /dev/null || { \
		echo "The compiled backend needs a C compiler, and '$${cc%% *}' was not found. Either install one:" >&2; \
		echo "  Debian, Ubuntu   apt install build-essential python3-dev" >&2; \
		echo "  Fedora, RHEL     dnf install gcc python3-devel" >&2; \
		echo "  macOS            xcode-select --install" >&2; \
		echo "(one that has another name: make $(MAKECMDGOALS) CC=clang)" >&2; \
		echo "or use the pure backend: make $(MAKECMDGOALS) SSEFOLD_NO_EXTENSIONS=1" >&2; exit 1; }
endef

# What an earlier build left must not be imported instead: a renamed module, another mode.
$(INSTALLED): $(ENVIRONMENT) $(SOURCES)
	$(if $(call on,NO_EXTENSIONS),,$(require_compiler))
	rm -f $(VENV)/.installed-* $(PRODUCTS)
	$(PY) -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

# The project is installed already, so this fetches what the extra names and builds nothing.
$(EXTRA)%: pyproject.toml | $(INSTALLED)
	$(PY) -m pip install --quiet --disable-pip-version-check 'ssefold[$*]'
	@touch $@

# Asked for once: where it does not install, the report says so and goes on without it. It wants
# an older openai than the one measured here, and works with that one too: put back afterwards.
$(LITELLM): pyproject.toml | $(INSTALLED)
	-$(PY) -m pip install --quiet --disable-pip-version-check 'ssefold[bench-litellm]'
	-$(PY) -m pip install --quiet --disable-pip-version-check 'ssefold[bench]'
	@touch $@

# The peers of the corpus; litellm first, since the others must have their own openai, as above.
# Where they do not install together, each is tried alone: the table lists what is missing.
EACH_PEER = import importlib.metadata as m; \
	print(*(r.split(";")[0].strip() for r in m.requires("ssefold") if "corpus-peers" in r))
$(CORPUS_PEERS): pyproject.toml | $(INSTALLED)
	-$(PY) -m pip install --quiet --disable-pip-version-check 'ssefold[bench-litellm]'
	-$(PY) -m pip install --quiet --disable-pip-version-check 'ssefold[corpus-peers]' || \
		for peer in $$($(PY) -c '$(EACH_PEER)'); do \
			$(PY) -m pip install --quiet --disable-pip-version-check "$$peer"; done
	@touch $@
