"""pysaml2 and python3-saml, to which assertions are encrypted: each opens its own, and nobody else reads it."""

import base64
import os
import urllib.parse

from onelogin.saml2.auth import OneLogin_Saml2_Auth
from saml2 import BINDING_HTTP_POST

import with_pysaml2 as pysaml2
import with_python3_saml as python3_saml
from pages import Browser

BASE, PORT = os.environ["BASE"], os.environ["PORT"]
SAID = ["ana@acme.example", "<saml:Assertion", "NameID", "AuthnStatement"]


def on_its_way(fields):
    """What can be read of a response by whoever carries it."""
    xml = base64.b64decode(fields["SAMLResponse"]).decode()
    found = [said for said in SAID if said in xml]
    methods = [name for name in ("aes256-gcm", "rsa-oaep-mgf1p", "rsa-1_5", "-cbc") if name in xml]
    return f"{methods}, in the clear: {found}"


def form(browser, acs):
    [found] = browser.page.forms
    assert found.action == acs, found.action
    return found.fields


def with_pysaml2(browser):
    entity = f"http://127.0.0.1:{PORT}/sealed/pysaml2"
    sp = pysaml2.client(entity, BINDING_HTTP_POST)
    said, url = pysaml2.asked(sp)
    browser.open(url)
    browser.enrol(pysaml2.WHO, os.environ["ANA_PASS"], pysaml2.PASSWORD)
    fields = form(browser, f"{entity}/acs")
    print(f"for pysaml2: {on_its_way(fields)}")
    told = pysaml2.read(sp, fields, said)
    assert told.response.signature and told.assertion.signature
    print(f"opened: {told.name_id.text} {dict(sorted(told.ava.items()))}")
    return sp, told.name_id


def with_python3_saml(browser):
    entity = f"http://127.0.0.1:{PORT}/sealed/python3-saml"
    wants = python3_saml.settings(entity, wantAssertionsEncrypted=True)
    auth = python3_saml.at("/login", {}, wants)
    browser.open(auth.login(return_to="/start"))
    fields = form(browser, f"{entity}/acs")
    print(f"for python3-saml: {on_its_way(fields)}")
    at = {"https": "off", "http_host": f"127.0.0.1:{PORT}", "script_name": "/sealed/python3-saml/acs",
          "get_data": {}, "post_data": fields}
    told = OneLogin_Saml2_Auth(at, wants)
    told.process_response(request_id=auth.get_last_request_id())
    assert told.is_authenticated(), told.get_last_error_reason()
    print(f"opened: {told.get_nameid()} {told.get_attributes()}")


def in_the_clear(browser):
    """Whoever demands it encrypted does not take it in the clear, which is what its document says."""
    wants = python3_saml.settings(wantAssertionsEncrypted=True)
    auth = python3_saml.at("/login", {}, wants)
    browser.open(auth.login())
    told = python3_saml.at("/acs", form(browser, python3_saml.ACS), wants)
    told.process_response(request_id=auth.get_last_request_id())
    print(f"in the clear: {told.get_last_error_reason()}")


def others_leave(browser):
    """The other apps of the session are told one after the other, and answer."""
    while browser.page is None:
        address, query = browser.at.split("?")
        entity = address.removesuffix("/slo")
        wants = python3_saml.settings(entity, logoutResponseSigned=True)
        query = dict(urllib.parse.parse_qsl(query))
        at = {"https": "off", "http_host": f"127.0.0.1:{PORT}", "script_name": urllib.parse.urlsplit(address).path,
              "get_data": query, "post_data": {}}
        auth = OneLogin_Saml2_Auth(at, wants)
        to = auth.process_slo()
        assert not auth.get_errors(), auth.get_last_error_reason()
        print(f"told as well: {entity.split('/', 3)[3]}")
        browser.open(to)


def signed_out(browser, sp, name):
    """By a form, which brings no cookies from elsewhere; and the others are told."""
    sent = pysaml2.leaving(sp, name, BINDING_HTTP_POST)
    assert sent.action == f"{BASE}/saml2/slo", sent.action
    alone = Browser(BASE)
    alone._follow("POST", sent.action, sent.fields)
    [once_more] = alone.page.forms
    browser._follow("POST", BASE + once_more.action, once_more.fields)
    others_leave(browser)
    fields = form(browser, f"http://127.0.0.1:{PORT}/sealed/pysaml2/slo")
    told = sp.parse_logout_request_response(fields["SAMLResponse"], BINDING_HTTP_POST)
    assert told.response.signature and told.status_ok()
    second = told.response.status.status_code.status_code
    print(f"logout by a form: success, in part: {second is not None}")
    _, url = pysaml2.asked(sp)
    browser.open(url)
    print(f"then: {browser.page.heading}")


def main():
    pysaml2.metadata()
    browser = Browser(BASE)
    sp, name = with_pysaml2(browser)
    with_python3_saml(browser)
    in_the_clear(browser)
    signed_out(browser, sp, name)


main()
