//! What the FAPI 2.0 Security Profile forbids a client (§5.3.2, §5.4). What it demands of its requests is asked of each
//! of them, by `require`.

use super::oidc::at;
use crate::report::{self, Reporter};
use crate::wire::relying_party::{
    ClientSpec, Curve, GrantType, JwkSpec, KeyAlg, OidcSpec, SigningAlg,
};
use crate::yaml::Part;

/// What may sign, for the words of a complaint.
const SIGNS: &str = "PS256, ES256 or EdDSA";

pub(super) fn held_to(spec: &OidcSpec, reporter: &mut Reporter<'_, '_>) {
    match &spec.client {
        ClientSpec::Keys(client) => keys(&client.keys, reporter),
        ClientSpec::Issued(_) | ClientSpec::Certificates(_) => {}
        ClientSpec::Public(_) | ClientSpec::Secret(_) => {
            let problem =
                "a client of FAPI 2.0 proves who it is by what it signs, or by a certificate";
            let fix = "write `{keys: […]}`, `{issued_certificate: …}` or `{certificates: […]}`";
            reporter.at(report::VALUE, &at("client"), problem, fix);
        }
    }
    for (index, uri) in spec.redirect_uris.iter().enumerate() {
        if !uri.starts_with("https://") {
            let path = [&at("redirect_uris")[..], &[Part::Index(index)]].concat();
            let problem = "a client of FAPI 2.0 is answered over https";
            reporter.at(report::URL, &path, problem, "write https, or remove it");
        }
    }
    let grants = spec.grants.iter().flatten().enumerate();
    for (index, _) in grants.filter(|(_, grant)| **grant == GrantType::DeviceCode) {
        let path = [&at("grants")[..], &[Part::Index(index)]].concat();
        let problem = "FAPI 2.0 has no devices without a browser";
        reporter.at(report::VALUE, &path, problem, "remove it");
    }
    let alg = [&at("access_token")[..], &[Part::Key("alg")]].concat();
    for (path, given) in [
        (at("id_token_alg").to_vec(), Some(spec.id_token_alg)),
        (at("userinfo_alg").to_vec(), spec.userinfo_alg),
        (alg, Some(spec.access_token.alg)),
    ] {
        if matches!(given, Some(SigningAlg::Rs256)) {
            let problem = "FAPI 2.0 signs nothing with RS256";
            reporter.at(report::VALUE, &path, problem, format!("write {SIGNS}"));
        }
    }
}

fn keys(keys: &[JwkSpec], reporter: &mut Reporter<'_, '_>) {
    for (index, key) in keys.iter().enumerate() {
        let too_old = key.alg == Some(KeyAlg::Rs256) || key.crv == Some(Curve::P384);
        if too_old {
            let path = [&at("client")[..], &[Part::Key("keys"), Part::Index(index)]].concat();
            let problem = "a client of FAPI 2.0 does not sign by this algorithm";
            let fix = format!("write a key for {SIGNS}");
            reporter.at(report::VALUE, &path, problem, fix);
        }
    }
}
