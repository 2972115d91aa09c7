//! A service provider of SAML that writes and signs its requests by hand, without a line of what is tested.

use std::sync::LazyLock;

use app::Answer;
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{OAEP_SHA1_MGF1SHA1, OaepPrivateDecryptingKey, PrivateDecryptingKey};
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::Timestamp;
use protocol::jose::{Algorithm, SigningKey};
use protocol::oauth::Response;
use protocol::saml::signature::self_signed;

use super::world::{Browser, SIGN_ON, World};

pub const SSO: &str = "https://id.acme.example/saml2/sso";
const RSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
const DS: &str = "http://www.w3.org/2000/09/xmldsig#";
const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";

/// Its private key, and its certificate in PEM. Made once: RSA keys take time.
static KEY: LazyLock<(Vec<u8>, String)> = LazyLock::new(made);

fn made() -> (Vec<u8>, String) {
    let (key, private) = SigningKey::generate(Algorithm::Rs256).unwrap();
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let times = (at("2026-01-01T00:00:00Z"), at("2036-01-01T00:00:00Z"));
    let der = self_signed(&key, "sp.example", times, [7; 16]).unwrap();
    let pem = format!(
        "-----BEGIN CERTIFICATE----- {} -----END CERTIFICATE-----",
        STANDARD.encode(der)
    );
    (private.expose().to_vec(), pem)
}

/// `shop` signs its requests and is never sent what it has not asked for; `desk` has no key, and is; what is said
/// to `safe` is encrypted for it. `shop` and `safe` sign people out.
pub fn providers() -> String {
    let pem = &KEY.1;
    format!(
        r#"{SIGN_ON}---
kind: RelyingParty
metadata: {{name: shop}}
spec:
  groups: [engineers]
  saml:
    entity_id: https://shop.acme.example/metadata
    acs: [https://shop.acme.example/acs, {{url: "https://shop.acme.example/other", index: 7}}]
    name_id: {{format: emailAddress, value: person.email}}
    attributes: {{mail: person.email}}
    certificates: ['{pem}']
    want_signed_requests: true
    slo: {{url: "https://shop.acme.example/slo", response_url: "https://shop.acme.example/slo/done"}}
---
kind: RelyingParty
metadata: {{name: desk}}
spec:
  groups: [engineers]
  saml:
    entity_id: https://desk.acme.example/metadata
    acs: [https://desk.acme.example/acs]
    idp_initiated: true
    pairwise_id: acme.example
---
kind: RelyingParty
metadata: {{name: safe}}
spec:
  groups: [engineers]
  saml:
    entity_id: https://safe.acme.example/metadata
    acs: [https://safe.acme.example/acs]
    name_id: {{format: emailAddress, value: person.email}}
    attributes: {{mail: person.email}}
    certificates: ['{pem}']
    slo: {{url: "https://safe.acme.example/slo", binding: post}}
    encrypt: {{certificate: '{pem}'}}
"#
    )
}

/// What service providers are told of us.
pub const METADATA: &str = "kind: SamlMetadata
metadata: {name: acme}
spec:
  display_name: Acme
  logo: {url: 'https://id.acme.example/logo.png', width: 80, height: 60}
  error_url: https://help.acme.example/sign-in
  contact: {company: Acme, email: identity@acme.example}
  scopes: [acme.example]
";

/// `strict` is held to saml2int.
pub fn strict() -> String {
    let pem = &KEY.1;
    format!(
        r#"{METADATA}---
kind: RelyingParty
metadata: {{name: strict}}
spec:
  groups: [engineers]
  saml:
    entity_id: https://strict.acme.example/metadata
    profile: saml2int
    valid_until: 2027-03-01T00:00:00Z
    acs: [https://strict.acme.example/acs, {{url: "https://strict.acme.example/other", index: 7}}]
    name_id: {{format: transient}}
    attributes:
      urn:oid:0.9.2342.19200300.100.1.3: person.email
      urn:oid:1.3.6.1.4.1.5923.1.1.1.1: '["staff", "member"]'
    subject_id: {{value: person.given_name, scope: acme.example}}
    pairwise_id: acme.example
    subject_id_req: any
    certificates: ['{pem}']
    slo: {{url: "https://strict.acme.example/slo", response_url: "https://strict.acme.example/slo/done"}}
    encrypt: {{certificate: '{pem}'}}
"#
    )
}

/// The certificate of somebody else, in PEM.
pub fn other_certificate() -> &'static str {
    &OTHER.1
}

static OTHER: LazyLock<(Vec<u8>, String)> = LazyLock::new(made);

/// The private key of somebody else.
pub fn other_key() -> &'static [u8] {
    &OTHER.0
}

/// The private key of all of them.
pub fn own_key() -> &'static [u8] {
    &KEY.0
}

/// The certificate of all of them, in PEM.
pub fn certificate() -> &'static str {
    &KEY.1
}

