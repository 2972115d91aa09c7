"""mod_auth_mellon in front of a page, as strict as it can be: in, what it refuses, and out."""

import os

import requests

from pages import Browser

BASE, PORT, START = os.environ["BASE"], os.environ["PORT"], os.environ["START"]
WHO, PASSWORD = "ana@acme.example", "correct horse battery staple"
ACS = f"http://127.0.0.1:{PORT}/mellon/postResponse"


def form(browser):
    """The form that a page of ours posts to it."""
    [found] = browser.page.forms
    assert found.action == ACS, found.action
    return found.fields


def post(browser, fields):
    return browser._follow("POST", ACS, fields)


def main():
    browser = Browser(BASE, elsewhere=True)
    browser.open(START)
    print(f"sent to us: {browser.page.heading}")
    browser.enrol(WHO, os.environ["ANA_PASS"], PASSWORD)
    fields = form(browser)
    changed = {**fields, "SAMLResponse": fields["SAMLResponse"].replace("A", "B", 1)}
    print(f"a response that was changed: {requests.post(ACS, changed, timeout=30).status_code}")
    post(browser, fields)
    print(f"back there: {browser.at == START} {browser.status} {browser.text.strip()}")
    print(f"as: {browser.headers['x-remote-user']}")
    browser.open(START)
    print(f"it goes on by itself: {browser.at == START} {browser.status}")
    post(browser, fields)
    print(f"the same response again: {browser.status}")
    bye = f"http://127.0.0.1:{PORT}/bye"
    browser.open(f"http://127.0.0.1:{PORT}/mellon/logout?ReturnTo={bye}")
    print(f"logout: back where it began {browser.at == bye}")
    browser.open(START)
    print(f"then: {browser.page.heading}")


main()
