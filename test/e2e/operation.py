#!/usr/bin/env python3
"""The service under a service manager: what it tells it, who may see that it lives, the unit file,
and nobody's rights on a system that it cannot change."""
import contextlib
import ctypes
import os
import pathlib
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

from common import PROGRAM, ROOT, WAIT_S, Skip, case, finish, free_ports, need_tool, run, workdir
from run import wait_for

PTRACE_DETACH, PTRACE_SEIZE, PTRACE_INTERRUPT = 17, 0x4206, 0x4207
WALL = 0x40000000  # threads, too
EXPOSURE_MAX = 15  # tenths, of systemd-analyze security; it says 1.1


def status_of(port, path):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=WAIT_S) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


class Manager:
    """Listens where the service manager would, with a watchdog of 0.4 s."""

    def __init__(self, folder):
        self.folder = folder
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(folder / "notify"))
        self.socket.settimeout(WAIT_S)
        self.http, = free_ports(1, socket.SOCK_STREAM)
        udp, = free_ports(1, socket.SOCK_DGRAM)
        (folder / "tokens").write_bytes(run("token", "ann").stdout)
        (folder / "service.yaml").write_text(
            f"inputs: [{{name: a, kind: udp, port: {udp}}}]\n"
            "state: {folder: state, checkpoint_s: 1}\n"
            f"http: {{port: {self.http}, tokens: tokens, read_needs_token: true}}\n")
        self.log = open(folder / "log", "w+")
        self.service = subprocess.Popen(
            [PROGRAM, "run", folder / "service.yaml"], stderr=self.log,
            env=dict(os.environ, NOTIFY_SOCKET=str(folder / "notify"), WATCHDOG_USEC="400000"))

    def heard(self):
        return self.socket.recv(4096).decode()

    def wait_for(self, line):
        """Until a datagram has the line; what came before it."""
        before = []
        while line not in (lines := self.heard()).split("\n"):
            before.append(lines)
        return before, lines

    def drain(self):
        self.socket.setblocking(False)
        try:
            while True:
                self.socket.recv(4096)
        except BlockingIOError:
            self.socket.settimeout(WAIT_S)

    def feeds_in(self, seconds):
        self.drain()
        time.sleep(seconds)
        self.socket.setblocking(False)
        count = 0
        try:
            while True:
                count += self.socket.recv(4096) == b"WATCHDOG=1"
        except BlockingIOError:
            self.socket.settimeout(WAIT_S)
        return count

    def close(self):
        if self.service.poll() is None:
            self.service.kill()
            self.service.wait()
        self.socket.close()


def ready_when_it_serves(manager):
    _, lines = manager.wait_for("READY=1")
    assert f"STATUS=serves at http://127.0.0.1:{manager.http}" in lines, lines
    for path, status in (("/healthz", 200), ("/metrics", 401), ("/api/v1/tracks", 401),
                         ("/healthz/", 401)):
        assert status_of(manager.http, path) == status, path
    wait_for(lambda: status_of(manager.http, "/readyz") == 200)


def thread_named(pid, name):
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        if (task / "comm").read_text().strip() == name:
            return int(task.name)
    raise AssertionError(f"no thread {name}")


@contextlib.contextmanager
def stopped(manager, name):
    """One thread alone stands still, as if it hung."""
    libc = ctypes.CDLL(None, use_errno=True)
    tid = thread_named(manager.service.pid, name)
    if libc.ptrace(PTRACE_SEIZE, tid, None, None) != 0:
        raise Skip(f"a thread may not be stopped here: {os.strerror(ctypes.get_errno())}")
    assert libc.ptrace(PTRACE_INTERRUPT, tid, None, None) == 0
    os.waitpid(tid, WALL)
    try:
        yield
    finally:
        libc.ptrace(PTRACE_DETACH, tid, None, None)


def hung_thread_is_not_fed(manager, name):
    wait_for(lambda: manager.feeds_in(0.5) >= 3)
    with stopped(manager, name):
        wait_for(lambda: manager.feeds_in(0.5) == 0)  # what was just under way ends
    wait_for(lambda: manager.feeds_in(0.2) > 0)


