//! A few people who have passwords, and what they sign in to.

use super::visitor::{Party, Visitor};
use crate::e2e::plant::Plant;

const DOCUMENTS: &str = r#"kind: Source
metadata: {name: hr}
spec:
  format: csv
  key: id
  attributes:
    given_name: {column: given, required: true}
    family_name: {column: family, required: true}
    email: {column: email, required: true}
  starts: {column: starts, format: iso}
  ends: {column: ends, format: iso}
  zone: {default: Europe/Berlin}
  delivery: full
---
kind: Group
metadata: {name: everyone}
spec: {when: 'person.email != ""'}
---
kind: RelyingParty
metadata: {name: wiki}
spec:
  groups: [everyone]
  oidc:
    redirect_uris: ["https://wiki.acme.example/cb"]
    client: {secret: wiki-client, method: post}
    grants: [authorization_code, refresh_token]
    scopes: [openid]
    refresh_days: 30
---
kind: RelyingParty
metadata: {name: vault}
spec:
  title: "<img src=x onerror=alert(1)>"
  groups: [everyone]
  oidc:
    redirect_uris: ["https://vault.acme.example/cb"]
    client: public
---
kind: SignOnPolicy
metadata: {name: everyone}
spec:
  login: person.email
  rules:
    - {name: vault, when: {relying_parties: [vault]}, demand: multi-factor}
    - {name: all-else, demand: any-factor}
"#;

/// What somebody types as their name.
pub fn name(n: usize) -> String {
    format!("p{n}@acme.example")
}

/// Puts documents in force, and has so many people enrol by the pages at `at`; the relying party `wiki`.
pub fn move_in(plant: &Plant, at: &str, people: usize) -> Party {
    std::fs::create_dir(plant.tenant()).unwrap();
    std::fs::write(plant.tenant().join("all.yaml"), DOCUMENTS).unwrap();
    plant.push();
    let rows = (0..people).map(|n| format!("{n},First{n},Last,{},2020-01-01,\n", name(n)));
    let csv = format!(
        "id,given,family,email,starts,ends\n{}",
        rows.collect::<String>()
    );
    plant.import_of("hr", &csv).expect(0);
    for n in 0..people {
        let pass = secret(plant, &["sign-in", "pass", &name(n)]);
        Visitor::default().enrols(at, &name(n), &pass);
    }
    Party {
        client: "wiki",
        secret: secret(plant, &["relying-party", "secret", "wiki"]),
    }
}

fn secret(plant: &Plant, words: &[&str]) -> String {
    let made = plant.run(&[words, &["--reason", "T-1"]].concat());
    made.expect(0).rows()[0]["secret"]
        .as_str()
        .unwrap()
        .to_owned()
}
