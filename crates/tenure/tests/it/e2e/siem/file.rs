//! A file: whenever the follower is killed, the file is the log, without a gap and without a repetition.

use std::time::Duration;

use serde_json::Value;

use super::rig::{Busy, Chance, Mark, Rig, is_the_log};

fn lines(path: &std::path::Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let whole = text.rfind('\n').map_or("", |end| &text[..=end]);
    whole.lines().map(str::to_owned).collect()
}

fn marks(path: &std::path::Path) -> Vec<Mark> {
    let mark = |line: &String| {
        let line: Value = serde_json::from_str(line).unwrap();
        let hash = line["metadata"]["uid"].as_str().unwrap().to_owned();
        (line["metadata"]["sequence"].as_u64().unwrap(), hash)
    };
    lines(path).iter().map(mark).collect()
}

#[test]
fn a_file_is_the_log_however_often_the_follower_is_killed() {
    let mut chance = Chance::of_this_run();
    let mut rig = Rig::new(&["--format", "ocsf", "--to", "events.ndjson"]);
    let path = rig.home.path().join("events.ndjson");
    let busy = Busy::with(&rig.plant);
    for round in 0..20 {
        rig.follow();
        busy.go_on(10);
        chance.pause(300);
        match round % 5 {
            4 => {
                rig.plant.stop();
                rig.plant.serve();
                rig.still_follows();
                busy.go_on(10);
                rig.stop_follower();
            }
            // The disk had half of a line when everything went dark.
            3 => {
                rig.kill_follower();
                let bytes = std::fs::read(&path).unwrap_or_default();
                let cut = chance.below(200) as usize;
                let cut = bytes.len().saturating_sub(cut);
                std::fs::write(&path, &bytes[..cut]).unwrap();
                // The cursor goes with it: it was written later.
                let _ = std::fs::remove_file(rig.home.path().join("events.ndjson.cursor"));
            }
            _ => rig.kill_follower(),
        }
    }
    rig.follow();
    let calls = busy.end();
    let last = rig.settled(|| marks(&path));
    rig.stop_follower();
    println!("{calls} calls, {last} records");
    is_the_log(&marks(&path), &rig.log(last));
    assert!(last > 250, "too little happened: {last}");
}

/// Whoever follows writes a record for each answer that had news; that record alone is no news.
#[test]
fn following_a_quiet_log_writes_nothing() {
    let mut rig = Rig::new(&["--to", "a.ndjson"]);
    let a = rig.home.path().join("a.ndjson");
    let seqs = |path: &std::path::Path| -> Vec<Mark> {
        let mark = |line: &String| {
            let line: Value = serde_json::from_str(line).unwrap();
            let hash = line["hash"].as_str().unwrap().to_owned();
            (line["seq"].as_u64().unwrap(), hash)
        };
        lines(path).iter().map(mark).collect()
    };
    rig.follow();
    let words = ["events", "--follow", "--to", "b.ndjson"];
    let mut command = rig.plant.command(&rig.plant.token, &words);
    let mut second = command.current_dir(rig.home.path()).spawn().unwrap();
    rig.settled(|| seqs(&a));
    std::thread::sleep(Duration::from_secs(3));
    let written = seqs(&a).len();
    std::thread::sleep(Duration::from_secs(4));
    second.kill().unwrap();
    second.wait().unwrap();
    assert_eq!(seqs(&a).len(), written, "two followers follow each other");
    // The next news brings along what the reading wrote, so that there is no gap.
    let last = rig.settled(|| seqs(&a));
    rig.stop_follower();
    is_the_log(&seqs(&a), &rig.log(last));
    let told = lines(&a).join("\n");
    assert!(told.contains("read call /api/v1/events: success"), "{told}");
    let polls = told.matches("/api/v1/events").count();
    assert!(polls < 40, "{polls} mentions of reading:\n{told}");
}

#[test]
fn only_so_many_wait_for_news() {
    let rig = Rig::new(&[]);
    let last = rig
        .plant
        .api("GET", "/events?limit=1000", &Value::Null)
        .unwrap()
        .json();
    let path = format!("/events?after={}&wait=20", last["next"]);
    // Without news 32 wait, and whoever comes last is refused. The refusal is recorded, and is news.
    let answers: Vec<_> = std::thread::scope(|scope| {
        let ask = || rig.plant.api("GET", &path, &Value::Null).unwrap();
        let asked: Vec<_> = (0..33).map(|_| scope.spawn(ask)).collect();
        asked.into_iter().map(|ask| ask.join().unwrap()).collect()
    });
    let (told, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|a| a.status == 200);
    assert_eq!((told.len(), refused.len()), (32, 1));
    assert_eq!(refused[0].status, 503);
    assert_eq!(refused[0].json()["code"], "TNR-EVENTS-0002");
    for answer in told {
        assert!(!answer.json()["events"].as_array().unwrap().is_empty());
    }
}

/// What nobody read is told again.
#[test]
fn a_cursor_does_not_move_when_whoever_reads_stdout_went_away() {
    let rig = Rig::new(&[]);
    let cursor = rig.home.path().join("stdout.cursor");
    let words = ["events", "--cursor", cursor.to_str().unwrap()];
    let mut command = rig.plant.command(&rig.plant.token, &words);
    let (piped, null) = (std::process::Stdio::piped(), std::process::Stdio::null());
    let mut child = command.stdout(piped).stderr(null).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(5));
    assert!(!cursor.exists(), "nobody has read anything");
    let told = rig.plant.run(&words).expect(0).rows();
    assert_eq!(told[0]["seq"], 1);
    assert!(cursor.exists());
    let more = rig.plant.run(&words).expect(0).rows();
    let gap = more.first().map(|row| row["seq"].clone());
    assert!(
        gap.is_none_or(|seq| seq == told.len() + 1),
        "it goes on where it left off"
    );
}
