//! A real receiver: restarts of either side lose nothing and repeat nothing; when one is killed, what
//! was under way may come again, as the same message.

use super::rig::{Busy, Chance, Rig, came_again, is_the_log};
use super::rsyslog::Rsyslog;

/// Messages that may be under way when a side dies: those of one connection of syslog, and the
/// window of RELP (`BATCH` and `WINDOW` in `connectors::forward`).
const BATCH: usize = 100;
const WINDOW: usize = 32;
/// Every third round is the follower's, every third the receiver's, every third the server's.
const ROUNDS: u64 = 15;
/// How often the receiver ends; the follower ends as often.
const RECEIVER_ENDS: usize = 5;

fn follow(receiver: &Rsyslog, to: &str) -> Rig {
    let (ca, (cert, key)) = (receiver.ca(), receiver.identity());
    let mut words = vec!["--to", to, "--cursor", "siem.cursor", "--ca", &ca];
    if to.starts_with("relp") {
        words.extend(["--cert", &cert, "--key", &key]);
    }
    Rig::new(&words)
}

/// Restarts follower, receiver and server, as they are restarted on any Tuesday.
fn restart_everyone(rig: &mut Rig, receiver: &mut Rsyslog, rounds: u64) -> u32 {
    let mut chance = Chance::of_this_run();
    rig.follow();
    let busy = Busy::with(&rig.plant);
    for round in 0..rounds {
        busy.go_on(10);
        chance.pause(200);
        match round % 3 {
            0 => {
                rig.stop_follower();
                busy.go_on(5);
                rig.follow();
            }
            1 => {
                receiver.stop();
                busy.go_on(5);
                chance.pause(500);
                receiver.start();
            }
            _ => {
                rig.plant.stop();
                rig.plant.serve();
            }
        }
        rig.still_follows();
    }
    busy.end()
}

#[test]
fn relp_loses_nothing_and_repeats_nothing_when_either_side_is_restarted() {
    let Some(mut receiver) = Rsyslog::find() else {
        return;
    };
    let to = format!("relp+tls://localhost:{}", receiver.relp);
    let mut rig = follow(&receiver, &to);
    let calls = restart_everyone(&mut rig, &mut receiver, ROUNDS);
    let last = rig.settled(|| receiver.marks());
    rig.stop_follower();
    println!("{calls} calls, {last} records\n{}", rig.said());
    is_the_log(&receiver.marks(), &rig.log(last));
}

#[test]
fn relp_loses_nothing_when_either_side_is_killed() {
    let Some(mut receiver) = Rsyslog::find() else {
        return;
    };
    let to = format!("relp+tls://localhost:{}", receiver.relp);
    let mut rig = follow(&receiver, &to);
    let (last, again) = kill_everyone(&mut rig, &mut receiver);
    println!("{last} records, {again} came again");
    assert!(again <= 2 * RECEIVER_ENDS * WINDOW, "{again} came again");
}

#[test]
fn syslog_over_tls_loses_nothing_when_either_side_is_restarted() {
    let Some(mut receiver) = Rsyslog::find() else {
        return;
    };
    let to = format!("syslog+tls://localhost:{}", receiver.syslog);
    let mut rig = follow(&receiver, &to);
    restart_everyone(&mut rig, &mut receiver, ROUNDS);
    let last = rig.settled(|| receiver.marks());
    rig.stop_follower();
    let again = came_again(&receiver.marks(), &rig.log(last));
    println!("{last} records, {again} came again\n{}", rig.said());
    // Only those of a connection that the receiver ended in the middle of it.
    assert!(again <= RECEIVER_ENDS * BATCH, "{again} came again");
}

#[test]
fn syslog_over_tls_loses_nothing_when_either_side_is_killed() {
    let Some(mut receiver) = Rsyslog::find() else {
        return;
    };
    let to = format!("syslog+tls://localhost:{}", receiver.syslog);
    let mut rig = follow(&receiver, &to);
    let (last, again) = kill_everyone(&mut rig, &mut receiver);
    println!("{last} records, {again} came again");
    assert!(again <= 2 * RECEIVER_ENDS * BATCH, "{again} came again");
}

/// Kills follower, receiver and server at any moment; gives the number of records, and of those that
/// came again.
fn kill_everyone(rig: &mut Rig, receiver: &mut Rsyslog) -> (u64, usize) {
    let mut chance = Chance::of_this_run();
    rig.follow();
    let busy = Busy::with(&rig.plant);
    for round in 0..ROUNDS {
        busy.go_on(10);
        chance.pause(200);
        match round % 3 {
            0 => {
                rig.kill_follower();
                busy.go_on(5);
                rig.follow();
            }
            1 => {
                receiver.kill();
                busy.go_on(5);
                chance.pause(500);
                receiver.start();
            }
            _ => {
                rig.plant.kill();
                rig.plant.serve();
            }
        }
        rig.still_follows();
    }
    busy.end();
    let last = rig.settled(|| receiver.marks());
    rig.stop_follower();
    println!("{}", rig.said());
    let again = came_again(&receiver.marks(), &rig.log(last));
    (last, again)
}

#[test]
fn a_receiver_that_cannot_prove_who_it_is_gets_nothing() {
    let Some(receiver) = Rsyslog::find() else {
        return;
    };
    let other = Rsyslog::find().unwrap();
    let rig = Rig::new(&[]);
    let cursor = rig.home.path().join("c").display().to_string();
    let run = |to: &str, ca: &str| {
        let words = ["events", "--cursor", &cursor, "--to", to, "--ca", ca];
        rig.plant.run(&words)
    };
    let port = receiver.syslog;
    let by_name = format!("syslog+tls://localhost:{port}");
    let refused = run(&by_name, &other.ca()).expect(5).err;
    assert!(refused.contains("TNR-EVENTS-0006"), "{refused}");
    assert!(refused.contains("certificate"), "{refused}");
    // Its certificate is for `localhost` and 127.0.0.1.
    let refused = run(
        &format!("syslog+tls://localhost.localdomain:{port}"),
        &receiver.ca(),
    );
    assert_ne!(refused.code, 0, "{}", refused.err);
    assert_eq!(receiver.lines(), Vec::<String>::new());
    run(&by_name, &receiver.ca()).expect(0);
    let marks = receiver.marks();
    is_the_log(&marks, &rig.log(marks.len() as u64));
    assert!(!marks.is_empty());
    // What is there already is not sent again.
    run(&by_name, &receiver.ca()).expect(0);
    let marks = receiver.marks();
    is_the_log(&marks, &rig.log(marks.len() as u64));
}
