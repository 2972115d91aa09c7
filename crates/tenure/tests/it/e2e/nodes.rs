//! Two nodes on one PostgreSQL: the one that writes is killed, the other finishes.

use std::time::Duration;

use super::cluster;
use super::company::{Company, EASY};
use super::peer::Peer;
use super::plant::Plant;
use super::wire::Wire;

#[test]
fn two_nodes_and_one_dies() {
    let Some(cluster) = cluster::shared() else {
        return;
    };
    let Some(mut peer) = Peer::find("TENURE_PEER_SCIM2", "scim2-server") else {
        return;
    };
    // Few at a time, so that a slow server answers each within the short deadline below.
    peer.concurrency = Some(3);
    let wire = Wire::to(peer.host());
    let company = Company::of(80, &peer.tag);
    let mut first = Plant::init(Some(&cluster.database()));
    first.settings = vec![
        ("TENURE_WORKER_DEADLINE_MS", "2000".to_owned()),
        ("TENURE_WORKER_LEASE_MS", "4500".to_owned()),
    ];
    let mut second = first.sibling();
    first.serve();
    second.serve();
    first.set_up(&company, &peer.over(&wire), EASY);
    assert_eq!(second.import(&company).expect(0).rows().len(), 80);
    let again = first.import(&company).expect(0);
    assert_eq!(again.rows().len(), 0, "the other node took it in");
    for row in first.run(&["plan"]).expect(2).rows() {
        let wave = row["wave"].as_str().unwrap();
        let words = ["apply", wave, "--reason", "T-1", "--no-wait"];
        second.run(&words).expect(0);
    }
    // One node at a time has the lease to write, and nobody is told which: each dies once.
    wait_for_writes(&wire, 60, &second);
    first.kill();
    let open = second.run(&["waves", "--open"]).expect(0).rows();
    assert!(!open.is_empty(), "it was not in the middle");
    first.serve();
    wait_for_writes(&wire, 110, &second);
    second.kill();
    first.settle(Duration::from_secs(120));
    first.tell_unapplied();
    let state = peer.state();
    state.expect(&company.wanted(true), "after the death of each node");
    assert_eq!(first.run(&["plan"]).expect(0).rows().len(), 0);
    let creations = wire.writes();
    let creations = creations
        .iter()
        .filter(|(_, line)| line.starts_with("POST "))
        .count();
    println!("{creations} creations were sent for 86 objects");
    first.stop();
    first.verify();
    peer.tidy();
}

fn wait_for_writes(wire: &Wire, count: usize, node: &Plant) {
    while wire.writes().len() < count {
        if !wire.wait(wire.sent(), Duration::from_secs(60)) {
            let writes = wire.writes().len();
            let waves = node.run(&["waves", "--open"]);
            panic!("after {writes} writes nothing is sent: {}", waves.out);
        }
    }
}
