//! Thirty nights, from Monday 16 March to Tuesday 14 April 2026: what HR has typed, how its file comes
//! out at half past two in Berlin, what people do on the day that follows, and what has to be seen.

use super::super::company::Department::{Design, Sales, Support};
use super::super::company::cast::{
    AHEAD, ANNOUNCED, AZORES, FOR_CAUSE, HEADS, KATHMANDU, LORD_HOWE, MELBOURNE, MISTAKEN, MOVER,
    NAMESAKE, NEW_HEAD_OF_SALES, NEW_NAMESAKE, NO_SEAT, ON_LEAVE, RESCINDED, RETURNED, RETURNING,
    SENT_AGAIN, UNREADABLE,
};
use super::super::company::hr::Feed::{self, Sound};
use super::super::company::hr::Word::{self, Ends, Follows, Hires, Leave, Moves, TakesBack};
use super::deeds::Deed::{self, *};

/// A night, and the day that follows it.
pub struct Night {
    /// One line about it; `{}` is what its deeds say.
    pub told: &'static str,
    /// What HR has typed.
    pub types: &'static [Word],
    /// How its file comes out.
    pub feed: Feed,
    /// What people do, at which hour and minute.
    pub day: &'static [(i8, i8, Deed)],
    /// What has to be seen, beside who comes, moves and goes.
    pub seen: &'static [&'static str],
}

const fn night(told: &'static str, types: &'static [Word], feed: Feed) -> Night {
    Night {
        told,
        types,
        feed,
        day: &[],
        seen: &[],
    }
}

impl Night {
    const fn day(mut self, day: &'static [(i8, i8, Deed)]) -> Self {
        self.day = day;
        self
    }

    const fn seen(mut self, seen: &'static [&'static str]) -> Self {
        self.seen = seen;
        self
    }
}