def checkpoint_waits_for_the_recording(manager):
    """Else a kill would leave a checkpoint of what is in no recording."""
    checkpoint = manager.folder / "state/checkpoint"
    wait_for(checkpoint.exists)
    with stopped(manager, "recorder"):
        times = {checkpoint.stat().st_mtime_ns}
        for _ in range(40):
            time.sleep(0.1)
            times.add(checkpoint.stat().st_mtime_ns)
        assert len(times) <= 2, times  # one of each second, but that the first was under way
    wait_for(lambda: checkpoint.stat().st_mtime_ns > max(times))


def told_of_a_reload_and_of_the_end(manager):
    manager.service.send_signal(signal.SIGHUP)
    _, lines = manager.wait_for("RELOADING=1")
    assert "MONOTONIC_USEC=" in lines, lines
    manager.wait_for("READY=1")
    manager.service.send_signal(signal.SIGTERM)
    manager.wait_for("STOPPING=1")
    assert manager.service.wait(timeout=WAIT_S) == 0, (manager.folder / "log").read_text()


def unit_file(folder):
    """Without mistakes, and as little exposed as it was."""
    analyze = need_tool("systemd-analyze")
    unit = folder / "airpicture.service"
    text = (ROOT / "packaging/airpicture.service.in").read_text()
    unit.write_text(text.replace("@AP_BINARY@", str(pathlib.Path(PROGRAM).resolve())))
    done = subprocess.run([analyze, "verify", "--man=no", unit], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0 and unit.name not in done.stdout, done.stdout
    done = subprocess.run([analyze, "security", "--offline=true", f"--threshold={EXPOSURE_MAX}",
                           unit], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout[-300:]
    run("check", ROOT / "packaging/airpicture.yaml")


NOBODY = """
set -e
mount --make-rprivate /
mount -t tmpfs -o uid=65534,gid=65534,mode=0700 tmpfs "$1/state"
mount -o remount,bind,ro /
mount -o remount,bind,ro "$2" 2>/dev/null || true
! touch "/airpicture-must-not" 2>/dev/null
exec setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs --bounding-set=-all \\
    --inh-caps=-all "$3" run "$1/service.yaml"
"""


def nobody_on_a_read_only_system(folder):
    """It keeps its state, and needs no other place to write to."""
    for tool in "unshare", "setpriv", "mount":
        need_tool(tool)
    if subprocess.run(["unshare", "-m", "true"], stderr=subprocess.DEVNULL).returncode:
        raise Skip("no mount namespaces here")
    folder.chmod(0o755)
    (folder / "state").mkdir()
    port, = free_ports(1, socket.SOCK_STREAM)
    udp, = free_ports(1, socket.SOCK_DGRAM)
    (folder / "service.yaml").write_text(
        f"inputs: [{{name: a, kind: udp, port: {udp}}}]\nhttp: {{port: {port}}}\n"
        "state: {folder: state, checkpoint_s: 1}\n")
    service = subprocess.Popen(["unshare", "-m", "sh", "-c", NOBODY, "sh", folder, "/tmp",
                                pathlib.Path(PROGRAM).resolve()], stderr=subprocess.PIPE, text=True)

    def checkpoints():
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/statistics") as answer:
                text = answer.read().decode()
        except (urllib.error.URLError, ConnectionError):
            assert service.poll() is None, service.stderr.read()
            return False
        at = text.find('"checkpoints"')
        part = text[at:].split("}")[0]
        assert at < 0 or '"lost_count": 0' in part, part
        return at >= 0 and '"message_count": 0' not in part
    try:
        wait_for(checkpoints)
        state = pathlib.Path(f"/proc/{service.pid}/root{folder}/state")
        assert (state / "checkpoint").stat().st_uid == 65534
        assert list((state / "recordings").glob("airpicture-*.pcap"))
    finally:
        service.send_signal(signal.SIGTERM)
        _, errors = service.communicate(timeout=WAIT_S)
    assert service.returncode == 0, errors


def replay_of_a_silent_pipe():
    """Whoever asks is answered, and it ends when it is told to."""
    port, = free_ports(1, socket.SOCK_STREAM)
    reading, writing = os.pipe()
    service = subprocess.Popen([PROGRAM, "run", "--replay", "-", "--port", str(port)],
                               stdin=reading, stderr=subprocess.PIPE)

    def answers():
        try:
            return status_of(port, "/api/v1/tracks") == 200
        except (urllib.error.URLError, ConnectionError):
            return False
    try:
        wait_for(answers)
        assert status_of(port, "/readyz") == 503
        os.write(writing, b"#")  # something, but no frame
        assert answers()
    finally:
        service.send_signal(signal.SIGTERM)
        _, errors = service.communicate(timeout=WAIT_S)
        os.close(reading)
        os.close(writing)
    assert service.returncode == 0 and b"ends, on a signal" in errors, errors


def ends_while_it_restores(folder):
    """What was recorded may take a while to read: it ends at once when it is told to, with what was
    recorded as it was. A machine may be too quick for one try."""
    folder = folder / "restores"
    folder.mkdir()
    http, = free_ports(1, socket.SOCK_STREAM)
    udp, = free_ports(1, socket.SOCK_DGRAM)
    (folder / "service.yaml").write_text(
        f"inputs: [{{name: a, kind: udp, port: {udp}, format: sbs}}]\n"
        f"state: {{folder: state}}\nhttp: {{port: {http}}}\n")
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    manager.bind(str(folder / "notify"))
    manager.settimeout(WAIT_S)
    out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    line = "".join(f"MSG,3,,,4062{i:02X},,,,,,,35000,,,{{0:.5f}},{i},,,0,0,0,0\r\n"
                   for i in range(30))

    def start():
        return subprocess.Popen([PROGRAM, "run", folder / "service.yaml"], stderr=subprocess.PIPE,
                                env=dict(os.environ, NOTIFY_SOCKET=str(folder / "notify")))

    def wait_until(word):
        while word not in manager.recv(4096):
            pass

    def end(service):
        service.send_signal(signal.SIGTERM)
        _, errors = service.communicate(timeout=WAIT_S)
        assert service.returncode == 0, errors
        return errors
    try:
        for _ in range(5):
            service = start()
            wait_until(b"READY=1")
            for i in range(6000):
                out.sendto(line.format(52 + i / 20000).encode(), ("127.0.0.1", udp))
            assert b"ends, on a signal" in end(service)
            (folder / "state/checkpoint").unlink()
            kept = sorted((folder / "state/recordings").glob("airpicture-*"))
            service = start()
            wait_until(b"STATUS=restores")
            if b"serves at" not in end(service):
                assert sorted((folder / "state/recordings").glob("airpicture-*")) == kept
                assert not (folder / "state/checkpoint").exists()
                return
        raise AssertionError("it restores to the end, five times")
    finally:
        service.kill()
        manager.close()
        out.close()


def main():
    with workdir() as name:
        manager = Manager(pathlib.Path(name))
        try:
            case("ready when it serves", ready_when_it_serves, manager)
            case("hung engine is not fed", hung_thread_is_not_fed, manager, "engine")
            case("hung loop is not fed", hung_thread_is_not_fed, manager, "airpicture")
            case("checkpoint waits for the recording", checkpoint_waits_for_the_recording,
                 manager)
            case("told of a reload and of the end", told_of_a_reload_and_of_the_end, manager)
        finally:
            manager.close()
    with workdir() as name:
        case("unit file", unit_file, pathlib.Path(name))
        case("nobody on a read-only system", nobody_on_a_read_only_system, pathlib.Path(name))
        case("ends while it restores", ends_while_it_restores, pathlib.Path(name))
    case("replay of a silent pipe", replay_of_a_silent_pipe)
    finish()


if __name__ == "__main__":
    main()
