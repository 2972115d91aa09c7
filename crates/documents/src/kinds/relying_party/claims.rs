//! What a relying party is told of people.

use std::collections::BTreeMap;

use rules::{Mapping, Type};

use super::SPEC;
use crate::kinds::app;
use crate::report::{self, Reporter};
use crate::tenant::Tenant;
use crate::wire::relying_party::OidcSpec;
use crate::yaml::Part;

/// The most claims: they travel with every sign-in.
const MAX_CLAIMS: usize = 100;
/// The longest name of a claim, in characters.
const MAX_NAME: usize = 200;

/// Claims of which the protocol says what they mean (OpenID Connect Core §2 and §5.6.2, its logout
/// specifications, IPSIE OpenID Connect SL1, RFC 7519, 7800, 8693 and 9068). Who writes one of them could be somebody else, or turn one
/// kind of token into another.
const PROTOCOL: [&str; 25] = [
    "_claim_names",
    "_claim_sources",
    "acr",
    "act",
    "amr",
    "at_hash",
    "aud",
    "auth_time",
    "azp",
    "c_hash",
    "client_id",
    "cnf",
    "events",
    "exp",
    "iat",
    "iss",
    "jti",
    "may_act",
    "nbf",
    "nonce",
    "s_hash",
    "scope",
    "session_expiry",
    "sid",
    "sub",
];

pub(super) fn claims(
    spec: &OidcSpec,
    tenant: &Tenant,
    reporter: &mut Reporter<'_, '_>,
) -> Option<BTreeMap<String, Mapping>> {
    let path = [SPEC, Part::Key("oidc"), Part::Key("claims")];
    if spec.claims.len() > MAX_CLAIMS {
        let fix = format!("write at most {MAX_CLAIMS}");
        reporter.at(report::VALUE, &path, "too many claims", fix);
    }
    let mut claims = BTreeMap::new();
    let mut sound = true;
    for (name, source) in &spec.claims {
        let path = [&path[..], &[Part::Key(name)]].concat();
        if let Some((problem, fix)) = wrong_name(name) {
            reporter.at(report::VALUE, &path, problem, fix);
        }
        match app::mapping(source, tenant, &path, reporter) {
            Some(mapping) => {
                of_its_type(name, &mapping, &path, reporter);
                claims.insert(name.clone(), mapping);
            }
            None => sound = false,
        }
    }
    sound.then_some(claims)
}

fn wrong_name(name: &str) -> Option<(String, &'static str)> {
    if PROTOCOL.contains(&name) {
        let problem = format!("the protocol says what `{name}` is");
        return Some((problem, "remove it, or call the claim something else"));
    }
    if name == "address" {
        // OpenID Connect Core §5.1.1.
        let problem = "`address` is a map of fields, which no expression gives";
        return Some((problem.to_owned(), "call the claim something else"));
    }
    let graphic = name.bytes().all(|b| b.is_ascii_graphic());
    if name.is_empty() || name.len() > MAX_NAME || !graphic {
        let fix = "write 1 to 200 ASCII characters without spaces";
        return Some(("this is no name of a claim".to_owned(), fix));
    }
    None
}

/// Apps read these claims without looking: one of another type breaks the sign-in of everybody.
fn of_its_type(name: &str, mapping: &Mapping, path: &[Part<'_>], reporter: &mut Reporter<'_, '_>) {
    let (wanted, given) = (standard(name), mapping.gives());
    if let Some(wanted) = wanted.filter(|wanted| *wanted != given) {
        let problem = format!("`{name}` is {wanted}, but this is {given}");
        let fix = "give what apps expect there (OpenID Connect Core §5.1)";
        reporter.at(report::TYPE, path, problem, fix);
    }
}

/// The type of a claim that OpenID Connect Core §5.1 describes.
fn standard(name: &str) -> Option<Type> {
    match name {
        "birthdate" | "email" | "family_name" | "gender" | "given_name" | "locale"
        | "middle_name" | "name" | "nickname" | "phone_number" | "picture"
        | "preferred_username" | "profile" | "website" | "zoneinfo" => Some(Type::Text),
        "email_verified" | "phone_number_verified" => Some(Type::Bool),
        "updated_at" => Some(Type::Int),
        _ => None,
    }
}
