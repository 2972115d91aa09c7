"""authlib as a relying party that checks everything that it can."""

import os
import queue
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

import requests
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken, UserInfo
from authlib.oidc.discovery import OpenIDProviderMetadata, get_well_known_url
from joserfc import jwt
from joserfc.jwk import KeySet

from pages import Browser

BASE, CALLBACK, SECRET = (os.environ[name] for name in ("BASE", "CALLBACK", "WIKI_SECRET"))
WHO, PASSWORD = "ana@acme.example", "correct horse battery staple"
META = requests.get(get_well_known_url(BASE, external=True), timeout=30).json()
# authlib wants https of an issuer; it is a loopback address here. The rest is checked.
checks = OpenIDProviderMetadata({k: v.replace("http://", "https://") if isinstance(v, str) else v for k, v in META.items()})
checks.validate()
assert META["issuer"] == BASE
assert META["code_challenge_methods_supported"] == ["S256"], META
assert META["authorization_response_iss_parameter_supported"] is True
print("metadata: valid")

CLIENT = OAuth2Session(
    "wiki", SECRET, scope="openid profile email offline_access", redirect_uri=CALLBACK,
    code_challenge_method="S256", token_endpoint_auth_method="client_secret_basic",
)
OWN = ("wiki", SECRET)


def asked(**more):
    """An authorization request: its address, and what its answer is compared with."""
    verifier, nonce = generate_token(64), generate_token(32)
    url, state = CLIENT.create_authorization_url(
        META["authorization_endpoint"], code_verifier=verifier, nonce=nonce, **more)
    return url, state, verifier, nonce


def answer(location, state):
    """What the browser brought back, once it is known to be the answer to what was asked."""
    assert location.startswith(CALLBACK + "?"), location
    told = {key: one for key, [one] in parse_qs(urlsplit(location).query, strict_parsing=True).items()}
    assert told["state"] == state and told["iss"] == BASE, told
    return told


def claims_of(token, nonce):
    keys = KeySet.import_key_set(requests.get(META["jwks_uri"], timeout=30).json())
    need = lambda value: {"essential": True, "value": value}
    options = {
        "iss": need(BASE), "aud": need("wiki"), "nonce": need(nonce), "exp": {"essential": True},
        "iat": {"essential": True}, "sub": {"essential": True}, "auth_time": {"essential": True},
        "acr": {"essential": True}, "amr": {"essential": True}, "sid": {"essential": True},
    }
    params = {"nonce": nonce, "client_id": "wiki", "max_age": 600, "auth_time": True}
    signed = jwt.decode(token, keys, algorithms=META["id_token_signing_alg_values_supported"])
    read = CodeIDToken(signed.claims, signed.header, options, params)
    read.validate(leeway=0)
    return read


def exchange(location, verifier):
    return CLIENT.fetch_token(META["token_endpoint"], authorization_response=location, code_verifier=verifier)


def post(endpoint, auth=OWN, **form):
    return requests.post(META[endpoint], data=form, auth=auth, timeout=30)


def refresh(token):
    return post("token_endpoint", grant_type="refresh_token", refresh_token=token)


def told(response):
    body = response.json() if response.content else {}
    return f"{response.status_code} {body.get('error', '')}".strip()


def userinfo(token):
    return requests.get(META["userinfo_endpoint"], headers={"authorization": f"Bearer {token}"}, timeout=30)


def active(token):
    return post("introspection_endpoint", token=token).json()["active"]


def again(browser, **more):
    """Signed in once: the next answer comes without a page."""
    url, state, verifier, nonce = asked(**more)
    browser.open(url)
    told = answer(browser.at, state)
    return browser.at, verifier, nonce, told


def first_login(browser):
    url, state, verifier, nonce = asked()
    browser.open(url)
    print(f"asked: {browser.page.heading}")
    browser.enrol(WHO, os.environ["ANA_PASS"].lower(), PASSWORD)
    answer(browser.at, state)
    token = exchange(browser.at, verifier)
    claims = claims_of(token["id_token"], nonce)
    print(f"ID token: valid, proved with {' '.join(claims['amr'])}")
    info = UserInfo(userinfo(token["access_token"]).json())
    assert info["sub"] == claims["sub"]
    del info["sub"]
    print(f"userinfo: {dict(sorted(info.items()))}")
    seen = CLIENT.introspect_token(META["introspection_endpoint"], token=token["access_token"]).json()
    assert seen["sub"] == claims["sub"] and seen["iss"] == BASE, seen
    print(f"introspection: active {seen['active']}, {seen['client_id']}, {seen['scope']}")
    return token


def rotation(token):
    old = token["refresh_token"]
    new = CLIENT.refresh_token(META["token_endpoint"], refresh_token=old)
    assert new["refresh_token"] != old
    # A refreshed ID token has no nonce, so this one is compared by its signature alone.
    assert "id_token" in new and userinfo(new["access_token"]).ok
    print(f"refreshed: {sorted(new)}")
    print(f"the old refresh token: {told(refresh(old))}")
    print(f"then the new one: {told(refresh(new['refresh_token']))}")
    print(f"then its access token: {told(userinfo(new['access_token']))}, active {active(new['access_token'])}")


def code_twice(browser):
    location, verifier, nonce, said = again(browser)
    token = exchange(location, verifier)
    claims_of(token["id_token"], nonce)
    form = dict(grant_type="authorization_code", code=said["code"], redirect_uri=CALLBACK, code_verifier=verifier)
    print(f"the code again: {told(post('token_endpoint', **form))}")
    print(f"then its tokens: {told(userinfo(token['access_token']))}, {told(refresh(token['refresh_token']))}")


