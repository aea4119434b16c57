"""Headless Chromium, told what to do as the W3C's WebDriver has it; nothing but the standard library."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

COMMANDS = ("chromium", "chromedriver")
SWITCHES = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars")


class Browser:
    """A window on one page."""

    def __init__(self, address: str) -> None:
        self._address = address

    def open(self, page: Path) -> None:
        """Returns when the page and what it shows at once are loaded."""
        address = page.resolve().as_uri()
        self._post("url", {"url": address})
        # The driver may report on the empty page that was there before.
        self.wait_for("return location.href === arguments[0] && document.readyState === 'complete'", address)

    def run(self, script: str, *arguments: object) -> Any:
        """What a function with this body returns in the page."""
        return self._post("execute/sync", {"script": script, "args": list(arguments)})

    def wait_for(self, script: str, *arguments: object, seconds: float = 60) -> None:
        """Returns when the function returns something true."""
        end = time.monotonic() + seconds
        while not self.run(script, *arguments):
            assert time.monotonic() < end, f"in vain for {script}"
            time.sleep(0.05)

    def complaints(self) -> list[str]:
        """Errors since the last call: scripts that fail, files that are not there."""
        return [entry["message"] for entry in self._post("se/log", {"type": "browser"})]

    def picture(self, file: Path) -> None:
        """What the window shows, as a PNG file."""
        file.write_bytes(base64.b64decode(ask(f"{self._address}/screenshot")))

    def _post(self, command: str, values: dict[str, object]) -> Any:
        return ask(f"{self._address}/{command}", values)


@contextmanager
def driver() -> Iterator[Callable[[int, int, bool], Browser]]:
    """Opens windows (width, height in CSS pixels; whether on a phone); skips where there is no Chromium."""
    if not all(map(shutil.which, COMMANDS)):
        pytest.skip("there is no Chromium here (Debian: apt-get install chromium chromium-driver)")
    process = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE, text=True)
    sessions: list[str] = []
    try:
        assert process.stdout is not None
        started = next(line for line in process.stdout if "started successfully on port" in line)
        service = f"http://127.0.0.1:{started.split()[-1].rstrip('.')}/session"

        def window(width: int, height: int, phone: bool) -> Browser:
            opened = ask(service, {"capabilities": {"alwaysMatch": wanted(width, height, phone)}})
            sessions.append(f"{service}/{opened['sessionId']}")
            return Browser(sessions[-1])

        yield window
    finally:
        for session in sessions:
            ask(session, method="DELETE")
        process.terminate()
        process.communicate()


def wanted(width: int, height: int, phone: bool) -> dict[str, object]:
    """The capabilities of a window; a phone heeds the page's `viewport`, and is never narrower than asked."""
    chromium: dict[str, object] = {"args": [*SWITCHES, f"--window-size={width},{height}"]}
    if phone:
        metrics = {"width": width, "height": height, "pixelRatio": 1, "touch": True, "mobile": True}
        chromium["mobileEmulation"] = {"deviceMetrics": metrics}
    return {"goog:chromeOptions": chromium, "goog:loggingPrefs": {"browser": "SEVERE"}}


def ask(address: str, values: dict[str, object] | None = None, method: str | None = None) -> Any:
    """The driver's result."""
    content = None if values is None else json.dumps(values).encode()
    with urllib.request.urlopen(urllib.request.Request(address, content, method=method), timeout=120) as said:
        return json.loads(said.read())["value"]
