//! People sign in with parts that are not ours: a browser with passkeys, and relying parties of others.
//!
//! Each script says what it sees, line by line, and that is compared here. Where `TENURE_SCREENSHOTS`
//! names a folder, the browser leaves a picture of each page there.

mod at_the_door;
mod balancer;
mod by_mail;
mod elsewhere;
mod party;
mod people;
mod tenant;
mod visitor;
mod with_certificates;
mod with_service_providers;
mod with_two_nodes;

use std::time::Duration;

use model::Timestamp;
use party::Party;
use tenant::{Tenant, peers};

#[test]
fn authlib_signs_people_in_and_checks_everything() {
    let Some([python]) = peers(["TENURE_PEER_SIGN_IN"]) else {
        return;
    };
    let mut tenant = Tenant::new();
    tenant.pass("ANA");
    tenant.secret("wiki");
    let expected = [
        "metadata: valid",
        "asked: Sign in",
        "ID token: valid, proved with pwd",
        "userinfo: {'email': 'ana@acme.example', 'name': 'Ana Ng'}",
        "introspection: active True, wiki, email offline_access openid profile",
        "refreshed: ['access_token', 'expires_at', 'expires_in', 'id_token', 'refresh_token', 'scope', 'token_type']",
        "the old refresh token: 400 invalid_grant",
        "then the new one: 400 invalid_grant",
        "then its access token: 401, active False",
        "the code again: 400 invalid_grant",
        "then its tokens: 401, 400 invalid_grant",
        "another verifier: 400 invalid_grant",
        "no verifier: 400 invalid_grant",
        "another redirect URI: 400 invalid_grant",
        "another secret: 401 invalid_client",
        "without PKCE: invalid_request",
        "to another redirect URI: 400 This link does not work",
        "revoked: 200, active False, 400 invalid_grant",
        "an unknown token: 200, active False",
        "logout to elsewhere: 400 This link does not work",
        "logout without a hint: 200 My apps",
        "logout: BYE?state=s+1",
        "told of the end: logout+jwt, as in the ID token: True, nonce: False",
        "told again: False",
        "then: Sign in",
        "then its refresh token: 400 invalid_grant",
        "without a page: login_required",
        "a wrong password: Name and password do not belong together.",
        "in again: pwd",
    ];
    tenant.plays(&python, "with_authlib.py", &expected);
}

#[test]
fn people_use_passkeys_and_codes_in_a_browser() {
    let Some([python, chromium]) = peers(["TENURE_PEER_SIGN_IN", "TENURE_PEER_CHROMIUM"]) else {
        return;
    };
    let mut tenant = Tenant::new();
    tenant.pass("ANA");
    tenant.pass("BO");
    tenant.tell("CHROMIUM", chromium);
    let expected = [
        "the first page: Sign in",
        "ana@acme.example has a pass: Choose how you sign in",
        "the passkey form is shown: True",
        "enrolled: My apps",
        "out: You are signed out",
        "again: Sign in",
        "nobody touched it: Sign in (No passkey was used. Try again, or go on another way.)",
        "in by passkey: My apps",
        "proved with: Passkey",
        "her page: How I sign in",
        "the same authenticator once more: refused",
        "a second one: How I sign in",
        "own: Passkey, Passkey",
        "a wrong first code: How I sign in (This code does not count: it may be mistyped, used, or too old.)",
        "codes are set up: 10 recovery codes, 10 of them different",
        "own: Passkey, Passkey, One-time codes, Recovery codes",
        "a passkey at the bunker: GET code",
        "by form: POST code",
        "signed out, at the bunker: Sign in",
        "without the button: GET code",
        "bo@acme.example has a pass: Choose how you sign in",
        "a short password: Choose how you sign in (This may not be a password: it has fewer than 15 characters)",
        "enrolled: My apps",
        "a password at the vault: More is needed",
        "a wrong password: Sign in (Name and password do not belong together.)",
        "the right one: My apps",
        "a wrong first code: How I sign in (This code does not count: it may be mistyped, used, or too old.)",
        "codes are set up: 10 recovery codes, 10 of them different",
        "a password at the vault: More is needed",
        "the code that set it up: More is needed (This code does not count: it may be mistyped, used, or too old.)",
        "the next code: GET code",
        "the same code again: More is needed (This code does not count: it may be mistyped, used, or too old.)",
        "a recovery code: GET code",
        "the same recovery code again: More is needed (This code does not count: it may be mistyped, used, or too old.)",
        "a password at the bunker: More is needed",
        "what it offers: ['No, do not go on']",
        "what it says: This needs a stronger proof than you have set up. Ask your help desk.",
        "without a page: GET login_required",
        "console: nothing",
    ];
    tenant.plays(&python, "with_chromium.py", &expected);
}

