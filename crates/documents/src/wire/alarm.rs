//! How people are told: `Channel` and `Alarm`.

use model::Occasion;
use schemars::JsonSchema;
use serde::Deserialize;

/// A way to tell people something.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ChannelSpec {
    /// By mail.
    Smtp(SmtpSpec),
    /// By a signed request (Standard Webhooks).
    Webhook(WebhookSpec),
    /// By a message in Slack, or in what takes the same requests.
    Slack(SlackSpec),
}

/// A mail server that takes our mail.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SmtpSpec {
    /// Its name or address.
    pub host: String,
    /// Its port; 587 with `starttls`, 465 with `implicit`, 25 with `none`, if not given.
    #[serde(default)]
    #[schemars(range(min = 1, max = 65535))]
    pub port: Option<u16>,
    /// How the connection is encrypted; `starttls` if not given.
    #[serde(default)]
    pub tls: SmtpTls,
    /// The address that the mail comes from.
    pub from: String,
    /// The addresses that it goes to.
    pub to: Vec<String>,
    /// Who we are to the server; it is told nothing if not given.
    #[serde(default)]
    pub user: Option<String>,
    /// The name of the secret with the password; never the password itself.
    #[serde(default)]
    pub secret: Option<String>,
    /// It may be on a private or loopback address, and `tls: none` is allowed.
    #[serde(default)]
    pub allow_private: bool,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SmtpTls {
    #[default]
    Starttls,
    Implicit,
    None,
}

/// A system that takes signed requests.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WebhookSpec {
    /// Where requests go.
    pub url: String,
    /// The name of the secret that signs them (`whsec_…`); never the secret itself.
    pub secret: String,
    /// It may be on a private or loopback address, and `http` is allowed.
    #[serde(default)]
    pub allow_private: bool,
}

/// An incoming webhook of Slack, Mattermost, Rocket.Chat or the like.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SlackSpec {
    /// The name of the secret that holds the whole URL: whoever knows it may post there.
    pub secret: String,
    /// The host (and port, where it is not the usual one) in that URL; `hooks.slack.com` if not
    /// given.
    #[serde(default = "slack")]
    pub host: String,
    /// It may be on a private or loopback address, and `http` is allowed.
    #[serde(default)]
    pub allow_private: bool,
}

fn slack() -> String {
    "hooks.slack.com".to_owned()
}

/// What people are told of, and how.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AlarmSpec {
    /// What they are told of. Each of these stands in one document only.
    pub about: Vec<OccasionSpec>,
    /// The channels on which they are told.
    pub channels: Vec<String>,
    /// How long somebody may take to acknowledge it, before it is passed on.
    #[serde(default)]
    #[schemars(range(min = 1, max = 10080))]
    pub acknowledge_within_minutes: Option<u32>,
    /// The channels to which it is passed on then, or at once when no channel takes it.
    #[serde(default)]
    pub escalate_to: Vec<String>,
    /// So many hours after somebody acknowledged it or it was passed on, people are told again of
    /// what is still so; only once if not given.
    #[serde(default)]
    #[schemars(range(min = 1, max = 720))]
    pub repeat_after_hours: Option<u32>,
    /// After so many minutes a leaver whose access is not proven to be gone is late; 60 if not
    /// given.
    #[serde(default)]
    #[schemars(range(min = 1, max = 10080))]
    pub late_after_minutes: Option<u32>,
    /// So many days before its end people are told of an API token; 14 if not given.
    #[serde(default)]
    #[schemars(range(min = 1, max = 365))]
    pub days_before: Option<u32>,
}

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum OccasionSpec {
    HeldWave,
    LateLeaver,
    StaleSource,
    ExpiringCredential,
    FailedDrill,
    BreakGlass,
}

impl OccasionSpec {
    pub const fn occasion(self) -> Occasion {
        match self {
            Self::HeldWave => Occasion::HeldWave,
            Self::LateLeaver => Occasion::LateLeaver,
            Self::StaleSource => Occasion::StaleSource,
            Self::ExpiringCredential => Occasion::ExpiringCredential,
            Self::FailedDrill => Occasion::FailedDrill,
            Self::BreakGlass => Occasion::BreakGlass,
        }
    }
}
