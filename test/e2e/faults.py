#!/usr/bin/env python3
"""Faults about the running service: clients that hang, lie and ask too much, a host whose clock is
set, an interface that goes, a disk that is full, no memory, kills. doc/faults.md has the table."""
import concurrent.futures
import json
import os
import pathlib
import random
import re
import resource
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request

from common import PROGRAM, WAIT_S, Skip, case, finish, free_ports, need_tool, run, workdir
from run import wait_for

LINE = "MSG,3,,,40621D,,,,,,,35000,,,{:.5f},3.9,,,0,0,0,0\r\n"


class Service:
    """A service with a folder, two UDP inputs and a port; `wrap` is a command around it."""

    def __init__(self, folder, config="", wrap=(), env=None, http="", log=None):
        self.folder, self.log = folder, log
        self.a, self.b = free_ports(2, socket.SOCK_DGRAM)
        self.http, self.listen = free_ports(2, socket.SOCK_STREAM)
        self.wrap, self.env = [str(part) for part in wrap], dict(os.environ, **(env or {}))
        self.out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        folder.mkdir(exist_ok=True)
        (folder / "service.yaml").write_text(
            f"inputs:\n  - {{name: a, kind: udp, port: {self.a}, format: sbs}}\n"
            f"  - {{name: b, kind: udp, port: {self.b}, format: sbs}}\n"
            f"  - {{name: c, kind: tcp-listen, port: {self.listen}, format: sbs}}\n"
            f"http: {{port: {self.http}, stream_ms: 100{http}}}\n{config}")
        self.start()

    def start(self):
        log = self.log or open(self.folder / "log", "a+")
        self.process = subprocess.Popen(
            [*self.wrap, PROGRAM, "run", self.folder / "service.yaml"], stderr=log,
            env=self.env)
        wait_for(lambda: self.process.poll() is not None or self.status("/healthz"))
        assert self.process.poll() is None, self.said()

    def said(self):
        return (self.folder / "log").read_text()

    def status(self, path, headers={}):
        request = urllib.request.Request(f"http://127.0.0.1:{self.http}{path}", headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=WAIT_S) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return None

    def statistics(self):
        url = f"http://127.0.0.1:{self.http}/api/v1/statistics"
        with urllib.request.urlopen(url, timeout=WAIT_S) as answer:
            return json.load(answer)

    def part(self, kind, name):
        found = [one for one in self.statistics()[kind] if one["name"] == name]
        return found[0] if found else {"state": "none", "open": False, "chunk_count": 0}

    def send(self, data, port=None):
        self.out.sendto(data, ("127.0.0.1", port or self.a))

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(timeout=WAIT_S) == 0, self.said()

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.out.close()


def with_service(function):
    def run_it(folder, *arguments, **options):
        service = Service(folder, *arguments, **options)
        try:
            function(service)
        finally:
            service.close()
    return run_it


# --- clients ---

