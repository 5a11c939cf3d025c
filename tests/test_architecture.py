"""The house plan as a test: who may import whom, and what may appear where."""

import ast
import importlib
import inspect
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MODULES = sorted((ROOT / "clv").rglob("*.py"))
PAGES = sorted((ROOT / "pages").glob("*.py"))
LAUNCHER = ROOT / "streamlit_app.py"

# Row of each place; a module imports only from rows above its own (a smaller number), or
# from its own place.
ROWS = {
    "errors": 0,
    "shapes": 0,
    "schema": 1,
    "settings": 1,
    "engine": 2,
    "intake": 3,
    "summary": 4,
    "models": 5,
    "formula": 6,
    "valuation": 6,
    "validation": 7,
    "insights": 7,
    "analysis": 8,
    "charts": 9,
    "exports": 9,
    "report": 9,
    "html_report": 9,
    "audiences": 9,
    "store": 9,
    "api": 10,
    "ui": 10,
    "__main__": 10,
    "cltv_model": 10,
    "__init__": 11,
}
# Rows in which a package may be imported; packages not named here may be imported nowhere.
THIRD_PARTY = {
    "ibis": {2, 3, 4, 6, 7},
    "duckdb": {2, 3},
    "pyarrow": {3, 9},
    "python_calamine": {3},
    "charset_normalizer": {3},
    "dateutil": {3},
    "rapidfuzz": {3},
    "numpy": {3, 5, 6, 7, 8, 9, 10},
    "pandas": {3, 4, 5, 6, 7, 8, 9, 10},
    "scipy": {5, 6, 7},
    "sklearn": {7},
    "lifetimes": {7},
    "altair": {9},
    "xlsxwriter": {9},
    "vl_convert": {9},
    "streamlit": {10},
    "starlette": {10},
    "sqlalchemy": {9},
    "fastapi": {10},
    "fastapi_offline": {10},
    "pydantic": {10},
    "sqlglot": {3},
    "psycopg": {3},
}
OPTIONAL = {"psycopg"}  # for those who read from PostgreSQL; a refusal says so where it is missing
STANDARD = {*sys.stdlib_module_names, "_typeshed"}  # the second for type checkers only
ONLY_IN = {
    "altair": "charts",
    "vl_convert": "charts",
    "sklearn": "insights",
    "sqlalchemy": "store",
    "starlette": "api",
    "fastapi": "api",
    "fastapi_offline": "api",
    "pydantic": "api",
    "streamlit": "ui",
    "xlsxwriter": "exports",
}


def place(path: Path) -> str:
    """The name in ROWS of a module's place in the package."""
    first = path.relative_to(ROOT / "clv").parts[0]
    return first.removesuffix(".py")


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, wherever in the file, as a dotted name."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def label(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_every_module_has_a_row() -> None:
    assert {place(path) for path in MODULES} <= set(ROWS)


@pytest.mark.parametrize("path", MODULES, ids=label)
def test_a_module_imports_only_from_rows_above_its_own(path: Path) -> None:
    own = place(path)
    for name in imports(path):
        package, _, rest = name.partition(".")
        target = rest.partition(".")[0]
        if package == "clv" and target in ROWS and target != own:
            assert ROWS[target] < ROWS[own], f"{label(path)} imports {name}"


@pytest.mark.parametrize("path", MODULES, ids=label)
def test_third_party_packages_stay_in_their_rows(path: Path) -> None:
    own = place(path)
    for name in imports(path):
        package = name.partition(".")[0]
        if package in {"clv", *STANDARD}:
            continue
        assert ROWS[own] in THIRD_PARTY.get(package, ()), f"{label(path)} imports {package}"
        assert ONLY_IN.get(package, own) == own, f"{label(path)} imports {package}"


