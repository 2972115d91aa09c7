//! What a client asks for by name (`claims`, OpenID Connect Core 1.0 §5.5), held to what it may be told.
//!
//! Names alone are kept: a value that a client wants is compared when it asks. A claim that has another one is
//! not told for its name, and is told all the same where a scope is for it.

use std::collections::{BTreeMap, BTreeSet};

use model::AskedClaims;
use protocol::oauth::Object;
use protocol::oauth::authorize::{AuthorizationRequest, ClaimWish};
use protocol::oauth::claims::{PHR, scope_of};
use rules::sign_on::Strength;

use super::claims::mapped;
use super::clients::Client;
use crate::Known;

/// What is kept of a request for claims about a person.
pub(super) fn asked(client: &Client, known: &Known, request: &AuthorizationRequest) -> AskedClaims {
    let wishes = &request.claims;
    if wishes.id_token.is_empty() && wishes.userinfo.is_empty() {
        return AskedClaims::default();
    }
    let claims = mapped(client, known);
    AskedClaims {
        id_token: met(client, &claims, &wishes.id_token),
        userinfo: met(client, &claims, &wishes.userinfo),
    }
}

/// The claims that are asked for, may be told to the client, and are as they are asked for. One that the person
/// does not have may come to be had.
fn met(client: &Client, claims: &Object, wishes: &BTreeMap<String, ClaimWish>) -> BTreeSet<String> {
    let known = wishes.iter().filter(|(name, _)| may_have(client, name));
    let met = known.filter(|(name, wish)| match claims.get(*name) {
        Some(value) => wish.is_met(value),
        None => wish.values.is_empty(),
    });
    met.map(|(name, _)| name.clone()).collect()
}

/// Whether a client may be told a claim at all: its document has it, and where a scope is for it, that too.
pub(super) fn may_have(client: &Client, name: &str) -> bool {
    let declared = client.oidc().claims.contains_key(name);
    declared && scope_of(name).is_none_or(|scope| client.scopes().has(scope))
}

/// How strongly a login has to be proved for a request that demands one of some classes: as strongly as for the
/// weakest of them. `None`: nothing is demanded, or nothing that anybody can reach ([`is_unreachable`]).
pub(super) fn demanded(request: &AuthorizationRequest) -> Option<Strength> {
    let classes = request.claims.demanded_acr()?;
    classes.into_iter().filter_map(strength).min()
}

/// How strongly a login is wished to be proved (`acr_values`, or `acr` as voluntary, §5.5.1.1): as strongly as for the
/// weakest class that is known here. Whoever cannot is let in all the same, and told as what they are.
pub(super) fn wished(request: &AuthorizationRequest) -> Option<Strength> {
    liked(request).min()
}

fn liked(request: &AuthorizationRequest) -> impl Iterator<Item = Strength> {
    let liked = request.acr_values.iter().map(String::as_str);
    liked.chain(request.claims.liked_acr()).filter_map(strength)
}

/// Whether a request demands classes of which there is none here.
pub(super) fn is_unreachable(request: &AuthorizationRequest) -> bool {
    let classes = request.claims.demanded_acr();
    classes.is_some_and(|classes| classes.into_iter().all(|class| strength(class).is_none()))
}

/// The class of a login, as it is told to whoever sent a request: the strongest of those that it likes that was
/// reached, because it may know no other; what was reached where it likes none of that.
pub(super) fn class_for(request: &AuthorizationRequest, reached: Strength) -> &'static str {
    let met = liked(request).filter(|one| *one <= reached);
    class(met.max().unwrap_or(reached))
}

/// The name of a class: what resists phishing has one that everybody knows (OpenID Connect EAP ACR Values 1.0),
/// others have the one of policies.
pub(super) const fn class(strength: Strength) -> &'static str {
    match strength {
        Strength::PhishingResistant => PHR,
        Strength::MultiFactor => "multi-factor",
        Strength::AnyFactor => "any-factor",
    }
}

fn strength(class: &str) -> Option<Strength> {
    let all = [
        Strength::AnyFactor,
        Strength::MultiFactor,
        Strength::PhishingResistant,
    ];
    all.into_iter().find(|one| self::class(*one) == class)
}