#[test]
fn openid_client_signs_people_in() {
    let Some([python, client]) = peers(["TENURE_PEER_SIGN_IN", "TENURE_PEER_OPENID_CLIENT"]) else {
        return;
    };
    let mut tenant = Tenant::new();
    tenant.pass("ANA");
    tenant.secret("node");
    let _party = Party::openid_client(&tenant, &client);
    tenant.tell("START", format!("http://127.0.0.1:{}/login", tenant.port));
    let expected = [
        "sent to us: Sign in",
        "back there: CALLBACK 200 ana@acme.example proved with pwd",
        "once more, without a page: True 200",
    ];
    tenant.plays(&python, "through.py", &expected);
}

/// With a key in place of a secret, requests that are pushed, and tokens that are bound to another key.
#[test]
fn openid_client_signs_people_in_by_keys_alone() {
    let Some([python, client]) = peers(["TENURE_PEER_SIGN_IN", "TENURE_PEER_OPENID_CLIENT"]) else {
        return;
    };
    let mut tenant = Tenant::new();
    tenant.pass("ANA");
    tenant.forge();
    let _party = Party::openid_client(&tenant, &client);
    tenant.tell("START", format!("http://127.0.0.1:{}/login", tenant.port));
    let expected = [
        "sent to us: Sign in",
        "back there: CALLBACK 200 ana@acme.example proved with pwd, DPoP jkt, as Bearer 401, pushed 2",
        "once more, without a page: True 200",
    ];
    tenant.plays(&python, "through.py", &expected);
}

/// authlib proves itself by a key wherever clients do, and not twice by the same assertion.
#[test]
fn authlib_proves_itself_by_a_key() {
    let Some([python]) = peers(["TENURE_PEER_SIGN_IN"]) else {
        return;
    };
    let mut tenant = Tenant::new();
    tenant.forge();
    let expected = [
        "metadata: private_key_jwt True, pushed True, DPoP True",
        "a token: DPoP missing, 400 invalid_dpop_proof",
        "for the token endpoint: 401 invalid_client",
        "introspected: 200 False",
        "the same assertion: 401 invalid_client",
        "without a push: 400 This link does not work",
    ];
    tenant.plays(&python, "with_a_key.py", &expected);
}

/// idpyoidc signs what it asks, proves itself by a key, asks for claims by name, and takes no userinfo that is not
/// signed.
#[test]
fn idpyoidc_signs_people_in_strictly() {
    let Some([python]) = peers(["TENURE_PEER_SIGN_IN"]) else {
        return;
    };
    let mut tenant = Tenant::new();
    tenant.pass("ANA");
    tenant.pythons();
    let expected = [
        "outside of what it signs: client_id redirect_uri request response_type scope",
        "asked: Sign in",
        "ID token: any-factor, pwd, {'level': 'seven'}",
        "userinfo, signed: {'email': 'ana@acme.example', 'name': 'Ana Ng', 'level': 'seven'}",
        "refreshed: Bearer, another one: True",
        "not signed: invalid_request",
        "once more, without a page: True",
        "logout: BYE",
        "then: Sign in",
    ];
    tenant.plays(&python, "with_idpyoidc.py", &expected);
}

