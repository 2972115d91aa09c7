//! Pages that begin where README.md ends, each in a place of its own.

use emulate::Temperament;

use super::page;
use super::parse::{Piece, parse};
use super::start::Start;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_about_the_morning_is_true() {
    // As many licences as there are people.
    let mood = Temperament {
        seats: 10,
        ..Temperament::default()
    };
    let mut start = Start::applied_to(mood).await;
    start
        .shell
        .program("mail", "{ echo \"$*\"; cat; } >> mail.txt");
    start.follow("stand-up.md");

    // In the quiet night of the page the job sent nothing; in this one it does.
    let sent = || std::fs::read_to_string(start.home.path().join("mail.txt"));
    assert!(sent().is_err());
    let text = std::fs::read_to_string(page("stand-up.md")).unwrap();
    let job = text.lines().find(|line| line.contains("|| mail")).unwrap();
    assert_eq!(start.shell.run(job).code, 0);
    let sent = sent().unwrap();
    assert!(sent.starts_with("-s Tenure iam@acme.example\n"), "{sent}");
    assert!(sent.contains("## Waits for a person"), "{sent}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_about_tests_of_rules_is_true() {
    Start::imported(Temperament::default())
        .await
        .follow("test-rules.md");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_about_a_preview_is_true() {
    Start::applied().await.follow("preview-a-change.md");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_about_an_app_that_was_there_is_true() {
    let mut start = Start::imported(Temperament::default()).await;
    crate::adopt::preload(&start.app, super::start::SECRET);
    start.follow("adopt-an-app.md");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_about_a_bad_file_is_true() {
    Start::applied().await.follow("bad-hr-file.md");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_about_a_held_wave_is_true() {
    Start::applied().await.follow("held-wave.md");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_about_a_leaver_for_cause_is_true() {
    Start::applied().await.follow("leaver-now.md");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_about_a_restore_is_true() {
    Start::applied().await.follow("backup-and-restore.md");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_about_drills_is_true() {
    let text = std::fs::read_to_string(page("drill.md")).unwrap();
    let example = include_str!("../../../../../examples/drill/nightly.yaml");
    let shown = parse(&text)
        .unwrap()
        .into_iter()
        .find_map(|piece| match piece {
            Piece::File { path, text, .. } => Some((path, text)),
            Piece::Run(_) => None,
        });
    let named = ("examples/drill/nightly.yaml".to_owned(), example.to_owned());
    assert_eq!(shown, Some(named), "the page shows the example");

    let mut start = Start::applied().await;
    // Not while the page is run.
    start.place("at: \"03:30\"", &format!("at: \"{}\"", far_from_now()));
    start.follow("drill.md");
}

/// A time of day in Berlin that does not come for hours.
fn far_from_now() -> &'static str {
    let now = std::time::SystemTime::now();
    let since = now.duration_since(std::time::UNIX_EPOCH).unwrap();
    match since.as_secs() / 3600 % 24 {
        20..24 | 0..4 => "15:30",
        _ => "03:30",
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_about_an_undo_is_true() {
    Start::applied().await.follow("undo.md");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_about_the_kill_switch_is_true() {
    Start::applied().await.follow("kill-switch.md");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_about_the_log_is_true() {
    Start::applied().await.follow("prove-the-log.md");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_about_another_day_is_true() {
    Start::applied().await.follow("another-day.md");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_about_seats_is_true() {
    Start::applied().await.follow("seats.md");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_about_a_rehearsal_is_true() {
    Start::applied().await.follow("rehearse.md");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_about_a_hand_off_is_true() {
    Start::applied().await.follow("hand-off.md");
}
