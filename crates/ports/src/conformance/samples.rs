//! One event of each kind, about a small cast: what suites append, project and read back.

mod drills;
mod lines;
mod notices;
pub mod sign_in;
mod tasks;
mod waves;

use std::collections::BTreeMap;

use model::actor::Scope;
use model::event::*;
use model::facts::Leave;
use model::finding::Finding;
use model::plan::{About, PlanStatus, StepRef, StepStatus};
use model::time::DateTime;
use model::{
    Address, Assignment, Cause, Change, Completeness, DeliveryId, Digest, EngagementId, Event,
    Exchange, Facts, FindingId, Input, Kind, Outcome, Ownership, Personal, Plan, PlanId, Rank,
    Reason, Record, RemoteId, RunId, SubjectId, TargetName, Timestamp, TokenId, Value, Verdict,
    Want, WaveId,
};

pub use drills::drilled;
pub use lines::line_answered;
pub use notices::noticed;
pub use tasks::{task, task_done, task_dropped};
use waves::wave_events;

/// Stands in every personal value, so that a test can find what an erasure left behind.
pub const PERSONAL: &str = "Zerlina";

/// The `n`th person.
pub fn subject(n: u8) -> SubjectId {
    SubjectId::from_bits(u128::from(n) + 1)
}

/// The one engagement of the `n`th person.
pub fn engagement(n: u8) -> EngagementId {
    EngagementId::only_of(subject(n))
}

/// The `n`th plan.
pub fn plan_id(n: u8) -> PlanId {
    PlanId::from_bits(u128::from(n) + 1)
}

/// The `n`th wave.
pub fn wave_id(n: u8) -> WaveId {
    WaveId::from_bits(u128::from(n) + 1)
}

/// The target that samples speak of.
pub fn slack() -> TargetName {
    TargetName::from("slack")
}

/// An instant, some seconds after that of the first sample.
pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(1_764_000_000_000_000 + seconds * 1_000_000)
}

/// Facts of the `n`th person, due to change `n` seconds later.
pub fn accepted(n: u8) -> FactsAccepted {
    let facts = Facts {
        attributes: BTreeMap::from([
            (
                "email".to_owned(),
                Value::Text(format!("{PERSONAL}.{n}@acme.example")),
            ),
            ("given_name".to_owned(), Value::from(PERSONAL)),
            ("family_name".to_owned(), Value::Text(format!("Ng {n}"))),
        ]),
        starts: None,
        ends: None,
        zone: "Europe/Zurich".to_owned(),
        leave: Some(Leave {
            from: DateTime::constant(2026, 2, 1, 0, 0, 0, 0),
            to: None,
        }),
    };
    FactsAccepted {
        subject: subject(n),
        engagement: engagement(n),
        source: "hr".to_owned(),
        delivery: DeliveryId::from_bits(1),
        change: Change::Joiner,
        next_change: Some(at(i64::from(n))),
        digest: Digest::of(&[n]),
        personal: Personal::Known(WorkerFacts {
            key: format!("{PERSONAL}-{n}"),
            facts,
        }),
    }
}

/// The `n`th plan, of two steps, about an account or a group.
pub fn drafted(n: u8, wave: u8, about: About, change: Change) -> PlanDrafted {
    let address = match &about {
        About::Subject(subject) => Address::account(&slack(), *subject),
        About::Target(target) => Address::group(target, "staff"),
    };
    let plan = Plan {
        about: about.clone(),
        cause: Cause {
            input: Input::Clock,
            change,
        },
        revision: 1,
        zones: model::time::zones().to_owned(),
        base: vec![(address.clone(), Digest::of(PERSONAL.as_bytes()))],
        steps: Vec::new(),
        salt: Digest::of(PERSONAL.as_bytes()),
    };
    let head = |no, verb: &str, after| StepHead {
        no,
        address: address.clone(),
        verb: verb.to_owned(),
        after,
    };
    PlanDrafted {
        plan: plan_id(n),
        wave: wave_id(wave),
        about,
        change,
        steps: vec![head(0, "create", vec![]), head(1, "enable", vec![0])],
        personal: Personal::Known(plan),
    }
}

