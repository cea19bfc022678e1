#!/usr/bin/env python3
"""tools/check counts what ran: a crash, a silent skip or an empty program is a failure."""
import importlib.machinery
import importlib.util
import pathlib
import sys
import tempfile

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[2]
loader = importlib.machinery.SourceFileLoader("check", str(ROOT / "tools/check"))
check = importlib.util.module_from_spec(importlib.util.spec_from_loader("check", loader))
loader.exec_module(check)

CMOCKA = """[==========] Running 4 test(s).
[ RUN      ] test_good
a remark
[       OK ] test_good
[ RUN      ] test_bad
[  ERROR   ] --- 1 != 2
[   LINE   ] --- foo_test.c:7: error: Failure!
[  FAILED  ] test_bad
[ RUN      ] test_without_data
no recording under ../data
[  SKIPPED ] test_without_data
[ RUN      ] test_mute
[  SKIPPED ] test_mute
[==========] 4 test(s) run.
[  PASSED  ] 1 test(s).
[  SKIPPED ] 2 test(s), listed below:
[  SKIPPED ] test_without_data
[  SKIPPED ] test_mute
[  FAILED  ] 1 test(s), listed below:
[  FAILED  ] test_bad
"""


def outcomes(cases):
    return [outcome for _, outcome, _ in cases]


def cmocka_output():
    cases = check.cmocka_cases(CMOCKA)
    assert outcomes(cases) == ["ok", "failed", "skipped", "failed"], cases
    assert "foo_test.c:7" in cases[1][2] and cases[2][2] == "no recording under ../data"
    assert cases[3][2] == "skipped without a reason"


def cmocka_crash():
    cases = check.cmocka_cases(CMOCKA.split("[       OK ]")[0] + "==1==ERROR: AddressSanitizer")
    assert outcomes(cases) == ["failed"] and "AddressSanitizer" in cases[0][2], cases


def program(body):
    """Cases of a test program that is this shell script."""
    with tempfile.TemporaryDirectory(prefix="airpicture-test-") as name:
        path = pathlib.Path(name) / "test.x"
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)
        return check.unit_test("asan", {"name": "x", "command": [str(path)]})


def unit_programs():
    assert outcomes(program("echo '[ RUN      ] a'; echo '[       OK ] a'")) == ["ok"]
    assert outcomes(program("echo '[ RUN      ] a'; echo '[       OK ] a'; exit 3")) == \
        ["ok", "failed"]
    assert outcomes(program("true")) == ["failed"]
    killed = program("kill -SEGV $$")
    assert outcomes(killed) == ["failed"] and "signal 11" in killed[0][2], killed
    assert check.unit_test("asan", {"name": "x", "command": ["true"]}) == [("asan x", "ok", "")]


def scripts():
    def of(status, output):
        return outcomes(check.script_cases("x", status, output, 60))
    assert of(0, "ok a\nskip b no data\nchatter\n") == ["ok", "skipped"]
    assert of(1, "ok a\nnot ok b 1 != 2\n") == ["ok", "failed"]
    assert of(1, "ok a\nTraceback\n") == ["ok", "failed"]
    assert of(None, "ok a\n") == ["ok", "failed"]
    assert "no end after 60 s" in check.script_cases("x", None, "ok a\n", 60)[1][2]
    assert of(77, "no tshark\n") == ["skipped"]
    assert of(0, "") == ["ok"]


def last_line():
    tally = check.Tally()
    for outcome in ("ok", "ok", "failed", "skipped"):
        tally.add("name", outcome, "why")
    lines = tally.text().splitlines()
    assert lines[-1] == "2 passed, 1 failed, 1 skipped", lines
    assert lines[:2] == ["failed: name: why", "skipped: name: why"], lines


def key_follows_the_tree():
    with tempfile.TemporaryDirectory(prefix="airpicture-test-") as name:
        root = pathlib.Path(name)
        check.ROOT, check.BUILD, check.DATA = root, root / "build", root / "data"
        keys = []

        def remember():
            keys.append(check.key_of_tree())

        remember()
        (root / "a.c").write_text("int a;\n")
        remember()
        (root / "a.c").write_text("int b;\n")
        remember()
        (root / "a.c").chmod(0o755)
        remember()
        (root / "build").mkdir()
        (root / "build/object").write_text("of no matter")
        assert check.key_of_tree() == keys[-1]
        (root / "data").mkdir()
        (root / "data/recording").write_bytes(b"12")
        remember()
        assert len(set(keys)) == len(keys), "a change went unseen"
        assert check.key_of_tree() == keys[-1]


failed = 0
for case in (cmocka_output, cmocka_crash, unit_programs, scripts, last_line, key_follows_the_tree):
    try:
        case()
        print(f"ok {case.__name__.replace('_', ' ')}")
    except AssertionError as why:
        failed = 1
        print(f"not ok {case.__name__.replace('_', ' ')} {why}")
raise SystemExit(failed)
