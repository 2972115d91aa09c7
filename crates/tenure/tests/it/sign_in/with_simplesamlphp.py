"""SimpleSAMLphp in front of a page, as strict as it can be: in, what it refuses, and out."""

import html
import os
import re

import requests

from pages import Browser, changed

BASE, PORT, START = os.environ["BASE"], os.environ["PORT"], os.environ["START"]
WHO, PASSWORD = "ana@acme.example", "correct horse battery staple"
ACS = f"http://127.0.0.1:{PORT}/module.php/saml/sp/saml2-acs.php/default-sp"


def form(browser, acs=ACS):
    """The form that a page of ours posts to it."""
    [found] = browser.page.forms
    assert found.action == acs, found.action
    return found.fields


def refused(answer):
    """What it says is wrong: its own server answers 200 to everything."""
    found = re.search(r"Caused by: [\w\\]+: ([^\n<]+)", answer.text)
    return html.unescape(found[1]).strip() if found else f"{answer.status_code} {answer.text[:80]}"


def main():
    browser = Browser(BASE, elsewhere=True)
    browser.open(START)
    print(f"sent to us: {browser.page.heading}")
    browser.enrol(WHO, os.environ["ANA_PASS"], PASSWORD)
    fields = form(browser)
    sealed = changed(fields, "xenc:CipherValue")
    print(f"an assertion that was changed: {refused(requests.post(ACS, sealed, timeout=30))}")
    browser._follow("POST", ACS, fields)
    print(f"back there: {browser.at == START} {browser.status} {browser.text.strip()}")
    print(f"as: {browser.headers['x-remote-user']}")
    browser.open(START)
    print(f"it goes on by itself: {browser.at == START} {browser.status}")
    browser.open(f"http://127.0.0.1:{PORT}/clear/")
    clear = ACS.replace("default-sp", "clear-sp")
    told = requests.post(clear, form(browser, clear), timeout=30)
    print(f"in the clear: {refused(told)}")
    bye = f"http://127.0.0.1:{PORT}/bye"
    browser.open(f"http://127.0.0.1:{PORT}/leave")
    print(f"logout: back where it began {browser.at == bye}")
    browser.open(START)
    print(f"then: {browser.page.heading}")


main()