/// A change of one step of the `n`th plan.
pub fn step_changed(n: u8, no: u16, address: Address, status: StepStatus) -> StepChanged {
    StepChanged {
        step: StepRef {
            plan: plan_id(n),
            no,
        },
        address,
        status,
        looks: 0,
        attempt: 1,
        not_before: None,
        fence: 3,
        outcome: Some(Outcome::Unknown {
            detail: "timed out".to_owned(),
        }),
        detail: String::new(),
        exchanges: vec![Exchange {
            method: "PATCH".to_owned(),
            path: format!("/scim/v2/Users/r{n}"),
            status: None,
        }],
    }
}

/// The account `u<n>`, whose name is personal.
pub fn observed(n: u8, of: Option<SubjectId>) -> ObjectObserved {
    let remote = RemoteId(format!("u{n}"));
    ObjectObserved {
        target: slack(),
        kind: Kind::Account,
        remote: remote.clone(),
        subject: of,
        seen_at: at(0),
        personal: Personal::Known(Record {
            kind: Kind::Account,
            remote,
            external: None,
            name: format!("{PERSONAL}.{n}"),
            active: true,
            attributes: BTreeMap::new(),
            members: None,
            version: None,
        }),
    }
}

/// The `n`th finding; all of them have one fingerprint.
pub fn finding(n: u8, of: Option<SubjectId>, address: Option<Address>) -> FindingOpened {
    FindingOpened {
        id: FindingId::from_bits(u128::from(n) + 1),
        finding: Finding {
            code: "TNR-APPLY-0001".to_owned(),
            fingerprint: "TNR-APPLY-0001/slack/409".to_owned(),
            subject: of,
            address,
            problem: "the target refuses the account".to_owned(),
            fix: "look at the target".to_owned(),
        },
    }
}

/// The `n`th person, terminated for cause.
pub fn terminated(n: u8) -> SubjectTerminated {
    SubjectTerminated {
        subject: subject(n),
        by: "ana".to_owned(),
        personal: Personal::Known(format!("{PERSONAL} took the till")),
    }
}

/// A worker whom somebody took for the `n`th person.
pub fn matched(n: u8) -> WorkerMatched {
    WorkerMatched {
        subject: subject(n),
        source: "hr".to_owned(),
        same: true,
        by: "ana".to_owned(),
        personal: Personal::Known(MatchedWorker {
            key: "K1".to_owned(),
            reason: format!("{PERSONAL} told me"),
        }),
    }
}

/// The events of old versions, as today's words for the same.
pub fn of_old(n: u8) -> Vec<Event> {
    let now = accepted(n);
    vec![
        Event::FactsAcceptedV1(FactsAcceptedV1 {
            subject: now.subject,
            source: now.source,
            delivery: now.delivery,
            change: now.change,
            next_change: now.next_change,
            digest: now.digest,
            personal: now.personal,
        }),
        Event::FactsWithdrawnV1(FactsWithdrawnV1 {
            subject: subject(n),
            source: "hr".to_owned(),
            delivery: DeliveryId::from_bits(2),
        }),
    ]
}

fn pins(n: u8) -> PinsSet {
    PinsSet {
        subject: subject(n),
        wave: wave_id(0),
        until: at(60),
        personal: Personal::Known(vec![Assignment {
            subject: Some(subject(n)),
            about: Address::account(&slack(), subject(n)),
            want: Want::Disabled,
            because: Reason {
                by: "undo".to_owned(),
                text: PERSONAL.to_owned(),
                facts: vec![],
            },
            rank: Rank::Undo,
            until: None,
        }]),
    }
}

/// A decision about the account `u<n>`.
pub fn decided(n: u8, holder: Holder) -> AccountDecided {
    AccountDecided {
        target: slack(),
        remote: RemoteId(format!("u{n}")),
        holder,
        by: "ana".to_owned(),
        reason: "CHG-7".to_owned(),
    }
}

