#!/usr/bin/env python3
"""`simulate --live` where something is in the way: interruptions, clients that do not read, ports
that are taken, folders that vanish."""
import json
import pathlib
import shutil
import signal
import socket
import subprocess
import time

from common import PROGRAM, WAIT_S, case, finish, free_ports, run, workdir

SCENARIO = """
name: Live
duration_s: 3600
latitude_deg: 52
longitude_deg: 4
traffic: [{{kind: en_route, count: 250}}]
sensors:
  - {{name: radar, kind: mode_s, sac: 1, sic: 1, latitude_deg: 52, longitude_deg: 4, port: {udp}}}
  - {{name: rx, kind: adsb, format: beast, latitude_deg: 52, longitude_deg: 4, port: {tcp}}}
"""


def start(*arguments):
    process = subprocess.Popen([PROGRAM, "simulate", *map(str, arguments), "--live"],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stderr.readline()
    assert b"served on TCP" in process.stderr.readline()  # both stand: it runs
    return process


def end(process, status):
    said, errors = process.communicate(timeout=WAIT_S)
    assert process.returncode == status, (process.returncode, said[-300:], errors[-300:])
    return said.decode(), errors.decode()


def nothing_before_its_time(scenario, folder, _):
    """A second of it lasts a quarter of an hour: what is not due is neither sent nor written."""
    began = time.monotonic()
    process = start(scenario, "--speed", "0.001", "-o", folder / "slow")
    time.sleep(0.3)
    asked = time.monotonic()
    process.send_signal(signal.SIGINT)
    said, _ = end(process, 0)
    assert time.monotonic() - asked < WAIT_S and "(interrupted)" in said, said
    about = json.loads((folder / "slow/about.json").read_text())
    assert about["interrupted"]
    assert about["run_s"] <= 0.001 * (time.monotonic() - began), about["run_s"]
    assert sum(one["packet_count"] for one in about["sent"]) < 20, about["sent"]
    assert len((folder / "slow/truth.csv").read_text().splitlines()) <= 251


def interrupted_in_the_middle(scenario, folder, _):
    process = start(scenario, "--speed", "20", "-o", folder / "middle")
    time.sleep(1.5)
    process.send_signal(signal.SIGTERM)
    said, _ = end(process, 0)
    about = json.loads((folder / "middle/about.json").read_text())
    assert about["interrupted"] and 5 < about["run_s"] < 200, about["run_s"]
    run("simulate", "-q", scenario, "-d", "200", "-o", folder / "whole")
    for name in ("merged.pcap", "rx.beast", "radar.pcap"):
        part = (folder / "middle" / name).read_bytes()
        assert len(part) > 1000 and (folder / "whole" / name).read_bytes().startswith(part), name
    assert "datagrams sent" in said, said


def who_does_not_read(scenario, _, tcp):
    """Is let go; one that hangs up is no matter; all goes on as fast as before."""
    process = start(scenario, "--speed", "0", "-d", "500")
    silent = socket.socket()
    silent.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # the system holds little for it
    silent.connect(("127.0.0.1", tcp))
    rude = socket.create_connection(("127.0.0.1", tcp))
    rude.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    rude.close()
    said, _ = end(process, 0)
    silent.close()
    assert "rx: clients 2, let go for being slow 1" in said, said


def port_in_use(scenario, folder, tcp):
    process = start(scenario)
    done = run("simulate", scenario, "--live", "-o", folder / "second", status=73)
    process.send_signal(signal.SIGINT)
    end(process, 0)
    told = done.stderr.decode()
    assert f"rx: cannot serve at 127.0.0.1:{tcp}: address already in use" in told, told
    assert not list((folder / "second").iterdir()), "files of a run that did not begin"


def folder_vanishes(scenario, folder, _):
    out = folder / "gone"
    process = start(scenario, "--speed", "20", "-o", out)
    time.sleep(0.2)
    shutil.rmtree(out)
    process.send_signal(signal.SIGINT)
    _, errors = end(process, 74)
    assert "cannot write" in errors and "mkdir" in errors, errors


def main():
    with workdir() as name:
        folder = pathlib.Path(name)
        udp, = free_ports(1, socket.SOCK_DGRAM)
        tcp, = free_ports(1)
        scenario = folder / "live.yaml"
        scenario.write_text(SCENARIO.format(udp=udp, tcp=tcp))
        for test in (nothing_before_its_time, interrupted_in_the_middle, who_does_not_read,
                     port_in_use, folder_vanishes):
            case(test.__name__.replace("_", " "), test, scenario, folder, tcp)
    finish()


if __name__ == "__main__":
    main()
