"""Somebody comes to a relying party that is not ours, and is sent to us and back."""

import os

from pages import Browser

BASE, START = os.environ["BASE"], os.environ["START"]
WHO, PASSWORD = "ana@acme.example", "correct horse battery staple"


def main():
    browser = Browser(BASE, elsewhere=True)
    browser.open(START)
    assert browser.at.startswith(BASE + "/"), browser.at
    print(f"sent to us: {browser.page.heading}")
    browser.enrol(WHO, os.environ["ANA_PASS"], PASSWORD)
    print(f"back there: {browser.at.split('?')[0].replace(START, 'START').replace(os.environ['CALLBACK'], 'CALLBACK')} {browser.status} {browser.text.strip()}")
    for name in ("x-remote-user", "x-sign-in-proof"):
        if name in browser.headers:
            print(f"{name}: {browser.headers[name]}")
    browser.open(START)
    print(f"once more, without a page: {browser.at.startswith(START.rsplit('/', 1)[0])} {browser.status}")


main()
