//! A way in by mail, for whoever has lost what they sign in with.

use std::sync::Arc;

use super::Front;
use super::held::Held;
use super::pages::judged;
use super::reply::Answered;
use super::show::{answered, slow};
use super::visit::Visit;

/// So many who ask are looked after at once; whoever comes then is asked to try again, whoever they name.
pub(super) const AT_ONCE: usize = 16;

/// Somebody asks. They are answered before anybody looks whether there is such a person, so that neither the page
/// nor how long it takes tells.
pub(super) fn ask(front: Arc<Front>, visit: Visit) -> Answered {
    Box::pin(async move {
        let held = Held::of(&front, &visit);
        let asker = held.asker(&visit);
        let [attempt, name] = visit.fields(["attempt", "name"]);
        let (attempt, name) = (attempt.expose(), name.expose());
        let taken = front.asks.guess(asker.from.network, name);
        let permit = Arc::clone(&front.asking).try_acquire_owned();
        let (Ok(_), Ok(permit)) = (taken, permit) else {
            return Ok(slow(&front, &visit));
        };
        let page = front.app.mailed_page(Some(attempt), name, asker).await?;
        // A page that this browser did not begin asks for nothing: another site's form sends none of ours.
        if page.asks_for_mailed() {
            let (app, name, browser) = (
                Arc::clone(&front.app),
                name.to_owned(),
                asker.browser.to_owned(),
            );
            tokio::spawn(async move {
                if let Err(error) = app.ask_by_mail(&name, &browser).await {
                    tracing::error!(error.code = error.code(), error = %error, "sign_in.by_mail");
                }
                drop(permit);
            });
        }
        Ok(answered(&front, &visit, &held, page))
    })
}

/// The address that the mail names, opened.
pub(super) fn look(front: Arc<Front>, visit: Visit) -> Answered {
    Box::pin(async move {
        let held = Held::of(&front, &visit);
        let page = front.app.mailed_page(None, "", held.asker(&visit)).await?;
        Ok(answered(&front, &visit, &held, page))
    })
}

/// Somebody types what they were mailed.
pub(super) fn type_code(front: Arc<Front>, visit: Visit) -> Answered {
    Box::pin(async move {
        let held = Held::of(&front, &visit);
        let asker = held.asker(&visit);
        let [attempt, name, code] = visit.fields(["attempt", "name", "code"]);
        let who = format!("mailed to {}", name.expose());
        let Ok(guess) = front.guesses.guess(asker.from.network, &who) else {
            return Ok(slow(&front, &visit));
        };
        let (attempt, name) = (attempt.expose(), name.expose());
        let answer = front.app.send_mailed(attempt, name, code.expose(), asker);
        Ok(judged(&front, &visit, &held, &guess, answer.await?))
    })
}
