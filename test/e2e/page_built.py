#!/usr/bin/env python3
"""The page without node: a release brings it built, and the program serves it; without either the
program says why."""
import os
import pathlib
import re
import shutil
import subprocess
import tarfile
import urllib.request

from common import PROGRAM, ROOT, WAIT_S, Skip, case, finish, need_tool, workdir

WITHOUT_NODE = ("-G", "Ninja", "-DAP_NODE=", "-DAP_NPM=", "-DAP_TESTS=OFF")


def call(*words):
    done = subprocess.run([*map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=300)
    assert done.returncode == 0, done.stdout[-400:]
    return done.stdout


def unpacked(folder):
    """What `make dist` packs, unpacked."""
    if not (ROOT / "web/dist/index.html").exists():
        raise Skip("the page is not built")
    if subprocess.run([need_tool("git"), "-C", ROOT, "rev-parse", "--verify", "-q", "HEAD"],
                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode:
        raise Skip("this is no repository that git reads")
    archive = call(ROOT / "tools/dist", folder).strip()
    with tarfile.open(archive) as packed:
        packed.extractall(folder)
    (tree,) = folder.glob("airpicture-*/CMakeLists.txt")
    return tree.parent


def served(program, path="/"):
    """What the program serves, and what it has said by then."""
    service = subprocess.Popen([program, "run", "--port", "0"], stderr=subprocess.PIPE)
    try:
        said = b""
        while not (found := re.search(rb"serves at (\S+)", said)):
            line = service.stderr.readline()
            assert line, said
            said += line
        with urllib.request.urlopen(found.group(1).decode() + path, timeout=WAIT_S) as answer:
            return answer.read(), said.decode()
    finally:
        service.kill()
        service.communicate()


def installed(folder):
    """A copy of the program where one is installed."""
    (folder / "bin").mkdir(parents=True)
    return pathlib.Path(shutil.copy(PROGRAM, folder / "bin/airpicture"))


def main():
    with workdir() as name:
        folder = pathlib.Path(name)

        def built():
            tree = unpacked(folder)
            said = call("cmake", "-S", tree, "-B", folder / "build", *WITHOUT_NODE)
            assert "the page is the one in web/dist" in said, said[-400:]
            program = installed(folder / "prefix")
            call("cmake", "--install", folder / "build", "--component", "page",
                 "--prefix", folder / "prefix")
            page, said = served(program)
            assert page == (ROOT / "web/dist/index.html").read_bytes()
            assert "page" not in said, said
            (script,) = re.findall(rb'src="\.?/?(assets/[^"]+\.js)"', page)
            assert served(program, "/" + script.decode())[0] == (
                ROOT / "web/dist" / script.decode()).read_bytes()

        def neither():
            page, said = served(installed(folder / "bare"))
            assert b"its display was not built" in page, page[:200]
            assert re.search(r"no page: .*make build", said), said
            tree = folder / "source"
            tree.mkdir()
            for one in ROOT.iterdir():
                if one.name not in ("web", "build"):
                    os.symlink(one, tree / one.name)
            said = call("cmake", "-S", tree, "-B", folder / "bare/build", *WITHOUT_NODE)
            assert "the page is left out: no node or npm" in said, said[-400:]

        case("without node the page of a release is installed and served", built)
        case("without either the program serves without its page, and says why", neither)


main()
finish()
