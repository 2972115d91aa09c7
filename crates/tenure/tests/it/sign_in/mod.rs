//! People sign in with parts that are not ours: a browser with passkeys, and relying parties of others.
//!
//! Each script says what it sees, line by line, and that is compared here. Where `TENURE_SCREENSHOTS`
//! names a folder, the browser leaves a picture of each page there.

mod tenant;

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
        "then: Sign in",
        "then its refresh token: 400 invalid_grant",
        "without a page: login_required",
        "a wrong password: Name and password do not belong together.",
        "in again: pwd",
    ];
    tenant.plays(&python, "with_authlib.py", &expected);
}
