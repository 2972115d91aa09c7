"""A browser with scripts and an authenticator, over the DevTools protocol."""

import base64
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

import requests
import websocket

PATIENCE = 30
LOOK = 0.05


class Gone(Exception):
    """The page went away while it was asked."""


class Chromium:
    def __init__(self, program):
        self.home = tempfile.mkdtemp()
        flags = ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--no-first-run",
                 "--lang=en", "--no-proxy-server", "--remote-debugging-port=0", f"--user-data-dir={self.home}", "about:blank"]
        self.process = subprocess.Popen(
            [program, *flags], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        port = pathlib.Path(self.home, "DevToolsActivePort")
        self.until(lambda: port.exists() and len(port.read_text().splitlines()) == 2, "chromium listens")
        address = f"http://127.0.0.1:{port.read_text().splitlines()[0]}/json/list"
        pages = [one for one in requests.get(address, timeout=PATIENCE).json() if one["type"] == "page"]
        self.socket = websocket.create_connection(
            pages[0]["webSocketDebuggerUrl"], timeout=PATIENCE, suppress_origin=True)
        self.number, self.console = 0, []
        for domain in ("Page", "Runtime", "Log", "Network", "WebAuthn"):
            self.call(f"{domain}.enable")

    def close(self):
        self.process.terminate()
        self.process.wait(PATIENCE)
        shutil.rmtree(self.home, ignore_errors=True)

    def call(self, method, **params):
        self.number += 1
        self.socket.send(json.dumps({"id": self.number, "method": method, "params": params}))
        while True:
            said = json.loads(self.socket.recv())
            if said.get("id") == self.number:
                if "error" in said:
                    raise Gone(f"{method}: {said['error']}")
                return said["result"]
            self._heard(said)

    def _heard(self, said):
        """What the console of the page shows: there should be nothing."""
        told = said["params"] if "params" in said else {}
        if said["method"] == "Log.entryAdded":
            entry = told["entry"]
            self.console.append(f"{entry['level']}: {entry['text']} {entry.get('url', '')}".strip())
        elif said["method"] == "Runtime.consoleAPICalled":
            values = [str(one.get("value", one.get("description"))) for one in told["args"]]
            self.console.append(f"{told['type']}: {' '.join(values)}")
        elif said["method"] == "Runtime.exceptionThrown":
            self.console.append(f"thrown: {told['exceptionDetails']['text']}")

    def js(self, expression):
        said = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in said:
            raise Gone(said["exceptionDetails"])
        return said["result"].get("value")

    def until(self, holds, what):
        ends = time.monotonic() + PATIENCE
        while time.monotonic() < ends:
            try:
                if found := holds():
                    return found
            except Gone:
                pass
            time.sleep(LOOK)
        raise AssertionError(f"{what}: not within {PATIENCE} s; {self.seen()}")

    def seen(self):
        try:
            return self.js("location.href.split('?')[0] + ': ' + document.body.innerText")
        except (Gone, AttributeError):
            return ""

    def open(self, url):
        self.leave(lambda: self.call("Page.navigate", url=url))

    def leave(self, how):
        """Does something after which another page is there, and waits for that."""
        self.js("window.stays = true")
        how()
        self.until(lambda: self.js("!window.stays && document.readyState === 'complete'"), "another page")
        # What has autofocus gets it when the page is drawn; nobody types before.
        drawn = "new Promise((on) => requestAnimationFrame(() => requestAnimationFrame(() => on(true))))"
        self.until(lambda: self.js(drawn), "a page that is drawn")

    def shown(self, selector):
        return self.js(f"!!document.querySelector({selector!r})?.checkVisibility()")

    def text(self, selector):
        return self.js(f"document.querySelector({selector!r})?.innerText ?? ''").strip()

    def texts(self, selector):
        return self.js(f"[...document.querySelectorAll({selector!r})].map((one) => one.innerText.trim())")

    def type(self, selector, text):
        self.js(f"document.querySelector({selector!r}).focus()")
        assert self.js(f"document.activeElement === document.querySelector({selector!r})"), selector
        self.call("Input.insertText", text=text)

    def click(self, selector):
        """As a person does: with the mouse, on what is seen there."""
        where = self.js(
            f"(() => {{ const one = document.querySelector({selector!r}); one.scrollIntoView({{block: 'center'}});"
            "const box = one.getBoundingClientRect(); return [box.x + box.width / 2, box.y + box.height / 2]; })()")
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=where[0], y=where[1], button="left", clickCount=1)

    def go(self, selector):
        self.leave(lambda: self.click(selector))

    def forget(self):
        """Another browser, as far as anybody can tell."""
        self.call("Network.clearBrowserCookies")

    def authenticator(self):
        options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
                   "isUserVerified": True, "automaticPresenceSimulation": True}
        return self.call("WebAuthn.addVirtualAuthenticator", options=options)["authenticatorId"]

    def picture(self, name):
        """How the page looks, light and dark, narrow and wide; only where somebody wants to look."""
        folder = os.environ.get("TENURE_SCREENSHOTS")
        if not folder:
            return
        pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
        for scheme in ("light", "dark"):
            scheme_is = [{"name": "prefers-color-scheme", "value": scheme}]
            self.call("Emulation.setEmulatedMedia", features=scheme_is)
            for width in (400, 1280):
                size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False}
                self.call("Emulation.setDeviceMetricsOverride", **size)
                wide = self.js("document.documentElement.scrollWidth")
                assert wide <= width, f"{name} is {wide} px wide at {width}"
                shot = self.call("Page.captureScreenshot", captureBeyondViewport=True, format="png")
                pathlib.Path(folder, f"{name}-{scheme}-{width}.png").write_bytes(base64.b64decode(shot["data"]))
        self.call("Emulation.setEmulatedMedia", features=[])
        self.call("Emulation.clearDeviceMetricsOverride")
