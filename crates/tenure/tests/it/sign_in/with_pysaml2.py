"""pysaml2 as a service provider that demands both signatures and signs what it asks."""

import os
import pathlib
import re
import subprocess
import urllib.parse

import requests
from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT
from saml2.client import Saml2Client
from saml2.config import SPConfig
from saml2.response import StatusNoPassive, UnsolicitedResponse
from saml2.sigver import verify_redirect_signature
from saml2.xmldsig import DIGEST_SHA256, SIG_RSA_SHA256

from pages import Browser, Reader

BASE, PORT = os.environ["BASE"], os.environ["PORT"]
HOME = pathlib.Path(os.environ["SP_HOME"])
SP = f"http://127.0.0.1:{PORT}/pysaml2"
ACS, IDP = f"{SP}/acs", f"{BASE}/saml2/metadata"
WHO, PASSWORD = "ana@acme.example", "correct horse battery staple"
CLASS = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"


def metadata():
    """What the provider says of itself, once its signature is known to be by the key in it."""
    got = requests.get(IDP, timeout=30)
    assert got.headers["content-type"] == "application/samlmetadata+xml", got.headers
    (HOME / "idp.xml").write_text(got.text)
    [inside] = set(re.findall(r"<ds:X509Certificate>([^<]+)<", got.text))
    pem = "\n".join(inside[at:at + 64] for at in range(0, len(inside), 64))
    (HOME / "idp.crt").write_text(f"-----BEGIN CERTIFICATE-----\n{pem}\n-----END CERTIFICATE-----\n")
    subprocess.run(
        ["xmlsec1", "--verify", "--id-attr:ID", "urn:oasis:names:tc:SAML:2.0:metadata:EntityDescriptor",
         "--pubkey-cert-pem", str(HOME / "idp.crt"), str(HOME / "idp.xml")], check=True, capture_output=True)
    assert inside in requests.get(IDP, timeout=30).text
    print("metadata: signed, and of one key")


def client(entity=SP, slo=BINDING_HTTP_REDIRECT, **other):
    sp = {
        "endpoints": {
            "assertion_consumer_service": [(f"{entity}/acs", BINDING_HTTP_POST)],
            "single_logout_service": [(f"{entity}/slo", slo)],
        },
        "logout_requests_signed": True,
        "authn_requests_signed": True, "want_response_signed": True, "want_assertions_signed": True,
        "allow_unsolicited": False,
        "name_id_policy_format": "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
        "requested_authn_context": {"authn_context_class_ref": [CLASS], "comparison": "exact"},
        "signing_algorithm": SIG_RSA_SHA256, "digest_algorithm": DIGEST_SHA256,
        **other,
    }
    return Saml2Client(SPConfig().load({
        "entityid": entity, "key_file": str(HOME / "sp.key"), "cert_file": str(HOME / "sp.crt"),
        "encryption_keypairs": [{"key_file": str(HOME / "sp.key"), "cert_file": str(HOME / "sp.crt")}],
        "xmlsec_binary": "/usr/bin/xmlsec1", "metadata": {"local": [str(HOME / "idp.xml")]},
        "accepted_time_diff": 60, "allow_unknown_attributes": True, "service": {"sp": sp},
    }))


def asked(sp, state="", binding=BINDING_HTTP_REDIRECT, **more):
    """A request: its ID, and its address or its form."""
    said, told = sp.prepare_for_authenticate(
        entityid=IDP, relay_state=state, binding=binding, response_binding=BINDING_HTTP_POST, **more)
    if binding == BINDING_HTTP_POST:
        return said, Reader(told["data"]).forms[0]
    return said, dict(told["headers"])["Location"]


def form(browser):
    """The form that would be posted to the service provider, where the page may send it alone."""
    [found] = browser.page.forms
    assert found.action == ACS, found.action
    policy = browser.headers["content-security-policy"]
    assert policy.endswith(f"; form-action {ACS} https:"), policy
    return found.fields


def read(sp, fields, said):
    return sp.parse_authn_request_response(fields["SAMLResponse"], BINDING_HTTP_POST, outstanding={said: "/"})


