//! How people are told: channels and alarms.

use documents::{By, Smtp, SmtpTls, load};
use model::Occasion;

use super::{SOURCE, told};

const CHANNELS: &str = r#"
kind: Channel
metadata: {name: mail}
spec:
  smtp:
    host: mail.acme.example
    from: tenure@acme.example
    to: [oncall@acme.example]
    user: tenure
    secret: mail-password
---
kind: Channel
metadata: {name: pager}
spec:
  webhook: {url: "https://pager.example/in/", secret: pager-key}
---
kind: Channel
metadata: {name: chat}
spec:
  slack: {secret: chat-url}
"#;

const ALARM: &str = r#"
kind: Alarm
metadata: {name: held}
spec:
  about: [held-wave]
  channels: [mail, chat]
  acknowledge_within_minutes: 30
  escalate_to: [pager]
"#;

/// What is said when one text is replaced in one of them.
fn with(from: &str, to: &str) -> String {
    let files = [("hr", SOURCE), ("channels", CHANNELS), ("alarm", ALARM)];
    assert!(
        files.iter().any(|(_, text)| text.contains(from)),
        "{from:?}"
    );
    let changed = files.map(|(name, text)| (name, text.replacen(from, to, 1)));
    let changed: Vec<(&str, &str)> = changed.iter().map(|(n, t)| (*n, t.as_str())).collect();
    told(&changed)
}

#[test]
fn channels_and_alarms_say_what_they_say() {
    let files = [("hr", SOURCE), ("channels", CHANNELS), ("alarm", ALARM)];
    let tenant = load(&files).unwrap();
    assert_eq!(
        tenant.channels["mail"].by,
        By::Smtp(Smtp {
            host: "mail.acme.example".to_owned(),
            port: 587,
            tls: SmtpTls::Starttls,
            from: "tenure@acme.example".to_owned(),
            to: vec!["oncall@acme.example".to_owned()],
            login: Some(("tenure".to_owned(), "mail-password".to_owned())),
        })
    );
    // A slash at the end is part of where a request goes.
    let By::Webhook { url, secret } = &tenant.channels["pager"].by else {
        panic!()
    };
    assert_eq!(
        (url.as_str(), secret.as_str()),
        ("https://pager.example/in/", "pager-key")
    );
    let By::Slack { host, .. } = &tenant.channels["chat"].by else {
        panic!()
    };
    assert_eq!(host, "hooks.slack.com");
    let alarm = &tenant.alarms["held"];
    assert!(alarm.about.contains(&Occasion::HeldWave));
    assert_eq!(alarm.channels, ["mail", "chat"]);
    assert_eq!(alarm.escalation, Some((30, vec!["pager".to_owned()])));
}

#[test]
fn what_would_tell_nobody_is_refused() {
    for (from, to, said) in [
        ("[mail, chat]", "[]", "nobody is told"),
        (
            "[mail, chat]",
            "[mail, chta]",
            "there is no channel `chta`; did you mean `chat`?",
        ),
        ("[mail, chat]", "[mail, mail]", "`mail` stands here twice"),
        ("[pager]", "[pagr]", "there is no channel `pagr`"),
        (
            "  escalate_to: [pager]\n",
            "",
            "nobody is told when nobody acknowledges it",
        ),
        (
            "  acknowledge_within_minutes: 30\n",
            "",
            "it does not say when it is passed on",
        ),
        ("[held-wave]", "[]", "nothing is told"),
        ("[held-wave]", "[held-waves]", "did you mean `held-wave`?"),
        (
            "[held-wave]",
            "[held-wave, held-wave]",
            "`held-wave` stands here twice",
        ),
        (
            "[held-wave]",
            "[stale-source]",
            "no source says how often it delivers",
        ),
        (
            "channels: [mail",
            "days_before: 3\n  channels: [mail",
            "this is about `expiring-credential`",
        ),
        ("to: [oncall@acme.example]", "to: []", "0 receivers"),
    ] {
        let told = with(from, to);
        assert!(told.contains(said), "{from:?} → {to:?}: {told}");
    }
    let twice = format!("{ALARM}---{}", ALARM.replace("name: held", "name: again"));
    let files = [
        ("hr", SOURCE),
        ("channels", CHANNELS),
        ("alarm", twice.as_str()),
    ];
    let said = told(&files);
    assert!(
        said.contains("`held-wave` is told by the Alarm `held`"),
        "{said}"
    );
}

#[test]
fn what_would_leak_or_inject_is_refused() {
    for (from, to, said) in [
        ("https://pager", "http://pager", "would not be encrypted"),
        (
            "https://pager",
            "https://u:p@pager",
            "credentials may not stand in a URL",
        ),
        ("/in/", "/in?key=s3cret", "no query"),
        (
            "pager-key",
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "this is no name of a secret",
        ),
        (
            "chat-url",
            "\"https://hooks.slack.com/services/T0/B0/x\"",
            "this is no name of a secret",
        ),
        ("    user: tenure\n", "", "`user` is missing"),
        (
            "    user: tenure\n",
            "    user: tenure\n    tls: none\n",
            "would not be encrypted",
        ),
        (
            "host: mail.acme.example",
            "host: mail.acme.example:25",
            "is no host",
        ),
        (
            "host: mail.acme.example",
            "host: Mail.acme.example",
            "is no host",
        ),
        (
            "from: tenure@",
            "from: Tenure <tenure@",
            "is no mail address",
        ),
        (
            "[oncall@acme.example]",
            "[\"a@b>\\r\\nRCPT TO:<c@d\"]",
            "is no mail address",
        ),
        (
            "[oncall@acme.example]",
            "[ångström@acme.example]",
            "is no mail address",
        ),
        (
            "  slack: {secret",
            "  slack: {host: a.example/x, secret",
            "is no host",
        ),
        ("slack: {", "slack: {url: x, ", "unknown field `url`"),
    ] {
        let told = with(from, to);
        assert!(
            !told.is_empty() && told.contains(said),
            "{from:?} → {to:?}: {told}"
        );
        assert!(
            !told.contains("MfKQ9r8G") && !told.contains("/services/T0"),
            "{told}"
        );
    }
}
