#!/usr/bin/env python3
"""Configurations that the documents show are accepted as they stand there, and what they ask by
curl is answered."""
import json
import pathlib
import re
import shlex
import subprocess

from common import ROOT, WAIT_S, case, finish, need_tool, run, workdir
from faults import LINE, Service
from run import wait_for

TOP = ("sensors", "inputs", "outputs", "http", "state", "archive")
SENSORS = "sensors: [{name: a, kind: mode_s, sac: 1, sic: 1, latitude_deg: 52, longitude_deg: 4, " \
          "height_m: 9}]\n"
INPUTS = "inputs: [{name: a, kind: stdin}]\n"


def blocks_of(path):
    """Parts of a document that begin with a key of a configuration, without their indent."""
    text = path.read_text()
    fenced = re.findall(r"^```yaml\n(.*?)^```", text, re.M | re.S)
    indented = ["\n".join(line[4:] for line in block.splitlines()) + "\n"
                for block in re.findall(r"(?:^ {4}.*\n)+", text, re.M)]
    return [block for block in fenced + indented
            if block.split(":")[0] in TOP and "…" not in block]


def accepted(folder, path, least):
    (folder / "tokens").write_bytes(run("token", "ann").stdout)
    subprocess.run([need_tool("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=localhost", "-keyout",
                    folder / "key.pem", "-out", folder / "cert.pem"], stderr=subprocess.DEVNULL,
                   check=True)
    (folder / "db-password").touch(0o600)
    found = blocks_of(path)
    sensors = [block for block in found if re.match(r"sensors:\n", block)]
    (folder / "sensors.yaml").write_text(sensors[0] if sensors else SENSORS)
    services = [block for block in found if block not in sensors]
    assert len(services) >= least, services
    for block in services:
        whole = block if re.search("^inputs:", block, re.M) else INPUTS + block
        (folder / "service.yaml").write_text(whole)
        run("check", folder / "service.yaml")


def curl(folder):
    need_tool("curl")
    service = Service(folder / "service")
    try:
        service.send(LINE.format(52.0).encode())
        wait_for(lambda: service.status("/readyz") == 200)
        text = (ROOT / "doc/api.md").read_text()
        commands = [command for command in re.findall(r"^\$ (curl .*)$", text, re.M)
                    if "-X" not in command]
        assert len(commands) >= 9, commands
        for command in commands:
            words = shlex.split(command.split(" | ")[0].replace(":8080/", f":{service.http}/"))
            done = subprocess.run(words, stdout=subprocess.PIPE, check=True, timeout=WAIT_S)
            if "metrics" in command:
                assert b"airpicture_tracks{" in done.stdout, done.stdout[:200]
            else:
                json.loads(done.stdout)
        service.end()
    finally:
        service.close()


def main():
    for name, least in ("README.md", 2), ("doc/run.md", 7), ("doc/postgres.md", 1):
        with workdir() as folder:
            case(name, accepted, pathlib.Path(folder), ROOT / name, least)
    with workdir() as folder:
        case("curl", curl, pathlib.Path(folder))
    finish()


if __name__ == "__main__":
    main()