def first_login(sp, browser):
    state = "\"><script>alert('1')</script>&x=+%41"
    said, url = asked(sp, state)
    browser.open(url)
    print(f"asked: {browser.page.heading}")
    browser.enrol(WHO, os.environ["ANA_PASS"], PASSWORD)
    fields = form(browser)
    told = read(sp, fields, said)
    info = told.session_info()
    assert told.in_response_to == said and info["issuer"] == IDP
    assert told.response.signature and told.assertion.signature
    print(f"name: {told.name_id.format.rsplit(':', 1)[1]}, {len(told.name_id.text)} characters")
    print(f"attributes: {dict(sorted(told.ava.items()))}")
    print(f"class: {info['authn_info'][0][0].rsplit(':', 1)[1]}")
    print(f"relay state as it was: {fields['RelayState'] == state}, a script in the page: {'<script>alert' in browser.text}")
    return told.name_id.text, fields, url


def again(sp, browser, name):
    said, sent = asked(sp, binding=BINDING_HTTP_POST)
    assert sent.action == f"{BASE}/saml2/sso", sent.action
    # A form of another site brings no cookies: the page that comes back sends it once more.
    alone = Browser(BASE)
    alone._follow("POST", sent.action, sent.fields)
    [once_more] = alone.page.forms
    browser._follow("POST", BASE + once_more.action, once_more.fields)
    told = read(sp, form(browser), said)
    print(f"by a form, without a page: the same name {told.name_id.text == name}")


def refused(sp, browser, fields, url):
    try:
        read(sp, fields, "_another")
        print("unsolicited: taken")
    except UnsolicitedResponse:
        print("unsolicited: refused by pysaml2")
    told = lambda: f"{browser.status} {browser.page.heading}"
    browser.open(url)
    print(f"the same request again: {told()}")
    _, url = asked(sp)
    browser.open(url.split("&SigAlg")[0])
    print(f"unsigned: {told()}")
    _, url = asked(sp, "one")
    browser.open(url.replace("RelayState=one", "RelayState=two"))
    print(f"another relay state: {told()}")
    stranger = Browser(BASE)
    said, url = asked(sp, is_passive="true")
    stranger.open(url)
    try:
        read(sp, form(stranger), said)
    except StatusNoPassive:
        print("passive, signed in nowhere: NoPassive")
    said, url = asked(sp, force_authn="true")
    browser.open(url)
    print(f"forced: {browser.page.heading}")
    browser.password(WHO, PASSWORD)
    read(sp, form(browser), said)
    print("then: valid")


def leaving(sp, name, binding):
    """Word of logout about somebody who was signed in there: its address or its form."""
    told = sp.do_logout(name, [IDP], "", None, sign=True, expected_binding=binding)
    way, sent = told[IDP]
    assert way == binding, way
    if binding == BINDING_HTTP_POST:
        return Reader(sent["data"]).forms[0]
    return dict(sent["headers"])["Location"]


def signed_out(sp, browser):
    said, url = asked(sp)
    browser.open(url)
    name = read(sp, form(browser), said).name_id
    url = leaving(sp, name, BINDING_HTTP_REDIRECT)
    browser.open(url.split("&SigAlg")[0])
    print(f"logout, unsigned: {browser.status} {browser.page.heading}")
    browser.open(url)
    address, query = browser.at.split("?")
    assert address == f"{SP}/slo", address
    query = dict(urllib.parse.parse_qsl(query))
    [inside] = set(re.findall(r"<ds:X509Certificate>([^<]+)<", (HOME / "idp.xml").read_text()))
    assert verify_redirect_signature(query, sp.sec.sec_backend, cert=inside)
    told = sp.parse_logout_request_response(query["SAMLResponse"], BINDING_HTTP_REDIRECT)
    assert told.status_ok() and told.in_response_to in sp.state
    second = told.response.status.status_code.status_code
    print(f"logout: signed, success, in part: {second is not None}")
    _, url = asked(sp)
    browser.open(url)
    print(f"then: {browser.page.heading}")


def main():
    metadata()
    sp, browser = client(), Browser(BASE)
    name, fields, url = first_login(sp, browser)
    again(sp, browser, name)
    refused(sp, browser, fields, url)
    signed_out(sp, browser)


if __name__ == "__main__":
    main()
