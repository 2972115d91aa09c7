"""python3-saml as a service provider that is strict in everything that it can be."""

import os
import pathlib
import urllib.parse

import requests
from onelogin.saml2.auth import OneLogin_Saml2_Auth
from onelogin.saml2.idp_metadata_parser import OneLogin_Saml2_IdPMetadataParser

from pages import Browser

BASE, PORT = os.environ["BASE"], os.environ["PORT"]
HOME = pathlib.Path(os.environ["SP_HOME"])
SP = f"http://127.0.0.1:{PORT}/python3-saml"
ACS, IDP = f"{SP}/acs", f"{BASE}/saml2/metadata"
WHO, PASSWORD = "ana@acme.example", "correct horse battery staple"
EMAIL = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"


def settings(entity=SP, **security):
    idp = OneLogin_Saml2_IdPMetadataParser.parse(requests.get(IDP, timeout=30).text)["idp"]
    return {
        "strict": True, "debug": False, "idp": idp,
        "sp": {
            "entityId": entity, "assertionConsumerService": {"url": f"{entity}/acs"}, "NameIDFormat": EMAIL,
            "singleLogoutService": {"url": f"{entity}/slo"},
            "x509cert": (HOME / "sp.crt").read_text(), "privateKey": (HOME / "sp.key").read_text(),
        },
        "security": {
            "authnRequestsSigned": True, "logoutRequestSigned": True, "wantMessagesSigned": True, "wantAssertionsSigned": True,
            "wantNameId": True, "wantAttributeStatement": True, "rejectDeprecatedAlgorithm": True,
            "rejectUnsolicitedResponsesWithInResponseTo": True, "failOnAuthnContextMismatch": True,
            "signatureAlgorithm": "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
            "digestAlgorithm": "http://www.w3.org/2001/04/xmlenc#sha256",
            **security,
        },
    }


SETTINGS = settings()


def at(path, fields, known=None, query=None):
    """A request of a browser to the service provider."""
    return OneLogin_Saml2_Auth({
        "https": "off", "http_host": f"127.0.0.1:{PORT}", "script_name": f"/python3-saml{path}",
        "get_data": query or {}, "post_data": fields}, known or SETTINGS)


def asked(state, **more):
    auth = at("/login", {})
    url = auth.login(return_to=state, **more)
    return auth.get_last_request_id(), url


def form(browser):
    [found] = browser.page.forms
    assert found.action == ACS, found.action
    return found.fields


def told(fields, said):
    auth = at("/acs", fields)
    auth.process_response(request_id=said)
    if auth.get_errors():
        return f"{' '.join(auth.get_errors())}: {auth.get_last_error_reason()}"
    assert auth.is_authenticated() and auth.get_nameid_format() == EMAIL
    return f"{auth.get_nameid()} {auth.get_attributes()}"


def signed_out(browser):
    said, url = asked("/start")
    browser.open(url)
    auth = at("/acs", form(browser))
    auth.process_response(request_id=said)
    leaves = at("/leave", {})
    url = leaves.logout(name_id=auth.get_nameid(), session_index=auth.get_session_index(),
                        name_id_format=EMAIL, return_to="/bye")
    browser.open(url)
    address, query = browser.at.split("?")
    assert address == f"{SP}/slo", address
    query = dict(urllib.parse.parse_qsl(query))
    back = at("/slo", {}, query=query)
    to = back.process_slo(request_id=leaves.get_last_request_id())
    print(f"logout: {back.get_errors()} back to {query['RelayState']}")
    assert to is None or to.endswith("/bye"), to
    _, url = asked("/start")
    browser.open(url)
    print(f"then: {browser.page.heading}")


def main():
    browser = Browser(BASE)
    said, url = asked("/start")
    browser.open(url)
    print(f"asked: {browser.page.heading}")
    browser.enrol(WHO, os.environ["ANA_PASS"], PASSWORD)
    print(f"signed in: {told(form(browser), said)}")
    print(f"back to: {form(browser)['RelayState']}")
    said, url = asked("/start")
    browser.open(url)
    print(f"once more, without a page: {told(form(browser), said)}")
    print(f"for another request: {told(form(browser), '_another').split(':')[1].strip()}")
    browser.open(BASE + "/saml2/start?app=python3-saml")
    print(f"started here: {told(form(browser), None)}")
    browser.open(BASE + "/saml2/start?app=pysaml2")
    print(f"where that is not allowed: {browser.status} {browser.page.heading}")
    stranger = Browser(BASE)
    said, url = asked("/start", is_passive=True)
    stranger.open(url)
    print(f"passive, signed in nowhere: {told(form(stranger), said).rsplit('->', 1)[1].strip()}")
    signed_out(browser)


if __name__ == "__main__":
    main()
