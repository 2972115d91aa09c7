//! A backup taken while much is under way, restored into a new directory.

use std::time::Duration;

use super::company::{Company, EASY};
use super::peer::Peer;
use super::plant::Plant;
use super::wire::Wire;

#[test]
fn a_backup_of_the_middle_of_an_apply_is_safe_to_restore() {
    let Some(peer) = Peer::find("TENURE_PEER_SCIMMY", "scimmy") else {
        return;
    };
    let wire = Wire::to(peer.host());
    let company = Company::of(90, &peer.tag);
    let mut plant = Plant::init(None);
    // The backup holds the lease of the node that is under way: it is waited for.
    plant.settings = vec![
        ("TENURE_WORKER_DEADLINE_MS", "2000".to_owned()),
        ("TENURE_WORKER_LEASE_MS", "4500".to_owned()),
    ];
    plant.serve();
    plant.set_up(&company, &peer.over(&wire), EASY);
    plant.import(&company).expect(0);
    for row in plant.run(&["plan"]).expect(2).rows() {
        let wave = row["wave"].as_str().unwrap();
        plant
            .run(&["apply", wave, "--reason", "T-1", "--no-wait"])
            .expect(0);
    }
    while wire.writes().len() < 30 {
        assert!(
            wire.wait(wire.sent(), Duration::from_secs(60)),
            "nothing is sent"
        );
    }
    let file = plant.data().join("backup");
    let words = ["backup", file.to_str().unwrap()];
    plant.host(&words).expect(0);
    let open = plant.run(&["waves", "--open"]).expect(0).rows();
    assert!(!open.is_empty(), "it was not taken in the middle");
    plant.settle(Duration::from_secs(120));
    plant.stop();

    let mut restored = plant.sibling();
    let words = ["restore", file.to_str().unwrap()];
    let said = restored.host(&words).expect(0);
    let old = std::mem::replace(&mut restored.token, said.out.trim().to_owned());
    restored.serve();
    let writes = wire.writes().len();
    let refused = restored.run_as(&old, &["status"]);
    assert_ne!(refused.code, 0, "tokens from before are revoked");
    let targets = restored.run(&["targets"]).expect(0);
    assert!(
        targets.out.contains("restored from a backup"),
        "{}",
        targets.out
    );
    let open = restored.run(&["waves", "--open"]).expect(0).rows();
    assert!(open.is_empty(), "plans from before are void: {open:?}");
    // What is planned now waits for the switch.
    let began = wire.sent();
    restored
        .run(&["resume-writing", "--reason", "T-2"])
        .expect(0);
    assert!(wire.sent() > began, "the app was looked at first");
    assert_eq!(wire.writes().len(), writes, "and nothing was written");
    let planned = restored.run(&["plan"]);
    assert!(matches!(planned.code, 0 | 2), "{}", planned.err);
    for row in planned.rows() {
        let wave = row["wave"].as_str().unwrap();
        let words = ["apply", wave, "--reason", "T-3", "--no-wait"];
        restored.run(&words).expect(0);
    }
    restored.settle(Duration::from_secs(120));
    restored.tell_unapplied();
    peer.state()
        .expect(&company.wanted(true), "after the restore");
    assert_eq!(restored.run(&["plan"]).expect(0).rows().len(), 0);
    restored.stop();
    restored.verify();
    peer.tidy();
}
