//! The table of routes of `/api/v1`.

mod row;

use api::{
    AccessAnswer, CloseFinding, DecideEstate, DecideEstateAnswer, DecideRequest, DecisionAnswer,
    DeliveryAnswer, DeliverySummary, DocumentsAnswer, DocumentsInForce, Done, DriftAnswer,
    EraseAnswer, EraseRequest, EstateAnswer, FinishTask, IssueToken, IssuedToken, LogEntry,
    MatchRequest, ObserveRequest, ObservedRun, Page, PersonAnswer, PersonSummary, PlanChangeAnswer,
    PlanRequest, PreviewAnswer, PreviewRequest, PutDocuments, PutSecret, RevokeToken, SecretName,
    StatusAnswer, TargetSummary, TaskAnswer, TerminateRequest, TerminationAnswer, TokenSummary,
    UndoAnswer, UnexplainedAnswer, WaveAnswer, WaveSummary, WireFinding, WirePlan, WireTask,
    WritingRequest, schema_of,
};
use model::Scope;

use self::row::{get, needed, parameter, post};
use super::{
    Rooms, decide, documents, estate, leavers, people, preview, tasks, tenant, tokens, work,
};
use crate::route::{Method, Parameter, Route, Takes};

const LIMIT: Parameter = parameter("limit", "Rows of a page: 1 to 1000, 100 where not given.");
const AFTER: Parameter = parameter("after", "The `next` of the page before.");
const LISTING: &[Parameter] = &[LIMIT];
const AS_OF: Parameter = parameter(
    "as_of",
    "What holds at this instant, instead of now: RFC 3339, or a minute or day on the person's own wall \
     clock. A day is its first minute.",
);
const KNOWN_AT: Parameter = parameter(
    "known_at",
    "What was known at this instant, instead of now; written as `as_of`.",
);

