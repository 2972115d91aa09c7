"""idpyoidc as a relying party in its strictest settings: it signs what it asks, proves who it is by its key, and takes
nothing from userinfo that is not signed."""

import json
import os
import time
import uuid
from urllib.parse import parse_qs, urlencode, urlsplit

import requests
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptojwt.jwk.ec import ECKey
from cryptojwt.jws.jws import JWS
from cryptojwt.key_jar import KeyJar
from idpyoidc.client.client_auth import PrivateKeyJWT
from idpyoidc.client.rp_handler import RPHandler

from pages import Browser

BASE, CALLBACK, BYE, KEY = (os.environ[name] for name in ("BASE", "CALLBACK", "BYE", "IDPY_KEY"))
WHO, PASSWORD = "ana@acme.example", "correct horse battery staple"
PEM = f"-----BEGIN PRIVATE KEY-----\n{KEY}\n-----END PRIVATE KEY-----\n"
ASKED = {
    "id_token": {"level": {"essential": True}, "acr": {"essential": True, "values": ["any-factor", "phr"]}},
    "userinfo": {"email": {"essential": True}},
}
SERVICES = {
    "discovery": "idpyoidc.client.oidc.provider_info_discovery.ProviderInfoDiscovery",
    "authorization": "idpyoidc.client.oidc.authorization.Authorization",
    "accesstoken": "idpyoidc.client.oidc.access_token.AccessToken",
    "refresh_token": "idpyoidc.client.oidc.refresh_access_token.RefreshAccessToken",
    "userinfo": "idpyoidc.client.oidc.userinfo.UserInfo",
    "end_session": "idpyoidc.client.oidc.end_session.EndSession",
}


OWN = ECKey(use="sig", alg="ES256", kid=os.environ["IDPY_KID"])
OWN.load_key(load_pem_private_key(PEM.encode(), None))


class ForTheIssuer(PrivateKeyJWT):
    """Of itself idpyoidc signs for the token endpoint, as a list, and for ten minutes."""

    def _construct_client_assertion(self, service, **_):
        now = int(time.time())
        claims = {"iss": "idpy", "sub": "idpy", "aud": BASE, "iat": now, "exp": now + 60, "jti": uuid.uuid4().hex}
        return JWS(json.dumps(claims), alg="ES256").sign_compact([OWN])


def handler():
    jar = KeyJar()
    for owner in ("", "idpy"):
        jar.add_keys(owner, [OWN])
    add_on = "idpyoidc.client.oauth2.add_on."
    conf = {
        "client_type": "oidc", "issuer": BASE, "client_id": "idpy", "redirect_uris": [CALLBACK],
        "post_logout_redirect_uris": [BYE],
        "response_types_supported": ["code"], "scopes_supported": ["openid", "profile", "offline_access"],
        "allow": {"issuer_mismatch": False, "missing_kid": False},
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["ES256"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "userinfo_signing_alg_values_supported": ["ES256"],
        "request_object_signing_alg_values_supported": ["ES256"],
        "client_authn_methods": {"private_key_jwt": ForTheIssuer, "bearer_header": "idpyoidc.client.client_auth.BearerHeader"},
        "services": {name: {"class": place} for name, place in SERVICES.items()},
        "add_ons": {
            "pkce": {
                "function": add_on + "pkce.add_support",
                "kwargs": {"code_challenge_length": 64, "code_challenge_method": "S256"},
            },
            "jar": {
                "function": add_on + "jar.add_support",
                "kwargs": {"request_type": "request_parameter", "request_object_signing_alg": "ES256", "expires_in": 300},
            },
        },
    }
    return RPHandler("http://127.0.0.1", client_configs={BASE: conf}, keyjar=jar, httpc_params={"verify": True, "timeout": 30})


def begin(rph):
    return rph.begin(BASE, req_args={"claims": ASKED})


def answer(browser):
    assert browser.at.startswith(CALLBACK + "?"), browser.at
    return {key: one for key, [one] in parse_qs(urlsplit(browser.at).query, strict_parsing=True).items()}


def told(claims):
    return {name: claims[name] for name in ("email", "name", "level") if name in claims}


def main():
    rph = handler()
    url = begin(rph)
    outside = sorted(parse_qs(urlsplit(url).query))
    print(f"outside of what it signs: {' '.join(outside)}")
    browser = Browser(BASE)
    browser.open(url)
    print(f"asked: {browser.page.heading}")
    browser.enrol(WHO, os.environ["ANA_PASS"].lower(), PASSWORD)
    said = rph.finalize(BASE, answer(browser))
    assert "error" not in said, said
    token, info = said["id_token"], said["userinfo"]
    assert token["sub"] == info["sub"] and info["iss"] == BASE and info["aud"] in ("idpy", ["idpy"]), (token, info)
    print(f"ID token: {token['acr']}, {' '.join(token['amr'])}, {told(token)}")
    print(f"userinfo, signed: {told(info)}")
    client = rph.issuer2rp[BASE]
    state = said["state"]
    again = rph.refresh_access_token(state)
    print(f"refreshed: {again['token_type']}, another one: {again['access_token'] != said['token']}")
    plain = {"client_id": "idpy", "redirect_uri": CALLBACK, "response_type": "code", "scope": "openid", "state": "s"}
    challenge = {"code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "code_challenge_method": "S256"}
    browser.open(f"{BASE}/oauth2/authorize?" + urlencode({**plain, **challenge}))
    print(f"not signed: {answer(browser)['error']}")
    browser.open(begin(rph))
    said = rph.finalize(BASE, answer(browser))
    print(f"once more, without a page: {said['id_token']['sub'] == token['sub']}")
    out = rph.logout(said["state"], client=client, post_logout_redirect_uri=BYE)
    browser.open(out["url"])
    print(f"logout: {browser.at.split('?')[0].replace(BYE, 'BYE')}")
    browser.open(BASE + "/")
    print(f"then: {browser.page.heading}")


main()
