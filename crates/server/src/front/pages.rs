//! What browsers ask for and send while somebody signs in.

use std::sync::Arc;

use app::Answer;
use axum::body::Body;
use axum::http::Response;
use model::Secret;

use super::Front;
use super::held::Held;
use super::left::logged_out;
use super::reply::{Answered, see_other};
use super::show::{self, answered, portal, slow};
use super::throttle::Guess;
use super::visit::Visit;

pub(super) fn authorize(front: Arc<Front>, visit: Visit) -> Answered {
    Box::pin(async move {
        let held = Held::of(&front, &visit);
        let answer = front.app.authorize(visit.raw(), held.asker(&visit)).await?;
        Ok(answered(&front, &visit, &held, answer))
    })
}

pub(super) fn home(front: Arc<Front>, visit: Visit) -> Answered {
    Box::pin(async move {
        let held = Held::of(&front, &visit);
        Ok(match front.app.portal(held.asker(&visit)).await? {
            Ok(own) => portal(&front, &visit, &own),
            Err(answer) => answered(&front, &visit, &held, answer),
        })
    })
}

pub(super) fn recent(front: Arc<Front>, visit: Visit) -> Answered {
    Box::pin(async move {
        let held = Held::of(&front, &visit);
        let recent = front.app.recent_sign_ins(held.asker(&visit)).await?;
        Ok(match recent {
            Ok(recent) => show::recent(&front, &visit, &recent),
            Err(answer) => answered(&front, &visit, &held, answer),
        })
    })
}

pub(super) fn password(front: Arc<Front>, visit: Visit) -> Answered {
    Box::pin(async move {
        let held = Held::of(&front, &visit);
        let asker = held.asker(&visit);
        let [attempt, name, password] = visit.fields(["attempt", "name", "password"]);
        let (attempt, name) = (attempt.expose(), name.expose());
        let device = match &held.device {
            Some(held) => front.app.known_device(held.expose(), name).await?,
            None => None,
        };
        let Ok(guess) = front.guesses.guess_on(device, asker.from.network, name) else {
            return Ok(slow(&front, &visit));
        };
        let answer = front.app.send_password(attempt, name, &password, asker);
        Ok(judged(&front, &visit, &held, &guess, answer.await?))
    })
}

pub(super) fn passkey(front: Arc<Front>, visit: Visit) -> Answered {
    Box::pin(async move {
        let held = Held::of(&front, &visit);
        let [attempt, response] = visit.fields(["attempt", "response"]);
        let (attempt, response) = (attempt.expose(), response.expose().as_bytes());
        let answer = front
            .app
            .send_passkey(attempt, response, held.asker(&visit));
        Ok(answered(&front, &visit, &held, answer.await?))
    })
}

/// Nothing was guessed, and nothing is counted.
pub(super) fn no(front: Arc<Front>, visit: Visit) -> Answered {
    Box::pin(async move {
        let held = Held::of(&front, &visit);
        let [attempt] = visit.fields(["attempt"]);
        let answer = front.app.say_no(attempt.expose(), held.asker(&visit));
        Ok(answered(&front, &visit, &held, answer.await?))
    })
}

pub(super) fn code(front: Arc<Front>, visit: Visit) -> Answered {
    Box::pin(async move {
        let held = Held::of(&front, &visit);
        let asker = held.asker(&visit);
        let [attempt, code] = visit.fields(["attempt", "code"]);
        let who = front.app.who_tries(attempt.expose(), asker.browser);
        let who = who.unwrap_or_default();
        let device = held.device.as_ref();
        let device = device.and_then(|held| front.app.known_device_of(held.expose(), &who));
        let device = device.map(|device| format!("code of {device}"));
        let who = format!("code of {who}");
        let Ok(guess) = front.guesses.guess_on(device, asker.from.network, &who) else {
            return Ok(slow(&front, &visit));
        };
        let answer = front.app.send_code(attempt.expose(), code.expose(), asker);
        Ok(judged(&front, &visit, &held, &guess, answer.await?))
    })
}

pub(super) fn pass(front: Arc<Front>, visit: Visit) -> Answered {
    Box::pin(async move {
        let held = Held::of(&front, &visit);
        let asker = held.asker(&visit);
        let [attempt, name, pass] = visit.fields(["attempt", "name", "pass"]);
        let who = format!("pass of {}", name.expose());
        let Ok(guess) = front.guesses.guess(asker.from.network, &who) else {
            return Ok(slow(&front, &visit));
        };
        let (attempt, name) = (attempt.expose(), name.expose());
        let answer = front.app.send_pass(attempt, name, pass.expose(), asker);
        Ok(judged(&front, &visit, &held, &guess, answer.await?))
    })
}