/// The page at which codes are typed shows what asks, takes no other site's form, and slows guesses down.
#[test]
fn a_device_without_a_browser_is_let_in() {
    let Some([python]) = peers(["TENURE_PEER_SIGN_IN"]) else {
        return;
    };
    let mut tenant = Tenant::new();
    tenant.pass("ANA");
    tenant.forge();
    let expected = [
        "shown: 9 characters, /device",
        "asks: authorization_pending",
        "there: Sign a device in",
        "a guess: No device waits under this code. It may be mistyped, or too old.",
        "the code: Sign in",
        "signed in: Is this your device? True True",
        "another site's form: 303 /device",
        "yes: 200 True",
        "asks: Bearer",
        "asks again: invalid_grant",
        "many guesses: 429",
    ];
    tenant.plays(&python, "with_a_device.py", &expected);
}

#[test]
fn apache_signs_people_in() {
    let Some([python, apache]) = peers(["TENURE_PEER_SIGN_IN", "TENURE_PEER_APACHE"]) else {
        return;
    };
    let mut tenant = Tenant::new();
    tenant.pass("ANA");
    tenant.secret("apache");
    let _party = Party::apache(&tenant, &apache);
    tenant.tell("START", format!("http://127.0.0.1:{}/secure/", tenant.port));
    let expected = [
        "sent to us: Sign in",
        "back there: START 200 signed in",
        "x-remote-user: ana@acme.example",
        "x-sign-in-proof: pwd",
        "once more, without a page: True 200",
    ];
    tenant.plays(&python, "through.py", &expected);
}