@with_service
def silent_connections(service):
    """5,000 that send nothing: whoever asks is answered, and they are counted."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard < 6000:
        raise Skip(f"{hard} descriptors are all that this user may have")
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 16384), hard))
    held = []
    try:
        for _ in range(5000):
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", service.http))
            held.append(one)
        assert service.status("/healthz") == 200, "nobody is answered beside them"
        listening = [socket.create_connection(("127.0.0.1", service.listen)) for _ in range(40)]
        wait_for(lambda: service.part("inputs", "c")["connect_refused_count"] >= 24)
        for one in listening:
            one.close()
    finally:
        for one in held:
            one.close()
    assert service.status("/healthz") == 200, "nobody is answered behind them"
    service.end()


def raw(service, request):
    """The status line of the answer, b"" when there is none."""
    with socket.create_connection(("127.0.0.1", service.http), timeout=WAIT_S) as one:
        try:
            one.sendall(request)
            return one.recv(4096).split(b"\r\n")[0]
        except (ConnectionError, TimeoutError):
            return b""


@with_service
def requests_that_cannot_be(service):
    head = b" HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    for request, expected in (
            (b"GET /" + b"x" * 9000 + head + b"\r\n", (b"", b"4")),
            (b"GET /healthz" + head + b"X: " + b"y" * 9000 + b"\r\n\r\n", (b"", b"4")),
            (b"GET /healthz?" + b"a=1&" * 40 + head + b"\r\n", (b"400",)),
            (b"POST /api/v1/tracks" + head + b"Content-Length: 70000\r\n\r\n" + bytes(70000),
             (b"413",)),
            (b"POST /api/v1/tracks" + head + b"Content-Length: -1\r\n\r\n", (b"400",)),
            (b"POST /api/v1/tracks" + head + b"Transfer-Encoding: chunked\r\n\r\n", (b"501",)),
            (b"GET /../etc/passwd" + head + b"\r\n", (b"400", b"404")),
            (random.Random(1).randbytes(4000) + b"\r\n\r\n", (b"", b"4")),
            (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500), (b"", b"4"))):
        told = raw(service, request).removeprefix(b"HTTP/1.1 ")
        assert any(told.startswith(one) if one else told == b"" for one in expected), \
            (request[:60], told)
    assert service.status("/healthz") == 200
    service.end()


def wrong_tokens(folder):
    folder.mkdir()
    made = run("token", "ann")
    token = made.stderr.decode().split("only now: ")[1].split()[0]
    (folder / "tokens").write_bytes(made.stdout)
    service = Service(folder, http=", tokens: tokens, read_needs_token: true")
    try:
        answers = [service.status("/api/v1/tracks", {"Authorization": f"Bearer {token[:-3]}{i:03}"})
                   for i in range(40)]
        assert answers[0] == 401 and answers[-1] == 429, answers
        assert service.status("/api/v1/tracks", {"Authorization": f"Bearer {token}"}) in (200, 429)
        assert 1 <= service.said().count("sent a wrong token") <= 5, service.said()
        assert token not in service.said()
        service.end()
    finally:
        service.close()


class TlsService:
    """A service with a certificate; `answers` to who trusts that of one name."""

    def __init__(self, folder):
        self.openssl, self.folder = need_tool("openssl"), folder
        folder.mkdir()
        self.make_pair("one")
        self.exchange("one", "one")
        self.port, = free_ports(1, socket.SOCK_STREAM)
        (folder / "service.yaml").write_text(
            "inputs: [{name: a, kind: stdin, format: sbs}]\n"
            f"http: {{port: {self.port}, certificate: cert.pem, key: key.pem}}\n")
        self.log = open(folder / "log", "w+")
        self.process = subprocess.Popen([PROGRAM, "run", folder / "service.yaml"],
                                        stdin=subprocess.PIPE, stderr=self.log)
        wait_for(lambda: self.answers("one"))

    def make_pair(self, name):
        subprocess.run([self.openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                        "/CN=localhost", "-keyout", self.folder / f"{name}.key",
                        "-out", self.folder / f"{name}.pem"], stderr=subprocess.DEVNULL, check=True)

    def exchange(self, certificate, key):
        for name, ending, to in (certificate, "pem", "cert.pem"), (key, "key", "key.pem"):
            (self.folder / "part").write_bytes((self.folder / f"{name}.{ending}").read_bytes())
            (self.folder / "part").rename(self.folder / to)

    def ask(self, path, name):
        context = ssl.create_default_context(cafile=self.folder / f"{name}.pem")
        context.check_hostname = False
        with urllib.request.urlopen(f"https://127.0.0.1:{self.port}{path}", timeout=WAIT_S,
                                    context=context) as answer:
            return answer.read().decode()

    def metrics(self):
        return self.ask("/metrics", "one")

    def answers(self, name):
        try:
            return self.ask("/healthz", name) == "ok\n"
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False

    def said(self):
        return (self.folder / "log").read_text()

    def close(self):
        self.process.kill()
        self.process.wait()


def tls_garbage(folder):
    service = TlsService(folder)
    try:
        source = random.Random(2)
        for data in (source.randbytes(3000), b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01",
                     b"\x16\x03\x01\xff\xff" + source.randbytes(2000), b"\x15\x03\x03\x00\x02\x02"):
            with socket.create_connection(("127.0.0.1", service.port), timeout=WAIT_S) as one:
                try:
                    one.sendall(data)
                    one.shutdown(socket.SHUT_WR)
                except OSError:
                    pass  # closed on it already
        assert service.answers("one")
        assert re.search(r'http_faults_total{reason="tls"} [1-9]', service.metrics())
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(timeout=WAIT_S) == 0
    finally:
        service.close()


def certificate_is_exchanged(folder):
    """A good pair is served by itself; with one that cannot be, and with a reload on top of it, the
    old one goes on."""
    service = TlsService(folder)
    try:
        service.make_pair("two")
        service.exchange("two", "two")
        wait_for(lambda: service.answers("two"))
        assert not service.answers("one") and "a new certificate is served" in service.said()
        service.exchange("one", "two")
        wait_for(lambda: "the old one is served on" in service.said())
        assert "is not the key of the certificate" in service.said() and service.answers("two")
        service.process.send_signal(signal.SIGHUP)
        wait_for(lambda: "goes on with the old one" in service.said())
        assert service.answers("two") and service.process.poll() is None
        said = run("check", folder / "service.yaml", status=78).stderr.decode()
        assert "is not the key of the certificate" in said, said
    finally:
        service.close()


def fill(descriptor):
    """A pipe, to its end."""
    os.set_blocking(descriptor, False)
    try:
        while os.write(descriptor, bytes(4096)):
            pass
    except BlockingIOError:
        os.set_blocking(descriptor, True)


def nobody_reads_the_log(folder):
    """Standard error is a full pipe, and at a reload there are errors to tell: nobody waits."""
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    service = Service(folder, log=writer)
    said = bytearray()

    def told():
        try:
            said.extend(os.read(reader, 65536))
        except BlockingIOError:
            pass
        return b"unknown kind 'upd'" in said and b"is refused" in said
    try:
        fill(writer)
        good = (folder / "service.yaml").read_text()
        (folder / "service.yaml").write_text(good.replace("kind: udp", "kind: upd"))
        for _ in range(3):
            service.process.send_signal(signal.SIGHUP)
            time.sleep(0.05)
        assert service.status("/healthz") == 200, "it waits for who reads the log"
        size = -1
        while size < len(said):
            size = len(said)
            told()
        service.process.send_signal(signal.SIGHUP)
        wait_for(told)
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(timeout=WAIT_S) == 0
    finally:
        service.close()
        os.close(reader)
        os.close(writer)


# --- inputs ---

@with_service
def one_input_floods(service):
    """Its own chunks are lost; those of the other are all taken."""
    flood, quiet = b"x" * 60000, LINE.format(52.0).encode()
    for i in range(1500):
        service.send(flood)
        if i % 15 == 0:
            service.send(quiet, service.b)
    wait_for(lambda: service.part("inputs", "b")["chunk_count"] == 100)
    assert service.part("inputs", "b")["lost_count"] == 0
    ring, = service.statistics()["rings"]
    assert ring["peak"] <= ring["capacity"], ring
    service.end()


def port_of_an_input_is_taken(folder):
    """Nobody can be heard there; it is told, tried again, and the service goes on."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        service = Service(folder)
        text = (folder / "service.yaml").read_text()
        try:
            (folder / "service.yaml").write_text(
                text.replace(f"port: {service.a}", f"port: {taken.getsockname()[1]}"))
            service.process.send_signal(signal.SIGHUP)
            wait_for(lambda: service.said().count("serves at") == 2)
            wait_for(lambda: service.part("inputs", "a")["state"] == "waiting")
            assert "in use" in service.part("inputs", "a")["last_error"]
            wait_for(lambda: "warning: input 'a': cannot receive at" in service.said())
            taken.close()
            wait_for(lambda: service.part("inputs", "a")["state"] == "open")
            wait_for(lambda: "info: input 'a': goes on" in service.said())
            service.end()
        finally:
            service.close()