/// Every route of the admin API.
pub static ROUTES: &[Route<Rooms>] = &[
    get(
        "/api/v1/status",
        "getStatus",
        "Tells how the tenant stands and who is calling.",
        &[],
        schema_of::<StatusAnswer>,
        |rooms, call| Box::pin(tenant::status(rooms, call)),
    ),
    get(
        "/api/v1/documents",
        "getDocuments",
        "Shows the documents in force.",
        &[],
        schema_of::<DocumentsInForce>,
        |rooms, call| Box::pin(documents::show(rooms, call)),
    ),
    post(
        Scope::Plan,
        "/api/v1/documents",
        "putDocuments",
        "Replaces the tenant's documents, all of them.",
        schema_of::<PutDocuments>,
        schema_of::<DocumentsAnswer>,
        |rooms, call| Box::pin(documents::put(rooms, call)),
    )
    .put()
    .takes_documents(),
    post(
        Scope::Plan,
        "/api/v1/lifecycle/preview",
        "previewLifecycle",
        "Tells what documents would do to everyone, by name, without accepting them.",
        schema_of::<PreviewRequest>,
        schema_of::<PreviewAnswer>,
        |rooms, call| Box::pin(preview::lifecycle(rooms, call)),
    )
    .takes_documents()
    .long(),
    get(
        "/api/v1/deliveries",
        "listDeliveries",
        "Lists the last HR deliveries, newest first.",
        LISTING,
        schema_of::<Page<DeliverySummary>>,
        |rooms, call| Box::pin(documents::deliveries(rooms, call)),
    ),
    DELIVER,
    post(
        Scope::Plan,
        "/api/v1/observations",
        "observe",
        "Reads a target system: its accounts and groups.",
        schema_of::<ObserveRequest>,
        schema_of::<Page<ObservedRun>>,
        |rooms, call| Box::pin(documents::observe(rooms, call)),
    )
    .long(),
    post(
        Scope::Plan,
        "/api/v1/plans",
        "plan",
        "Makes plans for everyone whose access should change, and says for whom, by name.",
        schema_of::<PlanRequest>,
        schema_of::<PlanChangeAnswer>,
        |rooms, call| Box::pin(work::plan(rooms, call)),
    )
    .long(),
    get(
        "/api/v1/plans/{plan}",
        "getPlan",
        "Shows a plan with its steps and reasons.",
        &[],
        schema_of::<WirePlan>,
        |rooms, call| Box::pin(work::show(rooms, call)),
    ),
    get(
        "/api/v1/waves",
        "listWaves",
        "Lists waves, newest first.",
        &[
            LIMIT,
            parameter("open", "`true`: only waves with plans that are not closed."),
        ],
        schema_of::<Page<WaveSummary>>,
        |rooms, call| Box::pin(work::waves(rooms, call)),
    ),
    get(
        "/api/v1/waves/{wave}",
        "getWave",
        "Shows a wave and what the guard says of it.",
        &[],
        schema_of::<WaveAnswer>,
        |rooms, call| Box::pin(work::wave(rooms, call)),
    ),
    get(
        "/api/v1/waves/{wave}/plans",
        "listPlans",
        "Lists the plans of a wave with their steps and reasons.",
        &[LIMIT, AFTER],
        schema_of::<Page<WirePlan>>,
        |rooms, call| Box::pin(work::plans(rooms, call)),
    ),
    post(
        Scope::Approve,
        "/api/v1/waves/{wave}/release",
        "releaseWave",
        "Releases a held wave, or some of its plans, that someone else caused.",
        schema_of::<DecideRequest>,
        schema_of::<DecisionAnswer>,
        |rooms, call| Box::pin(decide::release(rooms, call)),
    ),
    post(
        Scope::Approve,
        "/api/v1/waves/{wave}/refuse",
        "refuseWave",
        "Refuses a wave, or some of its plans.",
        schema_of::<DecideRequest>,
        schema_of::<DecisionAnswer>,
        |rooms, call| Box::pin(decide::refuse(rooms, call)),
    ),
    post(
        Scope::Apply,
        "/api/v1/waves/{wave}/apply",
        "applyWave",
        "Starts a wave that the guard allows.",
        schema_of::<DecideRequest>,
        schema_of::<DecisionAnswer>,
        |rooms, call| Box::pin(decide::apply(rooms, call)),
    ),
    post(
        Scope::Apply,
        "/api/v1/waves/{wave}/undo",
        "undoWave",
        "Holds what a wave changed at its earlier state, and proposes the waves that restore it.",
        schema_of::<DecideRequest>,
        schema_of::<UndoAnswer>,
        |rooms, call| Box::pin(work::undo(rooms, call)),
    )
    .long(),
    get(
        "/api/v1/people",
        "listPeople",
        "Lists people.",
        &[
            LIMIT,
            AFTER,
            parameter("match", "Part of a key, mail address or name."),
            parameter("source", "Only people of this source."),
        ],
        schema_of::<Page<PersonSummary>>,
        |rooms, call| Box::pin(people::list(rooms, call)),
    ),
    get(
        "/api/v1/people/{person}",
        "getPerson",
        "Shows a person: subject id, worker key, mail address or name.",
        &[AS_OF, KNOWN_AT],
        schema_of::<PersonAnswer>,
        |rooms, call| Box::pin(people::show(rooms, call)),
    ),
    post(
        Scope::Administer,
        "/api/v1/people/erase",
        "erasePerson",
        "Erases a person who has left. Cannot be undone.",
        schema_of::<EraseRequest>,
        schema_of::<EraseAnswer>,
        |rooms, call| Box::pin(people::erase(rooms, call)),
    ),
    post(
        Scope::Apply,
        "/api/v1/people/terminate",
        "terminatePerson",
        "Terminates a person for cause: out now, whatever HR says.",
        schema_of::<TerminateRequest>,
        schema_of::<TerminationAnswer>,
        |rooms, call| Box::pin(leavers::terminate(rooms, call)),
    ),
    post(
        Scope::Approve,
        "/api/v1/people/lift-termination",
        "liftTermination",
        "Takes a termination for cause back. Not for whoever did it.",
        schema_of::<TerminateRequest>,
        schema_of::<TerminationAnswer>,
        |rooms, call| Box::pin(leavers::lift(rooms, call)),
    ),
    post(
        Scope::Approve,
        "/api/v1/people/match",
        "matchWorker",
        "Says for good whether a worker of a source is a person who is known.",
        schema_of::<MatchRequest>,
        schema_of::<Done>,
        |rooms, call| Box::pin(leavers::decide(rooms, call)),
    ),
    get(
        "/api/v1/why/access",
        "whyAccess",
        "Tells why a person has, or lacks, access to an app.",
        &[
            needed("person", "Subject id, worker key, mail address or name."),
            needed("app", "The name of the app's document."),
            AS_OF,
            KNOWN_AT,
        ],
        schema_of::<AccessAnswer>,
        |rooms, call| Box::pin(people::why(rooms, call)),
    ),
    get(
        "/api/v1/tasks",
        "listTasks",
        "Lists what is to be done by hand, those first that are due first.",
        &[
            LIMIT,
            AFTER,
            parameter("overdue", "`true`: only what should be done by now."),
            parameter(
                "person",
                "Everything about this person, also what is done: subject id, worker key, mail address \
                 or name.",
            ),
        ],
        schema_of::<Page<WireTask>>,
        |rooms, call| Box::pin(tasks::list(rooms, call)),
    ),
    post(
        Scope::Approve,
        "/api/v1/tasks/{task}/done",
        "finishTask",
        "Says that something that is done by hand was done.",
        schema_of::<FinishTask>,
        schema_of::<TaskAnswer>,
        |rooms, call| Box::pin(tasks::finish(rooms, call)),
    ),
    get(
        "/api/v1/findings",
        "listFindings",
        "Lists open findings, oldest first.",
        LISTING,
        schema_of::<Page<WireFinding>>,
        |rooms, call| Box::pin(tenant::findings(rooms, call)),
    ),
    post(
        Scope::Administer,
        "/api/v1/findings/{finding}/close",
        "closeFinding",
        "Closes a finding.",
        schema_of::<CloseFinding>,
        schema_of::<Done>,
        |rooms, call| Box::pin(tenant::close_finding(rooms, call)),
    ),
    get(
        "/api/v1/targets",
        "listTargets",
        "Lists target systems and how they stand.",
        &[],
        schema_of::<Page<TargetSummary>>,
        |rooms, call| Box::pin(tenant::targets(rooms, call)),
    ),
    get(
        "/api/v1/targets/{target}/estate",
        "getEstate",
        "Compares the accounts of an app with everyone, and says whose each is. Writes nothing.",
        &[],
        schema_of::<EstateAnswer>,
        |rooms, call| Box::pin(estate::show(rooms, call)),
    )
    .long(),
    get(
        "/api/v1/targets/{target}/unexplained",
        "getUnexplained",
        "Lists access that no rule gives and nobody decided about, with rules that would explain it.",
        &[],
        schema_of::<UnexplainedAnswer>,
        |rooms, call| Box::pin(estate::unexplained(rooms, call)),
    )
    .long(),
    get(
        "/api/v1/targets/{target}/drift",
        "getDrift",
        "Tells how each address of an app stands: in sync, drifted, unmanaged, unreadable.",
        &[],
        schema_of::<DriftAnswer>,
        |rooms, call| Box::pin(estate::drift(rooms, call)),
    )
    .long(),
    post(
        Scope::Approve,
        "/api/v1/targets/{target}/decisions",
        "decideEstate",
        "Decides whose accounts are and what becomes of access that no rule gives. The app is not written to.",
        schema_of::<DecideEstate>,
        schema_of::<DecideEstateAnswer>,
        |rooms, call| Box::pin(estate::decide(rooms, call)),
    )
    .long(),
    post(
        Scope::Administer,
        "/api/v1/writing/stop",
        "stopWriting",
        "The kill switch: stops all writing to an app, or to all.",
        schema_of::<WritingRequest>,
        schema_of::<Done>,
        |rooms, call| Box::pin(tenant::stop(rooms, call)),
    ),
    post(
        Scope::Administer,
        "/api/v1/writing/resume",
        "resumeWriting",
        "Lifts the kill switch.",
        schema_of::<WritingRequest>,
        schema_of::<Done>,
        |rooms, call| Box::pin(tenant::resume(rooms, call)),
    ),
    get(
        "/api/v1/log",
        "readLog",
        "Reads the log from its beginning, or the newest records about one person.",
        &[
            LIMIT,
            AFTER,
            parameter(
                "person",
                "Only records about this person, newest first; `after` goes on with older ones.",
            ),
        ],
        schema_of::<Page<LogEntry>>,
        |rooms, call| Box::pin(tenant::log(rooms, call)),
    ),
    get(
        "/api/v1/tokens",
        "listTokens",
        "Lists tokens, newest first. Secrets are not stored.",
        LISTING,
        schema_of::<Page<TokenSummary>>,
        |rooms, call| Box::pin(tokens::list(rooms, call)),
    )
    .needs(Scope::Administer),
    post(
        Scope::Administer,
        "/api/v1/tokens",
        "issueToken",
        "Makes a token; its secret is shown this once.",
        schema_of::<IssueToken>,
        schema_of::<IssuedToken>,
        |rooms, call| Box::pin(tokens::issue(rooms, call)),
    )
    .created(),
    post(
        Scope::Administer,
        "/api/v1/tokens/{token}/revoke",
        "revokeToken",
        "Ends a token.",
        schema_of::<RevokeToken>,
        schema_of::<Done>,
        |rooms, call| Box::pin(tokens::revoke(rooms, call)),
    ),
    get(
        "/api/v1/secrets",
        "listSecrets",
        "Lists the names of stored secrets. Their values cannot be read.",
        &[],
        schema_of::<Page<SecretName>>,
        |rooms, call| Box::pin(tokens::secrets(rooms, call)),
    )
    .needs(Scope::Administer),
    post(
        Scope::Administer,
        "/api/v1/secrets/{name}",
        "putSecret",
        "Sets or replaces a secret, bound to one app and one host.",
        schema_of::<PutSecret>,
        schema_of::<Done>,
        |rooms, call| Box::pin(tokens::put_secret(rooms, call)),
    )
    .put(),
];

/// The body is the file itself, so everything else is in the query.
const DELIVER: Route<Rooms> = Route {
    method: Method::Post,
    pattern: "/api/v1/deliveries",
    operation: "deliver",
    summary: "Takes in an HR file.",
    scope: Scope::Plan,
    reason: false,
    long: true,
    query: &[
        needed("source", "The name of the source's document."),
        parameter("place", "What the file is called; shown in errors."),
        parameter(
            "dry_run",
            "`true`: check and say what would be; change nothing.",
        ),
        parameter("reason", "Why."),
    ],
    takes: Takes::Delivery,
    status: 200,
    answer: schema_of::<DeliveryAnswer>,
    handler: |rooms, call| Box::pin(documents::deliver(rooms, call)),
};
