#!/usr/bin/env python3
"""Wrong inputs and outputs: one line that says what to do, the right status, nothing half-made."""
import json
import os
import pathlib
import random
import re
import resource
import signal
import subprocess

from common import PROGRAM, WAIT_S, Skip, case, finish, run, wait_till_read, workdir

USAGE, DATA_ERROR, NO_INPUT, NO_OUTPUT, IO_ERROR, CONFIG = 64, 65, 66, 73, 74, 78


def one_line(done, *words):
    text = done.stderr.decode()
    lines = [line for line in text.splitlines() if line]
    assert len(lines) == 1, f"{len(lines)} lines on standard error: {text[:300]}"
    for word in words:
        assert word in lines[0], f"no '{word}' in: {lines[0]}"
    assert done.stdout == b"", "something on standard output"


def main():
    with workdir() as name:
        folder = pathlib.Path(name)
        run("demo", "--speed", "0", "--minutes", "1", "-o", folder / "demo")
        radars = folder / "demo/radars.pcap"
        beast = folder / "demo/receiver.beast"

        def missing():
            for command in ("decode", "replay"):
                one_line(run(command, folder / "nowhere.pcap", status=NO_INPUT), "nowhere.pcap")

        def directory():
            for command in ("decode", "replay"):
                one_line(run(command, folder, status=NO_INPUT), "directory")

        def permission():
            if os.geteuid() == 0:
                raise Skip("root may read everything")
            path = folder / "secret.pcap"
            path.write_bytes(b"x" * 100)
            path.chmod(0)
            one_line(run("decode", path, status=NO_INPUT), "permission")

        def empty():
            path = folder / "empty"
            path.write_bytes(b"")
            one_line(run("decode", path, status=DATA_ERROR), "empty")
            assert "empty" in run("replay", path, status=DATA_ERROR).stderr.decode()
            assert "empty" in run("decode", "-", stdin=b"", status=DATA_ERROR).stderr.decode()

        def packed_output():
            for command, option in (("decode", "--output"), ("replay", "--tracks")):
                for ending in (".jsonl.gz", ".csv.zst"):
                    path = folder / f"out{ending}"
                    one_line(run(command, option, path, radars, status=USAGE), option, "gzip")
                    assert not path.exists()

        def unknown_format():
            path = folder / "noise.bin"
            path.write_bytes(random.Random(1).randbytes(5000))
            one_line(run("decode", path, status=DATA_ERROR), "noise.bin", "--format")

        def truncated():
            path = folder / "cut.pcap"
            path.write_bytes(radars.read_bytes()[:-11])
            done = run("decode", path, status=DATA_ERROR)
            whole = run("decode", radars)
            assert "truncated" in done.stderr.decode(), done.stderr
            ours, theirs = done.stdout.splitlines(), whole.stdout.splitlines()
            assert len(theirs) - 40 <= len(ours) < len(theirs) and theirs[:len(ours)] == ours

        def damaged():
            """Bits flipped all over: the rest is still there, every loss is counted."""
            rng = random.Random(2)
            for path in (radars, beast):
                data = bytearray(path.read_bytes())
                for _ in range(200):
                    data[rng.randrange(24, len(data))] ^= 1 << rng.randrange(8)
                hurt = folder / "hurt"
                hurt.write_bytes(data)
                got = len(run("decode", hurt).stdout.splitlines())
                whole = len(run("decode", path).stdout.splitlines())
                assert got > 0.5 * whole, f"{got} of {whole} left of {path.name}"

        def garbage_between():
            data = beast.read_bytes()
            path = folder / "between.beast"
            path.write_bytes(data[:5000] + b"\x00\xff" * 300 + data[5000:])
            got = run("decode", "--format", "beast", path)
            assert "garbage_bytes" in got.stderr.decode()

        def wrong_format():
            for form, path in (("pcap", beast), ("gps", beast), ("beast", radars)):
                done = run("decode", "--format", form, path, status=None)
                assert done.returncode == DATA_ERROR or done.stdout, (form, done.returncode)
            assert "pcap" in run("decode", "--format", "pcap", beast,
                                 status=DATA_ERROR).stderr.decode()

        def input_as_output():
            """A file is never written over while it is read, whatever it is called."""
            path = folder / "mine.beast"
            link = folder / "link.beast"
            data = beast.read_bytes()[:50000]
            path.write_bytes(data)
            link.symlink_to(path)
            for output in (path, link):
                for command in (("decode", "-o"), ("replay", "--tracks"), ("replay", "--archive")):
                    one_line(run(*command, output, path, status=USAGE), "write over")
            part = folder / "x.jsonl.part"
            part.write_bytes(data)
            one_line(run("decode", "-o", folder / "x.jsonl", part, status=USAGE), "write over")
            sensors = folder / "mine.yaml"
            sensors.write_text((folder / "demo/sensors.yaml").read_text())
            one_line(run("replay", "-c", sensors, "--tracks", sensors, radars, status=USAGE),
                     "write over")
            assert path.read_bytes() == data and part.read_bytes() == data

        def one_name_twice():
            one_line(run("replay", "--tracks", "-", "--asterix", "-", radars, status=USAGE), "same")
            one_line(run("replay", "--tracks", folder / "a", "--alerts", folder / "a", radars,
                         status=USAGE), "same")
            one_line(run("decode", "-", "-", status=USAGE), "once")

        def input_of_a_sensor():
            path = folder / "input.yaml"
            path.write_text((folder / "demo/sensors.yaml").read_text()
                            .replace("input: 2", "input: 7"))
            done = run("replay", "-q", "-c", path, radars, beast)
            assert "input 7" in done.stderr.decode(), done.stderr

        def interrupted():
            """Ctrl-C ends the input: what was made of it is kept."""
            for number in (signal.SIGINT, signal.SIGTERM):
                target = folder / f"live{number}.jsonl"
                process = subprocess.Popen([PROGRAM, "replay", "--tracks", str(target), "-"],
                                           stdin=subprocess.PIPE, stdout=subprocess.PIPE)
                process.stdin.write(beast.read_bytes()[:300000])
                process.stdin.flush()
                wait_till_read(process.stdin)
                process.send_signal(number)
                text = process.communicate(timeout=WAIT_S)[0].decode()
                assert process.returncode == 0, process.returncode
                assert "tracks:" in text and target.stat().st_size > 10000

        def interrupted_inside_an_element():
            """Nothing is wrong with the input: it is as long as it is."""
            good = bytes([34, 0, 10, 0xE0, 25, 201, 1, 7, 8, 0])
            target = folder / "interrupted.jsonl"
            for form, data in (("asterix", good * 9 + good[:6]),
                               ("pcap", radars.read_bytes()[:9999])):
                whole = run("decode", "-f", form, "-", stdin=data, status=DATA_ERROR)
                process = subprocess.Popen([PROGRAM, "decode", "-f", form, "-o", str(target), "-"],
                                           stdin=subprocess.PIPE, stderr=subprocess.PIPE)
                process.stdin.write(data)
                process.stdin.flush()
                wait_till_read(process.stdin)
                process.send_signal(signal.SIGTERM)
                told = process.communicate(timeout=WAIT_S)[1]
                assert process.returncode == 0 and told == b"", (form, told)
                assert target.read_bytes() == whole.stdout and b"truncated" in whole.stderr, form

        def recordings_joined_out_of_order():
            """The time runs back for good: the engine says so, begins anew and tracks again."""
            once, twice = folder / "once.ast", folder / "twice.ast"
            run("demo", "--speed", "0", "--minutes", "3", "-o", folder / "long")
            run("decode", "--filter", once, folder / "long/radars.pcap")
            twice.write_bytes(once.read_bytes() * 2)
            texts = [run("replay", "-c", folder / "demo/sensors.yaml", path).stdout.decode()
                     for path in (once, twice)]
            counts = [int(re.search(r"(\d+) confirmed", text).group(1)) for text in texts]
            assert "ran back" not in texts[0] and "ran back 1 times" in texts[1], texts[1][-900:]
            assert counts[0] >= 30 and 1.8 * counts[0] <= counts[1] <= 2.2 * counts[0], counts

        def closed_descriptors():
            """No file gets the number of standard output."""
            target = folder / "alone.jsonl"
            subprocess.run(f"'{PROGRAM}' replay --tracks '{target}' '{beast}' <&- >&- 2>&-",
                           shell=True, check=True)
            for line in open(target):
                json.loads(line)

        def no_operand():
            one_line(run("decode", status=USAGE), "no input")
            one_line(run("replay", status=USAGE), "no input")

        def wrong_option():
            one_line(run("decode", "--froth", "x", status=USAGE), "--froth")
            one_line(run("decode", "--to", "xml", radars, status=USAGE), "xml", "jsonl")
            one_line(run("replay", "--start", "yesterday", radars, status=USAGE), "yesterday")
            one_line(run("fly", status=USAGE), "fly")

        def sensors_refused():
            path = folder / "bad.yaml"
            text = (folder / "demo/sensors.yaml").read_text()
            path.write_text(text.replace("range_sigma_m", "range_sigma_km", 1))
            done = run("replay", "-c", path, radars, status=CONFIG)
            first = done.stderr.decode().splitlines()[0]
            assert "bad.yaml:" in first and "range_sigma_m" in first, first

        def output_folder_missing():
            one_line(run("replay", "-q", "--tracks", folder / "no/where.jsonl", radars,
                         status=NO_OUTPUT), "where.jsonl")

        def disk_full():
            """A file size limit stands in for a full disk: nothing stands under the final name."""
            outputs = {"--tracks": "t.jsonl", "--reports": "r.jsonl", "--asterix": "a.pcap",
                       "--archive": "g.gpkg"}
            for option, file in outputs.items():
                done = subprocess.run(
                    [PROGRAM, "replay", "-q", "-c", str(folder / "demo/sensors.yaml"), "--start",
                     "2024-03-01", option, str(folder / file), str(radars), str(beast)],
                    stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                    preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000)))
                assert done.returncode == IO_ERROR, f"{option}: {done.returncode} {done.stderr}"
                assert not (folder / file).exists(), f"{file} stands there half-written"
                assert done.stderr.decode().strip(), "nothing said"

        def device_full():
            done = subprocess.run(f"'{PROGRAM}' decode '{radars}' > /dev/full", shell=True,
                                  stderr=subprocess.PIPE)
            assert done.returncode == IO_ERROR, done.returncode

        def killed():
            """kill -9 in the middle leaves no file under the final name."""
            target = folder / "killed.jsonl"
            process = subprocess.Popen([PROGRAM, "replay", "-q", "--tracks", str(target), "-"],
                                       stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
            process.stdin.write(beast.read_bytes()[:200000])
            process.stdin.flush()
            process.kill()
            process.wait()
            assert not target.exists()

        def pipe_closed():
            done = subprocess.run(f"'{PROGRAM}' decode '{radars}' | head -1; "
                                  "echo ${PIPESTATUS[0]}", shell=True, executable="/bin/bash",
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            assert done.stdout.splitlines()[-1] == b"141", done.stdout[-100:]
            assert done.stderr == b"", done.stderr

        for name, function in list(locals().items()):
            if callable(function) and name not in ("name", "function"):
                case(name.replace("_", " "), function)


main()
finish()
