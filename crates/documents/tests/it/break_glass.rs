//! Whom a sign-on policy cannot keep out, and how people hear of changes: how it is read, and what is said of it
//! when it is wrong.

use documents::load;
use model::WorkerRef;
use rules::sign_on::{Strength, Then};

use super::relying_parties::PARTY;
use super::{APP, SOURCE, told};

const PERSON: &str = "
kind: Person
metadata: {name: glass-one}
spec:
  sponsor: {source: hr, key: '1001'}
  reason: the first key
  zone: Europe/Berlin
  ends: 2027-06-30
  attributes: {email: one@acme.example}
---
kind: Person
metadata: {name: glass-two}
spec:
  sponsor: {source: hr, key: '1001'}
  reason: the second key
  zone: Europe/Berlin
  ends: 2027-06-30
  attributes: {email: two@acme.example}
";

const CHANNELS: &str = "
kind: Channel
metadata: {name: mail}
spec:
  smtp: {host: mail.acme.example, from: a@acme.example, to: [b@acme.example]}
---
kind: Channel
metadata: {name: chat}
spec:
  slack: {secret: chat-url}
---
kind: Channel
metadata: {name: pager}
spec:
  slack: {secret: pager-url}
";

const ALARM: &str = "
kind: Alarm
metadata: {name: glass}
spec:
  about: [break-glass]
  channels: [mail]
  acknowledge_within_minutes: 10
  escalate_to: [pager]
";

const POLICY: &str = "
kind: SignOnPolicy
metadata: {name: everyone}
spec:
  login: person.email
  rules: [{name: nobody, deny: true}]
  break_glass:
    people: [{source: Person, key: glass-one}, {source: hr, key: '1003'}]
    demand: multi-factor
    relying_parties: [handbook]
    test_within_days: 30
  tell_people:
    channel: mail
    addresses: [person.email]
";

/// Everything, with one text replaced.
fn with(from: &str, to: &str) -> Vec<(&'static str, String)> {
    let files = [
        ("alarm", ALARM),
        ("app", APP),
        ("channels", CHANNELS),
        ("hr", SOURCE),
        ("party", PARTY),
        ("person", PERSON),
        ("policy", POLICY),
    ];
    assert!(files.iter().any(|(_, text)| text.contains(from)), "{from}");
    let changed = files.map(|(name, text)| (name, text.replacen(from, to, 1)));
    changed.to_vec()
}

#[test]
fn break_glass_accounts_have_a_rule_of_their_own() {
    let tenant = load(&with(" ", " ")).unwrap_or_else(|errors| panic!("{errors:#?}"));
    let sign_on = tenant.sign_on.unwrap();
    let glass = sign_on.break_glass.unwrap();
    let who = |source: &str, key: &str| WorkerRef {
        source: source.to_owned(),
        key: key.to_owned(),
    };
    let people: Vec<_> = glass.people.into_iter().collect();
    assert_eq!(people, [who("Person", "glass-one"), who("hr", "1003")]);
    assert_eq!(glass.strength, Strength::MultiFactor);
    let [rule] = glass.policy.rules() else {
        panic!()
    };
    let Then::Demand(demand) = rule.then else {
        panic!()
    };
    assert_eq!((demand.strength, demand.age_s), (glass.strength, None));
    assert!(glass.relying_parties.contains("handbook"));
    assert_eq!(glass.test_within_days, 30);
    assert_eq!(sign_on.tell_people.unwrap().channel, "mail");

    let least = with("    demand: multi-factor\n", "");
    let glass = load(&least).unwrap().sign_on.unwrap().break_glass.unwrap();
    assert_eq!(glass.strength, Strength::PhishingResistant);
    let least = with("    test_within_days: 30\n", "");
    let glass = load(&least).unwrap().sign_on.unwrap().break_glass.unwrap();
    assert_eq!(glass.test_within_days, 90);
}

