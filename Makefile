# make run    start the app          make test   all tests, in a real browser too
# make check  what a change must pass: format, lint, types, tests

VENV = .venv/bin

.PHONY: run test check lint format clean

run:
	@scripts/setup.sh requirements.txt
	$(VENV)/python -m streamlit run streamlit_app.py

test:
	@scripts/setup.sh requirements-dev.txt
	$(VENV)/python -m pytest -n auto --dist loadfile

lint:
	@scripts/setup.sh requirements-dev.txt
	$(VENV)/ruff format --check
	$(VENV)/ruff check
	$(VENV)/mypy

check: lint test

format:
	@scripts/setup.sh requirements-dev.txt
	$(VENV)/ruff format
	$(VENV)/ruff check --fix

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis
