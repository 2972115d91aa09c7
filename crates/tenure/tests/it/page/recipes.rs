//! Pages that begin where README.md ends, each in a place of its own.

use emulate::Temperament;

use super::page;
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
