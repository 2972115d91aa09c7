//! Two nodes on one PostgreSQL behind a plain TCP balancer: people sign in on one and go on at the other, one
//! is killed under load, and what counts once is brought to both at the same time.

use std::io;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use aws_lc_rs::hmac;

use super::balancer::Balancer;
use super::people::{move_in, name};
use super::visitor::{Party, Visitor, attempt, between, code_of, counts, token_of};
use crate::e2e::cluster;
use crate::e2e::http::Answer;
use crate::e2e::plant::Plant;

/// People, of whom each signs in again and again.
const PEOPLE: usize = 4;
/// Sign-ins before a node is killed, and after that.
const ROUNDS: usize = 3 * PEOPLE;
const PATIENCE: Duration = Duration::from_secs(120);

/// Two nodes, and what stands before them.
struct Pair {
    nodes: [Plant; 2],
    balancer: Balancer,
    party: Party,
}

impl Pair {
    /// With people who have passwords; nothing where there is no PostgreSQL.
    fn serve() -> Option<Self> {
        let cluster = cluster::shared()?;
        let balancer = Balancer::listen();
        let mut first = Plant::init(Some(&cluster.database()));
        first.settings = vec![("TENURE_PUBLIC_URL", balancer.url.clone())];
        let mut second = first.sibling();
        first.serve();
        second.serve();
        balancer.to(&[&first.url, &second.url]);
        let party = move_in(&first, &balancer.url, PEOPLE);
        Some(Self {
            nodes: [first, second],
            balancer,
            party,
        })
    }

    fn node(&self, n: usize) -> &str {
        &self.nodes[n % 2].url
    }
}

/// What somebody holds at the end of a round, of whom every answer came.
struct Kept {
    visitor: Visitor,
    code: String,
    access: String,
    refresh: String,
}

/// Asks until there is an answer: a node may die before it gives one.
fn answered(mut ask: impl FnMut() -> io::Result<Answer>) -> Answer {
    let end = Instant::now() + PATIENCE;
    loop {
        match ask() {
            Ok(answer) => return answer,
            Err(error) => assert!(Instant::now() < end, "no answer: {error}"),
        }
    }
}

/// Signs somebody in by the balancer, as often as that takes; their code.
fn signed_in(pair: &Pair, visitor: &mut Visitor, n: usize) -> String {
    let end = Instant::now() + PATIENCE;
    loop {
        let answer = answered(|| visitor.types(&pair.balancer.url, Some("wiki"), &name(n)));
        if let Some(code) = code_of(&answer) {
            return code;
        }
        // There was no seat for another password.
        assert!(Instant::now() < end, "{}", answer.text());
        thread::sleep(Duration::from_millis(100));
    }
}

/// Brings something to both nodes at the same time; those who were given tokens, and whether both answered.
fn at_both(pair: &Pair, bring: impl Fn(&str) -> io::Result<Answer> + Sync) -> (Vec<Answer>, bool) {
    let barrier = Barrier::new(2);
    let (barrier, bring) = (&barrier, &bring);
    let answers = thread::scope(|scope| {
        let asked = [0, 1].map(|n| {
            scope.spawn(move || {
                barrier.wait();
                bring(pair.node(n))
            })
        });
        asked.map(|one| one.join().unwrap())
    });
    let whole = answers.iter().all(Result::is_ok);
    let given = answers
        .into_iter()
        .flatten()
        .filter(|answer| answer.status == 200);
    (given.collect(), whole)
}

/// Exchanges something by the balancer, a second time where no answer came. Whether or not the first was
/// taken, nobody is given tokens twice.
fn exchanged(pair: &Pair, bring: impl Fn(&str) -> io::Result<Answer>) -> Option<Answer> {
    match bring(&pair.balancer.url) {
        Ok(answer) => {
            assert_eq!(answer.status, 200, "{}", answer.text());
            Some(answer)
        }
        Err(_) => {
            let again = answered(|| bring(&pair.balancer.url));
            assert!(matches!(again.status, 200 | 400), "{}", again.text());
            None
        }
    }
}