def wrong_exchanges(browser):
    cases = [
        ("another verifier", OWN, {"code_verifier": generate_token(64)}),
        ("no verifier", OWN, {"code_verifier": None}),
        ("another redirect URI", OWN, {"redirect_uri": CALLBACK + "/x"}),
        ("another secret", ("wiki", "x" * 43), {}),
    ]
    for name, auth, other in cases:
        _, verifier, _, said = again(browser)
        form = dict(grant_type="authorization_code", code=said["code"], redirect_uri=CALLBACK, code_verifier=verifier)
        form = {key: value for key, value in {**form, **other}.items() if value}
        print(f"{name}: {told(post('token_endpoint', auth=auth, **form))}")


def wrong_requests(browser):
    plain = {"response_type": "code", "client_id": "wiki", "redirect_uri": CALLBACK, "scope": "openid", "state": "s"}
    browser.open(META["authorization_endpoint"] + "?" + urlencode(plain))
    print(f"without PKCE: {answer(browser.at, 's')['error']}")
    elsewhere = {**plain, "redirect_uri": "http://127.0.0.1:9/cb"}
    browser.open(META["authorization_endpoint"] + "?" + urlencode(elsewhere))
    print(f"to another redirect URI: {browser.status} {browser.page.heading}")


def revocation(browser):
    location, verifier, _, _ = again(browser)
    token = exchange(location, verifier)
    assert active(token["access_token"])
    said = CLIENT.revoke_token(META["revocation_endpoint"], token=token["refresh_token"])
    print(f"revoked: {told(said)}, active {active(token['access_token'])}, {told(refresh(token['refresh_token']))}")
    print(f"an unknown token: {told(post('revocation_endpoint', token='x'))}, active {active('x')}")


TOLD = queue.Queue()


class BackChannel(BaseHTTPRequestHandler):
    """Where this relying party is told that a session has ended."""

    def do_POST(self):
        form = self.rfile.read(int(self.headers["content-length"])).decode()
        TOLD.put((self.path, self.headers["content-type"], parse_qs(form, strict_parsing=True)))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


def told_of_the_end(id_token):
    """What Back-Channel Logout 1.0 §2.6 has a relying party check."""
    path, kind, form = TOLD.get(timeout=30)
    [token] = form["logout_token"]
    assert (path, kind, set(form)) == ("/out", "application/x-www-form-urlencoded", {"logout_token"}), (path, kind, form)
    keys = KeySet.import_key_set(requests.get(META["jwks_uri"], timeout=30).json())
    signed = jwt.decode(token, keys, algorithms=["ES256"])
    need = {"essential": True}
    checks = jwt.JWTClaimsRegistry(
        leeway=0, iss={**need, "value": BASE}, aud={**need, "value": "wiki"}, iat=need, exp=need, jti=need, sub=need, sid=need,
        events={**need, "value": {"http://schemas.openid.net/event/backchannel-logout": {}}})
    checks.validate(signed.claims)
    known = jwt.decode(id_token, keys, algorithms=["ES256"]).claims
    same = all(signed.claims[name] == known[name] for name in ("iss", "sub", "sid", "aud"))
    assert signed.claims["exp"] - signed.claims["iat"] <= 120
    print(f"told of the end: {signed.header['typ']}, as in the ID token: {same}, nonce: {'nonce' in signed.claims}")
    print(f"told again: {not TOLD.empty()}")


def logout(browser):
    location, verifier, nonce, _ = again(browser)
    token = exchange(location, verifier)
    claims_of(token["id_token"], nonce)
    bye = os.environ["BYE"]

    def ask(**query):
        return browser.open(META["end_session_endpoint"] + "?" + urlencode(query))

    ask(id_token_hint=token["id_token"], post_logout_redirect_uri="http://127.0.0.1:9/bye")
    print(f"logout to elsewhere: {browser.status} {browser.page.heading}")
    ask(client_id="wiki", post_logout_redirect_uri=bye)
    print(f"logout without a hint: {browser.status} {browser.page.heading}")
    assert active(token["access_token"])
    ask(id_token_hint=token["id_token"], post_logout_redirect_uri=bye, state="s 1")
    print(f"logout: {browser.at.replace(bye, 'BYE')}")
    told_of_the_end(token["id_token"])
    browser.open(BASE + "/")
    print(f"then: {browser.page.heading}")
    print(f"then its refresh token: {told(refresh(token['refresh_token']))}")
    url, state, *_ = asked(prompt="none")
    browser.open(url)
    print(f"without a page: {answer(browser.at, state)['error']}")
    url, state, verifier, nonce = asked()
    browser.open(url)
    browser.password(WHO, "wrong horse battery staple")
    print(f"a wrong password: {browser.page.wrong}")
    browser.password(WHO, PASSWORD)
    answer(browser.at, state)
    print(f"in again: {' '.join(claims_of(exchange(browser.at, verifier)['id_token'], nonce)['amr'])}")


def main():
    assert META["backchannel_logout_supported"] is True and META["backchannel_logout_session_supported"] is True
    server = HTTPServer(("127.0.0.1", int(os.environ["PORT"])), BackChannel)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    browser = Browser(BASE)
    rotation(first_login(browser))
    code_twice(browser)
    wrong_exchanges(browser)
    wrong_requests(browser)
    revocation(browser)
    logout(browser)


main()