def interface_gone_and_back(folder):
    """In a network of its own: this script runs itself there."""
    need_tool("ip")
    if subprocess.run(["unshare", "-n", "true"], stderr=subprocess.DEVNULL).returncode:
        raise Skip("no network namespaces here")
    done = subprocess.run(["unshare", "-n", sys.executable, __file__, "interface", str(folder)],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode == 77:
        raise Skip(done.stdout.strip())
    assert done.returncode == 0, done.stdout[-500:]


def in_own_network(folder):
    def ip(*arguments):
        return subprocess.run(["ip", *arguments], stderr=subprocess.PIPE, text=True)

    def add():
        ways = ("link add radar0 type dummy", "link add radar0 type veth peer name radar1",
                "link add radar0 type bridge")
        if all(ip(*way.split()).returncode for way in ways):
            print("no interface can be added here")
            sys.exit(77)
        ip("link", "set", "radar1", "up")
        ip("addr", "add", "192.0.2.1/24", "dev", "radar0")
        ip("link", "set", "radar0", "up", "multicast", "on")
    ip("link", "set", "lo", "up")
    add()
    service = Service(folder)
    text = (folder / "service.yaml").read_text()
    (folder / "service.yaml").write_text(text.replace(
        "name: a, kind: udp", "name: a, kind: udp, group: 239.1.2.3, interface: radar0"))
    out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    def heard():
        """Whether what is sent to the group by the interface arrives."""
        before = service.part("inputs", "a")["chunk_count"]
        try:
            out.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF,
                           socket.inet_aton("192.0.2.1"))
            out.sendto(b"x\n", ("239.1.2.3", service.a))
        except OSError:
            return False
        time.sleep(0.15)
        return service.part("inputs", "a")["chunk_count"] > before
    try:
        service.process.send_signal(signal.SIGHUP)
        wait_for(lambda: service.said().count("serves at") == 2)
        wait_for(heard)
        ip("link", "del", "radar0")
        time.sleep(0.2)
        assert service.status("/healthz") == 200
        add()
        wait_for(heard)
        service.end()
    finally:
        service.close()


