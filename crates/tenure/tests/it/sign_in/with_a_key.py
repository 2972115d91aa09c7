"""authlib as a client that proves who it is by what it signs."""

import os
import time

import requests
from authlib.oauth2.rfc7523 import private_key_jwt_sign
from authlib.oidc.discovery import get_well_known_url

from pages import Browser

BASE, KEY = os.environ["BASE"], os.environ["FORGE_KEY"]
PEM = f"-----BEGIN PRIVATE KEY-----\n{KEY}\n-----END PRIVATE KEY-----\n"
META = requests.get(get_well_known_url(BASE, external=True), timeout=30).json()


def assertion(audience):
    return private_key_jwt_sign(PEM, "forge", audience, alg="ES256", expires_at=int(time.time()) + 60)


def post(endpoint, signed, **form):
    kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    return requests.post(
        META[endpoint], data={**form, "client_assertion": signed, "client_assertion_type": kind}, timeout=30)


def main():
    methods = META["token_endpoint_auth_methods_supported"]
    print(
        f"metadata: private_key_jwt {'private_key_jwt' in methods},"
        f" pushed {META['pushed_authorization_request_endpoint'] == BASE + '/oauth2/par'},"
        f" DPoP {'ES256' in META['dpop_signing_alg_values_supported']}")
    told = post("token_endpoint", assertion(BASE), grant_type="client_credentials")
    print(f"a token: DPoP missing, {told.status_code} {told.json()['error']}")
    told = post("token_endpoint", assertion(META["token_endpoint"]), grant_type="client_credentials")
    print(f"for the token endpoint: {told.status_code} {told.json()['error']}")
    signed = assertion(BASE)
    told = post("introspection_endpoint", signed, token="none")
    print(f"introspected: {told.status_code} {told.json()['active']}")
    told = post("introspection_endpoint", signed, token="none")
    print(f"the same assertion: {told.status_code} {told.json()['error']}")
    browser = Browser(BASE)
    browser.open(f"{META['authorization_endpoint']}?client_id=forge&request_uri=urn:ietf:params:oauth:request_uri:x.y")
    print(f"without a push: {browser.status} {browser.page.heading}")


main()
