#!/usr/bin/env python3
"""An unmodified Prometheus server reads the figures of the service, and keeps what they say."""
import json
import pathlib
import re
import socket
import subprocess
import urllib.error
import urllib.parse
import urllib.request

from common import WAIT_S, case, finish, free_ports, need_tool, workdir
from run import Scene, wait_for

CONFIG = """
global: {{scrape_interval: 250ms, scrape_timeout: 250ms}}
scrape_configs:
  - job_name: airpicture
    static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
"""


def text(port, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=WAIT_S) as answer:
        return answer.read().decode()


def ask(port, query):
    """The values that Prometheus has, by their labels; None while there are none."""
    try:
        answer = json.loads(text(port, "/api/v1/query?query=" + urllib.parse.quote(query)))
    except (urllib.error.URLError, ConnectionError):
        return None
    return {tuple(sorted(one["metric"].items())): float(one["value"][1])
            for one in answer["data"]["result"]} or None


class Pair:
    """The service with live inputs, and a Prometheus that reads it."""

    def __init__(self, folder):
        self.folder, self.scene, self.prometheus = folder, None, None

    def start(self):
        program = need_tool("prometheus")
        self.server, = free_ports(1, socket.SOCK_STREAM)
        self.scene = Scene(self.folder)
        self.http = self.scene.http
        (self.folder / "prometheus.yml").write_text(CONFIG.format(port=self.http))
        self.scene.start()
        self.prometheus = subprocess.Popen(
            [program, f"--config.file={self.folder}/prometheus.yml",
             f"--storage.tsdb.path={self.folder}/data",
             f"--web.listen-address=127.0.0.1:{self.server}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def close(self):
        if self.prometheus:
            self.prometheus.kill()
            self.prometheus.wait()
        if self.scene:
            self.scene.close()


def test_scrape(pair):
    def is_up():
        return 1.0 in (ask(pair.server, 'up{job="airpicture"}') or {}).values()

    def has_tracks():
        firm = ask(pair.server, 'airpicture_tracks{state="firm"}')
        return firm and max(firm.values()) > 0

    wait_for(is_up)
    wait_for(has_tracks)
    target, = json.loads(text(pair.server, "/api/v1/targets"))["data"]["activeTargets"]
    assert target["health"] == "up" and target["lastError"] == "", target["lastError"]


def test_rates(pair):
    """A counter grows, a histogram gives a quantile: what a dashboard asks for."""
    def reports_flow():
        rate = ask(pair.server, "rate(airpicture_reports_total[2s])")
        return rate and min(rate.values()) > 0

    def has_quantile():
        p99 = ask(pair.server, "histogram_quantile(0.99, rate(airpicture_latency_seconds_bucket"
                               "[2s]))")
        return p99 and 0 < max(p99.values()) < 1

    wait_for(reports_flow)
    wait_for(has_quantile)


def test_every_family_arrives(pair):
    """What /metrics tells is what Prometheus has: none is refused."""
    told = {re.match(r"\w+", line)[0] for line in text(pair.http, "/metrics").splitlines()
            if not line.startswith("#")}
    names = json.loads(text(pair.server, "/api/v1/label/__name__/values"))["data"]
    assert len(told) > 20 and not told - set(names), told - set(names)


def test_lint(pair):
    """The text has no mistakes in the eyes of Prometheus' own checker."""
    done = subprocess.run([need_tool("promtool"), "check", "metrics"],
                          input=text(pair.http, "/metrics").encode(), stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    assert done.returncode == 0, done.stdout.decode()[:600]


def main():
    with workdir() as name:
        pair = Pair(pathlib.Path(name))
        try:
            case("starts", pair.start)
            if pair.prometheus:
                for check in test_scrape, test_rates, test_every_family_arrives, test_lint:
                    case(check.__name__.removeprefix("test_"), check, pair)
        finally:
            pair.close()
    finish()


if __name__ == "__main__":
    main()
