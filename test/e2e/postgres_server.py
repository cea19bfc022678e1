"""A PostgreSQL server of a test's own: Debian's programs, a folder and a port of its own, a user
with a password, loopback only. As root it runs as `postgres` or `nobody`, since initdb refuses
root."""
import ctypes
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time

PASSWORD = "rain drum 'quoted'"
PR_SET_PDEATHSIG = 1


def programs():
    """The folder of Debian's newest server, None where there is none, or no PostGIS for it."""
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/postgres"),
                   key=lambda path: int(path.parts[4]) if path.parts[4].isdigit() else 0)
    if not found:
        return None
    version = found[-1].parts[4]
    extension = pathlib.Path(f"/usr/share/postgresql/{version}/extension/postgis.control")
    return found[-1].parent if extension.exists() else None


def unprivileged():
    """What subprocess needs to be no root."""
    if os.geteuid() != 0:
        return {}
    for name in "postgres", "nobody":
        try:
            user = pwd.getpwnam(name)
            return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        except KeyError:
            pass
    return {}


def end_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT, 0, 0, 0)


class Server:
    def __init__(self, options=()):
        self.bin = programs()
        self.as_user = unprivileged()
        self.options = options
        self.process = None
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="airpicture-postgres-"))
        with socket.socket() as held:
            held.bind(("127.0.0.1", 0))
            self.port = held.getsockname()[1]
        self.password_file = self.folder / "password"
        self.password_file.write_text(PASSWORD + "\n")
        self.password_file.chmod(0o600)
        if self.as_user:
            for path in self.folder, self.password_file:
                os.chown(path, self.as_user["user"], self.as_user["group"])
        self.connection = f"host=127.0.0.1 port={self.port} user=airpicture dbname=postgres"
        self.run("initdb", "-D", self.folder / "data", "-U", "airpicture", "-A", "scram-sha-256",
                 f"--pwfile={self.password_file}", "-E", "UTF8", "--locale=C", "--no-sync",
                 "--no-instructions")

    def run(self, program, *arguments):
        done = subprocess.run([self.bin / program, *arguments], cwd=self.folder, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **self.as_user)
        if done.returncode != 0:
            raise RuntimeError(f"{program}: {done.stdout.strip()[-400:]}")

    def start(self):
        """Until it answers; a server that was killed has to find its memory left first."""
        options = ["-c", f"unix_socket_directories={self.folder}", "-c", f"port={self.port}",
                   "-c", "listen_addresses=127.0.0.1"]
        for option in self.options:
            options += ["-c", option]
        until = time.monotonic() + 60
        while time.monotonic() < until:
            if self.process is None or self.process.poll() is not None:
                with open(self.folder / "log", "a") as log:
                    self.process = subprocess.Popen(
                        [self.bin / "postgres", "-D", self.folder / "data", *options],
                        cwd=self.folder, stdout=log, stderr=log, preexec_fn=end_with_parent,
                        **self.as_user)
            if self.ask("SELECT 1", check=False) == [["1"]]:
                return
            time.sleep(0.05)
        raise RuntimeError(f"no server: {(self.folder / 'log').read_text()[-400:]}")

    def ask(self, sql, check=True):
        """Rows of texts."""
        done = subprocess.run([self.bin / "psql", "-XAtq", "-F", "\t", "-d", self.connection,
                               "-c", sql], text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE,
                              env={**os.environ, "PGPASSWORD": PASSWORD, "PGTZ": "UTC"})
        if check and done.returncode != 0:
            raise RuntimeError(f"{sql}: {done.stderr.strip()}")
        return [line.split("\t") for line in done.stdout.splitlines()]

    def processes(self):
        """Ids of the server and of all that it started."""
        if self.process is None or self.process.poll() is not None:
            return []
        found = [self.process.pid]
        for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = path.read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == self.process.pid:
                found.append(int(path.parts[2]))
        return found

    def cpu_s(self):
        """Processor time of the server, with those of its processes that have ended."""
        ticks = 0
        for pid in self.processes():
            try:
                fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            ticks += sum(map(int, fields[11:15] if pid == self.process.pid else fields[11:13]))
        return ticks / os.sysconf("SC_CLK_TCK")

    def stop(self):
        """In order, but at once: who is connected is cut."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(60)

    def kill(self):
        for pid in self.processes():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.wait()

    def close(self):
        if self.process and self.process.poll() is None:
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
