//! Passwords that a directory knows, and that are moved here at their first use.

use std::sync::Arc;

use app::{Answer, Ask, Wrong};
use model::{Factor, Secret};
use testkit::node::actor;

use super::login::{asks, types};
use super::world::{PASSWORD, SIGN_ON, World, attempt, policy};

/// Short, as passwords elsewhere are.
const OLD: &str = "Winter2026!";

fn directory(groups: &str) -> String {
    format!(
        "{SIGN_ON}---
kind: PasswordDirectory
metadata: {{name: ad}}
spec:
  groups: [{groups}]
  ldap:
    host: ad.acme.example
    account: {{dn: 'cn=tenure,dc=acme,dc=example', secret: ad-password}}
    base: dc=acme,dc=example
    attribute: mail
"
    )
}

impl World {
    /// Passwords of engineers may be in a directory from now on.
    async fn beside_a_directory(&self, groups: &str) {
        self.policy_is(&policy("any-factor"), &directory(groups))
            .await;
        let (admin, secret) = (actor("admin"), Secret::new("hunter2"));
        let (name, bound, host) = (
            "ad-password",
            "password-directory/ad",
            "ad.acme.example:636",
        );
        let set = self.nodes[0].set_secret(&admin, name, bound, host, &secret);
        set.await.unwrap();
    }
}

#[tokio::test]
async fn a_password_is_moved_at_its_first_use_and_the_directory_is_asked_no_more() {
    for world in World::each("any-factor").await {
        world.beside_a_directory("engineers").await;
        world.directory.knows("p1@acme.example", OLD);
        let browser = world.browser();
        let answer = types(&world, &browser, "p1@acme.example", "another").await;
        assert_eq!(asks(&answer), (Ask::Name, Some(Wrong::Password)));
        let answer = types(&world, &browser, "P1@acme.example", OLD).await;
        assert!(matches!(answer, Answer::Home { .. }), "{answer:?}");
        assert_eq!(world.directory.asked().len(), 2);
        // From now on it is here, whatever becomes of the directory.
        world.directory.is_down(true);
        let answer = types(&world, &browser, "p1@acme.example", OLD).await;
        assert!(matches!(answer, Answer::Home { .. }), "{answer:?}");
        let answer = types(&world, &browser, "p1@acme.example", "another").await;
        assert_eq!(asks(&answer).1, Some(Wrong::Password));
        assert_eq!(world.directory.asked(), Vec::<String>::new());
        // What was ended here does not come back from there.
        world.directory.is_down(false);
        let told = world.nodes[0].credentials_told("w001").await.unwrap();
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!(told[0].factor, Factor::Password);
        let desk = actor("desk");
        let ended = world.nodes[0].end_credential(&desk, told[0].id, "lost", true);
        ended.await.unwrap();
        let answer = types(&world, &browser, "p1@acme.example", OLD).await;
        assert_eq!(asks(&answer).1, Some(Wrong::Password));
        assert_eq!(world.directory.asked(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn the_directory_is_asked_about_those_whom_its_document_names_and_who_may_sign_in() {
    for mut world in World::each("any-factor").await {
        world.beside_a_directory("engineers").await;
        for n in 1..=4 {
            world.directory.knows(&format!("p{n}@acme.example"), OLD);
        }
        let browser = world.browser();
        // Sales are not named, nobody knows p9, an empty password is none, and one that is too long neither.
        let long = "x".repeat(600);
        for (name, password) in [
            ("p3@acme.example", OLD),
            ("p9@acme.example", OLD),
            ("p1@acme.example", ""),
            ("p1@acme.example", long.as_str()),
        ] {
            let answer = types(&world, &browser, name, password).await;
            assert_eq!(asks(&answer).1, Some(Wrong::Password), "{name}");
        }
        assert_eq!(world.directory.asked(), Vec::<String>::new());
        // Whoever has a password here is asked for that one.
        world.enrolled("w002", "p2@acme.example").await;
        let answer = types(&world, &browser, "p2@acme.example", OLD).await;
        assert_eq!(asks(&answer).1, Some(Wrong::Password));
        let answer = types(&world, &browser, "p2@acme.example", PASSWORD).await;
        assert!(matches!(answer, Answer::Home { .. }), "{answer:?}");
        // A leaver is out, whatever the directory says.
        let left = world.rows[0].replace("2020-01-01,,", "2020-01-01,2026-10-31,");
        world.rows[0] = left;
        world.hears().await;
        let answer = types(&world, &browser, "p1@acme.example", OLD).await;
        assert!(!matches!(answer, Answer::Home { .. }), "{answer:?}");
        assert_eq!(world.directory.asked(), Vec::<String>::new());
    }
}

/// While the directory does not answer a password there counts for nothing, and everybody else signs in.
#[tokio::test]
async fn a_directory_that_does_not_answer_lets_nobody_in_and_keeps_nobody_out() {
    for world in World::each("any-factor").await {
        world.beside_a_directory("").await;
        world.directory.knows("p1@acme.example", OLD);
        world.enrolled("w003", "p3@acme.example").await;
        world.directory.is_down(true);
        let browser = world.browser();
        let answer = types(&world, &browser, "p1@acme.example", OLD).await;
        assert_eq!(asks(&answer).1, Some(Wrong::Password));
        let answer = types(&world, &browser, "p3@acme.example", PASSWORD).await;
        assert!(matches!(answer, Answer::Home { .. }), "{answer:?}");
        world.directory.is_down(false);
        let answer = types(&world, &browser, "p1@acme.example", OLD).await;
        assert!(matches!(answer, Answer::Home { .. }), "{answer:?}");
    }
}

/// Of many who bring it at once, on two nodes, one moves it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_first_uses_at_once_one_moves_the_password() {
    for world in World::each("any-factor").await {
        world.beside_a_directory("").await;
        world.directory.knows("p1@acme.example", OLD);
        let world = Arc::new(world);
        let tries = (0..4).map(|n| {
            let world = Arc::clone(&world);
            tokio::spawn(async move {
                let (app, browser) = (&world.nodes[n % 2], world.browser());
                let begun = app.begin(browser.asker(), None);
                let password = Secret::new(OLD);
                let name = "p1@acme.example";
                let sent = app.send_password(attempt(&begun), name, &password, browser.asker());
                sent.await.unwrap();
            })
        });
        for one in tries.collect::<Vec<_>>() {
            one.await.unwrap();
        }
        let told = world.nodes[0].credentials_told("w001").await.unwrap();
        assert_eq!(told.len(), 1, "{told:?}");
    }
}
