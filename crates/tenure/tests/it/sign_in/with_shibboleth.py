"""Shibboleth in front of a page, as strict as it can be: in, what it refuses, and out."""

import os
import time

import requests

from pages import Browser, changed

BASE, PORT, START = os.environ["BASE"], os.environ["PORT"], os.environ["START"]
WHO, PASSWORD = "ana@acme.example", "correct horse battery staple"
SP = f"http://127.0.0.1:{PORT}/Shibboleth.sso"
ACS = f"{SP}/SAML2/POST"


def form(browser):
    """The form that a page of ours posts to it."""
    [found] = browser.page.forms
    assert found.action == ACS, found.action
    return found.fields


def refused(answer):
    """Whether it shows its own page for what it does not take, and signs nobody in."""
    return answer.status_code == 500 and "shibsession" not in str(answer.headers).lower()


def main():
    browser = Browser(BASE, elsewhere=True)
    browser.open(START)
    print(f"sent to us: {browser.page.heading}")
    browser.enrol(WHO, os.environ["ANA_PASS"], PASSWORD)
    fields = form(browser)
    print(f"a response that was changed: refused {refused(requests.post(ACS, changed(fields), timeout=30))}")
    print(f"to whom nothing was asked for: refused {refused(requests.post(ACS, fields, timeout=30))}")
    browser.open(START)
    fields = form(browser)
    browser._follow("POST", ACS, fields)
    print(f"back there: {browser.at == START} {browser.status} {browser.text.strip()}")
    print(f"as: {browser.headers['x-remote-user']}, {browser.headers['x-session'].split('@')[1]}")
    browser.open(START)
    print(f"it goes on by itself: {browser.at == START} {browser.status}")
    print(f"the same response again: refused {refused(browser.session.post(ACS, fields, timeout=30))}")
    bye = f"http://127.0.0.1:{PORT}/bye"
    browser.open(f"{SP}/Logout?return={bye}")
    print(f"logout: back where it began {browser.at == bye}")
    browser.open(START)
    print(f"then: {browser.page.heading}")
    signed_out_here(browser)


def signed_out_here(browser):
    """Somebody signs out at our page, and it is called."""
    browser.password(WHO, PASSWORD)
    browser._follow("POST", ACS, form(browser))
    print(f"in again: {browser.at == START} {browser.status}")
    browser.open(BASE + "/")
    browser.send("/sign-out")
    ended = time.monotonic()
    while time.monotonic() - ended < 10:
        browser.open(START)
        if browser.at != START:
            break
        time.sleep(0.05)
    took = time.monotonic() - ended
    print(f"out there: {browser.page and browser.page.heading}, within two seconds: {took < 2}")


main()
