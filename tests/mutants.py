#!/usr/bin/env python3
"""Tries the tests of a pure room: changes its code in one place at a time, as cargo-mutants does, and tells which changes no test notices.

    tests/mutants.py calendar
    tests/mutants.py workflow --sample 200 --seed 1

Needs cargo-mutants 27 (`cargo install --locked cargo-mutants`), which says what is changed. So that a change costs a second and not a build,
everything is built once with every change in the room behind a switch. Each test, and each transcript, first tells which of these places it comes by; a
change is tried by those alone, the quickest first, until one notices. The calendar rests upon nothing and is built apart; the case machine is built with the whole program, because much of it is
tried by tests that have a store. What can't be built so (mostly changes that no compiler takes) cargo-mutants tries by itself.
"""

import argparse
import collections
import concurrent.futures
import contextlib
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent.parent
# The room; what it is built with, if not with everything; and the tests.
ROOMS = {
    "calendar": (["planted", "calendar"], ["calendar"]),
    "workflow": (None, """acts committee confirmed each engine framework handing_on hours judging keeping ladder migrate orders people phrases policies
        events reasoning simulation spells together turns workflow""".split()),
}
SWITCH = """
/// Whether a change is made in this run. Whoever asks which places are come by is told each once.
pub fn changed(nth: u32) -> bool {
    use std::io::Write as _;
    static NTH: std::sync::OnceLock<u32> = std::sync::OnceLock::new();
    type Told = std::sync::Mutex<(std::fs::File, std::collections::HashSet<u32>)>;
    static TOLD: std::sync::OnceLock<Option<Told>> = std::sync::OnceLock::new();
    let open = |path| std::fs::OpenOptions::new().create(true).append(true).open(path).ok();
    let told = TOLD.get_or_init(|| std::env::var("REACHED").ok().and_then(open).map(|it| (it, Default::default()).into()));
    if let Some(mut told) = told.as_ref().and_then(|it| it.lock().ok()) {
        if told.1.insert(nth) {
            let _ = told.0.write_all(format!("{nth}\n").as_bytes());
        }
    }
    *NTH.get_or_init(|| std::env::var("CHANGED").ok().and_then(|it| it.parse().ok()).unwrap_or(u32::MAX)) == nth
}
"""
QUIET = {**os.environ, "RUST_BACKTRACE": "0", "PROPTEST_DISABLE_FAILURE_PERSISTENCE": "1"}


def lay_out(work, room):
    """The package as it stands or, of a room that is built apart, with that alone."""
    rooms, tests = ROOMS[room]
    manifest = (HERE / "Cargo.toml").read_text()
    section = lambda name: re.search(rf"^\[{name}\]\n(.*?)(?=^\[|\Z)", manifest, re.M | re.S).group(1)
    at = work / "merit"
    shutil.rmtree(at, ignore_errors=True)
    at.mkdir(parents=True)
    for it in ["src", "grammar", "tests", "rules", "workflows", "examples", "docs"]:
        # Copies, so that whoever goes on working meanwhile disturbs nothing.
        shutil.copytree(HERE / it, at / it)
    if rooms:
        (at / "src/lib.rs").write_text("".join(f"pub mod {it};\n" for it in rooms))
        (at / "src/main.rs").unlink()
        kept = "".join(it + "\n" for it in section("dev-dependencies").splitlines() if re.match("proptest|tempfile|insta", it))
        rest = f"[features]\nplanted = []\n\n[dependencies]\n{section('dependencies')}\n[dev-dependencies]\n{kept}"
    else:
        names = ["features", "dependencies", "dev-dependencies"]
        rest = "\n".join(f"[{it}]\n{section(it)}" for it in names) + '\n[[bin]]\nname = "merit"\npath = "src/main.rs"\ntest = false\n'
    tried = "".join(f'\n[[test]]\nname = "{it}"\npath = "tests/{it}.rs"\n' for it in tests)
    head = '[package]\nname = "merit"\nversion = "0.1.0"\nedition = "2024"\nautotests = false\n\n[lib]\ndoctest = false\ntest = false\n\n'
    # A change may well do what a lint forbids.
    lints = '\n[lints.rust]\narithmetic_overflow = "warn"\nunconditional_panic = "warn"\noverflowing_literals = "warn"\n'
    (at / "Cargo.toml").write_text(head + rest + tried + lints)
    profile = '[profile.dev]\ndebug = false\nopt-level = 1\n\n[profile.dev.package."*"]\ndebug = false\n'
    (work / "Cargo.toml").write_text(f"[workspace]\nresolver = \"3\"\nmembers = [\"merit\"]\n\n{profile}")
    shutil.copy(HERE / "Cargo.lock", work / "Cargo.lock")
    return at


