//! `Channel` and `Alarm`.

use std::collections::{BTreeMap, BTreeSet};

use model::Occasion;

use super::app::check_url;
use crate::kinds::{self, Directory};
use crate::report::{self, Reporter};
use crate::tenant::{Alarm, By, Channel, Smtp, SmtpTls, Source};
use crate::wire::alarm::{self as wire, AlarmSpec, ChannelSpec, SmtpSpec};
use crate::yaml::Part;

const SPEC: Part<'static> = Part::Key("spec");
/// The most receivers of a mail.
const MAX_TO: usize = 20;
/// The most channels of an alarm.
const MAX_CHANNELS: usize = 10;
/// The longest mail address (RFC 5321 §4.5.3.1.3).
const MAX_ADDRESS: usize = 254;

pub(crate) fn channel(name: &str, spec: &ChannelSpec, reporter: &mut Reporter<'_, '_>) -> Channel {
    let (by, allow_private) = match spec {
        ChannelSpec::Smtp(spec) => (By::Smtp(smtp(spec, reporter)), spec.allow_private),
        ChannelSpec::Webhook(spec) => {
            let path = [SPEC, Part::Key("webhook"), Part::Key("url")];
            check_url(&spec.url, spec.allow_private, &path, reporter);
            secret_name(&spec.secret, "webhook", reporter);
            let (url, secret) = (spec.url.clone(), spec.secret.clone());
            (By::Webhook { url, secret }, spec.allow_private)
        }
        ChannelSpec::Slack(spec) => {
            let path = [SPEC, Part::Key("slack"), Part::Key("host")];
            host(&spec.host, true, &path, reporter);
            secret_name(&spec.secret, "slack", reporter);
            let (host, secret) = (spec.host.clone(), spec.secret.clone());
            (By::Slack { host, secret }, spec.allow_private)
        }
    };
    Channel {
        name: name.to_owned(),
        by,
        allow_private,
    }
}

fn smtp(spec: &SmtpSpec, reporter: &mut Reporter<'_, '_>) -> Smtp {
    let at = |key| [SPEC, Part::Key("smtp"), Part::Key(key)];
    host(&spec.host, false, &at("host"), reporter);
    address(&spec.from, &at("from"), reporter);
    if spec.to.is_empty() || spec.to.len() > MAX_TO {
        let problem = format!("{} receivers", spec.to.len());
        let fix = format!("write 1 to {MAX_TO} addresses; a mailing list is one");
        reporter.at(report::VALUE, &at("to"), problem, fix);
    }
    for (index, to) in spec.to.iter().enumerate() {
        let [spec, smtp, list] = at("to");
        address(to, &[spec, smtp, list, Part::Index(index)], reporter);
    }
    let login = match (&spec.user, &spec.secret) {
        (Some(user), Some(secret)) => {
            secret_name(secret, "smtp", reporter);
            let sound =
                !user.is_empty() && user.len() <= 200 && !user.chars().any(char::is_control);
            if !sound {
                let fix = "write 1 to 200 characters";
                reporter.at(report::VALUE, &at("user"), "this is no user name", fix);
            }
            Some((user.clone(), secret.clone()))
        }
        (None, None) => None,
        (user, _) => {
            let (here, missing) = match user {
                Some(_) => ("user", "secret"),
                None => ("secret", "user"),
            };
            let problem = format!("`{missing}` is missing");
            reporter.at(report::VALUE, &at(here), problem, "give both, or neither");
            None
        }
    };
    let tls = match spec.tls {
        wire::SmtpTls::Starttls => SmtpTls::Starttls,
        wire::SmtpTls::Implicit => SmtpTls::Implicit,
        wire::SmtpTls::None => SmtpTls::None,
    };
    if tls == SmtpTls::None && (!spec.allow_private || login.is_some()) {
        let problem = "the connection would not be encrypted";
        let fix = "write `starttls` or `implicit`; `none` is for a server of your own network \
                   (`allow_private: true`) that asks for no password";
        reporter.at(report::VALUE, &at("tls"), problem, fix);
    }
    Smtp {
        host: spec.host.clone(),
        port: spec.port.unwrap_or(tls.usual_port()),
        tls,
        from: spec.from.clone(),
        to: spec.to.clone(),
        login,
    }
}

/// Whether a text can stand between `<` and `>` of a mail transaction as it is: one address, in ASCII.
#[must_use]
pub fn is_mail_address(text: &str) -> bool {
    let sound = |part: &str| {
        let odd = |b: u8| !b.is_ascii_graphic() || b"<>()[]\\,;:\"@".contains(&b);
        !part.is_empty() && !part.bytes().any(odd)
    };
    let parts = text.split_once('@');
    let good = parts.is_some_and(|(local, domain)| sound(local) && sound(domain));
    good && text.len() <= MAX_ADDRESS
}

