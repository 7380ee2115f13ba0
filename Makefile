# Every target sets up what it needs in .venv; the plain commands stand in the README.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo serve test thorough fuzz lint openapi clean

.venv/ready: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet --editable '.[dev]'
	touch .venv/ready

demo: .venv/ready
	$(BIN)/lrs-stats demo

serve: .venv/ready
	$(BIN)/lrs-stats serve

test: .venv/ready
	$(BIN)/python -m pytest

thorough: .venv/ready
	EXAMPLES_TIMES=50 $(BIN)/python -m pytest tests/facts tests/reports

fuzz: .venv/ready
	EXAMPLES_TIMES=20 FUZZ_CASES=100000 $(BIN)/python -m pytest tests/fuzz
	EXAMPLES_TIMES=20 LEAK_CASES=100000 $(BIN)/python -m pytest tests/access/test_leaks.py tests/access/test_page_leaks.py

lint: .venv/ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

openapi: .venv/ready
	$(BIN)/lrs-stats openapi > openapi.yaml

clean:
	rm -rf .venv build dist pictures *.egg-info