def mutated(lines, diff):
    """The lines of a file after a change, and by how many there are more."""
    out, more = list(lines), 0
    for hunk in re.split(r"^(?=@@ )", diff, flags=re.M)[1:]:
        head, *body = hunk.split("\n")
        start, count = re.match(r"@@ -(\d+)(?:,(\d+))? ", head).groups(default="1")
        start, count = int(start), int(count)
        new = [it[1:] for it in body if it[:1] in ("+", " ")]
        out[start - 1 + more : start - 1 + more + count] = new
        more += len(new) - count
    return out, more


def switched(work, changes):
    """Each file with every change of it behind a switch; and which change stands on which line."""
    by_file = collections.defaultdict(list)
    for nth, it in changes.items():
        by_file[it["file"]].append((nth, it))
    places = {}
    for name, inside in by_file.items():
        path = work / name
        lines = path.read_text().split("\n")
        spans = {(it["function"]["span"]["start"]["line"], it["function"]["span"]["end"]["line"]) for _, it in inside}
        outer = lambda span: min((it for it in spans if it[0] <= span[0] and span[1] <= it[1]), key=lambda it: it[0] - it[1])
        functions = collections.defaultdict(list)
        for nth, it in inside:
            span = it["function"]["span"]
            functions[outer((span["start"]["line"], span["end"]["line"]))].append((nth, it))
        out, at = [], 0
        for (first, last), them in sorted(functions.items()):
            out += lines[at : first - 1]
            text = "\n".join(lines[first - 1 : last])
            signature = re.search(r"^[^/#\n]*\bfn\s+\w+", text, re.M)
            body = text.index("{", signature.end()) + 1
            out += text[:body].split("\n")
            for nth, it in them:
                new, more = mutated(lines, it["diff"])
                block = "\n".join(new[first - 1 : last + more])[body:]
                block = f"if crate::changed({nth}) {{ return {{{block}; }}".split("\n")
                places.update({(name, len(out) + 1 + line): nth for line in range(len(block))})
                out += block
            out += text[body:].split("\n")
            at = last
        path.write_text("\n".join(out + lines[at:]))
    return places


def stands_alone(work, change):
    """Whether a function can't hold two bodies: its result is a type without a name, or it is reckoned while building."""
    span = change["function"]["span"]
    lines = (work / change["file"]).read_text().split("\n")[span["start"]["line"] - 1 : span["end"]["line"]]
    return "impl " in change["function"]["return_type"] or any(re.search(r"\bconst fn\b", it) for it in lines)