/// A request.
#[derive(Clone)]
pub struct Ask {
    pub party: &'static str,
    pub id: String,
    /// More attributes of the request, each with a space before it.
    pub more: String,
    /// What stands behind its issuer.
    pub inner: String,
    pub state: String,
    pub acs: String,
}

/// What `party` asks for by default.
pub fn asks(party: &'static str, id: &str) -> Ask {
    Ask {
        party,
        id: id.to_owned(),
        more: String::new(),
        inner: String::new(),
        state: "state".to_owned(),
        acs: format!("https://{party}.acme.example/acs"),
    }
}

impl Ask {
    /// The request, with `{}` where its signature belongs: in canonical form from the beginning.
    fn xml(&self, now: Timestamp) -> String {
        let Self {
            party,
            id,
            more,
            inner,
            acs,
            ..
        } = self;
        let at = now.to_string();
        let at = at.split('.').next().unwrap().trim_end_matches('Z');
        format!(
            "<samlp:AuthnRequest xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" \
             AssertionConsumerServiceURL=\"{acs}\" Destination=\"{SSO}\"{more} ID=\"{id}\" \
             IssueInstant=\"{at}Z\" Version=\"2.0\"><saml:Issuer \
             xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\">https://{party}.acme.example/metadata\
             </saml:Issuer>{{}}{inner}</samlp:AuthnRequest>"
        )
    }

    /// As a query that names no address for the answer, not signed.
    pub fn query_without_acs(&self, world: &World) -> String {
        let named = format!(" AssertionConsumerServiceURL=\"{}\"", self.acs);
        let xml = self.xml(world.nodes[0].now());
        assert!(xml.contains(&named), "{xml}");
        query(&xml.replace(&named, ""), &self.state)
    }

    /// As a query, not signed.
    pub fn query(&self, world: &World) -> String {
        query(&self.xml(world.nodes[0].now()), &self.state)
    }

    /// As a query, signed.
    pub fn signed(&self, world: &World) -> String {
        signed(&self.query(world))
    }

    /// As the body of a form, signed.
    pub fn posted(&self, world: &World) -> String {
        posted(&self.xml(world.nodes[0].now()), &self.id, &self.state)
    }
}

/// A message as a query, not signed. `{}` stands where a signature would.
pub fn query(xml: &str, state: &str) -> String {
    let message = encoded(&STANDARD.encode(stored(xml.replace("{}", "").as_bytes())));
    format!("SAMLRequest={message}&RelayState={}", encoded(state))
}

/// A query, signed.
pub fn signed(query: &str) -> String {
    let covered = format!("{query}&SigAlg={}", encoded(RSA_SHA256));
    let value = STANDARD.encode(sign(covered.as_bytes()));
    format!("{covered}&Signature={}", encoded(&value))
}

/// A message as the body of a form, signed where `{}` stands.
pub fn posted(text: &str, id: &str, state: &str) -> String {
    let message = encoded(&STANDARD.encode(enveloped(text, id, &KEY.0)));
    format!("SAMLRequest={message}&RelayState={}", encoded(state))
}

/// A text in canonical form, signed by a key where `{}` stands.
pub fn enveloped(text: &str, id: &str, key: &[u8]) -> String {
    let covered = text.replace("{}", "");
    let hash = STANDARD.encode(digest(&SHA256, covered.as_bytes()));
    let info = format!(
        "<ds:SignedInfo><ds:CanonicalizationMethod Algorithm=\"{EXCLUSIVE}\"></ds:CanonicalizationMethod>\
         <ds:SignatureMethod Algorithm=\"{RSA_SHA256}\"></ds:SignatureMethod>\
         <ds:Reference URI=\"#{id}\"><ds:Transforms><ds:Transform Algorithm=\"{DS}enveloped-signature\">\
         </ds:Transform><ds:Transform Algorithm=\"{EXCLUSIVE}\"></ds:Transform></ds:Transforms>\
         <ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"></ds:DigestMethod>\
         <ds:DigestValue>{hash}</ds:DigestValue></ds:Reference></ds:SignedInfo>"
    );
    let alone = info.replacen(
        "<ds:SignedInfo>",
        &format!("<ds:SignedInfo xmlns:ds=\"{DS}\">"),
        1,
    );
    let value = STANDARD.encode(signature_of(alone.as_bytes(), key));
    let signature = format!(
        "<ds:Signature xmlns:ds=\"{DS}\">{info}<ds:SignatureValue>{value}</ds:SignatureValue>\
         </ds:Signature>"
    );
    text.replace("{}", &signature)
}