# --- the host ---

CLOCK = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
int clock_gettime(clockid_t id, struct timespec *now)
{
    static int (*real)(clockid_t, struct timespec *);
    static volatile long *ahead_s;
    if (!real) {
        real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
        ahead_s = mmap(0, 8, PROT_READ, MAP_SHARED, open(getenv("AHEAD"), O_RDONLY), 0);
    }
    int result = real(id, now);
    if (id == CLOCK_REALTIME)
        now->tv_sec += *ahead_s;
    return result;
}
"""

MEMORY = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t);
static long left = -1;
/* Fails the call of number N that comes from the program itself, not from a library. */
static int fails(void *caller)
{
    Dl_info about;
    static int inside;
    if (left < 0) {
        const char *n = getenv("FAIL_AT");
        left = n ? atol(n) : 0;
    }
    if (left == 0 || inside)
        return 0;
    inside = 1;
    int ours = dladdr(caller, &about) && about.dli_fname &&
               !__builtin_strstr(about.dli_fname, ".so");
    inside = 0;
    if (ours && --left == 0) {
        errno = ENOMEM;
        return 1;
    }
    return 0;
}
#define FAILS fails(__builtin_return_address(0))
void *malloc(size_t n) { return FAILS ? 0 : __libc_malloc(n); }
void *calloc(size_t n, size_t m) { return FAILS ? 0 : __libc_calloc(n, m); }
void *realloc(void *p, size_t n) { return FAILS ? 0 : __libc_realloc(p, n); }
"""


def shim(folder, source):
    """A library to be loaded before all others."""
    compiler = need_tool("gcc")
    folder.mkdir(exist_ok=True)
    (folder / "shim.c").write_text(source)
    subprocess.run([compiler, "-O1", "-w", "-shared", "-fPIC", "-o", folder / "shim.so",
                    folder / "shim.c"], check=True)
    if b"__asan_init" in pathlib.Path(PROGRAM).read_bytes():
        raise Skip("not with a sanitizer, which comes before all others itself")
    return str(folder / "shim.so")


