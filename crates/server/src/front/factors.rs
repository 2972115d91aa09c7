//! What somebody signs in with, changed by themselves.

use std::sync::Arc;

use app::{Answer, Factors};
use axum::body::Body;
use axum::http::Response;

use super::Front;
use super::held::Held;
use super::pages::own_form;
use super::reply::{Answered, see_other};
use super::show;
use super::visit::Visit;

pub(super) fn look(front: Arc<Front>, visit: Visit) -> Answered {
    Box::pin(async move {
        let held = Held::of(&front, &visit);
        let shown = front.app.factors(held.asker(&visit), None).await?;
        Ok(show_either(&front, &visit, &held, shown))
    })
}

pub(super) fn add_passkey(front: Arc<Front>, visit: Visit) -> Answered {
    Box::pin(async move {
        let held = Held::of(&front, &visit);
        if own_form(&front, &visit, &held).is_none() {
            return Ok(see_other("/factors"));
        }
        let [attempt, response, called] = visit.fields(["attempt", "response", "called"]);
        let made = (response.expose().as_bytes(), called.expose());
        let shown = front
            .app
            .add_passkey(attempt.expose(), made, held.asker(&visit));
        Ok(show_either(&front, &visit, &held, shown.await?))
    })
}

pub(super) fn set_codes_up(front: Arc<Front>, visit: Visit) -> Answered {
    Box::pin(async move {
        let held = Held::of(&front, &visit);
        if own_form(&front, &visit, &held).is_none() {
            return Ok(see_other("/factors"));
        }
        let [sealed, code] = visit.fields(["sealed", "code"]);
        let asker = held.asker(&visit);
        // Each session for itself: one person's mistakes keep nobody else from setting codes up.
        let who = format!("codes set up in {}", asker.session.unwrap_or_default());
        let Ok(guess) = front.guesses.guess(asker.from.network, &who) else {
            return Ok(show::slow(&front, &visit));
        };
        let shown = front
            .app
            .set_codes_up(sealed.expose(), code.expose(), asker);
        let shown = shown.await?;
        if shown.as_ref().is_ok_and(|factors| factors.wrong.is_none()) {
            front.guesses.was_right(&guess);
        }
        Ok(show_either(&front, &visit, &held, shown))
    })
}

pub(super) fn drop_one(front: Arc<Front>, visit: Visit) -> Answered {
    Box::pin(async move {
        let held = Held::of(&front, &visit);
        if own_form(&front, &visit, &held).is_none() {
            return Ok(see_other("/factors"));
        }
        let [credential] = visit.fields(["credential"]);
        let shown = front
            .app
            .drop_factor(credential.expose(), held.asker(&visit));
        Ok(show_either(&front, &visit, &held, shown.await?))
    })
}

fn show_either(
    front: &Front,
    visit: &Visit,
    held: &Held,
    shown: Result<Factors, Answer>,
) -> Response<Body> {
    match shown {
        Ok(factors) => show::factors(front, visit, &factors),
        Err(answer) => show::answered(front, visit, held, answer),
    }
}