def build(work, room, changes):
    """The test programs with all changes that can be built so, those that must be tried alone, and those that are no programs."""
    at = lay_out(work, room)
    alone = {nth: changes.pop(nth) for nth, it in list(changes.items()) if stands_alone(work, it)}
    left_over = {}
    while True:
        at = lay_out(work, room)
        with (at / "src/lib.rs").open("a") as lib:
            lib.write(SWITCH)
        places = switched(work, changes)
        call = ["--package", "merit", "--message-format=json", "--quiet"]
        told = subprocess.run(["cargo", "check", "--lib", *call], cwd=work, env=QUIET, capture_output=True, text=True)
        wrong = set()
        for line in told.stdout.splitlines():
            message = json.loads(line).get("message") or {}
            for span in message.get("spans", []) if message.get("level") == "error" else []:
                if not span["is_primary"]:
                    continue
                at_fault = [(span["file_name"], it) for it in range(span["line_start"], span["line_end"] + 1)]
                wrong |= {places[it] for it in at_fault if it in places}
        if told.returncode == 0:
            break
        if not wrong:
            messages = [(json.loads(it).get("message") or {}).get("rendered", "") for it in told.stdout.splitlines()]
            sys.exit("\n".join([told.stderr, *messages]))
        left_over.update({nth: changes.pop(nth) for nth in wrong})
        print(f"  {len(wrong)} can't stand beside the others", flush=True)
    told = subprocess.run(["cargo", "test", "--no-run", *call], cwd=work, env=QUIET, capture_output=True, text=True)
    if told.returncode != 0:
        sys.exit(told.stderr + "".join((json.loads(it).get("message") or {}).get("rendered", "") for it in told.stdout.splitlines()))
    programs = {}
    for line in told.stdout.splitlines():
        it = json.loads(line)
        if it.get("executable"):
            programs[it["target"]["name"]] = it["executable"]
    # A value that a function's type does not have is no program; another change may only not stand beside the others.
    alone.update({nth: it for nth, it in left_over.items() if it["genre"] != "FnValue"})
    return [programs[it] for it in ROOMS[room][1]], alone, len(left_over.keys() - alone.keys())


class Test:
    """One test of a program, or one transcript; which places it comes by, and how long it takes."""

    def __init__(self, program, name, transcript=None):
        self.program, self.name, self.transcript = program, name, transcript
        self.reached, self.seconds = set(), 0.0

    def __str__(self):
        return f"{pathlib.Path(self.program).name.rsplit('-', 1)[0]}: {self.transcript or self.name}"

    def fails(self, at, patience, **env):
        """Whether it ends otherwise than well; that it does not end is noticing, too."""
        env = {**QUIET, **env, **({"TRANSCRIPT": self.transcript} if self.transcript else {})}
        call = [self.program, "--exact", self.name, "--test-threads=1"]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        with subprocess.Popen(call, cwd=at, env=env, start_new_session=True, **quiet) as it:
            try:
                return "failed" if it.wait(patience) != 0 else None
            except subprocess.TimeoutExpired:
                return "no end"
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(it.pid, signal.SIGKILL)

    def look(self, at):
        """Runs it with nothing changed."""
        with tempfile.TemporaryDirectory() as told:
            path, begun = pathlib.Path(told) / "reached", time.monotonic()
            if self.fails(at, 600, REACHED=str(path)):
                sys.exit(f"{self} fails with nothing changed")
            self.seconds = time.monotonic() - begun
            self.reached = {int(it) for it in path.read_text().split() if it.isdigit()} if path.exists() else set()
        return self


def tests_of(programs, at, jobs):
    """Every test of the programs, the quickest first."""
    found = []
    for program in programs:
        listed = subprocess.run([program, "--list", "--format", "terse"], cwd=at, env=QUIET, capture_output=True, text=True, check=True)
        for name in re.findall(r"^(.*): test$", listed.stdout, re.M):
            transcripts = sorted(it.stem for it in (at / "tests/workflow").glob("*.txt")) if name.startswith("every_transcript") else [None]
            found += [Test(program, name, it) for it in transcripts]
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        found = list(pool.map(lambda it: it.look(at), found))
    found.sort(key=lambda it: it.seconds)
    print(f"{len(found)} tests and transcripts, {sum(it.seconds for it in found):.0f} s one after another", flush=True)
    return found


def run(tests, at, nth, change, told):
    """What finds a change; nothing if no test does, or none comes by. First those are asked that found another in the same function or file."""
    near = [f"{change['file']} {change['function']['function_name']}", change["file"]]
    known = [it for place in near for it, _ in told[place].most_common()]
    for it in dict.fromkeys(known + tests):
        if nth in it.reached and (how := it.fails(at, 5 * it.seconds + 10, CHANGED=str(nth))):
            for place in near:
                told[place][it] += 1
            return how if how == "no end" else str(it)
    return None


