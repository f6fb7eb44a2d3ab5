"""A headless Chromium, driven over a pair of pipes: the DevTools protocol as JSON texts.

    with Browser() as browser:
        page = browser.open("report.html", width=390)
        page.evaluate("document.title")

No driver program and no network port are needed. Every console message, exception and failed
request of a page is kept in page.problems.
"""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

# No service of the browser may speak to the network, and nothing is kept between runs.
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--no-first-run", "--disable-extensions",
         "--disable-dev-shm-usage", "--hide-scrollbars", "--remote-debugging-pipe"]


def find_chromium():
    """Path of the browser, or None."""
    named = os.environ.get("QOPT_CHROMIUM")
    return named or next(filter(None, map(shutil.which, ["chromium", "chromium-browser",
                                                         "google-chrome"])), None)


class Browser:
    """One browser process with a profile of its own; a context manager."""

    def __init__(self, timeout=60):
        self.timeout = timeout

    def __enter__(self):
        self._profile = tempfile.TemporaryDirectory()
        theirs_in, self._out = os.pipe()
        self._in, theirs_out = os.pipe()
        self._process = subprocess.Popen(  # the protocol lies on descriptors 3 and 4
            ["bash", "-c", 'exec "$0" "$@" 3<&"$QOPT_IN" 4>&"$QOPT_OUT"', find_chromium(), *FLAGS,
             f"--user-data-dir={self._profile.name}", "about:blank"],
            pass_fds=(theirs_in, theirs_out), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={**os.environ, "QOPT_IN": str(theirs_in), "QOPT_OUT": str(theirs_out)})
        os.close(theirs_in)
        os.close(theirs_out)
        self._number, self._bytes, self._events = 0, b"", []
        return self

    def __exit__(self, *_):
        try:
            self.call("Browser.close")
        except (OSError, RuntimeError):
            pass
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._in)
        os.close(self._out)
        self._profile.cleanup()

    def call(self, method, session=None, **parameters):
        """One command; its result, or RuntimeError with the browser's message."""
        self._number += 1
        command = {"id": self._number, "method": method, "params": parameters}
        if session:
            command["sessionId"] = session
        os.write(self._out, json.dumps(command).encode() + b"\0")
        end = time.monotonic() + self.timeout
        while time.monotonic() < end:
            message = self._read()
            if message.get("id") == self._number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']['message']}")
                return message["result"]
            self._events.append(message)
        raise RuntimeError(f"{method}: no answer in {self.timeout} s")

    def _read(self):
        while b"\0" not in self._bytes:
            chunk = os.read(self._in, 1 << 20)
            if not chunk:
                raise RuntimeError("the browser ended")
            self._bytes += chunk
        text, _, self._bytes = self._bytes.partition(b"\0")
        return json.loads(text)

    def take_events(self, session):
        """Events of a session so far, once."""
        taken = [e for e in self._events if e.get("sessionId") == session]
        self._events = [e for e in self._events if e.get("sessionId") != session]
        return taken

    def open(self, path, width=1280, height=900):
        """A page on a file, loaded."""
        return Page(self, pathlib.Path(path).resolve().as_uri(), width, height)


class Page:
    """A tab."""

    def __init__(self, browser, address, width, height):
        self._browser = browser
        target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = browser.call("Target.attachToTarget", targetId=target,
                                     flatten=True)["sessionId"]
        self.problems = []
        for domain in ("Page", "Runtime", "Log", "Network"):
            self._call(f"{domain}.enable")
        self._call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                   deviceScaleFactor=1, mobile=width < 600)
        self._call("Page.navigate", url=address)
        while not self.evaluate(f"location.href !== 'about:blank' && document.readyState === 'complete'"):
            time.sleep(0.02)

    def _call(self, method, **parameters):
        return self._browser.call(method, self._session, **parameters)

    def evaluate(self, expression):
        """The value of a JavaScript expression; a promise is awaited."""
        result = self._call("Runtime.evaluate", expression=expression, returnByValue=True,
                            awaitPromise=True)
        self._collect()
        if "exceptionDetails" in result:
            raise RuntimeError(f"{expression}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def _collect(self):
        for event in self._browser.take_events(self._session):
            kind, what = event["method"], event["params"]
            if kind == "Runtime.exceptionThrown":
                self.problems.append(what["exceptionDetails"]["text"])
            elif kind == "Runtime.consoleAPICalled" and what["type"] in ("error", "warning"):
                self.problems.append(str(what["args"]))
            elif kind == "Log.entryAdded" and what["entry"]["level"] in ("error", "warning"):
                self.problems.append(what["entry"]["text"])
            elif kind == "Network.requestWillBeSent":
                address = what["request"]["url"]
                if not address.startswith(("file:", "data:")):
                    self.problems.append(f"the page asks for {address}")

    def press(self, key, text=""):
        """A key, as typed."""
        for kind in ("keyDown", "keyUp"):
            self._call("Input.dispatchKeyEvent", type=kind, key=key, code=key,
                       windowsVirtualKeyCode={"Enter": 13, "Tab": 9}.get(key, 0),
                       text=text if kind == "keyDown" else "")

    def screenshot(self, path, whole=False):
        """Writes a PNG of the window, or of the whole page."""
        import base64
        picture = self._call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        pathlib.Path(path).write_bytes(base64.b64decode(picture["data"]))
