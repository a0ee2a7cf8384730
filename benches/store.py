#!/usr/bin/env python3
"""What `merit simulate` takes from a store: read for the first time, from its snapshot, and beside it from the files.

    cargo build --release --features parquet
    benches/store.py target/release/merit 1000000 FOLDER

Makes up records of the workload in FOLDER (five years of each person, some incidents), imports them, and judges them. Each way is
run three times and the quickest told: seconds of the whole process, the most memory it had, and the ratio to the first reading.
"""
import os, random, shutil, subprocess, sys, time
from pathlib import Path

KINDS = ["absence", "insubordination", "negligence", "fraud"]


def made_up(folder: Path, people: int) -> None:
    draw = random.Random(1)
    records = folder / "records"
    records.mkdir()
    with open(records / "officer.csv", "w") as to:
        to.write("id,ministry,grade,gender,service_months,salary_cents,supervisor,probation\n")
        for at in range(people):
            above = "" if at == 0 or draw.random() < 0.01 else draw.randrange(at)
            own = [draw.randrange(25), draw.randint(1, 8), draw.randrange(2), draw.randrange(481), draw.randrange(40_000, 400_000)]
            to.write(",".join(map(str, [at, *own, above, "yes" if draw.random() < 0.05 else "no"])) + "\n")
    with open(records / "appraisal.csv", "w") as to:
        to.write("officer,year,score10,late_days\n")
        for at in range(people):
            for year in range(2021, 2026):
                score = "" if draw.random() < 0.03 else min(1000, max(0, int(draw.gauss(700, 130))))
                late = "" if draw.random() < 0.02 else int(draw.gauss(0, 15))
                to.write(f"{at},{year},{score},{late}\n")
    with open(records / "incident.csv", "w") as to:
        to.write("officer,date,kind\n")
        for at in range(people):
            for _ in range(1 + (draw.random() < 0.2) if draw.random() < 0.22 else 0):
                day = f"{draw.randint(2021, 2025)}-{draw.randint(1, 12):02}-{draw.randint(1, 28):02}"
                to.write(f"{at},{day},{draw.choices(KINDS, [60, 20, 15, 5])[0]}\n")


def run(program: Path, folder: Path, words: list[str], fine=(0, 1)) -> tuple[float, int, bytes]:
    began = time.monotonic()
    child = subprocess.Popen([program, *words], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    said = child.stdout.read()
    _, status, used = os.wait4(child.pid, 0)
    code = os.waitstatus_to_exitcode(status)
    if code not in fine:
        sys.exit(f"merit {' '.join(words)} ended with {code}")
    return time.monotonic() - began, used.ru_maxrss, said


def main() -> None:
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    program, people, folder = Path(sys.argv[1]).resolve(), int(sys.argv[2]), Path(sys.argv[3])
    if not (folder / "merit.db").exists():
        folder.mkdir(parents=True)
        workload = Path(__file__).parent / "workload"
        shutil.copytree(workload / "policy", folder / "policy")
        shutil.copy(workload / "merit.toml", folder)
        made_up(folder, people)
        run(program, folder, ["deploy", "--adopt", "2020-01-01"], fine=(0,))
        took, most, _ = run(program, folder, ["import", "records", "--from", "2020-01-01"], fine=(0,))
        print(f"import: {took:.1f} s, {most // 1024} MB")
    asked = ["simulate", "--scenario", "candidate", "--in", "2025", "--missing", "0"]
    files = [f"--data={it}=records/{it}.csv" for it in ("officer", "appraisal", "incident")]
    kept = folder / "merit.db.columns"
    told, answers = [], set()
    for name, words in [("first, no snapshot", []), ("from the snapshot", []), ("no snapshot kept", ["--no-snapshot"]), ("from CSV files", files)]:
        runs = []
        for _ in range(3):
            if name.startswith("first"):
                shutil.rmtree(kept, ignore_errors=True)
            runs.append(run(program, folder, asked + words))
        answers.update(it[2] for it in runs if words != files)
        told.append((name, min(it[0] for it in runs), min(it[1] for it in runs)))
    if len(answers) != 1:
        sys.exit("what is said depends on how the records were read")
    if kept.exists():
        print(f"snapshot: {sum(it.stat().st_size for it in kept.iterdir()) / 1e6:.1f} MB")
    for name, took, most in told:
        print(f"{name:20} {took:8.3f} s  {most // 1024:5} MB  {took / told[0][1]:6.2f} of the first")


main()
