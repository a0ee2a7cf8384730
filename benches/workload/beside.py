#!/usr/bin/env python3
"""Merit and other programs on the workload, in turn, as ratios of medians.

    BENCH_DATA=folder python3 benches/workload/beside.py PEOPLE [--pairs 5] [--warm 7] [NAME=COMMAND ...] [--whole NAME=COMMAND ...]

PEOPLE names a folder in BENCH_DATA with officers.parquet, appraisals.parquet and incidents.parquet; without BENCH_DATA the ten thousand in
benches/data are taken. MERIT is the program, target/release/merit unless it is said (built with --features parquet).

Each NAME=COMMAND does the same work from tables that it has in memory, several times, and prints `med=` and the median in milliseconds. It takes
turns with `merit simulate --timings WARM`, of which the evaluation counts. With --whole both are timed from their start to their end.
"""

import os
import re
import shlex
import statistics
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def run(command):
    """What a program printed, how long it ran (ms), and the most memory it took (MB)."""
    began = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    printed = child.stdout.read()
    _, status, used = os.wait4(child.pid, 0)
    took = (time.perf_counter() - began) * 1e3
    # Merit ends with 1 where something is undetermined.
    if os.waitstatus_to_exitcode(status) not in (0, 1):
        sys.exit(f"{shlex.join(command)}\n{printed}")
    return printed, took, used.ru_maxrss / 1024


def median_told(printed, pattern, command):
    found = re.findall(pattern, printed)
    if not found:
        sys.exit(f"{shlex.join(command)} printed no {pattern}:\n{printed}")
    return float(found[-1])


def main():
    arguments = sys.argv[1:]
    if not arguments or arguments[0].startswith("-"):
        sys.exit(__doc__)
    people, pairs, warm, peers, whole = arguments.pop(0), 5, 7, [], False
    while arguments:
        word = arguments.pop(0)
        if word in ("--pairs", "--warm"):
            number = int(arguments.pop(0))
            pairs, warm = (number, warm) if word == "--pairs" else (pairs, number)
        elif word == "--whole":
            whole = True
        else:
            name, _, command = word.partition("=")
            peers.append((name, shlex.split(command), whole))
    data = os.environ.get("BENCH_DATA")
    folder = os.path.join(data, people) if data else os.path.join(ROOT, "benches", "data")
    merit = [os.environ.get("MERIT", os.path.join(ROOT, "target", "release", "merit")), "simulate"]
    merit += ["--project", os.path.join(ROOT, "benches", "workload"), "--scenario", "candidate", "--in", "2025"]
    merit += ["--by", "ministry,grade,gender", "--at-least", "1"]
    for record in ("officer", "appraisal", "incident"):
        merit += ["--data", f"{record}={os.path.join(folder, record)}s.parquet"]
    printed, _, memory = run(merit + ["--timings", str(warm)])
    own = median_told(printed, r"evaluation again: median ([0-9.]+) ms", merit)
    print(f"{people} people; merit: evaluation {own:.1f} ms, most memory {memory:.0f} MB", flush=True)
    for name, command, whole in peers:
        ratios, ours, theirs = [], [], []
        for _ in range(pairs):
            printed, took, _ = run(command)
            theirs.append(took if whole else median_told(printed, r"med=([0-9.]+)", command))
            printed, took, _ = run(merit if whole else merit + ["--timings", str(warm)])
            told = r"evaluation again: median ([0-9.]+) ms"
            ours.append(took if whole else median_told(printed, told, merit))
            ratios.append(ours[-1] / theirs[-1])
        what = "whole processes" if whole else "evaluation"
        print(
            f"{what}: merit {statistics.median(ours):.1f} ms, {name} {statistics.median(theirs):.1f} ms: "
            f"{statistics.median(ratios):.2f} times ({min(ratios):.2f} to {max(ratios):.2f}), {pairs} pairs",
            flush=True,
        )


main()
