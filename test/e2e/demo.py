#!/usr/bin/env python3
"""The demo: a whole run, its files, and its errors against the truth."""
import json
import pathlib

from common import case, finish, run, workdir


def main():
    with workdir() as name:
        folder = pathlib.Path(name)
        said = {}

        def whole_run():
            done = run("demo", "--speed", "0", "-o", folder / "out", "--json",
                       folder / "score.json")
            said["text"] = done.stdout.decode()
            said.update(json.loads((folder / "score.json").read_text()))

        def files():
            for file in ("tracks.jsonl", "system.pcap", "archive.gpkg", "sensors.yaml",
                         "radars.pcap", "receiver.beast", "truth.csv"):
                path = folder / "out" / file
                assert path.exists() and path.stat().st_size > 0, file
                assert file in said["text"], f"{file} is not named at the end"

        def accuracy():
            assert said["completeness"] >= 0.97, said
            assert said["position_rms_m"] <= 150, said
            assert said["velocity_rms_mps"] <= 20, said
            assert said["false_track_seconds"] <= 60, said
            assert said["target_count"] >= 55, said

        case("whole run", whole_run)
        if said:
            case("files", files)
            case("errors against the truth", accuracy)


main()
finish()
