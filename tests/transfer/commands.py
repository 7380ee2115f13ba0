"""Commands of lrs-stats on a database, in processes of their own."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Commands:
    """How to run commands on one database."""

    uri: str
    database: str
    folder: Path

    def line(self, *arguments: object) -> list[str]:
        return [
            *(sys.executable, "-m", "lrs_stats", f"--data={self.folder}/data"),
            *(f"--mongo={self.uri}", f"--config={self.folder}/none", *map(str, arguments)),
        ]

    @property
    def environment(self) -> dict[str, str]:
        return {"LRS_STATS_DATABASE": self.database, "PATH": "", "XAPI_PASSWORD": "secret"}

    def run(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.line(*arguments),
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
