//! `IdentityProvider`.

use std::collections::BTreeSet;

use model::Factor;
use url::{Host, Url};

use crate::kinds::relying_party::{signing_alg, sound, title};
use crate::kinds::upstream_saml;
use crate::kinds::{self, Directory};
use crate::report::{self, Reporter};
use crate::tenant::{
    ClientAuth, Counts, IdentityProvider, LinkBy, PEOPLE, SigningAlg, UpstreamOidc, UpstreamSpeaks,
};
use crate::wire::identity_provider::{CountsAs, CountsSpec, IdentityProviderSpec, LinkSpec};
use crate::wire::{self, identity_provider::UpstreamOidcSpec};
use crate::yaml::Part;

/// The most of what is listed of one provider.
const MOST: usize = 20;
/// The longest issuer, `client_id`, claim, scope or word of `amr` and `acr`, in bytes.
const LONGEST: usize = 255;
/// Claims that their owners may change, or that the next owner gets (OpenID Connect Core §5.7).
const CHANGEABLE: [&str; 12] = [
    "name",
    "given_name",
    "family_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "website",
    "phone_number",
    "upn",
    "unique_name",
    "username",
];

fn at<const N: usize>(keys: [&'static str; N]) -> [Part<'static>; N] {
    keys.map(Part::Key)
}

pub(crate) fn identity_provider(
    name: &str,
    spec: &IdentityProviderSpec,
    directory: &Directory,
    reporter: &mut Reporter<'_, '_>,
) -> Option<IdentityProvider> {
    let speaks = speaks(spec, reporter)?;
    Some(IdentityProvider {
        name: name.to_owned(),
        title: title(name, spec.title.as_deref(), reporter),
        issuer: match (&spec.oidc, &spec.saml) {
            (Some(oidc), _) => oidc.issuer.clone(),
            (None, saml) => saml.as_ref()?.entity_id.clone(),
        },
        speaks,
        link: link(&spec.link, directory, reporter),
        counts: counts(&spec.counts, reporter),
    })
}

/// Exactly one of the two.
fn speaks(spec: &IdentityProviderSpec, reporter: &mut Reporter<'_, '_>) -> Option<UpstreamSpeaks> {
    match (&spec.oidc, &spec.saml) {
        (Some(one), None) => Some(UpstreamSpeaks::Oidc(oidc(one, reporter))),
        (None, Some(one)) => Some(UpstreamSpeaks::Saml(upstream_saml::saml(one, reporter))),
        (None, None) => {
            let problem = "nothing says by which protocol it vouches";
            let fix = "write `oidc`, or `saml`";
            reporter.at(report::MISSING_FIELD, &at(["spec"]), problem, fix);
            None
        }
        (Some(_), Some(_)) => {
            let problem = "a provider vouches by one protocol";
            let fix = "remove one of `oidc` and `saml`, or write a document for each";
            reporter.at(report::CONFLICT, &at(["spec", "saml"]), problem, fix);
            None
        }
    }
}

fn oidc(oidc: &UpstreamOidcSpec, reporter: &mut Reporter<'_, '_>) -> UpstreamOidc {
    if let Err((problem, fix)) = issuer(oidc) {
        reporter.at(report::URL, &at(["spec", "oidc", "issuer"]), problem, fix);
    }
    let path = at(["spec", "oidc", "client_id"]);
    if !is_word(&oidc.client_id) {
        let fix = "write it as the provider gave it: 1 to 255 printable characters of ASCII";
        reporter.at(report::VALUE, &path, "this is no `client_id`", fix);
    }
    let path = at(["spec", "oidc", "client", "secret"]);
    kinds::secret_name(&oidc.client.secret, &path, reporter);
    UpstreamOidc {
        client_id: oidc.client_id.clone(),
        secret: oidc.client.secret.clone(),
        method: match oidc.client.method {
            wire::ClientAuth::Basic => ClientAuth::Basic,
            wire::ClientAuth::Post => ClientAuth::Post,
        },
        scopes: scopes(oidc, reporter),
        id_token_alg: oidc.id_token_alg.map_or(SigningAlg::Rs256, signing_alg),
        allow_private: oidc.allow_private,
    }
}

/// What ID tokens are compared with, to the letter. A slash at its end is part of it: some providers have one.
fn issuer(spec: &UpstreamOidcSpec) -> Result<(), (String, &'static str)> {
    const WEB: &str = "write it as the provider's metadata do: https://host/path";
    let url = sound(&spec.issuer)?;
    if spec.issuer.len() > LONGEST || spec.issuer.contains('?') {
        return Err(("an issuer is short and has no query".to_owned(), WEB));
    }
    if !is_spelt_so(&spec.issuer, &url) {
        return Err((
            "other readers would read another address here".to_owned(),
            WEB,
        ));
    }
    let near = match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(_)) | None => false,
    };
    match url.scheme() {
        "https" => Ok(()),
        "http" if near && spec.allow_private => Ok(()),
        _ => Err((
            "what it says would not be encrypted".to_owned(),
            "write https; http is for a loopback address with `allow_private: true`",
        )),
    }
}

