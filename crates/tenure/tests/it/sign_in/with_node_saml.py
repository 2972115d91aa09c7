"""node-saml in front of a page, in its strictest settings: in, what it refuses, what it did not ask for, and out."""

import os

import requests

from pages import Browser, changed

BASE, PORT, START = os.environ["BASE"], os.environ["PORT"], os.environ["START"]
WHO, PASSWORD = "ana@acme.example", "correct horse battery staple"
SP = f"http://127.0.0.1:{PORT}"


def form(browser, acs):
    """The form that a page of ours posts to it."""
    [found] = browser.page.forms
    assert found.action == acs, found.action
    return found.fields


def posted(fields, to="/acs"):
    got = requests.post(SP + to, fields, timeout=30, allow_redirects=False)
    return f"{got.status_code} {got.text.split(':', 1)[-1].strip()}"


def main():
    browser = Browser(BASE, elsewhere=True)
    browser.open(START)
    print(f"sent to us: {browser.page.heading}")
    browser.enrol(WHO, os.environ["ANA_PASS"], PASSWORD)
    fields = form(browser, f"{SP}/acs")
    print(f"a response that was changed: {posted(changed(fields))}")
    # It has forgotten what it asked for.
    print(f"the good one after it: {posted(fields)}")
    browser.open(START)
    fields = form(browser, f"{SP}/acs")
    browser._follow("POST", f"{SP}/acs", fields)
    print(f"back there: {browser.at == START} {browser.status} {browser.text}")
    print(f"the same response again: {posted(fields)}")
    browser.open(BASE + "/saml2/start?app=node-saml")
    print(f"started here: {browser.status} {browser.page.heading}")
    browser.open(BASE + "/saml2/start?app=node-saml-open")
    unasked = form(browser, f"{SP}/open/acs")
    print(f"started here, where that is allowed: {posted(unasked, '/open/acs')}")
    print(f"brought to the other: {posted(unasked)}")
    browser.open(f"{SP}/leave")
    # The other one is told first, and answers.
    browser._follow("POST", f"{SP}/open/slo", form(browser, f"{SP}/open/slo"))
    print(f"logout: {browser.status} {browser.text}")
    browser.open(START)
    print(f"then: {browser.page.heading}")


main()