impl World {
    /// Two nodes with service providers, and somebody who is signed in.
    pub async fn with_providers(demand: &str) -> Vec<(Self, Browser)> {
        let mut all = Vec::new();
        for world in Self::each(demand).await {
            world.documents_with(demand, &providers()).await;
            let browser = world.enrolled("w001", "p1@acme.example").await;
            all.push((world, browser));
        }
        all
    }

    /// A request that comes to a node by a browser.
    pub async fn sso(&self, node: usize, query: &str, browser: &Browser) -> Answer {
        let answer = self.nodes[node].saml_sso(query.as_bytes(), false, browser.asker());
        answer.await.unwrap()
    }
}

/// The response, and what came back with it.
pub fn response(answer: &Answer) -> Option<(String, Option<String>)> {
    let Answer::Send {
        response: Response::FormPost { fields, .. },
        ..
    } = answer
    else {
        return None;
    };
    let field = |wanted: &str| {
        let mut all = fields.iter();
        let found = all.find(|(name, _)| *name == wanted);
        found.map(|(_, value)| value.clone())
    };
    let xml = STANDARD.decode(field("SAMLResponse")?).unwrap();
    Some((String::from_utf8(xml).unwrap(), field("RelayState")))
}

/// The response that signs somebody in.
#[track_caller]
pub fn signed_in(answer: &Answer) -> String {
    let (xml, _) = response(answer).unwrap_or_else(|| panic!("no response: {answer:?}"));
    assert!(
        xml.contains("status:Success") && xml.contains("<saml:Assertion"),
        "{xml}"
    );
    xml
}

/// The assertion that only the service provider can read, as it reads it.
pub fn opened(xml: &str) -> String {
    // The key stands before what it opens.
    let mut values = xml.split("CipherValue>").skip(1).step_by(2);
    let mut next = || {
        let (value, _) = values.next().unwrap().split_once("</").unwrap();
        STANDARD.decode(value).unwrap()
    };
    let (sealed_key, mut sealed) = (next(), next());
    let private = PrivateDecryptingKey::from_pkcs8(&KEY.0).unwrap();
    let private = OaepPrivateDecryptingKey::new(private).unwrap();
    let mut once = vec![0; private.min_output_size()];
    let once = private.decrypt(&OAEP_SHA1_MGF1SHA1, &sealed_key, &mut once, None);
    let once = UnboundKey::new(&AES_256_GCM, once.unwrap()).unwrap();
    let (nonce, sealed) = sealed.split_at_mut(12);
    let nonce = Nonce::try_assume_unique_for_key(nonce).unwrap();
    let plain = LessSafeKey::new(once).open_in_place(nonce, Aad::empty(), sealed);
    String::from_utf8(plain.unwrap().to_vec()).unwrap()
}

/// The status of a response that signs nobody in.
#[track_caller]
pub fn status(answer: &Answer) -> String {
    let (xml, _) = response(answer).unwrap_or_else(|| panic!("no response: {answer:?}"));
    assert!(!xml.contains("Assertion "), "{xml}");
    let last = xml.rsplit("status:").next().unwrap();
    last.split('"').next().unwrap().to_owned()
}

/// Whether the person is shown why not, and sent nowhere.
pub fn is_shown(answer: &Answer) -> bool {
    matches!(answer, Answer::Refused { person: false, .. })
}

fn sign(message: &[u8]) -> Vec<u8> {
    signature_of(message, &KEY.0)
}

fn signature_of(message: &[u8], key: &[u8]) -> Vec<u8> {
    let pair = RsaKeyPair::from_pkcs8(key).unwrap();
    let mut signature = vec![0; pair.public_modulus_len()];
    let chance = SystemRandom::new();
    pair.sign(&RSA_PKCS1_SHA256, &chance, message, &mut signature)
        .unwrap();
    signature
}

/// DEFLATE of one block that is not compressed (RFC 1951 §3.2.4).
fn stored(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).unwrap();
    let mut out = vec![1];
    out.extend(length.to_le_bytes());
    out.extend((!length).to_le_bytes());
    out.extend(bytes);
    out
}

/// Percent-encoded, as a query has it.
pub fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let one = |byte: u8| match plain(byte) {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    };
    text.bytes().map(one).collect()
}