/// One event of every kind that is about the `n`th person.
pub fn about_person(n: u8) -> Vec<Event> {
    let who = subject(n);
    let account = Address::account(&slack(), who);
    let link = |address: Address, remote: &str| ObjectLinked {
        address,
        remote: RemoteId::from(remote),
        ownership: Ownership::Managed,
        because: "made by pln".to_owned(),
    };
    let mut events = vec![
        Event::FactsAccepted(accepted(n)),
        Event::FactsWithdrawn(FactsWithdrawn {
            subject: who,
            engagement: engagement(n),
            source: "hr".to_owned(),
            delivery: DeliveryId::from_bits(2),
        }),
        Event::SubjectTerminated(terminated(n)),
        Event::WorkerMatched(matched(n)),
        Event::SubjectAdvanced(SubjectAdvanced {
            subject: who,
            next_change: Some(at(9)),
        }),
        Event::PinsSet(pins(n)),
        Event::AccountDecided(decided(n, Holder::Person { subject: who })),
        Event::MatchRejected(MatchRejected {
            target: slack(),
            remote: RemoteId(format!("x{n}")),
            subject: who,
            by: "ana".to_owned(),
            reason: "another person of this name".to_owned(),
        }),
        Event::AccessDecided(AccessDecided {
            address: Address::grant(&slack(), who, "staff"),
            stated: Stated::Keep {
                owner: "sales".to_owned(),
                until: None,
            },
            by: "ana".to_owned(),
            reason: "CHG-7".to_owned(),
        }),
        Event::PlanDrafted(drafted(n, 0, About::Subject(who), Change::Joiner)),
        Event::StepChanged(step_changed(n, 0, account.clone(), StepStatus::Sent)),
        Event::LineAnswered(line_answered(n, account.clone())),
        Event::ObjectObserved(observed(n, Some(who))),
        Event::NameLost(NameLost {
            target: slack(),
            name: Digest::of(&[n]),
            subject: Some(who),
        }),
        Event::ObjectLinked(link(account.clone(), "u1")),
        Event::ObjectLinked(link(Address::grant(&slack(), who, "staff"), "g1")),
        Event::TaskOpened(TaskOpened { task: task(n) }),
        Event::TaskDone(task_done(n)),
        Event::FindingOpened(finding(n, Some(who), None)),
        Event::FindingOpened(finding(n.wrapping_add(100), None, Some(account))),
    ];
    events.extend(sign_in::about_person(n));
    events.extend(of_old(n));
    events
}

fn run() -> ObservationFinished {
    ObservationFinished {
        run: RunId::from_bits(1),
        target: slack(),
        kind: Kind::Account,
        started: at(0),
        read: 1,
        changed: 1,
        vanished: 0,
        completeness: Completeness::Full,
        detail: String::new(),
        certificate_ends: Some(at(90)),
        clock_ahead_s: Some(-3),
    }
}

fn called() -> CallMade {
    CallMade {
        about: None,
        method: "GET".to_owned(),
        route: "/api/v1/waves".to_owned(),
        status: 200,
        remote: "127.0.0.1".to_owned(),
        reason: None,
    }
}

