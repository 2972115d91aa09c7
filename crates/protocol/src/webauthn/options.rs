//! What is asked of the browser, in the JSON that `parseCreationOptionsFromJSON` and
//! `parseRequestOptionsFromJSON` take (WebAuthn L3 §5.1.8, §5.1.9).

use serde_json::{Value, json};

use super::{Algorithm, AttestationPolicy, Challenge, RelyingParty, UserHandle};
use crate::jose::base64url;

/// Whether the authenticator has to verify the user, by PIN, finger or face (§5.8.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserVerification {
    /// It has to. A passkey that stands for a password and a second factor needs this.
    Required,
    /// It does if it can. For a second factor beside a password.
    Preferred,
}

impl UserVerification {
    const fn name(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Preferred => "preferred",
        }
    }
}

/// A way by which an authenticator is reached (§5.8.4). Others are not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    /// USB.
    Usb,
    /// NFC.
    Nfc,
    /// Bluetooth.
    Ble,
    /// A smart card with contacts.
    SmartCard,
    /// A telephone beside the computer.
    Hybrid,
    /// Built into the device.
    Internal,
}

impl Transport {
    /// Every one.
    pub const ALL: [Self; 6] = [
        Self::Usb,
        Self::Nfc,
        Self::Ble,
        Self::SmartCard,
        Self::Hybrid,
        Self::Internal,
    ];

    /// Its name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Usb => "usb",
            Self::Nfc => "nfc",
            Self::Ble => "ble",
            Self::SmartCard => "smart-card",
            Self::Hybrid => "hybrid",
            Self::Internal => "internal",
        }
    }

    /// The one with exactly this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name() == name)
    }
}

/// A credential, as a browser is told of it (§5.8.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Descriptor {
    /// Its id, 1 to 1,023 bytes.
    pub id: Vec<u8>,
    /// How it was reached when it was registered.
    pub transports: Vec<Transport>,
}

impl Descriptor {
    fn to_json(&self) -> Value {
        let transports = self.transports.iter().map(|transport| transport.name());
        json!({
            "type": "public-key",
            "id": base64url::encode(&self.id),
            "transports": transports.collect::<Vec<_>>(),
        })
    }
}

/// What is asked for a registration. The credential will be discoverable (a passkey).
#[derive(Debug, Clone, Copy)]
pub struct CreationOptions<'a> {
    /// Who asks.
    pub party: &'a RelyingParty,
    /// The challenge of this ceremony.
    pub challenge: &'a Challenge,
    /// By which the authenticator knows the user. Nothing personal.
    pub user_handle: &'a UserHandle,
    /// What the user is called in the authenticator's list: a sign-in name. Personal; it goes to the user's own
    /// authenticator and browser alone.
    pub user_name: &'a str,
    /// What the user is called there by people. Personal, as above.
    pub display_name: &'a str,
    /// The credentials that the user has already: an authenticator with one of them makes no second.
    pub exclude: &'a [Descriptor],
    /// Whether the user has to be verified.
    pub user_verification: UserVerification,
    /// What the authenticator has to prove of itself.
    pub attestation: &'a AttestationPolicy,
    /// How long the browser waits, in milliseconds.
    pub timeout_ms: u32,
}

impl CreationOptions<'_> {
    /// `PublicKeyCredentialCreationOptionsJSON` (§5.1.8).
    #[must_use]
    pub fn to_json(&self) -> Value {
        let algorithms = Algorithm::ALL.iter();
        let parameters = algorithms.map(|one| json!({"type": "public-key", "alg": one.number()}));
        json!({
            "rp": {"id": self.party.id(), "name": self.party.name()},
            "user": {
                "id": base64url::encode(self.user_handle.as_bytes()),
                "name": self.user_name,
                "displayName": self.display_name,
            },
            "challenge": self.challenge.text(),
            "pubKeyCredParams": parameters.collect::<Vec<_>>(),
            "timeout": self.timeout_ms,
            "excludeCredentials": descriptors(self.exclude),
            "authenticatorSelection": {
                "residentKey": "required",
                // For clients of Level 1.
                "requireResidentKey": true,
                "userVerification": self.user_verification.name(),
            },
            "attestation": self.attestation.conveyance(),
        })
    }
}

/// What is asked for an assertion.
#[derive(Debug, Clone, Copy)]
pub struct RequestOptions<'a> {
    /// Who asks.
    pub party: &'a RelyingParty,
    /// The challenge of this ceremony.
    pub challenge: &'a Challenge,
    /// The credentials of the user who is known already. Empty: any passkey, and it says whose it is. A list that
    /// is shown before somebody has proved who they are tells that they exist (§14.6.2).
    pub allow: &'a [Descriptor],
    /// Whether the user has to be verified.
    pub user_verification: UserVerification,
    /// How long the browser waits, in milliseconds.
    pub timeout_ms: u32,
}

impl RequestOptions<'_> {
    /// `PublicKeyCredentialRequestOptionsJSON` (§5.1.9).
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "rpId": self.party.id(),
            "challenge": self.challenge.text(),
            "timeout": self.timeout_ms,
            "allowCredentials": descriptors(self.allow),
            "userVerification": self.user_verification.name(),
        })
    }
}

fn descriptors(of: &[Descriptor]) -> Vec<Value> {
    of.iter().map(Descriptor::to_json).collect()
}
