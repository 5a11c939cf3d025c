#!/bin/sh
# Prepare .venv: `scripts/setup.sh requirements.txt` or `scripts/setup.sh requirements-dev.txt`.
# Quick when nothing changed: a stamp in .venv remembers the requirements that are installed.
set -eu
cd "$(dirname "$0")/.."
wanted="$1"
python="${PYTHON:-python3}"
stamp=".venv/.installed-$wanted"
sum="$(cat requirements.txt "$wanted" | cksum)"

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

debian_install() { # packages; false where this is not Debian or we may not install
    command -v apt-get >/dev/null || return 1
    [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null || return 1
    as_root apt-get update -qq &&
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$@"
}

fail() {
    echo "setup: $1" >&2
    exit 1
}

command -v "$python" >/dev/null || debian_install python3 python3-venv ||
    fail "Python is missing. Install Python 3.11 or later, or name it: PYTHON=/path/to/python3"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "$("$python" --version) is too old. Name a Python 3.11 or later: PYTHON=/path/to/python3"

if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    rm -rf .venv
    # Debian ships venv in a package of its own; without it the folder is left half made.
    "$python" -m venv .venv >/dev/null 2>&1 ||
        { rm -rf .venv && debian_install python3-venv && "$python" -m venv .venv; } ||
        fail "Could not create .venv. On Debian and Ubuntu: apt-get install python3-venv"
fi

if [ "$(cat "$stamp" 2>/dev/null)" != "$sum" ]; then
    echo "setup: installing $wanted into .venv (about a minute the first time)"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check -r "$wanted"
    echo "$sum" >"$stamp"
fi

if [ "$wanted" = requirements-dev.txt ] && ! .venv/bin/python scripts/find_chromium.py >/dev/null; then
    echo "setup: installing Chromium for the tests in a real browser"
    debian_install chromium || .venv/bin/python -m playwright install chromium ||
        fail "No Chromium found and none could be installed. Install it and put it on the PATH."
fi

if [ "$wanted" = requirements-dev.txt ] && ! ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then
    echo "setup: installing PostgreSQL for the tests that start one"
    debian_install postgresql ||
        echo "setup: PostgreSQL could not be installed; the tests that need it will be skipped" >&2
fi
