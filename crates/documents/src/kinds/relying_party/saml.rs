//! A relying party as a service provider of SAML 2.0.

use std::collections::BTreeMap;

use rules::Mapping;

use super::{SPEC, address, held, pem, sets, stands};
use crate::kinds::app::check_url;
use crate::kinds::{app, group, instant};
use crate::report::{self, Reporter};
use crate::tenant::{
    Acs, Encryption, GivenNameId, KeyTransport, NameIdRule, Saml, SamlCipher, SamlKey, SamlProfile,
    SamlSigns, Slo, SoapLogout, SubjectIdReq, SubjectIdRule, Tenant,
};
use crate::wire::relying_party::{
    self as wire, AcsSpec, EncryptSpec, NameIdFormat, SamlSpec, SigningKeySpec, SigningKeyWord,
    SloSpec, SoapLogoutSpec, SubjectIdSpec,
};
use crate::yaml::Part;

pub(super) const SAML: Part<'static> = Part::Key("saml");
/// The most addresses.
const MAX_ACS: usize = 50;
/// The most attributes: they travel with every sign-in.
const MAX_ATTRIBUTES: usize = 100;
/// The longest name of an attribute, in characters.
const MAX_NAME: usize = 200;
/// The longest entity id, in bytes (SAML Core §8.3.6).
const MAX_ENTITY_ID: usize = 1_024;
/// The longest scope, in characters (Subject Identifier Attributes §3.3.1).
const MAX_SCOPE: usize = 127;
pub(super) const PAIRWISE: &str = "urn:oasis:names:tc:SAML:attribute:pairwise-id";
pub(super) const SUBJECT: &str = "urn:oasis:names:tc:SAML:attribute:subject-id";

pub(super) fn saml(
    spec: &SamlSpec,
    tenant: &Tenant,
    reporter: &mut Reporter<'_, '_>,
) -> Option<Saml> {
    entity_id(&spec.entity_id, reporter);
    let acs = acs(&spec.acs, reporter);
    let certificates = pem::certificates(&spec.certificates, 0, &at("certificates"), reporter);
    unsigned(spec, reporter);
    let slo = spec.slo.as_ref().map(|one| slo(one, reporter));
    let soap_logout = spec.soap_logout.as_ref();
    let soap_logout = soap_logout.map(|one| soap(one, reporter));
    let encryption = spec.encrypt.as_ref().map(|one| encryption(one, reporter));
    let metadata = spec.metadata.as_ref();
    let metadata = metadata.map(|one| stands::metadata(one, reporter));
    let name_id = name_id(spec, tenant, reporter);
    let attributes = attributes(spec, tenant, reporter);
    if let Some(scope) = &spec.pairwise_id {
        pairwise_id(scope, spec, reporter);
    }
    let subject_id = spec.subject_id.as_ref();
    let subject_id = subject_id.map(|one| self::subject_id(one, spec, tenant, reporter));
    let valid_until = spec.valid_until.as_deref();
    let valid_until = valid_until.map(|text| instant(text, &at("valid_until"), reporter));
    let saml = Saml {
        entity_id: spec.entity_id.clone(),
        profile: match spec.profile {
            wire::SamlProfile::Saas => SamlProfile::Saas,
            wire::SamlProfile::Saml2int => SamlProfile::Saml2int,
        },
        valid_until: match valid_until {
            Some(read) => Some(read?),
            None => None,
        },
        metadata,
        acs,
        name_id: name_id?,
        attributes: attributes?,
        attribute_sets: sets::sets(spec, reporter),
        pairwise_id: spec.pairwise_id.clone(),
        subject_id: match subject_id {
            Some(read) => Some(read?),
            None => None,
        },
        subject_id_req: spec.subject_id_req.map(demanded),
        certificates,
        slo,
        soap_logout,
        want_signed_requests: spec.want_signed_requests,
        sign: match spec.sign {
            wire::SamlSigns::Both => SamlSigns::Both,
            wire::SamlSigns::Response => SamlSigns::Response,
            wire::SamlSigns::Assertion => SamlSigns::Assertion,
        },
        signing_key: signing_key(&spec.signing_key, tenant, reporter),
        encryption,
        idp_initiated: spec.idp_initiated,
    };
    held::subject_id(&saml, reporter);
    held::profile(&saml, tenant, reporter);
    Some(saml)
}

/// What needs a key that its signatures are held to.
fn unsigned(spec: &SamlSpec, reporter: &mut Reporter<'_, '_>) {
    for (key, given) in [
        ("want_signed_requests", spec.want_signed_requests),
        ("slo", spec.slo.is_some()),
    ] {
        if given && spec.certificates.is_empty() {
            let problem = "nothing says whose signatures count";
            let fix = "write its `certificates`, or remove this";
            reporter.at(report::VALUE, &at(key), problem, fix);
        }
    }
}

const fn demanded(demanded: wire::SubjectIdReq) -> SubjectIdReq {
    match demanded {
        wire::SubjectIdReq::SubjectId => SubjectIdReq::SubjectId,
        wire::SubjectIdReq::PairwiseId => SubjectIdReq::PairwiseId,
        wire::SubjectIdReq::Any => SubjectIdReq::Any,
        wire::SubjectIdReq::None => SubjectIdReq::Unwanted,
    }
}

