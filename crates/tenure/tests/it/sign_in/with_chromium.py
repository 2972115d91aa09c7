"""People in a browser: passkeys, one-time codes, recovery codes, and pages that ask for more."""

import base64
import hashlib
import hmac
import http.server
import os
import threading
import time
from urllib.parse import parse_qs, urlencode, urlsplit

from chromium import Chromium

BASE, CALLBACK = os.environ["BASE"], os.environ["CALLBACK"]
PASSWORD = "correct horse battery staple"
PASSKEY = "#passkey button"


class Callback(http.server.BaseHTTPRequestHandler):
    """The relying party: it shows that somebody arrived, and how."""

    def do_GET(self):
        self._show(urlsplit(self.path).query)

    def do_POST(self):
        self._show(self.rfile.read(int(self.headers["content-length"])).decode())

    def _show(self, query):
        said = parse_qs(query)
        text = "code" if "code" in said and said["iss"] == [BASE] else said.get("error", ["?"])[0]
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.end_headers()
        self.wfile.write(f"<title>rp</title><link rel=icon href=data:,><h1>{self.command} {text}</h1>".encode())

    def log_message(self, *_):
        pass


def request(client, **more):
    asked = {"response_type": "code", "client_id": client, "redirect_uri": CALLBACK, "scope": "openid", "state": "s",
             "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "code_challenge_method": "S256", **more}
    return f"{BASE}/oauth2/authorize?{urlencode(asked)}"


def totp(secret, step):
    key = base64.b32decode(secret.replace(" ", "") + "=" * (-len(secret.replace(" ", "")) % 8))
    mac = hmac.digest(key, step.to_bytes(8, "big"), hashlib.sha1)
    at = mac[-1] & 15
    return f"{(int.from_bytes(mac[at:at + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06}"


class Story:
    def __init__(self, browser):
        self.browser = browser

    def say(self, what):
        wrong = [one for one in self.browser.texts(".wrong:not([hidden])") if one]
        print(f"{what}: {self.browser.text('h1')}" + "".join(f" ({one})" for one in wrong), flush=True)

    def pass_and(self, name, access_pass):
        browser = self.browser
        browser.open(BASE + "/")
        browser.click("summary")
        browser.type("#pass-name", name)
        browser.type("#pass", access_pass)
        browser.picture("first-time")
        browser.go("details button")
        self.say(f"{name} has a pass")

    def password(self, name, password=PASSWORD):
        self.browser.type("#name", name)
        self.browser.type("#password", password)
        self.browser.go("form[action='/sign-in/password'] button")

    def code(self, what, code):
        self.browser.type("#code", code)
        self.browser.go("form[action='/sign-in/code'] button")
        self.say(what)

    def codes_set_up(self):
        """Sets codes up from what the page shows; gives the secret, the step used, and what to print."""
        browser = self.browser
        secret = browser.text(".secret")
        browser.type("#code", "000000")
        browser.go("form[action='/factors/codes'] button")
        self.say("a wrong first code")
        secret = browser.text(".secret")
        step = int(time.time()) // 30
        browser.type("#code", totp(secret, step))
        browser.go("form[action='/factors/codes'] button")
        printed = browser.texts(".printed li")
        print(f"codes are set up: {len(printed)} recovery codes, {len(set(printed))} of them different")
        browser.picture("recovery-codes")
        return secret, step, printed

    def own(self):
        print(f"own: {', '.join(row.split('·')[0].strip() for row in self.browser.texts('tbody td:first-child'))}")


def ana(story, browser):
    """With passkeys alone."""
    first = browser.authenticator()
    browser.open(BASE + "/")
    story.say("the first page")
    browser.picture("sign-in")
    story.pass_and("ana@acme.example", os.environ["ANA_PASS"])
    print(f"the passkey form is shown: {browser.shown(PASSKEY)}")
    browser.picture("enrol")
    browser.go(PASSKEY)
    story.say("enrolled")
    browser.picture("portal")
    browser.go("form[action='/sign-out'] button")
    story.say("out")
    browser.picture("signed-out")
    # A browser may offer the passkey at the name field by itself; here the person takes the button.
    browser.call("WebAuthn.setAutomaticPresenceSimulation", authenticatorId=first, enabled=False)
    browser.open(BASE + "/")
    story.say("again")
    browser.call("WebAuthn.setUserVerified", authenticatorId=first, isUserVerified=False)
    browser.call("WebAuthn.setAutomaticPresenceSimulation", authenticatorId=first, enabled=True)
    browser.click(PASSKEY)
    browser.until(lambda: browser.shown("#passkey .wrong"), "the page says that no passkey was used")
    story.say("nobody touched it")
    browser.picture("passkey-failed")
    browser.call("WebAuthn.setUserVerified", authenticatorId=first, isUserVerified=True)
    browser.go(PASSKEY)
    story.say("in by passkey")
    print(f"proved with: {browser.texts('tbody td')[-1]}")
    browser.open(BASE + "/factors")
    story.say("her page")
    browser.picture("factors")
    browser.click(PASSKEY)
    browser.until(lambda: browser.shown("#passkey .wrong"), "the authenticator has one already")
    print("the same authenticator once more: refused")
    browser.call("WebAuthn.removeVirtualAuthenticator", authenticatorId=first)
    spare = browser.authenticator()
    browser.type("#called", "spare key")
    browser.go(PASSKEY)
    story.say("a second one")
    story.own()
    story.codes_set_up()
    story.own()
    browser.open(request("bunker"))
    story.say("a passkey at the bunker")
    browser.open(request("wiki", response_mode="form_post"))
    browser.until(lambda: browser.text("h1"), "the form is posted")
    story.say("by form")
    browser.open(BASE + "/")
    browser.go("form[action='/sign-out'] button")
    browser.call("WebAuthn.setAutomaticPresenceSimulation", authenticatorId=spare, enabled=False)
    browser.open(request("bunker"))
    story.say("signed out, at the bunker")
    browser.picture("sign-in-to")
    browser.call("WebAuthn.setAutomaticPresenceSimulation", authenticatorId=spare, enabled=True)
    browser.open(request("bunker"))
    browser.until(lambda: browser.text("h1") == "GET code", "the browser offers the passkey at the name")
    story.say("without the button")
    browser.call("WebAuthn.removeVirtualAuthenticator", authenticatorId=spare)


def bo(story, browser):
    """With a password, and what has to be added to it."""
    browser.forget()
    story.pass_and("bo@acme.example", os.environ["BO_PASS"])
    browser.type("#password", "too short")
    browser.type("#again", "too short")
    browser.go("form[action='/sign-in/enrol'] button")
    story.say("a short password")
    browser.picture("enrol-wrong")
    browser.type("#password", PASSWORD)
    browser.type("#again", PASSWORD)
    browser.go("form[action='/sign-in/enrol'] button")
    story.say("enrolled")
    browser.forget()
    browser.open(request("vault"))
    story.password("bo@acme.example")
    story.say("a password at the vault")
    browser.picture("more-nothing")
    browser.forget()
    browser.open(BASE + "/")
    story.password("bo@acme.example", "wrong horse battery staple")
    story.say("a wrong password")
    browser.picture("wrong-password")
    story.password("", PASSWORD)
    story.say("the right one")
    browser.open(BASE + "/factors")
    secret, step, printed = story.codes_set_up()
    more(story, browser, secret, step, printed)


def more(story, browser, secret, step, printed):
    def at(client):
        browser.forget()
        browser.open(request(client))
        story.password("bo@acme.example")

    at("vault")
    story.say("a password at the vault")
    browser.picture("more")
    story.code("the code that set it up", totp(secret, step))
    # One half minute ahead counts as well, so nobody has to wait for the next one.
    story.code("the next code", totp(secret, step + 1))
    at("vault")
    story.code("the same code again", totp(secret, step + 1))
    browser.picture("code-wrong")
    story.code("a recovery code", printed[0])
    at("vault")
    story.code("the same recovery code again", printed[0])
    at("bunker")
    story.say("a password at the bunker")
    print(f"what it offers: {browser.texts('main button, main input:not([type=hidden])')}")
    print(f"what it says: {browser.text('main p:not(.to)')}")
    browser.open(request("bunker", prompt="none"))
    story.say("without a page")


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Callback)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    browser = Chromium(os.environ["CHROMIUM"])
    try:
        story = Story(browser)
        ana(story, browser)
        bo(story, browser)
        print(f"console: {browser.console or 'nothing'}")
    finally:
        browser.close()


main()
