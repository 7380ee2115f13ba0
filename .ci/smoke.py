"""Serve, post, query, draw and stop with the lrs-stats that is installed beside this Python.

The metric `revisits` comes from a package that is installed beside it, `steps` from the plugin
folder.
"""

import base64
import json
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.request import ProxyHandler, Request, build_opener

COMMAND = Path(sys.executable).with_name("lrs-stats")
PATIENCE = 90
COURSE = {
    "id": "https://lms.example.org/courses/safety",
    "definition": {"type": "http://adlnet.gov/expapi/activities/course"},
}
PLUGIN = '''"""How many statements the connections have."""
import polars as pl
from lrs_stats import Metric, hookimpl

class Steps(Metric):
    name = "steps"
    title = "Steps"
    unit = "count"
    formula = "the statements of the connections"
    source = "connections"
    expression = pl.col("statements").sum()
    empty = 0

@hookimpl
def register_metrics():
    return [Steps]
'''


def statement(verb, minute, hour=9, **more):
    return {
        "actor": {"mbox": "mailto:lea@example.org"},
        "verb": {"id": f"http://adlnet.gov/expapi/verbs/{verb}"},
        "object": COURSE,
        "timestamp": f"2024-04-02T{hour:02}:{minute:02}:00Z",
    } | more


STATEMENTS = [
    statement("initialized", 0),
    statement(
        "answered",
        5,
        object={"id": "https://lms.example.org/courses/safety/q1"},
        context={"contextActivities": {"parent": [COURSE]}},
        result={"score": {"raw": 8, "max": 10}},
    ),
    statement("completed", 15),
    statement("terminated", 20),
    statement("initialized", 0, hour=14),
    statement("terminated", 5, hour=14),
]


@contextmanager
def server(folder, port):
    """Run the server with a plugin of its own; give its address and the authorization it made."""
    (folder / "plugins").mkdir()
    (folder / "plugins" / "steps.py").write_text(PLUGIN, "utf-8")
    (folder / "config").mkdir()
    (folder / "config" / "plugins.toml").write_text(f'plugins = "{folder}/plugins"', "utf-8")
    arguments = ["--data", folder / "data", "--config", folder / "config", "serve"]
    with (folder / "said").open("w+") as said:
        process = subprocess.Popen(
            [COMMAND, *arguments, "--port", str(port)], stdout=said, stderr=subprocess.STDOUT
        )
        try:
            text = awaited(lambda: serving(process, folder / "said"))
            key, secret = (
                re.search(rf"^  {w} +(\S+)$", text, re.MULTILINE)[1] for w in ("key", "secret")
            )
            yield (
                f"http://127.0.0.1:{port}",
                "Basic " + base64.b64encode(f"{key}:{secret}".encode()).decode(),
            )
            process.send_signal(signal.SIGTERM)
            status = process.wait(PATIENCE)
            assert status == 0, f"stopped with {status}:\n{(folder / 'said').read_text()}"
        finally:
            process.kill()
            process.wait()


def serving(process, said):
    text = said.read_text()
    assert process.poll() is None, f"the server ended:\n{text}"
    return text if "Serving at " in text else None


def awaited(look):
    """Return what `look` finds, as soon as it finds something."""
    deadline = time.monotonic() + PATIENCE
    while not (found := look()):
        assert time.monotonic() < deadline, f"nothing after {PATIENCE} s"
        time.sleep(0.2)
    return found


def ask(address, authorization, body=None):
    """Return the body of the answer; a refusal raises."""
    headers = {"Authorization": authorization, "Content-Type": "application/json"}
    headers["X-Experience-API-Version"] = "1.0.3"
    data = None if body is None else json.dumps(body).encode()
    with build_opener(ProxyHandler({})).open(Request(address, data, headers), timeout=30) as answer:
        return answer.read()


def counted(stats, authorization):
    """Return the report of the learners once it counts all statements."""
    report = json.loads(ask(f"{stats}/learners", authorization))
    return report if report["totals"]["steps"] == len(STATEMENTS) else None


def third_party(stats, authorization, other):
    """Find the column of the package that is installed beside the server, drawn too."""
    report = json.loads(ask(f"{stats}/courses?metrics=revisits", authorization))
    column = next(one for one in report["columns"] if one["name"] == "revisits")
    assert (column["title"], column["unit"]) == ("Revisits", "count"), report
    assert report["rows"][0]["revisits"] == report["totals"]["revisits"] == 1, report
    picture = ask(f"{stats}/learners.png?metrics=revisits", authorization)
    assert picture.startswith(b"\x89PNG\r\n\x1a\n"), picture[:20]
    assert picture != other
    drawn = ask(f"{stats}/learners.svg?metrics=revisits", authorization)
    assert b"Revisits" in drawn, drawn[:200]
    print(f"revisits {report['totals']}, drawn in {len(picture)} bytes")


def main():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with TemporaryDirectory() as folder, server(Path(folder), port) as (address, authorization):
        stats = f"{address}/api/v1/stats"
        ids = json.loads(ask(f"{address}/xAPI/statements", authorization, STATEMENTS))
        print(f"posted {len(ids)} statements")
        report = awaited(lambda: counted(stats, authorization))
        print("report", report["totals"])
        row = report["rows"][0]
        assert (row["connections"], row["score"], row["time_spent"]) == (2, 80, 1500), report
        asked = "metrics=connections,score,time_spent,revisits"
        lines = ask(f"{stats}/learners.csv?{asked}", authorization).decode().splitlines()
        print("csv   ", lines)
        assert lines[0] == "id,title,connections,score,time_spent,revisits", lines
        assert lines[1].endswith(",2,80.0,1500.0,1"), lines
        picture = ask(f"{stats}/learners.png?metrics=score", authorization)
        print(f"png    {len(picture)} bytes")
        assert picture.startswith(b"\x89PNG\r\n\x1a\n"), picture[:20]
        third_party(stats, authorization, picture)
        page = ask(f"{address}/dashboard/general", authorization)
        print(f"page   {len(page)} bytes")
        assert b"Steps" in page, "a metric that is installed is not on the page"
        for loaded in re.findall(rb'="(/dashboard/static/[^"]+)"', page):
            assert ask(address + loaded.decode(), authorization), loaded
        documentation = ask(f"{address}/api/docs", authorization)
        assert b"swagger" in documentation.lower(), documentation[:200]
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0, "the port is still listened on"
    print("stopped in order")


if __name__ == "__main__":
    main()
