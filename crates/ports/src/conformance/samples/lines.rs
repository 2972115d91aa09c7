use model::event::LineAnswered;
use model::handoff::{Evidence, Said};
use model::plan::StepRef;
use model::{Address, Personal, RemoteId};

use super::{PERSONAL, at, plan_id};

/// What was answered to a line of the `n`th plan.
pub fn line_answered(n: u8, address: Address) -> LineAnswered {
    LineAnswered {
        step: StepRef {
            plan: plan_id(n),
            no: 0,
        },
        address,
        said: Said::Done,
        remote: Some(RemoteId::from("u1")),
        by: "it-desk".to_owned(),
        at: at(9),
        reason: "IT-8".to_owned(),
        personal: Personal::Known(Evidence {
            who: format!("{PERSONAL} of the plant"),
            when: "Monday".to_owned(),
            note: "done as asked".to_owned(),
        }),
    }
}