/// The story.
pub const NIGHTS: [Night; 30] = [
    night(
        "The first file. Old accounts are decided; then all goes live.",
        &[],
        Sound,
    )
    .day(&[(9, 0, TakesOver), (10, 0, GoesLive), (11, 0, Approves)])
    .seen(&["held joiner everyone"]),
    night("Access in the wiki that nobody explains: {}.", &[], Sound).day(&[(9, 0, Explains)]),
    night(
        "Twelve last days are announced, some of them weeks ahead.",
        &[
            Ends(NAMESAKE, "2026-03-20"),
            Ends(RETURNING, "2026-03-21"),
            Ends(AZORES, "2026-03-28"),
            Ends(ANNOUNCED[0], "2026-03-31"),
            Ends(ANNOUNCED[1], "2026-03-31"),
            Ends(ANNOUNCED[2], "2026-03-31"),
            Ends(ANNOUNCED[3], "2026-03-31"),
            Ends(ANNOUNCED[4], "2026-03-31"),
            Ends(ANNOUNCED[5], "2026-03-31"),
            Ends(MELBOURNE, "2026-04-03"),
            Ends(LORD_HOWE, "2026-04-05"),
            Ends(KATHMANDU, "2026-04-13"),
        ],
        Sound,
    ),
    night(
        "The file is cut off: refused whole. Sent again at 06:10.",
        &[Hires(SENT_AGAIN[0]), Hires(SENT_AGAIN[1])],
        Feed::CutOff,
    )
    .day(&[(6, 10, Delivers(Sound))])
    .seen(&["refused hr.csv"]),
    night(
        "One number, two people: refused. Who was to leave still does.",
        &[],
        Feed::OneNumberTwice,
    )
    .day(&[(15, 0, Sponsors)])
    .seen(&["refused hr.csv"]),
    night(
        "An auditor begins who is in no HR file, but in a document.",
        &[Leave(ON_LEAVE, "2026-03-23", "2026-04-08")],
        Sound,
    ),
    night(
        "A quiet Sunday; a leave begins at midnight in Reykjavík.",
        &[],
        Sound,
    ),
    night(
        "A hire for next Monday: the account waits, disabled.",
        &[Hires(AHEAD)],
        Sound,
    )
    .day(&[(9, 15, CollectsLaptops)]),
    night(
        "31 February in one row: that person stays, the others count.",
        &[Moves(MOVER, Sales)],
        Feed::ImpossibleDay,
    )
    .seen(&["unreadable 1"]),
    night(
        "Sales has a new head, and everyone there a new manager.",
        &[Follows(HEADS[2], NEW_HEAD_OF_SALES)],
        Sound,
    ),
    night(
        "14:07, out for cause, before HR has typed a word of it.",
        &[],
        Sound,
    )
    .day(&[(14, 7, Terminates(FOR_CAUSE[0]))]),
    night(
        "HR still has them at work: nobody is let in again.",
        &[],
        Sound,
    ),
    night("17:00 on the Azores, by their own clock: out.", &[], Sound),
    night(
        "02:30 does not exist tonight, so no file comes.",
        &[],
        Feed::None,
    ),
    night(
        "The file comes at 09:10, and nothing is lost.",
        &[],
        Feed::None,
    )
    .day(&[
        (8, 30, Listens),
        (9, 10, Delivers(Sound)),
        (9, 15, CollectsLaptops),
    ])
    .seen(&["silent source hr"]),
    night(
        "40 rows are missing: held. 6 last days and 2 for cause are not.",
        &[],
        Feed::WithoutPage,
    )
    .day(&[
        (9, 0, Terminates(FOR_CAUSE[1])),
        (9, 5, Terminates(FOR_CAUSE[2])),
        (10, 0, AsksHr),
    ])
    .seen(&["held missing_row 40"]),
    night(
        "The page is back: 38 were never touched, 2 had left indeed.",
        &[Moves(MISTAKEN, Design)],
        Sound,
    ),
    night("09:30, a move was a mistake and is undone: {}.", &[], Sound).day(&[(
        9,
        30,
        Undoes(MISTAKEN),
    )]),
    night(
        "17:00 in Melbourne is 08:00 in Berlin: out by their clock.",
        &[Moves(MISTAKEN, Support)],
        Sound,
    ),
    night(
        "A column was renamed: refused whole.",
        &[],
        Feed::OtherHeader,
    )
    .seen(&["refused hr.csv"]),
    night(
        "Lord Howe's clocks go back half an hour; 17:00 is 17:00.",
        &[],
        Sound,
    ),
    night(
        "Back under a new number: the same person, the same accounts.",
        &[Hires(RETURNED), Hires(RESCINDED)],
        Sound,
    )
    .day(&[(9, 15, CollectsLaptops)]),
    night(
        "A namesake of somebody who left gets another user name.",
        &[Hires(NEW_NAMESAKE)],
        Sound,
    ),
    night(
        "A hire is taken back; somebody returns from leave.",
        &[TakesBack(RESCINDED)],
        Sound,
    ),
    night(
        "Half of the rows are missing: refused whole.",
        &[],
        Feed::Half,
    )
    .seen(&["refused hr.csv"]),
    night(
        "17:00, the auditor's last day by their document: out.",
        &[],
        Sound,
    ),
    night(
        "Somebody makes themselves an administrator of the wiki by hand.",
        &[],
        Sound,
    )
    .day(&[(3, 15, Meddles(UNREADABLE))]),
    night(
        "Windows-1252 where UTF-8 was agreed: refused whole.",
        &[],
        Feed::OtherEncoding,
    )
    .seen(&["refused hr.csv"]),
    night(
        "10:00 to 18:30, nothing is written to the chat: a leaver waits.",
        &[],
        Sound,
    )
    .day(&[
        (9, 15, CollectsLaptops),
        (10, 0, Stops("chat")),
        (18, 30, Resumes("chat")),
        (20, 0, SellsOut("crm")),
    ]),
    night(
        "12 rows are missing: held for you. And the CRM is full.",
        &[Hires(NO_SEAT[0]), Hires(NO_SEAT[1]), Hires(NO_SEAT[2])],
        Feed::WithoutLastPage,
    )
    .seen(&["held missing_row 12"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_night_is_one_line() {
        for night in &NIGHTS {
            assert!(night.told.chars().count() <= 64, "{}", night.told);
            assert!(
                night
                    .day
                    .is_sorted_by_key(|(hour, minute, _)| (*hour, *minute))
            );
        }
    }
}
