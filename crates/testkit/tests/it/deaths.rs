//! A node is killed at every single call that it makes, before and after it, and the next one goes
//! on: the end is that of a run in which nobody died.

use std::collections::BTreeMap;
use std::time::Duration;

use model::plan::PlanStatus;
use model::{Kind, Secret};
use testkit::node::actor;
use testkit::sim::company;
use testkit::sim::hr::{File, Hr};
use testkit::sim::scene::Scene;

/// Accounts by name: whether they are enabled, their attributes, their groups.
type Picture = BTreeMap<String, (bool, model::Attributes, Vec<String>)>;

fn scene() -> Scene {
    let mut scene = Scene::new(1, &["chat"], false).unwrap();
    let ana = actor("ana");
    let done = scene.ask(0, |node| {
        let ana = ana.clone();
        async move {
            let files = company::documents_for(&["chat"]);
            node.app.accept_documents(&ana, files, false).await?;
            let token = Secret::new("s3cret");
            let host = "127.0.0.1:1";
            node.app
                .set_secret(&ana, "chat-token", "chat", host, &token)
                .await
        }
    });
    assert!(done.is_some());
    scene
}

/// Delivers a file and plans.
fn take_in(scene: &mut Scene, file: &File) {
    let ana = actor("ana");
    let now = ports::Clock::now(&*scene.clock).as_micros();
    scene.ask(0, |node| {
        let (ana, bytes) = (ana.clone(), file.bytes.clone());
        async move { node.app.deliver(&ana, "hr", "hr.csv", &bytes, false).await }
    });
    scene.watch().oracle.delivered(file, now);
    plan(scene);
}

fn plan(scene: &mut Scene) {
    let ana = actor("ana");
    scene.ask(0, |node| {
        let ana = ana.clone();
        async move { node.app.plan(&ana, false).await }
    });
}

/// Lets everything go that waits.
fn let_go(scene: &mut Scene) {
    let waiting: Vec<_> = {
        let mut watch = scene.watch();
        let waiting = watch
            .plans
            .iter()
            .filter(|(_, p)| p.status == PlanStatus::Waiting);
        let waiting: Vec<_> = waiting.map(|(id, p)| (*id, p.wave)).collect();
        watch.let_go.extend(waiting.iter().map(|(id, _)| *id));
        watch.asked.extend(waiting.iter().map(|(id, _)| *id));
        waiting
    };
    for (plan, wave) in waiting {
        scene.ask(0, |node| {
            let bo = actor("bo");
            async move { node.app.release(&bo, wave, &[plan], "fine").await }
        });
    }
}

fn work(scene: &mut Scene) {
    scene.work(0, Duration::from_secs(3_600));
}

fn picture(scene: &Scene) -> Picture {
    let chat = &scene.targets[&model::TargetName::from("chat")];
    let things = chat.things();
    let name = |remote: &model::RemoteId| things[remote].text("userName").to_owned();
    let mut out = Picture::new();
    for (remote, thing) in &things {
        let mut attributes = thing.attributes.clone();
        if let Some(model::Value::Text(boss)) = attributes.get(documents::MANAGER_PATH) {
            let boss = name(&model::RemoteId(boss.clone()));
            attributes.insert(documents::MANAGER_PATH.to_owned(), model::Value::Text(boss));
        }
        match thing.kind {
            Kind::Account => {
                let groups = things
                    .values()
                    .filter(|t| t.members.contains(remote))
                    .map(|t| t.text("displayName").to_owned())
                    .collect();
                let seen = out.insert(name(remote), (thing.active, attributes, groups));
                assert!(seen.is_none(), "an account was made twice");
            }
            Kind::Group | Kind::Grant => {
                let key = format!("group {}", thing.text("displayName"));
                let seen = out.insert(key, (true, attributes, Vec::new()));
                assert!(seen.is_none(), "a group was made twice");
            }
        }
    }
    out
}

/// Two people come, then one leaves and one moves.
fn files() -> [File; 2] {
    let mut hr = Hr::new(3, 2);
    let first = hr.sound();
    hr.rows[0].department = "Sales";
    hr.rows[1].end = Some(-1);
    [first, hr.sound()]
}

/// Which part of the second file's way the death is in.
#[derive(Clone, Copy, PartialEq)]
enum During {
    /// Taking it in, planning, letting go.
    Decisions,
    /// Carrying it out.
    Apply,
}

/// The run with a death at half-call `fuse` of one part of the second file's way; `None`: nobody
/// dies. Gives the calls of that part too.
fn run(during: During, fuse: Option<u64>) -> (Scene, u64) {
    let mut scene = scene();
    let [first, second] = files();
    take_in(&mut scene, &first);
    let_go(&mut scene);
    work(&mut scene);
    let mut calls = 0;
    for part in [During::Decisions, During::Apply] {
        let before = scene.nodes[0].me.calls();
        if let Some(fuse) = fuse.filter(|_| part == during) {
            scene.nodes[0].me.light(fuse);
        }
        if part == During::Decisions {
            take_in(&mut scene, &second);
            let_go(&mut scene);
        } else {
            work(&mut scene);
        }
        if part == during && fuse.is_none() {
            calls = scene.nodes[0].me.calls() - before;
        }
    }
    // Whatever the death left open is found by the next planning.
    plan(&mut scene);
    let_go(&mut scene);
    work(&mut scene);
    (scene, calls)
}

/// Dies at every `step`-th half-call; an odd step takes both halves in turn.
fn killed_at(during: During, step: usize) {
    let (whole, calls) = run(during, None);
    let wanted = picture(&whole);
    assert_eq!(whole.watch().violations, Vec::<String>::new());
    assert!(calls > 50, "{calls}");
    for fuse in (0..calls * 2).step_by(step) {
        let (scene, _) = run(during, Some(fuse));
        assert_eq!(scene.deaths, 1, "it dies at half-call {fuse}");
        let violations = scene.watch().violations.clone();
        assert_eq!(violations, Vec::<String>::new(), "half-call {fuse}");
        assert_eq!(picture(&scene), wanted, "half-call {fuse} of {}", calls * 2);
    }
}

#[test]
fn killed_at_any_call_while_it_carries_plans_out_the_next_node_goes_on() {
    killed_at(During::Apply, 1);
}

#[test]
fn killed_while_it_plans_and_decides_the_next_node_goes_on() {
    killed_at(During::Decisions, 7);
}
