//! The sign-on policy: how it is read, and what is said of it when it is wrong.

use documents::load;
use rules::sign_on::{Demand, Strength, Then};

use super::relying_parties::PARTY;
use super::{APP, SOURCE, told};

/// Groups of people, by rule and by hand; people can put themselves into the last one.
pub const GROUPS: &str = "
kind: Group
metadata: {name: engineers}
spec: {when: person.department == \"Engineering\"}
---
kind: Group
metadata: {name: on-call}
spec: {members: ['1003'], owner: '1001', reason: who carries the telephone}
---
kind: Group
metadata: {name: nicknamed}
spec: {when: has(person.nickname)}
";

/// A policy that says everything.
pub const POLICY: &str = "
kind: SignOnPolicy
metadata: {name: everyone}
spec:
  login: person.email
  session: {idle_minutes: 30, hours: 8}
  administrators: [on-call]
  rules:
    - name: engineers-strong
      when:
        groups: [engineers]
        outside_groups: [on-call]
        relying_parties: [handbook]
        networks: [10.0.0.0/8, '2001:db8::/32']
        outside_networks: [10.9.0.0/16]
      demand: phishing-resistant
      within_minutes: 60
    - name: staff
      when: {outside_groups: [], networks: [192.0.2.7/32]}
      demand: multi-factor
    - name: nobody-else
      deny: true
";

fn with(policy: &str) -> [(&str, &str); 5] {
    let policy = ("policy", policy);
    let groups = ("groups", GROUPS);
    [
        ("hr", SOURCE),
        ("app", APP),
        groups,
        ("party", PARTY),
        policy,
    ]
}

fn names(set: Option<&std::collections::BTreeSet<String>>) -> Vec<&str> {
    set.into_iter().flatten().map(String::as_str).collect()
}

#[test]
fn a_policy_becomes_rules_in_their_order() {
    let tenant = load(&with(POLICY)).unwrap_or_else(|e| panic!("{e:#?}"));
    let sign_on = tenant.sign_on.as_ref().unwrap();
    assert_eq!(sign_on.name, "everyone");
    assert_eq!(sign_on.login.attributes(), ["email"]);
    assert_eq!(
        (sign_on.session.idle_minutes, sign_on.session.hours),
        (30, 8)
    );
    assert_eq!(names(Some(&sign_on.administrators)), ["on-call"]);
    let [strong, staff, nobody] = sign_on.policy.rules() else {
        panic!()
    };
    assert_eq!(names(strong.when.groups.as_ref()), ["engineers"]);
    assert_eq!(names(strong.when.outside_groups.as_ref()), ["on-call"]);
    assert_eq!(names(strong.when.apps.as_ref()), ["handbook"]);
    assert_eq!(strong.when.networks.as_ref().unwrap().len(), 2);
    assert_eq!(strong.when.outside_networks.as_ref().unwrap().len(), 1);
    let demand = |strength, age_s| Then::Demand(Demand { strength, age_s });
    assert_eq!(strong.then, demand(Strength::PhishingResistant, Some(3600)));
    assert_eq!(
        staff.when.outside_groups, None,
        "an empty list says nothing"
    );
    assert_eq!(staff.then, demand(Strength::MultiFactor, None));
    assert_eq!((&*nobody.name, nobody.then), ("nobody-else", Then::Deny));
}

#[test]
fn what_is_not_said_is_what_most_mean() {
    let least = "kind: SignOnPolicy\nmetadata: {name: all}\nspec:\n  login: person.email\n  \
                 rules: [{name: all, demand: any-factor}]\n";
    let tenant = load(&[("hr", SOURCE), ("policy", least)]).unwrap();
    let sign_on = tenant.sign_on.unwrap();
    assert_eq!(
        (sign_on.session.idle_minutes, sign_on.session.hours),
        (60, 12)
    );
    assert!(sign_on.administrators.is_empty());
    assert!(load(&[("hr", SOURCE)]).unwrap().sign_on.is_none());
}

/// What is replaced in the policy, by what, and what is said of it.
const MISTAKES: &[(&str, &str, &str)] = &[
    (
        "login: person.email",
        "login: person.mail",
        "5:10 spec.login: in `person.mail`: no attribute `mail`; did you mean `email`? [TNR-DOC-0011]",
    ),
    (
        "login: person.email",
        "login: person.grade",
        "5:10 spec.login: what people type as their name is text, but this is int;  [TNR-DOC-0006]",
    ),
    (
        "login: person.email",
        "login: person.nickname",
        "5:10 spec.login: `person.nickname` can be changed by the people themselves, so anybody could \
         take the name of somebody else; use an attribute that only HR sets [TNR-DOC-0012]",
    ),
    (
        "idle_minutes: 30",
        "idle_minutes: 1441",
        "6:27 spec.session.idle_minutes: 1441 is out of range; write a number from 1 to 1440 \
         [TNR-DOC-0007]",
    ),
    (
        "idle_minutes: 30",
        "idle_minutes: 481",
        "6:27 spec.session.idle_minutes: the session is over after 480 minutes anyway; write at most \
         480, or more `hours` [TNR-DOC-0007]",
    ),
    (
        "hours: 8",
        "hours: 721",
        "6:38 spec.session.hours: 721 is out of range; write a number from 1 to 720 [TNR-DOC-0007]",
    ),
    (
        "administrators: [on-call]",
        "administrators: [oncall]",
        "7:20 spec.administrators[0]: there is no group of people `oncall`; did you mean `on-call`? \
         [TNR-DOC-0010]",
    ),
    (
        "administrators: [on-call]",
        "administrators: [nicknamed]",
        "7:20 spec.administrators[0]: people can put themselves into `nicknamed`: it looks at \
         `person.nickname`, which they can change; name a group that looks only at what HR sets \
         [TNR-DOC-0012]",
    ),
    (
        "name: engineers-strong",
        "name: Engineers strong",
        "9:13 spec.rules[0].name: `Engineers strong` is no name; begin with a letter or digit; use \
         lower-case letters, digits and `-`, at most 63 [TNR-DOC-0008]",
    ),
    (
        "name: staff",
        "name: engineers-strong",
        "18:13 spec.rules[1].name: another rule is called `engineers-strong`; call it something else: \
         decisions tell of rules by their names [TNR-DOC-0009]",
    ),
    (
        "groups: [engineers]",
        "groups: []",
        "11:17 spec.rules[0].when.groups: a rule with an empty list holds for nobody; write 1 to 500, \
         or leave the list out [TNR-DOC-0007]",
    ),
    (
        "groups: [engineers]",
        "group: [engineers]",
        "11:9 spec.rules[0].when.group: unknown field `group`; did you mean `groups`? [TNR-DOC-0004]",
    ),
    (
        "outside_groups: [on-call]",
        "outside_groups: [nobody]",
        "12:26 spec.rules[0].when.outside_groups[0]: there is no group of people `nobody`; known Group \
         documents: engineers, nicknamed, on-call [TNR-DOC-0010]",
    ),
    (
        "relying_parties: [handbook]",
        "relying_parties: [handbok]",
        "13:27 spec.rules[0].when.relying_parties[0]: there is no relying party `handbok`; did you mean \
         `handbook`? [TNR-DOC-0010]",
    ),
    (
        "relying_parties: [handbook]",
        "relying_parties: [handbook, handbook]",
        "13:37 spec.rules[0].when.relying_parties[1]: `handbook` stands here twice; remove one of them \
         [TNR-DOC-0009]",
    ),
    (
        "10.0.0.0/8",
        "10.1.2.3/8",
        "14:20 spec.rules[0].when.networks[0]: `10.1.2.3/8` has an address behind its prefix; write the \
         network `10.0.0.0/8`, or the address `10.1.2.3/32` [TNR-DOC-0007]",
    ),
    (
        "10.0.0.0/8",
        "10.1.2.3",
        "14:20 spec.rules[0].when.networks[0]: `10.1.2.3` is no network; write `10.1.2.3/32` \
         [TNR-DOC-0007]",
    ),
    (
        "10.0.0.0/8",
        "10.0.0.0/33",
        "14:20 spec.rules[0].when.networks[0]: `10.0.0.0/33` is no network; write it as in \
         `10.0.0.0/8` or `2001:db8::/32` [TNR-DOC-0007]",
    ),
    (
        "'2001:db8::/32'",
        "'::ffff:10.0.0.0/104'",
        "14:32 spec.rules[0].when.networks[1]: `::ffff:10.0.0.0/104` is of IPv4 in the clothes of IPv6, \
         and never met; write it as in `10.0.0.0/8` [TNR-DOC-0007]",
    ),
    (
        "'2001:db8::/32'",
        "10.0.0.0/8",
        "14:32 spec.rules[0].when.networks[1]: `10.0.0.0/8` stands here twice; remove one of them \
         [TNR-DOC-0009]",
    ),
    (
        "demand: phishing-resistant",
        "demand: phishing_resistant",
        "16:15 spec.rules[0].demand: `phishing_resistant` is not possible here; did you mean \
         `phishing-resistant`? [TNR-DOC-0007]",
    ),
    (
        "within_minutes: 60",
        "within_minutes: 0",
        "17:23 spec.rules[0].within_minutes: 0 is out of range; write a number from 1 to 43200 \
         [TNR-DOC-0007]",
    ),
    (
        "within_minutes: 60",
        "deny: true",
        "17:13 spec.rules[0].deny: a rule demands something or denies, not both; remove one of them \
         [TNR-DOC-0013]",
    ),
    (
        "      demand: multi-factor\n",
        "",
        "18:7 spec.rules[1]: the rule says nothing; write `demand:` with any-factor, multi-factor or \
         phishing-resistant, or `deny: true` [TNR-DOC-0005]",
    ),
    (
        "deny: true",
        "deny: false",
        "22:13 spec.rules[2].deny: a rule does not say that somebody gets in, but with what; write \
         `deny: true`, or `demand:` alone [TNR-DOC-0007]",
    ),
    (
        "deny: true",
        "deny: true\n      within_minutes: 5",
        "23:23 spec.rules[2].within_minutes: nothing is demanded of whoever does not get in; remove it \
         [TNR-DOC-0007]",
    ),
    (
        "      when: {outside_groups: [], networks: [192.0.2.7/32]}\n",
        "",
        "20:7 spec.rules[2]: this rule is never asked: `staff` holds for everybody; move it before \
         `staff`, or remove it [TNR-DOC-0007]",
    ),
];

#[test]
fn what_is_wrong_with_a_policy_is_told_where_it_stands() {
    for (from, to, wanted) in MISTAKES {
        let text = POLICY.replacen(from, to, 1);
        assert_ne!(text, POLICY, "{from}");
        assert_eq!(told(&with(&text)), format!("policy:{wanted}"), "{to}");
    }
}

#[test]
fn a_policy_has_rules_and_not_too_many() {
    let begins = POLICY.find("  rules:").unwrap();
    let none = format!("{}  rules: []\n", &POLICY[..begins]);
    assert_eq!(
        told(&with(&none)),
        "policy:8:10 spec.rules: without a rule nobody gets in; write 1 to 200 rules [TNR-DOC-0007]"
    );
    let rule =
        |n: usize| format!("    - {{name: r{n}, when: {{groups: [engineers]}}, deny: true}}\n");
    let rules = |count| (0..count).map(rule).collect::<String>();
    let text = |count| format!("{}  rules:\n{}", &POLICY[..begins], rules(count));
    assert!(load(&with(&text(200))).is_ok());
    let found = told(&with(&text(201)));
    assert!(found.contains("201 rules; write 1 to 200 rules"), "{found}");
}

#[test]
fn a_second_policy_is_refused_whatever_it_is_called() {
    let second = POLICY.replace("name: everyone", "name: strangers");
    let mut files = with(POLICY).to_vec();
    files.push(("second", &second));
    assert_eq!(
        told(&files),
        "second:3:18 metadata.name: `strangers` cannot be beside the SignOnPolicy `everyone` at \
         policy:2; write their rules into one, in the order in which they are asked [TNR-DOC-0009]"
    );
}

/// A reference to a document that is wrong itself is not wrong too.
#[test]
fn what_is_wrong_with_a_relying_party_is_not_said_of_the_policy() {
    let broken = PARTY.replace("subject: pairwise", "subject: nobody");
    let mut files = with(POLICY);
    files[3] = ("party", &broken);
    let found = told(&files);
    assert!(!found.contains("policy:"), "{found}");
}