/// mod_auth_openidc verifies the token, and ends its own session.
#[test]
fn apache_signs_people_out_who_have_signed_out_here() {
    let Some([python, apache]) = peers(["TENURE_PEER_SIGN_IN", "TENURE_PEER_APACHE"]) else {
        return;
    };
    let mut tenant = Tenant::new();
    tenant.pass("ANA");
    tenant.secret("apache");
    let _party = Party::apache(&tenant, &apache);
    tenant.tell("START", format!("http://127.0.0.1:{}/secure/", tenant.port));
    let expected = [
        "signed in there: True 200",
        "it goes on by itself: True 200",
        "out here: You are signed out",
        "out there: Sign in, within two seconds: True",
    ];
    tenant.plays(&python, "signed_out.py", &expected);
    let ask = ["sign-in", "sessions", "ana@acme.example", "--ended"];
    let sessions = tenant.node.run(&ask).expect(0).rows();
    assert_eq!(sessions.len(), 1, "{sessions:?}");
    assert_eq!(sessions[0]["why"], "signed out");
    let given = &sessions[0]["relying_parties"][0];
    assert_eq!(
        (&given["relying_party"], &given["status"]),
        (&"apache".into(), &"told".into())
    );
    let until: Timestamp = given["exposed_until"].as_str().unwrap().parse().unwrap();
    let ended: Timestamp = sessions[0]["ended"].as_str().unwrap().parse().unwrap();
    assert_eq!(until.since(ended), Duration::from_secs(600));
    let open = tenant.node.run(&ask[..3]).expect(0).rows();
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn pysaml2_signs_people_in_and_checks_everything() {
    let Some([python]) = peers(["TENURE_PEER_SIGN_IN"]) else {
        return;
    };
    let mut tenant = Tenant::new();
    tenant.pass("ANA");
    tenant.providers(&python);
    let expected = [
        "metadata: signed, and of one key",
        "asked: Sign in",
        "name: persistent, 64 characters",
        "attributes: {'givenName': ['Ana'], 'mail': ['ana@acme.example']}",
        "class: PasswordProtectedTransport",
        "relay state as it was: True, a script in the page: False",
        "by a form, without a page: the same name True",
        "unsolicited: refused by pysaml2",
        "the same request again: 400 This link does not work",
        "unsigned: 400 This link does not work",
        "another relay state: 400 This link does not work",
        "passive, signed in nowhere: NoPassive",
        "forced: Sign in",
        "then: valid",
        "logout, unsigned: 400 This link does not work",
        "logout: signed, success, in part: False",
        "then: Sign in",
    ];
    tenant.plays(&python, "with_pysaml2.py", &expected);
}

#[test]
fn python3_saml_signs_people_in_strictly() {
    let Some([python]) = peers(["TENURE_PEER_SIGN_IN"]) else {
        return;
    };
    let mut tenant = Tenant::new();
    tenant.pass("ANA");
    tenant.providers(&python);
    let expected = [
        "asked: Sign in",
        "signed in: ana@acme.example {'mail': ['ana@acme.example']}",
        "back to: /start",
        "once more, without a page: ana@acme.example {'mail': ['ana@acme.example']}",
        "for another request: The InResponseTo of the Response",
        "started here: ana@acme.example {'mail': ['ana@acme.example']}",
        "where that is not allowed: 400 This link does not work",
        "passive, signed in nowhere: nobody is signed in who could be told of: ask so that a page may be shown",
        "logout: [] back to /bye",
        "then: Sign in",
    ];
    tenant.plays(&python, "with_python3_saml.py", &expected);
}

/// Each demands that assertions are encrypted for it, and opens them with its own library.
#[test]
fn assertions_are_encrypted_for_pysaml2_and_python3_saml() {
    let Some([python]) = peers(["TENURE_PEER_SIGN_IN"]) else {
        return;
    };
    let mut tenant = Tenant::new();
    tenant.pass("ANA");
    tenant.providers(&python);
    let expected = [
        "metadata: signed, and of one key",
        "for pysaml2: ['aes256-gcm', 'rsa-oaep-mgf1p'], in the clear: []",
        "opened: ana@acme.example {'mail': ['ana@acme.example']}",
        "for python3-saml: ['aes256-gcm', 'rsa-oaep-mgf1p'], in the clear: []",
        "opened: ana@acme.example {'mail': ['ana@acme.example']}",
        "in the clear: The assertion of the Response is not encrypted and the SP require it",
        "told as well: python3-saml",
        "logout by a form: success, in part: True",
        "then: Sign in",
    ];
    tenant.plays(&python, "with_encryption.py", &expected);
}

/// mod_auth_mellon is added from the metadata that it writes itself. It verifies ours by the key that they are known to be of, signs what it asks, and opens
/// what is encrypted for it.
#[test]
fn mellon_signs_people_in_strictly() {
    let Some([python, apache]) = peers(["TENURE_PEER_SIGN_IN", "TENURE_PEER_APACHE"]) else {
        return;
    };
    let mut tenant = Tenant::new();
    tenant.pass("ANA");
    tenant.providers(&python);
    tenant.own_metadata();
    let _party = Party::mellon(&tenant, &apache);
    let attributes = "    attributes: {mail: person.email}\n    want_signed";
    let more = [("    want_signed", attributes)];
    let document = tenant.adds("mellon", "/mellon/metadata", &more);
    for taken in [
        "want_signed_requests: true",
        "    encrypt:\n      certificate: |-\n",
        "    slo: {binding: redirect, url: ",
        "    name_id: {format: transient}\n",
    ] {
        assert!(document.contains(taken), "{taken}: {document}");
    }
    tenant.tell("START", format!("http://127.0.0.1:{}/secure/", tenant.port));
    let expected = [
        "sent to us: Sign in",
        "a response that was changed: 400",
        "back there: True 200 signed in",
        "as: ana@acme.example",
        "it goes on by itself: True 200",
        "the same response again: 400",
        "logout: back where it began True",
        "then: Sign in",
    ];
    tenant.plays(&python, "with_mellon.py", &expected);
    let ask = ["sign-in", "sessions", "ana@acme.example", "--ended"];
    let sessions = tenant.node.run(&ask).expect(0).rows();
    assert_eq!(sessions[0]["why"], "signed out at mellon", "{sessions:?}");
    let given = &sessions[0]["relying_parties"][0];
    assert_eq!(
        (&given["relying_party"], &given["status"]),
        (&"mellon".into(), &"told".into())
    );
}