fn is_spelt_so(text: &str, url: &Url) -> bool {
    url.as_str() == text || url.as_str().strip_suffix('/') == Some(text)
}

fn scopes(spec: &UpstreamOidcSpec, reporter: &mut Reporter<'_, '_>) -> BTreeSet<String> {
    let path = at(["spec", "oidc", "scopes"]);
    many(spec.scopes.len(), &path, reporter);
    let mut scopes = BTreeSet::from(["openid".to_owned()]);
    for (index, scope) in spec.scopes.iter().enumerate() {
        let path = [&path[..], &[Part::Index(index)]].concat();
        if !is_word(scope) || scope.contains(['"', '\\']) {
            let fix = "write one scope an entry: [email]";
            reporter.at(report::VALUE, &path, "this is no scope", fix);
        } else if scope == "offline_access" {
            let problem = "nothing is asked of the provider when nobody signs in";
            reporter.at(report::VALUE, &path, problem, "remove it");
        }
        scopes.insert(scope.clone());
    }
    scopes
}

fn link(spec: &LinkSpec, directory: &Directory, reporter: &mut Reporter<'_, '_>) -> LinkBy {
    let path = at(["spec", "link", "claim"]);
    let claim = spec.claim.as_str();
    if !is_word(claim) {
        let problem = "this is no name of a claim";
        reporter.at(report::VALUE, &path, problem, "write 1 to 255 characters");
    } else if CHANGEABLE.contains(&claim) {
        let problem =
            format!("`{claim}` may be somebody else's tomorrow, or be chosen by whoever has it");
        let fix = "name a claim with a number or key that the provider gives once: `employee_id`";
        reporter.at(report::VALUE, &path, problem, fix);
    }
    if let Some(source) = &spec.source {
        let known = directory.sources.contains(source) || source == PEOPLE;
        if !known {
            let problem = format!("there is no source `{source:.80}`");
            let fix =
                "name a Source, or leave it out where the claim is the name people sign in under";
            let path = at(["spec", "link", "source"]);
            reporter.at(report::REFERENCE, &path, problem, fix);
        }
    }
    let path = at(["spec", "link", "email_domains"]);
    many(spec.email_domains.len(), &path, reporter);
    if claim == "email" && spec.email_domains.is_empty() {
        let problem = "an address alone is nobody: whoever gives out addresses decides who it is";
        let fix = "write `email_domains:` with the domains that are this provider's own";
        reporter.at(report::MISSING_FIELD, &at(["spec", "link"]), problem, fix);
    }
    let mut domains = BTreeSet::new();
    for (index, domain) in spec.email_domains.iter().enumerate() {
        if !is_domain(domain) {
            let path = [&path[..], &[Part::Index(index)]].concat();
            let fix = "write the whole domain in lower case: acme.example";
            reporter.at(report::VALUE, &path, "this is no mail domain", fix);
        }
        domains.insert(domain.clone());
    }
    LinkBy {
        claim: claim.to_owned(),
        source: spec.source.clone(),
        email_domains: domains,
    }
}

fn counts(spec: &[CountsSpec], reporter: &mut Reporter<'_, '_>) -> Vec<Counts> {
    let path = at(["spec", "counts"]);
    many(spec.len(), &path, reporter);
    let mut counts = Vec::new();
    for (index, one) in spec.iter().enumerate() {
        let path = [&path[..], &[Part::Index(index)]].concat();
        if one.amr.is_empty() && one.acr.is_none() {
            let problem = "this would count for whatever the provider says";
            let fix = "write the words by which it tells: `amr: [mfa]`, or `acr:`";
            reporter.at(report::MISSING_FIELD, &path, problem, fix);
        }
        let mut words = one.amr.iter().chain(&one.acr);
        if one.amr.len() > MOST || words.any(|word| !is_word(word)) {
            let fix = "write them as the provider does: 1 to 255 printable characters of ASCII";
            reporter.at(
                report::VALUE,
                &path,
                "these are no words of a provider",
                fix,
            );
        }
        counts.push(Counts {
            amr: one.amr.iter().cloned().collect(),
            acr: one.acr.clone(),
            factor: match one.counts_as {
                CountsAs::Password => Factor::UpstreamPassword,
                CountsAs::MultiFactor => Factor::UpstreamMultiFactor,
                CountsAs::PhishingResistant => Factor::UpstreamPhishingResistant,
            },
        });
    }
    counts
}

fn many(count: usize, path: &[Part<'_>], reporter: &mut Reporter<'_, '_>) {
    if count > MOST {
        let fix = format!("write at most {MOST}");
        reporter.at(report::VALUE, path, format!("{count} entries"), fix);
    }
}

/// 1 to 255 visible characters of ASCII.
fn is_word(text: &str) -> bool {
    (1..=LONGEST).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn is_domain(text: &str) -> bool {
    let label = |label: &str| {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        (1..=63).contains(&label.len()) && label.bytes().all(plain)
    };
    text.len() <= LONGEST && text.contains('.') && text.split('.').all(label)
}
