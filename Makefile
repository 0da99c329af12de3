PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# because each process that a test starts would compile planstore again
unexport PYTHONDONTWRITEBYTECODE
INSTALLED := $(VENV)/.installed

.PHONY: demo test check format docs report-image ui-images bench bench-large bench-panel bench-team calibrate soak crash clean

demo: $(INSTALLED)  ## real prices, measured, routed, planned and trained into demo/
	$(BIN)/planstore demo --results demo

test: $(INSTALLED)  ## the whole suite
	$(BIN)/python -m pytest -q --numprocesses auto --dist worksteal

check: $(INSTALLED)  ## format, lint, types, documentation and tests
	$(BIN)/ruff format --check src tests
	$(BIN)/ruff check src tests
	$(BIN)/mypy
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	$(BIN)/python -m pytest -q --numprocesses auto --dist worksteal

format: $(INSTALLED)  ## put the code into the house's form
	$(BIN)/ruff format src tests
	$(BIN)/ruff check --fix src tests

docs: $(INSTALLED)  ## the generated parts of the documentation, and its site
	PYTHONPATH=tests $(BIN)/python -m reference
	$(BIN)/python tests/sql_graph.py
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

report-image: $(INSTALLED)  ## the picture of the report in the documentation
	PYTHONPATH=tests $(BIN)/python -m report_image

ui-images: $(INSTALLED)  ## the pictures of the pages in the documentation
	PYTHONPATH=tests $(BIN)/python -m ui_images

bench: $(INSTALLED)  ## speed, as ratios to something run beside it
	$(BIN)/python tests/benchmarks/bench.py

bench-large: $(INSTALLED)  ## ten million pairs in one commit, against ten of a million; takes minutes
	$(BIN)/python tests/benchmarks/large_bench.py

bench-panel: $(INSTALLED)  ## panels of real size: reading, and the memory of workers; takes minutes
	$(BIN)/python tests/benchmarks/panel_bench.py

bench-team: $(INSTALLED)  ## a team store, against the same servers used barely; takes minutes
	PYTHONPATH=tests $(BIN)/python tests/benchmarks/team_bench.py

calibrate: $(INSTALLED)  ## how often p is small on noise; takes minutes
	$(BIN)/python tests/benchmarks/calibrate.py

crash: $(INSTALLED)  ## the long run: a thousand kills of real processes
	PLANSTORE_KILLS=1000 $(BIN)/python -m pytest -q tests/faults

soak: $(INSTALLED)  ## does it stay quick: latency at each decade of events
	$(BIN)/python tests/benchmarks/soak.py --long

$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "planstore needs Python 3.11 or newer; try make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	touch $@

clean:  ## remove what make made
	rm -rf $(VENV) demo demo-history site
