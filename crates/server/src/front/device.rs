//! Where somebody types the code of a device without a browser, and says whether it is let in.

use std::sync::Arc;

use super::Front;
use super::held::Held;
use super::pages::own_form;
use super::reply::{Answered, see_other};
use super::show::{answered, device_code, slow};
use super::visit::Visit;

/// Without the code in its address: a link that somebody was sent lets nobody in.
pub(super) fn look(front: Arc<Front>, visit: Visit) -> Answered {
    Box::pin(async move {
        front.app.metadata().await?;
        Ok(device_code(&front, &visit, None))
    })
}

pub(super) fn type_code(front: Arc<Front>, visit: Visit) -> Answered {
    Box::pin(async move {
        let held = Held::of(&front, &visit);
        let asker = held.asker(&visit);
        let [code] = visit.fields(["code"]);
        // Each address for itself: whoever guesses keeps nobody elsewhere from typing what they see.
        let who = format!("device of {}", asker.from.network);
        let Ok(guess) = front.guesses.guess(asker.from.network, &who) else {
            return Ok(slow(&front, &visit));
        };
        Ok(match front.app.type_code(code.expose(), asker).await? {
            Some(answer) => {
                front.guesses.was_right(&guess);
                answered(&front, &visit, &held, answer)
            }
            None => device_code(&front, &visit, Some("wrong-device")),
        })
    })
}

pub(super) fn answer(front: Arc<Front>, visit: Visit) -> Answered {
    Box::pin(async move {
        let held = Held::of(&front, &visit);
        if own_form(&front, &visit, &held).is_none() {
            return Ok(see_other(app::paths::DEVICE_PAGE));
        }
        let [code, says] = visit.fields(["code", "says"]);
        let lets_in = says.expose() == "yes";
        let answer = front
            .app
            .answer_device(code.expose(), lets_in, held.asker(&visit));
        Ok(answered(&front, &visit, &held, answer.await?))
    })
}