def clock_of_the_host_is_set(folder):
    """By an hour, forward and back: told, and nothing moves."""
    library = shim(folder, CLOCK)
    ahead = folder / "ahead"
    ahead.write_bytes(bytes(8))
    service = Service(folder, env={"LD_PRELOAD": library, "AHEAD": str(ahead)})

    def fly(seconds):
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            place = 52.0 + (time.monotonic() - began) * 200 / 111300
            service.send(LINE.format(place).encode())
            time.sleep(0.1)

    def tracks():
        url = f"http://127.0.0.1:{service.http}/api/v1/tracks"
        with urllib.request.urlopen(url, timeout=WAIT_S) as answer:
            return [one["track_id"] for one in json.load(answer)["tracks"]]
    try:
        began = time.monotonic()
        fly(1.5)
        wait_for(tracks)
        before, now_s = tracks(), service.statistics()["now_s"]
        for hours in 1, -1:
            with open(ahead, "r+b") as mapped:  # never shorter: the service has it in its memory
                mapped.write((3600 * hours).to_bytes(8, "little", signed=True))
            fly(1.2)
        assert tracks() == before, (before, tracks())
        assert 1.0 < service.statistics()["now_s"] - now_s < 20.0
        assert "clock was set by +3600.0" in service.said(), service.said()
        assert "clock was set by -7200.0" in service.said(), service.said()
        service.end()
    finally:
        service.close()


def memory_is_exhausted(folder):
    """The n-th time that the program asks for it: it ends with a line and a status, or goes on."""
    library = shim(folder, MEMORY)
    lines = "".join(LINE.format(52 + i / 1000) for i in range(50))
    (folder / "a.sbs").write_text(lines)
    (folder / "good.yaml").write_text("inputs: [{name: a, kind: stdin, format: sbs}]\n"
                                      "http: {port: 1}\nstate: {folder: state}\n")
    (folder / "small.yaml").write_text("inputs: [{name: a, kind: stdin}]\ntrack_cap: 16\n"
                                       "aircraft_cap: 64\nreceiver_cap: 0\nhistory_points: 256\n")
    failed = 0
    for arguments, calls in (
            (["replay", "-q", folder / "a.sbs", "--tracks", folder / "out"], range(1, 30)),
            (["check", folder / "good.yaml"], range(1, 30)),
            (["run", "--replay", folder / "a.sbs", "--speed", "0", "--port", "0",
              folder / "small.yaml"], range(1, 100, 3))):
        for n in calls:
            done = subprocess.run([PROGRAM, *arguments], stderr=subprocess.PIPE, text=True,
                                  stdout=subprocess.DEVNULL, timeout=WAIT_S,
                                  env=dict(os.environ, LD_PRELOAD=library, FAIL_AT=str(n)))
            assert done.returncode in (0, 66, 70, 71, 73, 74, 78), (arguments[0], n, done)
            assert done.returncode == 0 or done.stderr.strip(), (arguments[0], n, done)
            failed += done.returncode != 0
    assert failed >= 10, failed


DISK = """
mount --make-rprivate / && mkdir -p "$1/state" &&
mount -t tmpfs -o size=8m,mode=0700 tmpfs "$1/state" && shift && exec "$@"
"""