/// What is replaced by what, and what is said of it.
const MISTAKES: &[(&str, &str, &str)] = &[
    (
        "demand: multi-factor",
        "demand: any-factor",
        "policy:9:13 spec.break_glass.demand: one factor alone would open what nothing else guards; write \
         `phishing-resistant` or `multi-factor` [TNR-DOC-0007]",
    ),
    (
        "people: [{source: Person, key: glass-one}, {source: hr, key: '1003'}]",
        "people: []",
        "policy:8:13 spec.break_glass.people: 0 people; name two, so that one may fail, and at most 10 \
         [TNR-DOC-0007]",
    ),
    (
        "key: glass-one",
        "key: glass-three",
        "policy:8:14 spec.break_glass.people[0]: there is no Person `glass-three`; write that document too \
         [TNR-DOC-0010]",
    ),
    (
        "{source: Person, key: glass-one}",
        "{source: hr, key: '1003'}",
        "policy:8:41 spec.break_glass.people[1]: they stand here twice: two accounts are to be two people's; \
         remove one of them [TNR-DOC-0009]",
    ),
    (
        "relying_parties: [handbook]",
        "relying_parties: [handbok]",
        "policy:10:23 spec.break_glass.relying_parties[0]: there is no relying party `handbok`; did you mean \
         `handbook`? [TNR-DOC-0010]",
    ),
    (
        "test_within_days: 30",
        "test_within_days: 0",
        "policy:11:23 spec.break_glass.test_within_days: 0 is out of range; write a number from 1 to 365 \
         [TNR-DOC-0007]",
    ),
    (
        "about: [break-glass]",
        "about: [held-wave]",
        "policy:8:5 spec.break_glass: nobody hears of it when one of them signs in; write an Alarm about \
         `break-glass`, with `escalate_to` [TNR-DOC-0010]",
    ),
    (
        "  acknowledge_within_minutes: 10\n  escalate_to: [pager]\n",
        "",
        "policy:8:5 spec.break_glass: nobody else hears of it where those of `glass` do not answer; write \
         `acknowledge_within_minutes` and `escalate_to` into that Alarm [TNR-DOC-0010]",
    ),
    (
        "channel: mail",
        "channel: chat",
        "policy:13:14 spec.tell_people.channel: `chat` is no channel by mail; name one with `smtp`: each \
         person is told at an address of their own [TNR-DOC-0010]",
    ),
    (
        "channel: mail",
        "channel: post",
        "policy:13:14 spec.tell_people.channel: there is no channel `post`; known channels: chat, mail, \
         pager [TNR-DOC-0010]",
    ),
    (
        "addresses: [person.email]",
        "addresses: []",
        "policy:14:16 spec.tell_people.addresses: 0 addresses; write 1 to 3 expressions: [person.email] \
         [TNR-DOC-0007]",
    ),
    (
        "addresses: [person.email]",
        "addresses: [person.email]\n    default_language: nl",
        "policy:15:23 spec.tell_people.default_language: `nl` is not possible here; write one of: en de es fr ja \
         [TNR-DOC-0007]",
    ),
    (
        "addresses: [person.email]",
        "addresses: [person.email]\n    language: person.grade",
        "policy:15:15 spec.tell_people.language: a language is text, but this is int;  [TNR-DOC-0006]",
    ),
    (
        "addresses: [person.email]",
        "addresses: [person.email]\n  recover_by_mail: {address: person.email}",
        "policy:15:20 spec.recover_by_mail: nobody can tell who may not use it: administrators may not; write \
         `administrators`, with the groups of those who administer Tenure [TNR-DOC-0010]",
    ),
    (
        "  tell_people:\n    channel: mail\n    addresses: [person.email]\n",
        "  administrators: [keepers]\n  recover_by_mail: {address: person.email}\n",
        "policy:12:20 spec.administrators[0]: there is no group of people `keepers`; there are no Group documents \
         yet [TNR-DOC-0010]\npolicy:13:20 spec.recover_by_mail: nobody would hear that somebody asked for it in their name; write \
         `tell_people`: its channel sends these mails too [TNR-DOC-0010]",
    ),
    (
        "  tell_people:",
        "  administrators: [keepers]\n  recover_by_mail: {address: person.nickname}\n  tell_people:",
        "policy:12:20 spec.administrators[0]: there is no group of people `keepers`; there are no Group documents \
         yet [TNR-DOC-0010]\npolicy:13:30 spec.recover_by_mail.address: `person.nickname` can be changed by the people themselves, \
         and by whoever sits at their desk; use an attribute that only HR sets [TNR-DOC-0012]",
    ),
    (
        "  tell_people:",
        "  administrators: [keepers]\n  recover_by_mail: {address: person.email, minutes: 61}\n  tell_people:",
        "policy:13:53 spec.recover_by_mail.minutes: 61 is out of range; write a number from 5 to 60 \
         [TNR-DOC-0007]",
    ),
    (
        "addresses: [person.email]",
        "addresses: [person.email, person.grade]",
        "policy:14:31 spec.tell_people.addresses[1]: a mail address is text, but this is int;  \
         [TNR-DOC-0006]",
    ),
];

#[test]
fn what_is_wrong_with_break_glass_accounts_is_told_where_it_stands() {
    for (from, to, wanted) in MISTAKES {
        let files = with(from, to);
        let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, &**text)).collect();
        assert_eq!(told(&files), *wanted, "{to}");
    }
}

/// What the pages show is read as it stands there.
#[test]
fn what_the_pages_show_is_sound() {
    let pages = [
        include_str!("../../../../docs/how-to/break-glass.md"),
        include_str!("../../../../docs/how-to/describe-sign-in.md"),
    ];
    let console = PARTY.replace("name: handbook", "name: cloud-console");
    for page in pages {
        let mut blocks = page.split("```yml\n").skip(1);
        let block = blocks.find_map(|rest| {
            let block = rest.split("```").next()?;
            block.contains("kind: SignOnPolicy").then_some(block)
        });
        let block = block.unwrap();
        let files = [
            ("app", APP),
            ("block", block),
            ("channels", CHANNELS),
            ("hr", SOURCE),
            ("party", &console),
            ("person", PERSON),
        ];
        let tenant = load(&files).unwrap_or_else(|errors| panic!("{errors:#?}"));
        let sign_on = tenant.sign_on.unwrap();
        assert!(sign_on.break_glass.is_some() != sign_on.tell_people.is_some());
    }
}