fn address(text: &str, path: &[Part<'_>], reporter: &mut Reporter<'_, '_>) {
    if !is_mail_address(text) {
        let problem = format!("`{text:.80}` is no mail address");
        let fix = "write it alone and in ASCII: oncall@acme.example";
        reporter.at(report::VALUE, path, problem, fix);
    }
}

fn host(text: &str, port: bool, path: &[Part<'_>], reporter: &mut Reporter<'_, '_>) {
    let probe = format!("https://{text}/");
    let found = url::Url::parse(&probe).ok();
    let whole = found.as_ref().is_some_and(|url| {
        let name = url.host_str().unwrap_or_default();
        let spelt = match url.port() {
            Some(port) => format!("{name}:{port}"),
            None => name.to_owned(),
        };
        spelt == *text && (port || url.port().is_none())
    });
    if !whole {
        let problem = format!("`{text:.80}` is no host");
        let fix = "write the name alone, in lower case: mail.acme.example";
        reporter.at(report::VALUE, path, problem, fix);
    }
}

fn secret_name(name: &str, by: &'static str, reporter: &mut Reporter<'_, '_>) {
    let path = ["spec", by, "secret"].map(Part::Key);
    kinds::secret_name(name, &path, reporter);
}

pub(crate) fn alarm(
    name: &str,
    spec: &AlarmSpec,
    directory: &Directory,
    sources: &BTreeMap<String, Source>,
    others: &BTreeMap<String, Alarm>,
    reporter: &mut Reporter<'_, '_>,
) -> Alarm {
    let about = about(spec, sources, others, reporter);
    channels("channels", &spec.channels, directory, reporter);
    if spec.channels.is_empty() {
        let path = [SPEC, Part::Key("channels")];
        reporter.at(report::VALUE, &path, "nobody is told", "name a Channel");
    }
    channels("escalate_to", &spec.escalate_to, directory, reporter);
    let (late, days) = (spec.late_after_minutes, spec.days_before);
    let settings = [
        ("late_after_minutes", late, Occasion::LateLeaver),
        ("days_before", days, Occasion::ExpiringCredential),
    ];
    for (key, given, occasion) in settings {
        if given.is_some() && !about.contains(&occasion) {
            let word = occasion.as_str();
            let problem = format!("this is about `{word}`, of which nobody is told here");
            let fix = "remove it, or add that to `about`";
            reporter.at(report::VALUE, &[SPEC, Part::Key(key)], problem, fix);
        }
    }
    Alarm {
        name: name.to_owned(),
        about,
        channels: spec.channels.clone(),
        escalation: escalation(spec, reporter),
        repeat_after_hours: spec.repeat_after_hours,
        late_after_minutes: late.unwrap_or(60),
        days_before: days.unwrap_or(14),
    }
}

fn about(
    spec: &AlarmSpec,
    sources: &BTreeMap<String, Source>,
    others: &BTreeMap<String, Alarm>,
    reporter: &mut Reporter<'_, '_>,
) -> BTreeSet<Occasion> {
    if spec.about.is_empty() {
        let path = [SPEC, Part::Key("about")];
        let fix = "say what people are told of";
        reporter.at(report::VALUE, &path, "nothing is told", fix);
    }
    let mut about = BTreeSet::new();
    for (index, occasion) in spec.about.iter().enumerate() {
        let occasion = occasion.occasion();
        let word = occasion.as_str();
        let path = [SPEC, Part::Key("about"), Part::Index(index)];
        let other = others.values().find(|a| a.about.contains(&occasion));
        if let Some(other) = other {
            let problem = format!("`{word}` is told by the Alarm `{}`", other.name);
            reporter.at(report::DUPLICATE, &path, problem, "remove one of them");
        } else if !about.insert(occasion) {
            let problem = format!("`{word}` stands here twice");
            reporter.at(report::DUPLICATE, &path, problem, "remove one of them");
        }
        let expects = |source: &Source| source.expect_every_hours.is_some();
        if occasion == Occasion::StaleSource && !sources.values().any(expects) {
            let problem = "no source says how often it delivers";
            let fix = "write `expect_every_hours` into the Source";
            reporter.at(report::REFERENCE, &path, problem, fix);
        }
    }
    about
}

/// When a notice is passed on, and to whom: both, or neither.
fn escalation(spec: &AlarmSpec, reporter: &mut Reporter<'_, '_>) -> Option<(u32, Vec<String>)> {
    let to = &spec.escalate_to;
    let (key, problem, fix) = match (spec.acknowledge_within_minutes, to.is_empty()) {
        (Some(within), false) => return Some((within, to.clone())),
        (None, true) => return None,
        (Some(_), true) => (
            "acknowledge_within_minutes",
            "nobody is told when nobody acknowledges it",
            "write `escalate_to` too",
        ),
        (None, false) => (
            "escalate_to",
            "it does not say when it is passed on",
            "write `acknowledge_within_minutes` too",
        ),
    };
    reporter.at(report::VALUE, &[SPEC, Part::Key(key)], problem, fix);
    None
}

fn channels(
    key: &'static str,
    names: &[String],
    directory: &Directory,
    reporter: &mut Reporter<'_, '_>,
) {
    if names.len() > MAX_CHANNELS {
        let fix = format!("name at most {MAX_CHANNELS}");
        reporter.at(
            report::VALUE,
            &[SPEC, Part::Key(key)],
            "too many channels",
            fix,
        );
    }
    for (index, name) in names.iter().enumerate() {
        let path = [SPEC, Part::Key(key), Part::Index(index)];
        directory.channel(name, &path, reporter);
        if names[..index].contains(name) {
            let problem = format!("`{name}` stands here twice");
            reporter.at(report::DUPLICATE, &path, problem, "remove one of them");
        }
    }
}