def one_by_one(work, room, changes):
    """What cargo-mutants itself says of changes that could not be built together."""
    lay_out(work, room)
    (work / "mutants.out").mkdir(exist_ok=True)
    names = "|".join(re.escape(it["name"].split("/src/", 1)[1]) + "$" for it in changes.values())
    call = ["cargo", "mutants", "--in-place", "--package", "merit", "--file", f"merit/src/{room}/**", "--re", names, "--cap-lints", "true", "--no-times", "--timeout", "120", "--output", str(work)]
    subprocess.run(call, cwd=work, env={**QUIET, "CARGO_INCREMENTAL": "1"}, stdout=subprocess.DEVNULL)
    read = lambda it: (work / f"mutants.out/{it}.txt").read_text().splitlines()
    return {it: read(it) for it in ["caught", "missed", "timeout", "unviable"]}


def main():
    ask = argparse.ArgumentParser()
    ask.add_argument("room", choices=ROOMS)
    ask.add_argument("--sample", type=int, help="so many changes by chance, instead of all")
    ask.add_argument("--seed", type=int, default=1)
    ask.add_argument("--only", help="those whose name has this")
    ask.add_argument("--jobs", type=int, default=1, help="how many changes are tried at once")
    ask.add_argument("--work", default=os.path.join(tempfile.gettempdir(), "merit-mutants"))
    asked = ask.parse_args()
    if subprocess.run(["cargo", "mutants", "--version"], capture_output=True).returncode != 0:
        sys.exit("tests/mutants.py needs cargo-mutants: cargo install --locked cargo-mutants")
    room, work = asked.room, pathlib.Path(asked.work) / asked.room
    QUIET["CARGO_TARGET_DIR"] = str(pathlib.Path(asked.work) / "target")
    work.mkdir(parents=True, exist_ok=True)
    at = lay_out(work, room)
    listed = subprocess.run(["cargo", "mutants", "--list", "--json", "--package", "merit", "--file", f"merit/src/{room}/**"], cwd=work, capture_output=True, text=True, check=True)
    listed = [it for it in json.loads(listed.stdout) if not asked.only or asked.only in it["name"]]
    # In an order that chance gives, so that a run which is broken off is a sample, too.
    by_chance = random.Random(asked.seed).sample(range(len(listed)), len(listed))
    changes = {nth: listed[nth] for nth in by_chance[: asked.sample]}
    print(f"{len(listed)} changes of {room}, {len(changes)} of them tried", flush=True)
    programs, apart, no_program = build(work, room, changes)
    tests = tests_of(programs, at, asked.jobs)
    found, missed = collections.Counter(), []
    told = collections.defaultdict(collections.Counter)
    with concurrent.futures.ThreadPoolExecutor(asked.jobs) as pool:
        for (nth, it), by in zip(changes.items(), pool.map(lambda it: run(tests, at, *it, told), changes.items())):
            found[by] += 1
            if by is None:
                missed.append(it["name"])
            nowhere = "" if any(nth in test.reached for test in tests) else ", and no test comes by"
            print(f"{by or 'missed'}  {it['name']}{nowhere}", flush=True)
    alone = one_by_one(work, room, apart) if apart else collections.defaultdict(list)
    no_program += len(alone["unviable"])
    for name in alone["missed"]:
        print(f"missed  {name}", flush=True)
    caught = sum(count for by, count in found.items() if by) + len(alone["caught"]) + len(alone["timeout"])
    viable = caught + len(missed) + len(alone["missed"])
    print(f"{caught} of {viable} noticed ({100 * caught / max(viable, 1):.1f} %), {no_program} more are no program")
    by_program = collections.Counter()
    for by, count in found.items():
        by_program[by.split(":")[0] if by else "nothing"] += count
    print(", ".join(f"{by} {count}" for by, count in by_program.most_common()))


main()