/// One person, who signs in until it is over: every third time their code is brought to both nodes at once.
fn works(pair: &Pair, n: usize, over: &AtomicBool, rounds: &AtomicUsize) -> Vec<Kept> {
    let mut kept = Vec::new();
    for round in 0.. {
        if over.load(Ordering::SeqCst) {
            break;
        }
        let mut visitor = Visitor::default();
        let code = signed_in(pair, &mut visitor, n);
        if round % 3 == 2 {
            let (given, whole) = at_both(pair, |at| pair.party.redeems(at, &code));
            assert!(given.len() <= 1, "a code was taken twice");
            assert!(!whole || given.len() == 1, "a code was taken by nobody");
        } else if let Some(first) = exchanged(pair, |at| pair.party.redeems(at, &code)) {
            let old = token_of(&first, "refresh_token");
            let next = exchanged(pair, |at| pair.party.refreshes(at, &old));
            kept.extend(next.map(|next| Kept {
                visitor,
                code,
                access: token_of(&next, "access_token"),
                refresh: token_of(&next, "refresh_token"),
            }));
        }
        rounds.fetch_add(1, Ordering::SeqCst);
    }
    kept
}

fn wait_for(rounds: &AtomicUsize, wanted: usize) {
    let end = Instant::now() + PATIENCE;
    while rounds.load(Ordering::SeqCst) < wanted {
        assert!(Instant::now() < end, "{rounds:?} of {wanted} sign-ins");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn nobody_is_lost_and_nothing_counts_twice_when_one_of_two_nodes_dies() {
    let Some(mut pair) = Pair::serve() else {
        return;
    };
    // One signs in at one node, and has the token of the other.
    let mut visitor = Visitor::default();
    let answer = visitor.types(pair.node(0), Some("wiki"), &name(0)).unwrap();
    let code = code_of(&answer).unwrap();
    let given = pair.party.redeems(pair.node(1), &code).unwrap();
    assert!(counts(pair.node(0), &token_of(&given, "access_token")));
    assert!(visitor.is_signed_in(pair.node(1)));

    let (over, rounds) = (AtomicBool::new(false), AtomicUsize::new(0));
    let kept: Vec<Kept> = thread::scope(|scope| {
        let (pair, over, rounds) = (&pair, &over, &rounds);
        let work = (0..PEOPLE).map(|n| scope.spawn(move || works(pair, n, over, rounds)));
        let work: Vec<_> = work.collect();
        wait_for(rounds, ROUNDS);
        // SIGKILL, in the middle of whatever it does.
        pair.nodes[0].kill_only();
        wait_for(rounds, rounds.load(Ordering::SeqCst) + ROUNDS);
        over.store(true, Ordering::SeqCst);
        work.into_iter()
            .flat_map(|one| one.join().unwrap())
            .collect()
    });
    assert!(kept.len() >= PEOPLE, "{} were kept", kept.len());
    pair.nodes[0].kill();
    pair.nodes[0].serve();
    println!("{} sessions over the death of a node", kept.len());
    for (n, mut one) in kept.into_iter().enumerate() {
        let (here, there) = (pair.node(n), pair.node(n + 1));
        assert!(one.visitor.is_signed_in(here), "somebody was lost");
        assert!(counts(there, &one.access), "an access token was lost");
        let next = pair.party.refreshes(here, &one.refresh).unwrap();
        assert_eq!(next.status, 200, "a refresh token was lost");
        let again = pair.party.refreshes(there, &one.refresh).unwrap();
        assert_eq!(again.status, 400, "a refresh token was taken twice");
        let again = pair.party.redeems(here, &one.code).unwrap();
        assert_eq!(again.status, 400, "a code was taken twice");
    }
    for node in &mut pair.nodes {
        node.stop();
    }
    pair.nodes[1].verify();
}

/// So many at once, each at a node of its own turn; how many were right.
fn winners(pair: &Pair, many: usize, bring: impl Fn(usize, &str) -> bool + Sync) -> usize {
    let barrier = Barrier::new(many);
    let (barrier, bring) = (&barrier, &bring);
    thread::scope(|scope| {
        let tries = (0..many).map(|n| {
            scope.spawn(move || {
                barrier.wait();
                bring(n, pair.node(n))
            })
        });
        let tries: Vec<_> = tries.collect();
        let right = tries.into_iter().map(|one| one.join().unwrap());
        right.filter(|right| *right).count()
    })
}

#[test]
fn o10_of_many_who_bring_a_code_or_a_refresh_token_to_two_nodes_one_is_first() {
    let Some(pair) = Pair::serve() else { return };
    for _ in 0..3 {
        let mut visitor = Visitor::default();
        let code = signed_in(&pair, &mut visitor, 0);
        let redeems = |_, at: &str| pair.party.redeems(at, &code).unwrap().status == 200;
        assert_eq!(winners(&pair, 8, redeems), 1, "a code");
        let code = signed_in(&pair, &mut visitor, 0);
        let given = pair.party.redeems(pair.node(0), &code).unwrap();
        let token = token_of(&given, "refresh_token");
        let refreshes = |_, at: &str| pair.party.refreshes(at, &token).unwrap().status == 200;
        assert_eq!(winners(&pair, 8, refreshes), 1, "a refresh token");
        let access = token_of(&given, "access_token");
        assert!(!counts(pair.node(1), &access), "the family has ended");
    }
}

/// The code that a device shows for a secret in base 32 (RFC 6238).
fn shown(secret: &str, step: u64) -> String {
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let digits = secret.chars().filter_map(|letter| alphabet.find(letter));
    let bits: Vec<usize> = digits
        .flat_map(|digit| (0..5).rev().map(move |bit| digit >> bit & 1))
        .collect();
    let byte = |bits: &[usize]| {
        bits.iter()
            .fold(0u8, |byte, bit| byte << 1 | u8::from(*bit == 1))
    };
    let key: Vec<u8> = bits.chunks_exact(8).map(byte).collect();
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &key);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let at = usize::from(tag.as_ref()[19] & 15);
    let four = tag.as_ref()[at..at + 4].try_into().unwrap();
    format!(
        "{:06}",
        (u32::from_be_bytes(four) & 0x7fff_ffff) % 1_000_000
    )
}

/// Somebody sets codes up; the one that counts next, and the recovery codes.
fn with_codes(pair: &Pair, n: usize) -> (String, Vec<String>) {
    let mut visitor = Visitor::default();
    signed_in(pair, &mut visitor, n);
    let page = visitor.ask(pair.node(0), "/factors", None).unwrap().text();
    let secret = between(&page, "<p class=\"code secret\">", "</p>").unwrap();
    let hidden = |name: &str| between(&page, &format!("name=\"{name}\" value=\""), "\"").unwrap();
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs() / 30;
    let (proof, sealed, code) = (hidden("proof"), hidden("sealed"), shown(&secret, now));
    let form = [("proof", &*proof), ("sealed", &sealed), ("code", &code)];
    let kept = visitor
        .ask(pair.node(1), "/factors/codes", Some(&form))
        .unwrap()
        .text();
    let printed = kept.split("<li class=\"code\">").skip(1);
    let printed: Vec<_> = printed
        .map(|rest| rest.split('<').next().unwrap().to_owned())
        .collect();
    assert_eq!(printed.len(), 10, "{kept}");
    // The one that set them up is used; a device that is ahead shows this one.
    (shown(&secret, now + 1), printed)
}

#[test]
fn l10_of_many_who_bring_a_one_time_code_to_two_nodes_one_is_in() {
    let Some(pair) = Pair::serve() else { return };
    let (of_device, printed) = with_codes(&pair, 0);
    for (what, code) in [("a device's", &of_device), ("a paper's", &printed[0])] {
        // Each has proved the password, in a browser of their own.
        let pages: Vec<_> = (0..6)
            .map(|n| {
                let mut visitor = Visitor::default();
                let page = visitor
                    .types(pair.node(n), Some("vault"), &name(0))
                    .unwrap()
                    .text();
                assert!(page.contains("action=\"/sign-in/code\""), "{page}");
                (visitor, attempt(&page))
            })
            .collect();
        let brings = |n: usize, at: &str| {
            let (visitor, attempt) = &pages[n];
            let form = [("attempt", attempt.as_str()), ("code", code.as_str())];
            let answer = visitor
                .clone()
                .ask(at, "/sign-in/code", Some(&form))
                .unwrap();
            code_of(&answer).is_some()
        };
        assert_eq!(winners(&pair, 6, brings), 1, "{what}");
    }
}