/// What follows from a guess, which is none where it was right.
pub(super) fn judged(
    front: &Front,
    visit: &Visit,
    held: &Held,
    guess: &Guess,
    answer: Answer,
) -> Response<Body> {
    if answer.was_right() {
        front.guesses.was_right(guess);
    }
    answered(front, visit, held, answer)
}

/// Somebody goes to another identity provider.
pub(super) fn upstream(front: Arc<Front>, visit: Visit) -> Answered {
    Box::pin(async move {
        let held = Held::of(&front, &visit);
        let [attempt, provider] = visit.fields(["attempt", "provider"]);
        let (attempt, provider) = (attempt.expose(), provider.expose());
        let answer = front
            .app
            .send_upstream(attempt, provider, held.asker(&visit));
        Ok(answered(&front, &visit, &held, answer.await?))
    })
}

/// Somebody comes back from there.
pub(super) fn come_back(front: Arc<Front>, visit: Visit) -> Answered {
    Box::pin(async move {
        let held = Held::of(&front, &visit);
        let name = visit.path.rsplit('/').next().unwrap_or_default();
        let query = visit.query.as_bytes();
        let answer = front
            .app
            .come_back(name, query, held.trip.as_ref(), held.asker(&visit));
        let mut response = answered(&front, &visit, &held, answer.await?);
        // It counts once, however it ended.
        show::is_back(&front, &mut response);
        Ok(response)
    })
}

pub(super) fn enrol_password(front: Arc<Front>, visit: Visit) -> Answered {
    Box::pin(async move {
        let held = Held::of(&front, &visit);
        let [attempt, password, again] = visit.fields(["attempt", "password", "again"]);
        let twice = (&password, &again);
        let answer = front
            .app
            .enrol_password(attempt.expose(), twice, held.asker(&visit));
        Ok(answered(&front, &visit, &held, answer.await?))
    })
}

pub(super) fn enrol_passkey(front: Arc<Front>, visit: Visit) -> Answered {
    Box::pin(async move {
        let held = Held::of(&front, &visit);
        let [attempt, response] = visit.fields(["attempt", "response"]);
        let (attempt, response) = (attempt.expose(), response.expose().as_bytes());
        let answer = front
            .app
            .enrol_passkey(attempt, response, held.asker(&visit));
        Ok(answered(&front, &visit, &held, answer.await?))
    })
}

pub(super) fn enrol_codes(front: Arc<Front>, visit: Visit) -> Answered {
    Box::pin(async move {
        let held = Held::of(&front, &visit);
        let asker = held.asker(&visit);
        let [attempt, sealed, code] = visit.fields(["attempt", "sealed", "code"]);
        let who = front.app.who_tries(attempt.expose(), asker.browser);
        let who = format!("codes of {}", who.unwrap_or_default());
        let Ok(guess) = front.guesses.guess(asker.from.network, &who) else {
            return Ok(slow(&front, &visit));
        };
        let made = (sealed.expose(), code.expose());
        let answer = front.app.enrol_codes(attempt.expose(), made, asker);
        Ok(judged(&front, &visit, &held, &guess, answer.await?))
    })
}

pub(super) fn sign_out(front: Arc<Front>, visit: Visit) -> Answered {
    Box::pin(async move {
        let held = Held::of(&front, &visit);
        let told = match own_form(&front, &visit, &held) {
            Some(cookie) => front.app.signs_out(cookie.expose(), None).await?,
            // Another site's form, or a page of a session that has ended: nothing is ended by it.
            None => return Ok(see_other("/")),
        };
        Ok(logged_out(&front, &visit, told))
    })
}

pub(super) fn logout(front: Arc<Front>, visit: Visit) -> Answered {
    Box::pin(async move {
        let held = Held::of(&front, &visit);
        let told = front.app.logout(visit.raw(), held.asker(&visit)).await?;
        Ok(logged_out(&front, &visit, told))
    })
}

/// The session of a form that one of its own pages sent.
pub(super) fn own_form<'a>(front: &Front, visit: &Visit, held: &'a Held) -> Option<&'a Secret> {
    let [proof] = visit.fields(["proof"]);
    let own = |cookie: &&Secret| front.app.is_own_form(cookie.expose(), proof.expose());
    held.session.as_ref().filter(own)
}
