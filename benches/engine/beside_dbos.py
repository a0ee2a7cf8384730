"""Durable steps in a second of DBOS Transact on SQLite, as it is shipped: what the engine's benchmark is set beside.

    python3 -m venv v && v/bin/pip install dbos && v/bin/python benches/engine/beside_dbos.py 300

A workflow of three steps that do next to nothing, one after another, each step recorded before the next begins.
"""

import sys
import tempfile
import time
from pathlib import Path

from dbos import DBOS, DBOSConfig

count = int(sys.argv[1]) if len(sys.argv) > 1 else 300
folder = tempfile.TemporaryDirectory(dir=".")
url = f"sqlite:///{Path(folder.name) / 'dbos.sqlite'}"
DBOS(config=DBOSConfig(name="beside", system_database_url=url, log_level="ERROR"))


@DBOS.step()
def load(case: int) -> int:
    return case % 6


@DBOS.step()
def decide(state: int) -> int:
    return (state + 1) % 6


@DBOS.step()
def notify(case: int, state: int) -> str:
    return f"{case} is in state {state}"


@DBOS.workflow()
def remind(case: int) -> str:
    return notify(case, decide(load(case)))


DBOS.launch()
for case in range(20):
    remind(case)
rates = []
for _ in range(5):
    began = time.perf_counter()
    for case in range(count):
        remind(case)
    rates.append(3 * count / (time.perf_counter() - began))
print(f"{sorted(rates)[2]:.0f} steps in a second (the median of {', '.join(f'{it:.0f}' for it in rates)})")
DBOS.destroy()
folder.cleanup()