def disk_is_full(folder):
    """Tracking goes on; the recording is told to have stopped, and goes on when there is room."""
    folder.mkdir()
    if subprocess.run(["unshare", "-m", "true"], stderr=subprocess.DEVNULL).returncode:
        raise Skip("no mount namespaces here")
    service = Service(folder, "state: {folder: state, file_mb: 1}\ntrack_cap: 16\n"
                      "aircraft_cap: 64\nreceiver_cap: 0\n",
                      wrap=["unshare", "-m", "sh", "-c", DISK, "sh", folder])
    try:
        inside = pathlib.Path(f"/proc/{service.process.pid}/root{folder}/state")
        wait_for(lambda: service.part("outputs", "recording")["open"])
        ballast = os.open(inside / "ballast", os.O_WRONLY | os.O_CREAT)
        try:
            while os.write(ballast, bytes(65536)):
                pass
        except OSError:
            os.close(ballast)

        def refused():
            for _ in range(20):
                service.send(random.randbytes(1000))
            recording = service.part("outputs", "recording")
            return not recording["open"] and "No space left" in recording["last_error"]
        wait_for(refused)
        before = service.part("inputs", "a")["chunk_count"]
        service.send(LINE.format(52.0).encode())
        wait_for(lambda: service.part("inputs", "a")["chunk_count"] > before)
        assert service.part("outputs", "recording")["lost_count"] > 0
        (inside / "ballast").unlink()
        wait_for(lambda: service.send(b"again\n") or service.part("outputs", "recording")["open"])
        wait_for(lambda: "output 'recording': goes on" in service.said())
        assert "No space left" in service.said() and "octets are lost" in service.said()
        files = sorted(inside.glob("recordings/airpicture-*"))
        for file in files:
            (folder / file.name).write_bytes(file.read_bytes())
        service.end()
    finally:
        service.close()
    for file in files:  # as far as each goes, all of it can be read
        run("replay", "-q", folder / file.name, "--tracks", folder / "out", status=None)
    assert files


def killed_at_any_moment(folder):
    """What was last read back is whole each time."""
    service = Service(folder, "state: {folder: state, checkpoint_s: 1}\n")
    try:
        for k in range(5):
            for i in range(12 + 2 * k):
                service.send(LINE.format(52.0 + i / 5000).encode())
                time.sleep(0.1)
            service.process.kill()
            service.process.wait()
            service.start()
        told = service.said()
        assert told.count("goes on from") == 5, told
        assert "damaged" not in told and "is not used" not in told, told
        assert len(list((folder / "state").glob("*.part"))) <= 1
        service.end()
    finally:
        service.close()


def checkpoint_is_damaged(folder):
    """By an octet, by its end: told, and the picture comes of the recording."""
    service = Service(folder, "state: {folder: state}\n")
    checkpoint = folder / "state/checkpoint"
    try:
        for i in range(20):
            service.send(LINE.format(52.0 + i / 5000).encode())
            time.sleep(0.1)
        service.end()
        whole = checkpoint.read_bytes()
        middle = len(whole) // 2
        for damaged in (whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1:],
                        whole[:middle], whole[:-1], whole[:100], b""):
            checkpoint.write_bytes(damaged)
            (folder / "log").write_text("")
            service.start()
            told = service.said()
            assert "is not used: it is" in told and "with 1 tracks, restored" in told, told
            service.process.kill()
            service.process.wait()
    finally:
        service.close()


def main():
    with workdir() as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        cases = [("disk is full", disk_is_full), ("killed at any moment", killed_at_any_moment),
                 ("checkpoint is damaged", checkpoint_is_damaged),
                 ("clock of the host is set", clock_of_the_host_is_set),
                 ("interface gone and back", interface_gone_and_back),
                 ("memory is exhausted", memory_is_exhausted),
                 ("5,000 silent connections", silent_connections),
                 ("requests that cannot be", requests_that_cannot_be),
                 ("wrong tokens", wrong_tokens), ("TLS garbage", tls_garbage),
                 ("certificate is exchanged", certificate_is_exchanged),
                 ("nobody reads the log", nobody_reads_the_log),
                 ("one input floods", one_input_floods),
                 ("port of an input is taken", port_of_an_input_is_taken)]
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            for future in [pool.submit(case, title, function, folder / str(i))
                           for i, (title, function) in enumerate(cases)]:
                future.result()
    finish()


if __name__ == "__main__":
    if sys.argv[1:2] == ["interface"]:
        in_own_network(pathlib.Path(sys.argv[2]))
    else:
        main()