@pytest.mark.parametrize("path", MODULES, ids=label)
def test_files_are_short(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 400


def test_no_module_beside_the_script_hides_one_of_the_standard_library() -> None:
    # Streamlit puts the script's folder first on sys.path.
    names = {path.stem for path in (ROOT / "clv" / "ui").iterdir()}
    assert not names & set(sys.stdlib_module_names)


def test_nothing_is_called_utils_helpers_or_common() -> None:
    vague = {"utils", "util", "helpers", "helper", "common", "misc"}
    assert not [path for path in MODULES if vague & {path.stem, *path.parts}]


@pytest.mark.parametrize("path", PAGES, ids=label)
def test_a_page_is_inputs_one_call_and_output(path: Path) -> None:
    source = path.read_text()
    assert len(source.splitlines()) < 100
    for forbidden in ("groupby", "group_by", "alt.", "SELECT ", "raw_sql", ".sql("):
        assert forbidden not in source, f"{forbidden} in {label(path)}"
    packages = {name.partition(".")[0] for name in imports(path)}
    assert packages <= {"streamlit", "clv", *STANDARD}


@pytest.mark.parametrize("path", [*MODULES, *PAGES], ids=label)
def test_pages_are_linked_and_not_switched_to(path: Path) -> None:
    # st.switch_page clears the query, which Streamlit refuses while controls are bound to it.
    assert "switch_page(" not in path.read_text()


@pytest.mark.parametrize("path", [*MODULES, *PAGES], ids=label)
def test_what_can_be_downloaded_passes_by_the_permission_of_a_link(path: Path) -> None:
    if path.name != "downloads.py":
        assert "st.download_button(" not in path.read_text()


def test_the_launcher_only_launches() -> None:
    assert {name.partition(".")[0] for name in imports(LAUNCHER)} <= {"clv", "streamlit", "pathlib"}
    assert not (ROOT / "clv" / "ui" / "pages").exists()


@pytest.mark.parametrize("path", [*MODULES, *PAGES, LAUNCHER], ids=label)
def test_nothing_unpickles_evaluates_or_trusts_html(path: Path) -> None:
    tree = ast.parse(path.read_text())
    called = {
        node.func.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    keywords = {node.arg for node in ast.walk(tree) if isinstance(node, ast.keyword)}
    packages = {name.partition(".")[0] for name in imports(path)}
    assert not called & {"eval", "exec", "compile", "__import__"}
    assert not keywords & {"unsafe_allow_html", "unsafe_allow_javascript"}
    assert not packages & {"pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}


def test_what_the_package_exposes_is_what_it_says() -> None:
    clv = importlib.import_module("clv")
    if not hasattr(clv, "__all__"):
        pytest.skip("clv does not expose anything yet")
    modules = {path.stem for path in (ROOT / "clv").iterdir()}
    exposed = {
        name
        for name, value in vars(clv).items()
        if not name.startswith("_") and not (inspect.ismodule(value) and name in modules)
    }
    assert sorted(clv.__all__) == sorted(exposed)
    for name in clv.__all__:
        value = getattr(clv, name)
        if callable(value):
            # A dataclass without a docstring is given its signature as one.
            doc = value.__doc__ or ""
            assert doc, f"clv.{name} has no docstring"
            assert not doc.startswith(f"{name}("), f"clv.{name} has no docstring"


def required() -> dict[str, str]:
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    pins = [re.split(r"(?:\[.*\])?==", line) for line in lines if line and line[0] not in "#-"]
    assert all(len(pin) == 2 for pin in pins), "exact versions only"
    return {name.lower(): version for name, version in pins}


def test_requirements_are_the_packages_that_the_product_uses() -> None:
    names = {
        "ibis": "ibis-framework",
        "vl_convert": "vl-convert-python",
        "sklearn": "scikit-learn",
        "dateutil": "python-dateutil",
    }
    packages = {
        name.partition(".")[0] for path in [*MODULES, *PAGES, LAUNCHER] for name in imports(path)
    }
    used = {
        names.get(package, package.replace("_", "-"))
        for package in packages - {"clv"} - OPTIONAL - STANDARD
    }
    # Not imported: the CDNOW files inside the package, DuckDB behind Ibis, and what signs in
    # behind Streamlit.
    assert used | {"lifetimes", "duckdb", "authlib", "httpx2"} == set(required())


def test_the_project_is_named_and_licensed_once() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["license"] == "MIT"
    assert (ROOT / "LICENSE").read_text().startswith("MIT License")
