"""A Chromium for the browser tests: the system's, else Playwright's download, else a package.

``python -m tests.browser.chromium`` makes sure there is one. Without one the browser tests are
skipped, except under ``CI=1``, where they fail.
"""

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

SYSTEM_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
# No sandbox: as root Chromium refuses to start with one, and it opens only our own pages.
# The rest keeps it from asking its maker's servers for anything.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)


def find() -> str | None:
    """Give the program of a Chromium that starts, or None."""
    for name in (os.environ.get("CHROMIUM", ""), *SYSTEM_NAMES):
        program = shutil.which(name) if name else None
        if program and _starts(program):
            return program
    downloaded = _playwrights()
    return downloaded if _starts(downloaded) else None


def install() -> str | None:
    """Find a Chromium or install one; gives its program, or None where neither works."""
    # One at a time: two test runs may look for a browser at once.
    with open(Path(tempfile.gettempdir()) / f"shipops-chromium-{os.getuid()}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        program = find()
        for command in () if program else _installers():
            print(f"No Chromium yet, trying: {' '.join(command)}", flush=True)
            environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
            subprocess.run(command, check=False, env=environment, stdin=subprocess.DEVNULL)
            program = find()
            if program:
                break
        return program


def _playwrights() -> str:
    with sync_playwright() as playwright:
        return playwright.chromium.executable_path


def _starts(program: str) -> bool:
    # Playwright's download may lack system libraries.
    try:
        done = subprocess.run([program, "--version"], capture_output=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _installers() -> list[list[str]]:
    commands = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    if shutil.which("apt-get"):
        sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
        if not sudo or shutil.which("sudo"):
            commands.append([*sudo, "apt-get", "-qq", "update"])
            package = ["-qq", "-y", "--no-install-recommends", "install", "chromium"]
            commands.append([*sudo, "apt-get", *package])
    return commands


def required() -> bool:
    """Tell whether a missing browser fails the tests."""
    return os.environ.get("CI", "").lower() in {"1", "true"}


if __name__ == "__main__":
    if not install():
        print("No Chromium could be found or installed: install one to run the browser tests.")
        sys.exit(1 if required() else 0)
