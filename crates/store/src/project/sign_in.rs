//! Rows of people signing in. Failed attempts and decisions leave none: they stay in the log only.

use model::event::{
    AuthorizationChanged, CredentialChanged, KeyChanged, LoginChanged, LogoutTold, PassIssued,
    SessionChanged,
};
use model::sign_in::KeyStage;

use super::{ProjectError, Rows, hash, instant, json, text};
use crate::schema::{ACCESS_PASS, AUTHORIZATION, CREDENTIAL, LOGIN, LOGOUT, SESSION, SIGNING_KEY};
use crate::table::Cell;

type Projected = Result<(), ProjectError>;

pub(super) fn login(rows: &mut Rows, e: &LoginChanged) -> Projected {
    rows.put(&LOGIN, vec![text(e.subject), hash(e.login)])
}

pub(super) fn credential(rows: &mut Rows, e: &CredentialChanged) -> Projected {
    let row = vec![
        text(e.credential),
        text(e.state.subject),
        Cell::Int(i64::from(e.state.ended.is_none())),
        e.state.handle.map_or(Cell::Null, hash),
        json(&e.state)?,
        json(&e.personal)?,
    ];
    rows.put(&CREDENTIAL, row)
}

pub(super) fn pass(rows: &mut Rows, e: &PassIssued) -> Projected {
    let row = vec![
        text(e.pass),
        text(e.subject),
        hash(e.secret),
        instant(e.expires),
    ];
    rows.put(&ACCESS_PASS, row)
}

pub(super) fn session(rows: &mut Rows, e: &SessionChanged) -> Projected {
    let state = &e.state;
    let open_until = match &state.ended {
        None => instant(state.ends.min(state.idle_ends)),
        Some(_) => Cell::Null,
    };
    let row = vec![
        text(e.session),
        text(state.subject),
        open_until,
        json(state)?,
    ];
    rows.put(&SESSION, row)?;
    match &state.ended {
        Some(ended) if e.tell => {
            let (session, subject) = (text(e.session), text(state.subject));
            let row = vec![session, subject, instant(ended.at), Cell::Null];
            rows.put(&LOGOUT, row)
        }
        _ => Ok(()),
    }
}

pub(super) fn logout(rows: &mut Rows, e: &LogoutTold) -> Projected {
    let row = vec![
        text(e.session),
        text(e.state.subject),
        e.state.due().map_or(Cell::Null, instant),
        json(&e.state)?,
    ];
    rows.put(&LOGOUT, row)
}

pub(super) fn authorization(rows: &mut Rows, e: &AuthorizationChanged) -> Projected {
    let state = &e.state;
    let live = Cell::Int(i64::from(state.ended.is_none()));
    let row = vec![
        text(e.authorization),
        text(state.subject),
        text(state.session),
        live,
        json(state)?,
    ];
    rows.put(&AUTHORIZATION, row)
}

pub(super) fn key(rows: &mut Rows, e: &KeyChanged) -> Projected {
    let shown = Cell::Int(i64::from(e.key.stage != KeyStage::Gone));
    rows.put(&SIGNING_KEY, vec![text(&e.key.kid), shown, json(&e.key)?])
}
