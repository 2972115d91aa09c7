"""Somebody signs out here, and a relying party that is not ours hears of it."""

import os
import time

from pages import Browser

BASE, START = os.environ["BASE"], os.environ["START"]
WHO, PASSWORD = "ana@acme.example", "correct horse battery staple"


def main():
    browser = Browser(BASE, elsewhere=True)
    browser.open(START)
    browser.enrol(WHO, os.environ["ANA_PASS"], PASSWORD)
    browser.open(START)
    print(f"signed in there: {browser.at == START} {browser.status}")
    time.sleep(1)
    browser.open(START)
    print(f"it goes on by itself: {browser.at == START} {browser.status}")
    browser.open(BASE + "/")
    browser.send("/sign-out")
    print(f"out here: {browser.page.heading}")
    ended = time.monotonic()
    while time.monotonic() - ended < 10:
        browser.open(START)
        if browser.at != START:
            break
        time.sleep(0.05)
    took = time.monotonic() - ended
    print(f"out there: {browser.page.heading}, within two seconds: {took < 2}")


main()
