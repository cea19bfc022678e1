#!/usr/bin/env python3
"""tools/install-deps asks no server when nothing is missing, and installs exactly what is.

The package tools are stand-ins that log how they were called; nothing is really installed."""
import os
import pathlib
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOL = ROOT / "tools/install-deps"
DEBIAN_12 = 'ID=debian\nVERSION_ID="12"\n'

failed = 0


def run(missing, *groups, system=DEBIAN_12, skip=None):
    """(status, calls of package tools, output) with these packages missing."""
    with tempfile.TemporaryDirectory(prefix="airpicture-test-") as name:
        folder = pathlib.Path(name)
        log, policy = folder / "log", folder / "policy-rc.d"
        log.touch()
        (folder / "os-release").write_text(system)
        stand_ins = {
            "dpkg-query": f'for p in {" ".join(missing) or "-"}; do [ "$4" = $p ] && exit 1; done\n'
                          "echo installed",
            "apt-get": f'echo "apt-get $*" >> {log}; [ -x {policy} ] && {policy} >> {log}; '
                       f'echo "services: $?" >> {log}',
            "id": "echo 1000",
            "sudo": 'exec "$@"',
        }
        for tool, body in stand_ins.items():
            (folder / tool).write_text(f"#!/bin/sh\n{body}\n")
            (folder / tool).chmod(0o755)
        env = {"PATH": f"{folder}:{os.environ['PATH']}", "LC_ALL": "C",
               "AIRPICTURE_OS_RELEASE": str(folder / "os-release"),
               "AIRPICTURE_POLICY_RC": str(policy)}
        if skip:
            env["AIRPICTURE_SKIP_DEPS"] = skip
        done = subprocess.run([str(TOOL), *groups], env=env, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
        assert not policy.exists(), "the policy stays behind"
        return done.returncode, log.read_text().splitlines(), done.stdout.decode()


def installs(calls):
    return [call.split("--no-install-recommends ")[1].split() for call in calls
            if " install " in call]


def nothing_missing():
    assert run([], "build", "check") == (0, [], "")


def exactly_what_is_missing():
    status, calls, _ = run(["ninja-build", "tshark"], "build", "check")
    assert status == 0 and installs(calls) == [["ninja-build", "tshark"]], calls
    updates = [i for i, call in enumerate(calls) if call.endswith("update")]
    assert len(updates) == 1 and updates[0] < len(calls) - 1, calls
    assert calls.count("services: 101") == 2, "a service might have started"


def groups_are_kept_apart():
    assert run(["tshark"], "build") == (0, [], "")
    assert installs(run(["cmake", "tshark"])[1]) == [["cmake"]]


def another_system():
    status, calls, output = run(["cmake"], "build", system="ID=fedora\nVERSION_ID=41\n")
    assert status == 69 and not calls, (status, calls)
    assert "libzstd-dev" in output and "tshark" not in output, output
    assert run(["cmake"], "build", system="ID=fedora\n", skip="1") == (0, [], "")


def unknown_group():
    assert run([], "everything")[0] == 64


def list_gives_reasons():
    status, calls, output = run(["cmake"], "--list")
    assert status == 0 and not calls
    rows = [line.split(None, 2) for line in output.splitlines()]
    assert all(len(row) == 3 for row in rows) and len(rows) > 15


for case in (nothing_missing, exactly_what_is_missing, groups_are_kept_apart, another_system,
             unknown_group, list_gives_reasons):
    try:
        case()
        print(f"ok {case.__name__.replace('_', ' ')}")
    except AssertionError as why:
        failed = 1
        print(f"not ok {case.__name__.replace('_', ' ')} {why}")
raise SystemExit(failed)
