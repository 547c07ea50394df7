#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Mechanical mutants of alloc against the rules.

One place of alloc's source at a time is changed as a slip of the hand would: a
relation, a number by one, a condition, a statement left out. The changed file is
compiled, linked into kmconform-silence beside the objects that are there, and run.
The places are drawn from a seed; equal seeds and sources make equal mutants. With
--log what was scored stays scored: a run that was cut short goes on where it was.

usage: mechanical.py BUILD [--count N] [--seed N] [--ops N] [--log FILE] [--list]

BUILD is a gcc or clang build with ninja and no sanitizer in which kmconform-silence
was built.
"""
import argparse
import collections
import glob
import json
import os
import random
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

RELATIONS = [(" < ", " <= "), (" <= ", " < "), (" > ", " >= "), (" >= ", " > "),
             (" == ", " != "), (" != ", " == ")]
NUMBERS = [(" + 1", " + 2"), (" - 1", " - 2"), (" + 1", ""), (" - 1", "")]
CONDITION = re.compile(r"^(\t+(?:\} else )?if \()(.*)(\)(?: \{)?)$")
STATEMENT = re.compile(r"^\t+(?!return\b|case\b|default\b|break\b|continue\b|goto\b)"
                       r"[\w>.\[\]*-]+(?:\(.*\)| [-+|&]?= .*)\;$")


def places(path, text):
    """All changes of one file: (kind, line number, new line)."""
    comment = False
    for number, line in enumerate(text):
        starts, ends = line.count("/*"), line.count("*/")
        plain = not comment and not starts and line.startswith("\t")
        comment = (comment or starts > 0) and not ends
        if not plain or "KMC_BUG_ON" in line or "KMC_PLANTED" in line or '"' in line:
            continue
        for old, new in RELATIONS:
            for at in re.finditer(re.escape(old), line):
                yield "relation", number, line[:at.start()] + new + line[at.end():]
        for old, new in NUMBERS:
            for at in re.finditer(re.escape(old) + r"(?!\w)", line):
                yield "off by one", number, line[:at.start()] + new + line[at.end():]
        found = CONDITION.match(line)
        if found and found[2].count("(") == found[2].count(")"):
            yield "condition", number, "%s!(%s)%s" % (found[1], found[2], found[3])
        before = text[number - 1].rstrip()
        if STATEMENT.match(line) and before.endswith((";", "{", "}")):
            yield "statement", number, ""


class Build:
    """How the build compiles a file and links the program that runs the mutants."""

    def __init__(self, folder):
        self.folder = folder
        with open(os.path.join(folder, "compile_commands.json")) as file:
            self.commands = {c["file"]: c["command"] for c in json.load(file)
                             if "/alloc.dir/" in c["command"]}
        lines = subprocess.run(["ninja", "-C", folder, "-t", "commands", "kmconform-silence"],
                               capture_output=True, text=True, check=True).stdout.splitlines()
        self.link = lines[-1]

    def compile(self, source, text, scratch):
        changed = os.path.join(scratch, os.path.basename(source))
        with open(changed, "w") as file:
            file.write("\n".join(text) + "\n")
        result = os.path.join(scratch, os.path.basename(source) + ".o")
        command = shlex.split(self.commands[source])
        command[command.index("-o") + 1] = result
        command[command.index("-c") + 1] = changed
        command += ["-iquote", os.path.dirname(source), "-w", "-fno-working-directory"]
        if "-MF" in command:
            command[command.index("-MF") + 1] = result + ".d"
        done = subprocess.run(command, cwd=self.folder, capture_output=True)
        return result if not done.returncode else None

    def program(self, object_file, scratch):
        library = os.path.join(scratch, "liballoc.a")
        shutil.copy(os.path.join(self.folder, "alloc/liballoc.a"), library)
        subprocess.run(["ar", "r", library, object_file], check=True, capture_output=True)
        program = os.path.join(scratch, "silence")
        command = self.link.replace("alloc/liballoc.a", library)
        command = re.sub(r"-o \S+", "-o " + program, command)
        subprocess.run(command, shell=True, cwd=self.folder, check=True, capture_output=True)
        return program


def code_of(object_file):
    done = subprocess.run(["objdump", "-d", "-s", "-j", ".text", "-j", ".rodata",
                           "--no-show-raw-insn", object_file], capture_output=True)
    return done.stdout.split(b"\n", 3)[-1]


def verdict(program, ops):
    try:
        done = subprocess.run([program, "--ops", str(ops), "--quiet"], capture_output=True,
                              text=True, timeout=60, errors="replace")
    except subprocess.TimeoutExpired:
        return "hang", ""
    if done.returncode < 0:
        return ("assertion" if done.returncode == -6 else "crash"), ""
    if done.returncode == 1 and done.stdout:
        return "rule", done.stdout.split()[0]
    return ("survived", "") if not done.returncode else ("crash", "")


def read_log(path):
    """What a run before scored: name of a mutant -> what became of it, the rule."""
    known = {}
    if path and os.path.exists(path):
        with open(path) as log:
            for line in log:
                what, rule, name = line.rstrip("\n").split("|", 2)
                known[name] = (what, rule)
    return known


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build")
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--ops", type=int, default=100000)
    parser.add_argument("--log", help="one line for each mutant; those there are not run again")
    parser.add_argument("--list", action="store_true", help="only say what would be changed")
    a = parser.parse_args()
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    sources = sorted(glob.glob(os.path.join(root, "alloc/*/*.c")))
    sources = [s for s in sources if "/tests/" not in s and not s.endswith("/planted.c")]
    texts = {s: open(s).read().split("\n") for s in sources}
    every = [(s, *p) for s in sources for p in places(s, texts[s])]
    chosen = random.Random(a.seed).sample(every, min(a.count, len(every)))
    build = None if a.list else Build(os.path.abspath(a.build))
    known = read_log(a.log)
    score = collections.Counter()
    by_kind = collections.defaultdict(collections.Counter)
    plain = {}
    for source, kind, number, line in chosen:
        where = "%s:%d" % (os.path.relpath(source, root), number + 1)
        if a.list:
            print("%-10s %-36s %s -> %s" % (kind, where, texts[source][number].strip(),
                                             line.strip()))
            continue
        name = "%s|%s|%s" % (kind, where, line.strip())
        if name in known:
            what, rule = known[name]
            score[what] += 1
            by_kind[kind][what] += 1
            continue
        with tempfile.TemporaryDirectory() as scratch:
            text = list(texts[source])
            text[number] = line
            made = build.compile(source, text, scratch)
            what, rule = "invalid", ""
            if made:
                code = code_of(made)
                if source not in plain:
                    plain[source] = code_of(build.compile(source, texts[source], scratch))
                    made = build.compile(source, text, scratch)
                what = "equal code" if code == plain[source] else None
            if what is None:
                what, rule = verdict(build.program(made, scratch), a.ops)
        if a.log:
            with open(a.log, "a") as log:
                log.write("%s|%s|%s\n" % (what, rule, name))
        score[what] += 1
        by_kind[kind][what] += 1
        print("%-10s %-9s %-10s %-36s %s" % (what, rule, kind, where,
                                              texts[source][number].strip()), flush=True)
    if a.list:
        return 0
    for kind in sorted(by_kind):
        print("%-10s %s" % (kind, dict(sorted(by_kind[kind].items()))))
    real = sum(n for w, n in score.items() if w not in ("invalid", "equal code"))
    print("%d mutants: %d by a rule, %d by an assertion, %d by a crash, %d by a hang; "
          "%d survived (%.0f %% caught); %d of equal code, %d that do not compile" %
          (real, score["rule"], score["assertion"], score["crash"], score["hang"],
           score["survived"], 100 * (real - score["survived"]) / max(real, 1),
           score["equal code"], score["invalid"]))
    return 0


sys.exit(main())
