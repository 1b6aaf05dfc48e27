# ShipOps. `make run` and `make test` need Python 3.11 or newer, make, and nothing else.
# PYTHON=python3.12 picks an interpreter, ARGS="..." goes to the program, PORT=8001 to make run.
.POSIX:
ARGS =
ONLY =
venv = .venv/bin/python
# Lint needs settings, but neither a database nor secrets.
lint_env = DEBUG=1 SECRET_KEY=lint DATABASE_URL=postgresql://lint@127.0.0.1:1/lint

help:
	@echo 'make run       start ShipOps on http://localhost:8000 (ARGS="--demo --port 8001")'
	@echo 'make test      run the tests but the slow ones (ARGS="-k triage")'
	@echo 'make test-all  run every test; make test-slow only the slow ones'
	@echo 'make lint      check style, types, import directions, templates, migrations'
	@echo 'make format    bring code into shape'
	@echo 'make bench     measure; ONLY=key measures one figure'

run: runtime
	@STOP_WITH_PARENT=1 exec $(venv) -m shipops.start $(ARGS)

browser: development
	@$(venv) -m tests.browser.chromium

test: development browser
	@$(venv) -m pytest -n auto -m "not slow" $(ARGS)

test-all: development browser
	@$(venv) -m pytest -n auto $(ARGS)

test-slow: development browser
	@$(venv) -m pytest -n auto -m slow $(ARGS)

lint: development
	@$(venv) -m ruff check .
	@$(venv) -m ruff format --check .
	@env $(lint_env) $(venv) -m mypy .
	@$(venv) -c 'from importlinter.cli import lint_imports_command as lint; lint()'
	@$(venv) -m djlint templates --lint
	@env $(lint_env) $(venv) -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run

format: development
	@$(venv) -m ruff check --fix .
	@$(venv) -m ruff format .

bench: development
	@$(venv) -m benchmarks $(ONLY) $(ARGS)

# Pins anew; one package at a time with ARGS="--upgrade-package django".
requirements: development
	@for name in requirements requirements-dev; do \
		$(venv) -m uv pip compile --quiet --universal --python-version 3.11 --no-annotate \
			--no-header $(ARGS) $$name.in -o $$name.txt || exit 1; \
	done

runtime: virtualenv
	@$(install) requirements.txt

development: virtualenv
	@$(install) requirements-dev.txt

# Installs only when the pins differ from those installed last; a stopped install leaves no mark.
install = install() { \
	mark=.venv/installed-$$1; \
	cmp -s $$1 $$mark && return; \
	echo "Installing $$1 (once) ..."; \
	rm -f .venv/installed-*; \
	$(venv) -m pip install --quiet --disable-pip-version-check -r $$1 || { \
		echo "Could not install $$1: see pip's message above, then run make again." >&2; return 1; }; \
	cp $$1 $$mark; \
}; install

# A .venv that is broken (its Python was removed, its making was stopped) is made anew.
virtualenv:
	@ok='import sys, pip; sys.exit(sys.version_info < (3, 11))'; \
	if [ -x $(venv) ] && $(venv) -c "$$ok" 2>/dev/null; then exit 0; fi; \
	found=; chosen=; \
	for name in $${PYTHON:-python3.14 python3.13 python3.12 python3.11 python3}; do \
		"$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
		found=$$name; \
		"$$name" -c 'import venv, ensurepip' 2>/dev/null && { chosen=$$name; break; }; \
	done; \
	if [ -z "$$found" ]; then \
		echo 'ShipOps needs Python 3.11 or newer, and found none: install it (Debian, Ubuntu: apt install python3 python3-venv) or name one with make run PYTHON=/path/to/python3.' >&2; exit 1; \
	elif [ -z "$$chosen" ]; then \
		echo "$$found is here without its venv module: install it (Debian, Ubuntu: apt install python3-venv), then run make again." >&2; exit 1; \
	fi; \
	echo "Making .venv with $$chosen ..."; \
	rm -rf .venv; trap 'rm -rf .venv' INT TERM HUP; \
	"$$chosen" -m venv .venv || { rm -rf .venv; \
		echo "$$chosen could not make .venv: see its message above." >&2; exit 1; }

.PHONY: help run browser test test-all test-slow lint format bench requirements runtime development virtualenv