/// One event of every kind that is about nobody.
pub fn about_nobody() -> Vec<Event> {
    let target = slack();
    let delivery = DeliveryReceived {
        delivery: DeliveryId::from_bits(1),
        source: "hr".to_owned(),
        author: "ana".to_owned(),
        digest: Digest::of(b"file"),
        completeness: Completeness::Full,
        refused: false,
        rows: 2,
        changed: 2,
        missing: 0,
        diagnostics: Vec::new(),
    };
    let mut all = vec![
        Event::TenantStarted(TenantStarted {
            tenant: "acme".to_owned(),
            checkpoint_key: "AAAA".to_owned(),
        }),
        Event::DocumentsAccepted(DocumentsAccepted {
            revision: 1,
            author: "ana".to_owned(),
            documents: vec![],
        }),
        Event::DeliveryReceived(delivery),
        Event::SourceHeard(SourceHeard {
            source: "crm".to_owned(),
            delivery: DeliveryId::from_bits(7),
        }),
        Event::NoticeChanged(noticed(0)),
        Event::DrillChanged(drilled(1)),
        Event::ClientGranted(sign_in::granted()),
        Event::MetadataFollowed(sign_in::followed()),
        Event::RegistrationChanged(sign_in::registered()),
        Event::KeyChanged(sign_in::key("abc", model::sign_in::KeyStage::Current)),
        Event::PlanDrafted(drafted(200, 0, About::Target(target.clone()), Change::Rule)),
        Event::ObjectObserved(observed(200, None)),
        Event::MembersObserved(MembersObserved {
            target: target.clone(),
            group: RemoteId::from("g1"),
            added: vec![RemoteId::from("u1"), RemoteId::from("u2")],
            removed: vec![RemoteId::from("u3")],
        }),
        Event::ObservationFinished(run()),
        Event::TokenIssued(TokenIssued {
            token: TokenId::from_bits(1),
            principal: "ana".to_owned(),
            secret: Digest::of(b"secret"),
            scopes: vec![Scope::Read, Scope::Administer],
            expires: at(60),
            networks: vec![],
        }),
        Event::CallMade(called()),
        Event::WritingStopped(WritingStopped {
            target: None,
            reason: "drill".to_owned(),
        }),
        Event::StoreRestored(StoreRestored {
            backup_seq: 1,
            backup_at: at(0),
        }),
    ];
    all.extend(wave_events());
    all
}

/// The events that take away what the others wrote.
pub fn takers(n: u8) -> Vec<Event> {
    let account = Address::account(&slack(), subject(n));
    vec![
        Event::FactsAccepted(FactsAccepted {
            next_change: None,
            ..accepted(n)
        }),
        Event::TerminationEnded(TerminationEnded {
            subject: subject(n),
            how: TerminationEnd::Lifted,
            by: "ben".to_owned(),
            personal: Personal::Known(format!("{PERSONAL} did not")),
        }),
        Event::PinsLifted(PinsLifted {
            subject: subject(n),
            wave: wave_id(0),
        }),
        Event::ObjectVanished(ObjectVanished {
            target: slack(),
            kind: Kind::Account,
            remote: RemoteId(format!("u{n}")),
        }),
        Event::ObjectVanished(ObjectVanished {
            target: slack(),
            kind: Kind::Group,
            remote: RemoteId::from("g1"),
        }),
        Event::ObjectUnlinked(ObjectUnlinked {
            address: account,
            because: "gone".to_owned(),
        }),
        Event::PlanChanged(PlanChanged {
            plan: plan_id(n),
            status: PlanStatus::Applied,
            detail: String::new(),
        }),
        Event::TaskDropped(task_dropped(n)),
        Event::FindingClosed(FindingClosed {
            id: FindingId::from_bits(u128::from(n) + 1),
            reason: "gone".to_owned(),
        }),
        Event::TokenRevoked(TokenRevoked {
            token: TokenId::from_bits(1),
            reason: "lost".to_owned(),
        }),
        Event::WritingResumed(WritingResumed {
            target: None,
            reason: "over".to_owned(),
        }),
        Event::SubjectErased(SubjectErased {
            subject: subject(n),
            reason: "asked".to_owned(),
        }),
    ]
}

/// The same event as the log gives it back after its subject's key was destroyed.
pub fn without_key(event: &Event) -> Event {
    let mut event = event.clone();
    match &mut event {
        Event::FactsAccepted(e) => e.personal = Personal::Erased,
        Event::FactsAcceptedV1(e) => e.personal = Personal::Erased,
        Event::SubjectTerminated(e) => e.personal = Personal::Erased,
        Event::TerminationEnded(e) => e.personal = Personal::Erased,
        Event::WorkerMatched(e) => e.personal = Personal::Erased,
        Event::PinsSet(e) => e.personal = Personal::Erased,
        Event::PlanDrafted(e) => e.personal = Personal::Erased,
        Event::TaskDone(e) => e.personal = Personal::Erased,
        Event::LineAnswered(e) => e.personal = Personal::Erased,
        Event::ObjectObserved(e) => e.personal = Personal::Erased,
        _ => {}
    }
    event
}
