# Two commands: `make demo` shows the main job, `make test` proves everything. Both do their own set-up, and again.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
# What fails beside other tests runs once more, alone, as with the --rerun of CPython's own tests: both are printed, and
# what fails twice fails. A run that broke off has nothing to repeat, which is an error (pytest's exit 5).
AGAIN  := $(BIN)/pytest --numprocesses 1 --last-failed --last-failed-no-failures none

.PHONY: demo lab test lint types unit clean

demo: $(VENV)/demo
	$(BIN)/python tools/demo.py notebooks/00_quickstart.ipynb

lab: $(VENV)/demo
	$(BIN)/jupyter lab --allow-root notebooks/00_quickstart.ipynb

test: $(VENV)/test
	tools/install_debian.sh test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest --numprocesses auto --maxprocesses 4 --dist loadfile || $(AGAIN)

lint: $(VENV)/test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/test
	$(BIN)/mypy

unit: $(VENV)/test
	$(BIN)/pytest tests/unit

$(VENV)/demo: pyproject.toml tools/install_debian.sh
	tools/install_debian.sh demo
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[lab,demo]'
	touch $@

$(VENV)/test: pyproject.toml tools/install_debian.sh tools/xterm.py
	tools/install_debian.sh test
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[test,lab,demo]'
	touch $@

clean:
	rm -rf $(VENV)