pub(super) fn at(key: &'static str) -> [Part<'static>; 3] {
    [SPEC, SAML, Part::Key(key)]
}

pub(in crate::kinds) fn entity_id(text: &str, reporter: &mut Reporter<'_, '_>) {
    let odd = |one: char| one.is_whitespace() || one.is_control();
    if text.is_empty() || text.len() > MAX_ENTITY_ID || text.chars().any(odd) {
        let fix = "copy `entityID` from its metadata: at most 1024 bytes without white space";
        let problem = "this is no entity id";
        reporter.at(report::VALUE, &at("entity_id"), problem, fix);
    }
}

fn acs(given: &[AcsSpec], reporter: &mut Reporter<'_, '_>) -> Vec<Acs> {
    if !(1..=MAX_ACS).contains(&given.len()) {
        let problem = format!("{} addresses", given.len());
        let fix = format!("write 1 to {MAX_ACS}");
        reporter.at(report::VALUE, &at("acs"), problem, fix);
    }
    let mut found: Vec<Acs> = Vec::new();
    for (place, one) in given.iter().enumerate() {
        let own = [&at("acs")[..], &[Part::Index(place)]].concat();
        let (url, index, path) = match one {
            AcsSpec::Url(url) => (url, u16::try_from(place).unwrap_or(u16::MAX), own.clone()),
            AcsSpec::Numbered(one) => {
                let path = [&own[..], &[Part::Key("url")]].concat();
                (&one.url, one.index, path)
            }
        };
        if let Err((problem, fix)) = address::page(url) {
            reporter.at(report::URL, &path, problem, fix);
        } else if found.iter().any(|other| other.url == *url) {
            let problem = "this address stands here twice";
            reporter.at(report::DUPLICATE, &path, problem, "remove one of them");
        } else if found.iter().any(|other| other.index == index) {
            let problem = format!("two addresses have the number {index}");
            let fix = "write each as `{url: …, index: …}`, with the numbers of its metadata";
            reporter.at(report::DUPLICATE, &own, problem, fix);
        }
        found.push(Acs {
            index,
            url: url.clone(),
        });
    }
    found
}

fn name_id(
    spec: &SamlSpec,
    tenant: &Tenant,
    reporter: &mut Reporter<'_, '_>,
) -> Option<NameIdRule> {
    let path = [&at("name_id")[..], &[Part::Key("value")]].concat();
    let format = match spec.name_id.format {
        NameIdFormat::Persistent => GivenNameId::Persistent,
        NameIdFormat::EmailAddress => GivenNameId::EmailAddress,
        NameIdFormat::Unspecified => GivenNameId::Unspecified,
        NameIdFormat::Transient => {
            if spec.name_id.value.is_some() {
                let problem = "a transient name is another one each time, and nothing gives it";
                reporter.at(report::VALUE, &path, problem, "remove it");
            }
            return Some(NameIdRule::Transient);
        }
    };
    let Some(value) = &spec.name_id.value else {
        if format == GivenNameId::Persistent {
            return Some(NameIdRule::Pairwise);
        }
        let problem = "nothing gives the name";
        let fix = "write the expression as `value`, as in `value: person.email`";
        reporter.at(report::MISSING_FIELD, &at("name_id"), problem, fix);
        return None;
    };
    let mapping = name(value, tenant, &path, reporter)?;
    Some(NameIdRule::Given(format, mapping))
}

