#!/usr/bin/env python3
"""Real ASTERIX recordings become tracks."""
import collections
import json
import pathlib

from common import case, finish, need_data, run, workdir


def sensors_of(path):
    """Every source of the recording, radars placed 40 km apart around a point: sensible enough for
    tracks to come into being, not to agree with each other."""
    sources = collections.Counter()
    for line in run("decode", path).stdout.splitlines():
        record = json.loads(line)
        source = record["rec"].get("010")
        if source:
            sources[(source["SAC"], source["SIC"], record["cat"])] += 1
    kinds = {}
    for (sac, sic, cat), _ in sorted(sources.items()):
        kind = {1: "ssr", 48: "mode_s", 10: "smr", 20: "mlat"}.get(cat)
        if kind:
            kinds[(sac, sic)] = kind
    text = "sensors:\n"
    for index, ((sac, sic), kind) in enumerate(sorted(kinds.items())):
        text += (f"  - name: radar {sac}-{sic}\n    kind: {kind}\n    sac: {sac}\n    sic: {sic}\n"
                 f"    latitude_deg: {40 + 0.4 * (index % 5)}\n"
                 f"    longitude_deg: {-4 + 0.5 * (index // 5)}\n    height_m: 600\n")
    return text


def check(name, least_tracks, most_tracks, least_share, folder):
    """Tracks within what the traffic can be; `least_share` of the plots are in confirmed ones."""
    path = need_data("asterix", name)
    sensors = folder / "sensors.yaml"
    sensors.write_text(sensors_of(path))
    done = run("replay", "-c", sensors, "--tracks", folder / "tracks.jsonl", path)
    tracks = collections.defaultdict(list)
    for line in open(folder / "tracks.jsonl"):
        event = json.loads(line)
        tracks[event["track_id"]].append(event)
    confirmed = [t for t in tracks.values() if any(e["event"] == "confirmed" for e in t)]
    assert least_tracks <= len(confirmed) <= most_tracks, (
        f"{len(confirmed)} tracks; {done.stdout.decode()[-600:]}")
    count = lambda events: sum(e["event"] in ("born", "updated", "confirmed") for e in events)
    share = sum(map(count, confirmed)) / sum(map(count, tracks.values()))
    assert share >= least_share, f"{share:.3f} of the updates are of confirmed tracks"
    for events in confirmed:
        times = [e["time_s"] for e in events]
        assert all(b >= a - 60 for a, b in zip(times, times[1:])), "times run backwards"
        for event in events:
            assert event.get("ground_speed_kt", 0) < 1500, event


def main():
    with workdir() as name:
        folder = pathlib.Path(name)
        case("a multi-radar network of six seconds", check, "rn_068test_rrd3.gps", 30,
             60, 0.05, folder)
        case("two hours of a secondary radar", check, "rn_canalB.gps", 340, 560,
             0.98, folder)
        case("an airport multilateration", check, "rn_sdpb-op-cat20.first.ast", 10,
             20, 0.95, folder)
        case("a Mode S radar of an hour", check, "rn_068test_bds30.first.gps", 2, 4,
             0.98, folder)


main()
finish()
