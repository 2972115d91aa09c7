//! The kill switch, while much is under way.

use std::time::{Duration, Instant};

use super::company::{Company, EASY};
use super::peer::Peer;
use super::plant::Plant;
use super::wire::Wire;

/// No write begins later than this after the command has returned.
const WITHIN: Duration = Duration::from_secs(1);

#[test]
fn nothing_is_written_after_the_switch() {
    let Some(peer) = Peer::find("TENURE_PEER_SCIMMY", "scimmy") else {
        return;
    };
    let wire = Wire::to(peer.host());
    let company = Company::of(120, &peer.tag);
    let mut plant = Plant::init(None);
    plant.serve();
    plant.set_up(&company, &peer.over(&wire), EASY);
    plant.import(&company).expect(0);
    for row in plant.run(&["plan"]).expect(2).rows() {
        let wave = row["wave"].as_str().unwrap();
        plant
            .run(&["apply", wave, "--reason", "T-1", "--no-wait"])
            .expect(0);
    }
    while wire.writes().len() < 40 {
        assert!(
            wire.wait(wire.sent(), Duration::from_secs(60)),
            "nothing is sent"
        );
    }
    plant.run(&["stop-writing", "--reason", "T-2"]).expect(0);
    let stopped = Instant::now();
    let reads = wire.sent();
    // Long enough for whoever retries to try.
    while stopped.elapsed() < Duration::from_secs(5) {
        wire.wait(u64::MAX, Duration::from_millis(500));
    }
    let late = wire.writes();
    let late: Vec<_> = late
        .iter()
        .filter(|(at, _)| *at > stopped + WITHIN)
        .collect();
    assert!(late.is_empty(), "{late:?}");
    let last = wire.writes().iter().map(|(at, _)| *at).max().unwrap();
    println!(
        "the last write began {:?} after the command returned; {} pieces were sent since",
        last.saturating_duration_since(stopped),
        wire.sent() - reads
    );
    let open = plant.run(&["waves", "--open"]).expect(0).rows();
    assert!(!open.is_empty(), "there was more to write");
    plant.run(&["resume-writing", "--reason", "T-3"]).expect(0);
    plant.settle(Duration::from_secs(120));
    peer.state()
        .expect(&company.wanted(true), "after writing resumed");
    assert_eq!(plant.run(&["plan"]).expect(0).rows().len(), 0);
    plant.stop();
    plant.verify();
    peer.tidy();
}
