#!/usr/bin/env python3
"""The program of doc/asterix-library.md compiles as it stands and prints what `decode` does."""
import json
import pathlib
import re
import subprocess

from common import PROGRAM, ROOT, case, finish, need_data, need_tool, run, workdir


def program_of_page():
    compiler = need_tool("cc")
    recording = need_data("asterix", "rn_res.ast")
    source = re.search(r"```c\n(.*?)```", (ROOT / "doc/asterix-library.md").read_text(), re.S)[1]
    assert sum(map(bool, source.splitlines())) <= 20, "the page promises a short program"
    libraries = [pathlib.Path(PROGRAM).parent / f"libap_{name}.a" for name in ("wire", "base")]
    with workdir() as folder:
        path = pathlib.Path(folder) / "plots.c"
        path.write_text(source)
        subprocess.run([compiler, "-std=c17", "-Wall", "-Wextra", "-Werror", f"-I{ROOT}/include",
                        str(path), *map(str, libraries), "-lm", "-o", f"{folder}/plots"],
                       check=True)
        with recording.open("rb") as stream:
            lines = subprocess.run([f"{folder}/plots"], stdin=stream, stdout=subprocess.PIPE,
                                   check=True).stdout.decode().splitlines()
    records = [json.loads(line)["rec"] for line in
               run("decode", "--only", "048", recording).stdout.splitlines()]
    wanted = [f"{r.get('220', 0):06X} {r['040']['RHO']:.3f} NM" for r in records if "040" in r]
    assert lines == wanted and len(lines) > 10000, (len(lines), len(wanted))


case("library page", program_of_page)
finish()
