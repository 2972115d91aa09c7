"""A device without a browser, and somebody who types its code."""

import os
import time

import requests
from authlib.oidc.discovery import get_well_known_url

from pages import Browser

BASE = os.environ["BASE"]
WHO, PASSWORD = "ana@acme.example", "correct horse battery staple"
META = requests.get(get_well_known_url(BASE, external=True), timeout=30).json()
GRANT = "urn:ietf:params:oauth:grant-type:device_code"


def post(endpoint, **form):
    return requests.post(META[endpoint], data={"client_id": "tv", **form}, timeout=30)


def asks(device):
    time.sleep(device["interval"] + 0.1)
    told = post("token_endpoint", grant_type=GRANT, device_code=device["device_code"]).json()
    return told.get("error", told.get("token_type"))


def main():
    assert GRANT in META["grant_types_supported"], META
    device = post("device_authorization_endpoint", scope="openid email").json()
    print(f"shown: {len(device['user_code'])} characters, {device['verification_uri'].replace(BASE, '')}")
    print(f"asks: {asks(device)}")
    browser = Browser(BASE)
    browser.open(device["verification_uri"])
    print(f"there: {browser.page.heading}")
    browser.send("/device", code="BBBB-BBBB")
    print(f"a guess: {browser.page.wrong}")
    browser.open(device["verification_uri"])
    browser.send("/device", code=device["user_code"].lower())
    print(f"the code: {browser.page.heading}")
    browser.enrol(WHO, os.environ["ANA_PASS"], PASSWORD)
    print(f"signed in: {browser.page.heading} {'Meeting room' in browser.text} {device['user_code'] in browser.text}")
    page = browser.page
    forged = {name: value for name, value in page.forms[-1].fields.items() if name != "proof"}
    got = browser.session.post(BASE + "/device/answer", data={**forged, "says": "yes"}, allow_redirects=False, timeout=30)
    print(f"another site's form: {got.status_code} {got.headers['location']}")
    fields = page.forms[-1].fields
    got = browser.session.post(BASE + "/device/answer", data={**fields, "says": "yes"}, timeout=30)
    print(f"yes: {got.status_code} {'The device is signed in' in got.text}")
    print(f"asks: {asks(device)}")
    print(f"asks again: {asks(device)}")
    browser.open(device["verification_uri"])
    for _ in range(12):
        browser.send("/device", code="BBBB-BBBB")
        if browser.status == 429:
            break
        browser.open(device["verification_uri"])
    print(f"many guesses: {browser.status}")


main()
