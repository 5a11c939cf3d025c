"""Thousands of requests to every address of the API, valid and invalid, alone and in sequence.

    .venv/bin/python -m benchmarks.api_fuzz              # five minutes
    .venv/bin/python -m benchmarks.api_fuzz --seconds 60

Schemathesis makes them from the description that the API gives of itself and checks the answers
against it: no 5xx that the description does not promise, no answer that it does not describe.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import clv
from clv.store import LOCAL, open_store, saved
from clv.store.shop.database import create_shop
from scripts.running_api import new_token, serve_api

CONFIG = Path(__file__).with_name("api_fuzz.toml")


def fuzz(url: str, token: str, folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run Schemathesis against a server, in a folder for what it leaves behind; exit status 0 when
    it found nothing."""
    program = Path(sys.executable).with_name("schemathesis")
    return subprocess.run(
        [
            *(str(program), "--config-file", str(CONFIG), "run", f"{url}/api/openapi.json"),
            *("-H", f"Authorization: Bearer {token}", "--no-color", *options),
        ],
        check=False,
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, "NO_PROXY": "127.0.0.1"},
    )


def main() -> None:
    """Serve an example and send requests to it for as long as was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["CLV_DATA_DIR"] = f"{folder}/data"
        raw = clv.demo("Synthetic shop")
        shop = clv.clean(raw, clv.suggest_mapping(raw), clv.Rules())
        saved.save(open_store(), LOCAL, clv.analyse(shop), name="Synthetic shop")
        create_shop()
        with serve_api() as url:
            limits = "--max-time", str(asked.seconds), "--seed", str(asked.seed)
            found = fuzz(url, new_token(), Path(folder), *limits)
    print(found.stdout[-20_000:], found.stderr[-2_000:])
    sys.exit(found.returncode)


if __name__ == "__main__":
    main()
