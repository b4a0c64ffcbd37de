"""Clicks the example's browser extension in a real browser, and prints what its popup shows.

``python -m tests.harness.extension`` needs Chromium (``chromium`` on the path) and playwright,
which drives it without a browser of its own; it ends with 2 where one of them is missing. The page,
the extension's server (``examples/08_summarise_page.py --serve``) and the emulator are local.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from typing import Any

from tests.harness.paths import ROOT

EXTENSION = ROOT / "examples" / "extension"
TEXT = "Boats under sail have the right of way. The speed limit is 5 knots."
SHOWN = "document.getElementById('summary').textContent"


class Page(BaseHTTPRequestHandler):
    """The page that is summarised."""

    def do_GET(self) -> None:
        """Answer every path with it."""
        body = f"<title>Harbour rules</title><body>{TEXT}".encode()
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Nothing."""


@contextmanager
def serving() -> Iterator[str]:
    """The page's address, while it and the extension's server run."""
    web = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=web.serve_forever, daemon=True).start()
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-u", "examples/08_summarise_page.py", "--serve"]
    server = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    try:
        assert any("waiting for the extension" in line for line in server.stdout)
        yield f"http://127.0.0.1:{web.server_port}/"
    finally:
        server.terminate()
        server.wait()
        web.shutdown()
        web.server_close()


def popup_text(address: str, chromium: str) -> str:
    """What the popup shows some seconds after a click on the extension's button."""
    from playwright.sync_api import (  # type: ignore[import-not-found]  # nothing else needs it
        sync_playwright,
    )

    switches = [
        "--headless=new", "--no-sandbox", "--enable-unsafe-extension-debugging",
        f"--disable-extensions-except={EXTENSION}", f"--load-extension={EXTENSION}",
    ]  # fmt: skip
    with sync_playwright() as play, tempfile.TemporaryDirectory() as profile:
        context = play.chromium.launch_persistent_context(
            profile,
            executable_path=chromium,
            headless=False,  # by the switch above: playwright's own has no extensions
            args=switches,
            ignore_default_args=["--disable-extensions"],
        )
        page = context.pages[0]
        page.goto(address)
        browser = context.browser.new_browser_cdp_session()
        (ours,) = browser.send("Extensions.getExtensions")["extensions"]
        tabs = browser.send("Target.getTargets", {"filter": [{"type": "tab"}]})["targetInfos"]
        click = {"id": ours["id"], "targetId": tabs[0]["targetId"]}
        browser.send("Extensions.triggerAction", click)
        page.wait_for_timeout(4_000)
        text = _evaluate(browser, page)
        context.close()
        return text


def _evaluate(browser: Any, page: Any) -> str:
    """The popup is a page that playwright does not list: it is spoken to through the browser."""
    targets = browser.send("Target.getTargets")["targetInfos"]
    (popup,) = (each for each in targets if each["url"].endswith("/popup.html"))
    attach = {"targetId": popup["targetId"], "flatten": False}
    session = browser.send("Target.attachToTarget", attach)["sessionId"]
    found: list[str] = []
    browser.on("Target.receivedMessageFromTarget", lambda event: found.append(event["message"]))
    question = {"id": 1, "method": "Runtime.evaluate", "params": {"expression": SHOWN}}
    browser.send(
        "Target.sendMessageToTarget", {"sessionId": session, "message": json.dumps(question)}
    )
    page.wait_for_timeout(1_500)
    return str(json.loads(found[0])["result"]["result"]["value"])


def main() -> int:
    """Click, and look."""
    chromium = shutil.which("chromium")
    if chromium is None or find_spec("playwright") is None:
        print("chromium and playwright are needed")
        return 2
    with serving() as address:
        text = popup_text(address, chromium)
    print(text)
    return 0 if TEXT in text else 1


if __name__ == "__main__":
    raise SystemExit(main())