/// What gives a name: text that nobody sets of themselves.
fn name(
    value: &str,
    tenant: &Tenant,
    path: &[Part<'_>],
    reporter: &mut Reporter<'_, '_>,
) -> Option<Mapping> {
    let mapping = app::mapping(value, tenant, path, reporter)?;
    app::text_only(&mapping, "a name", path, reporter);
    let own = |attribute: &&str| tenant.self_editable.contains(*attribute);
    for attribute in mapping.attributes().into_iter().filter(own) {
        let problem = format!("people could call themselves like others by `person.{attribute}`");
        let fix = "use what only HR sets";
        reporter.at(report::SELF_EDITABLE, path, problem, fix);
    }
    Some(mapping)
}

fn attributes(
    spec: &SamlSpec,
    tenant: &Tenant,
    reporter: &mut Reporter<'_, '_>,
) -> Option<BTreeMap<String, Mapping>> {
    let path = at("attributes");
    if spec.attributes.len() > MAX_ATTRIBUTES {
        let fix = format!("write at most {MAX_ATTRIBUTES}");
        reporter.at(report::VALUE, &path, "too many attributes", fix);
    }
    let mut attributes = BTreeMap::new();
    let mut sound = true;
    for (name, source) in &spec.attributes {
        let path = [&path[..], &[Part::Key(name)]].concat();
        let graphic = name.bytes().all(|b| b.is_ascii_graphic());
        if name.is_empty() || name.len() > MAX_NAME || !graphic {
            let fix = "write 1 to 200 ASCII characters without spaces";
            let problem = "this is no name of an attribute";
            reporter.at(report::VALUE, &path, problem, fix);
        }
        match app::mapping(source, tenant, &path, reporter) {
            Some(mapping) => {
                attributes.insert(name.clone(), mapping);
            }
            None => sound = false,
        }
    }
    sound.then_some(attributes)
}

/// The scope of the attribute (Subject Identifier Attributes §3.3.1), and that nothing else gives that one.
fn pairwise_id(scope: &str, spec: &SamlSpec, reporter: &mut Reporter<'_, '_>) {
    let path = at("pairwise_id");
    self::scope(scope, &path, reporter);
    if spec.attributes.contains_key(PAIRWISE) {
        let problem = "an attribute of the same name is among `attributes`";
        reporter.at(report::CONFLICT, &path, problem, "remove one of them");
    }
}

/// What gives the attribute that is the same everywhere (§3.3 there), and that nothing else gives that one.
fn subject_id(
    given: &SubjectIdSpec,
    spec: &SamlSpec,
    tenant: &Tenant,
    reporter: &mut Reporter<'_, '_>,
) -> Option<SubjectIdRule> {
    let own = |key: &'static str| [&at("subject_id")[..], &[Part::Key(key)]].concat();
    scope(&given.scope, &own("scope"), reporter);
    if spec.attributes.contains_key(SUBJECT) {
        let problem = "an attribute of the same name is among `attributes`";
        let path = at("subject_id");
        reporter.at(report::CONFLICT, &path, problem, "remove one of them");
    }
    Some(SubjectIdRule {
        value: name(&given.value, tenant, &own("value"), reporter)?,
        scope: given.scope.clone(),
    })
}

/// What is a domain behind an `@` (Subject Identifier Attributes §3.3.1).
pub(crate) fn scope(scope: &str, path: &[Part<'_>], reporter: &mut Reporter<'_, '_>) {
    let possible = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.".contains(&b);
    let begins = scope
        .bytes()
        .next()
        .is_some_and(|b| b.is_ascii_alphanumeric());
    if !begins || scope.len() > MAX_SCOPE || !scope.bytes().all(possible) {
        let fix = "write a domain of yours in lower case, as in `acme.example`";
        reporter.at(report::VALUE, path, "this is no domain", fix);
    }
}

fn slo(spec: &SloSpec, reporter: &mut Reporter<'_, '_>) -> Slo {
    let given = [
        ("url", Some(&spec.url)),
        ("response_url", spec.response_url.as_ref()),
    ];
    for (key, url) in given {
        if let Some(Err((problem, fix))) = url.map(|url| address::page(url)) {
            let path = [&at("slo")[..], &[Part::Key(key)]].concat();
            reporter.at(report::URL, &path, problem, fix);
        }
    }
    Slo {
        url: spec.url.clone(),
        response_url: spec.response_url.clone(),
        by_post: matches!(spec.binding, wire::SamlBinding::Post),
    }
}

fn soap(spec: &SoapLogoutSpec, reporter: &mut Reporter<'_, '_>) -> SoapLogout {
    let path = [&at("soap_logout")[..], &[Part::Key("url")]].concat();
    match address::sound(&spec.url) {
        Ok(_) => {
            let bare = spec.url.split('?').next().unwrap_or(&spec.url);
            check_url(bare, spec.allow_private, &path, reporter);
        }
        Err((problem, fix)) => reporter.at(report::URL, &path, problem, fix),
    }
    SoapLogout {
        url: spec.url.clone(),
        allow_private: spec.allow_private,
    }
}

fn signing_key(spec: &SigningKeySpec, tenant: &Tenant, reporter: &mut Reporter<'_, '_>) -> SamlKey {
    let groups = match spec {
        SigningKeySpec::Everybody(SigningKeyWord::Current) => return SamlKey::Current,
        SigningKeySpec::Everybody(SigningKeyWord::Next) => return SamlKey::Next,
        SigningKeySpec::Some(some) => &some.next_for,
    };
    let path = [&at("signing_key")[..], &[Part::Key("next_for")]].concat();
    if groups.is_empty() {
        let fix = "name a group of people who try it";
        reporter.at(report::VALUE, &path, "nobody would try the next key", fix);
    }
    SamlKey::NextFor(group::named(groups, &path, tenant, reporter))
}

fn encryption(spec: &EncryptSpec, reporter: &mut Reporter<'_, '_>) -> Encryption {
    let certificate = pem::certificate(&spec.certificate).unwrap_or_else(|problem| {
        let path = [&at("encrypt")[..], &[Part::Key("certificate")]].concat();
        reporter.at(report::VALUE, &path, problem, pem::ONE);
        String::new()
    });
    Encryption {
        certificate,
        cipher: match spec.cipher {
            wire::SamlCipher::Aes256Gcm => SamlCipher::Aes256Gcm,
            wire::SamlCipher::Aes128Gcm => SamlCipher::Aes128Gcm,
        },
        key_transport: match spec.key_transport {
            wire::KeyTransport::OaepSha1 => KeyTransport::OaepSha1,
            wire::KeyTransport::OaepSha256 => KeyTransport::OaepSha256,
        },
    }
}
