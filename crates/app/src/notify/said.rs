//! What a person is told of what they sign in with: in English for the log, and in words of a closed list from which
//! the mail is written in their language when it goes out.

use model::Factor;

/// What became of a factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Became {
    Added,
    Replaced,
    Removed,
}

impl Became {
    const ALL: [Self; 3] = [Self::Added, Self::Replaced, Self::Removed];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Replaced => "replaced",
            Self::Removed => "removed",
        }
    }
}

/// What happened, where nothing that somebody signs in with has changed yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Happening {
    /// A pass was made for them.
    Pass,
    /// Somebody asked for a way in by mail in their name.
    Mailed,
    /// An administrator asked for a reset, and another one has to agree.
    Reset,
}

impl Happening {
    const ALL: [Self; 3] = [Self::Pass, Self::Mailed, Self::Reset];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Mailed => "mailed",
            Self::Reset => "reset",
        }
    }

    const fn english(self) -> &'static str {
        match self {
            Self::Pass => {
                "a temporary access pass was made for you: whoever has it can add a passkey or a password to \
                 your account"
            }
            Self::Mailed => {
                "somebody asked at the sign-in page for a way in to your account, and a code was mailed to the \
                 address that HR has for you"
            }
            Self::Reset => {
                "somebody who looks after sign-in has asked for a reset of what you sign in with, which \
                 happens once a second one agrees"
            }
        }
    }
}

/// By whom, where it was not the person as usual.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    /// With a pass.
    Pass,
    /// An administrator.
    Desk,
}

impl By {
    const ALL: [Self; 2] = [Self::Pass, Self::Desk];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "by-pass",
            Self::Desk => "by-desk",
        }
    }
}

/// The factors that can be told of, in the order in which they are.
const FACTORS: [Factor; 6] = [
    Factor::Passkey,
    Factor::SecurityKey,
    Factor::Password,
    Factor::Totp,
    Factor::RecoveryCode,
    Factor::Upstream,
];

/// What is told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Said {
    pub(super) event: Option<Happening>,
    pub(super) changes: Vec<(Factor, Became)>,
    pub(super) by: Option<By>,
}

impl Said {
    /// That something happened.
    pub(crate) fn of(event: Happening) -> Self {
        Self {
            event: Some(event),
            ..Self::default()
        }
    }

    /// What became of the factors of which some were made, or ended, or both.
    pub(super) fn changes(
        is_made: impl Fn(Factor) -> bool,
        is_ended: impl Fn(Factor) -> bool,
        by: Option<By>,
    ) -> Self {
        let became = |factor: Factor| {
            let became = match (is_made(factor), is_ended(factor)) {
                (true, true) => Became::Replaced,
                (true, false) => Became::Added,
                (false, true) => Became::Removed,
                (false, false) => return None,
            };
            Some((factor, became))
        };
        Self {
            event: None,
            changes: FACTORS.into_iter().filter_map(became).collect(),
            by,
        }
    }

    /// In English, as one sentence without a full stop.
    pub(crate) fn english(&self) -> String {
        let event = self.event.map(Happening::english);
        match (event, self.changes.is_empty()) {
            (Some(event), true) => event.to_owned(),
            (Some(event), false) => format!("{event}; {}", self.changed()),
            (None, _) => self.changed(),
        }
    }

    fn changed(&self) -> String {
        let told = self.changes.iter().map(|(factor, became)| {
            let factor = match factor {
                Factor::SecurityKey => "security key",
                Factor::Totp => "one-time codes",
                Factor::RecoveryCode => "recovery codes",
                Factor::Upstream => "link to another sign-in",
                other => other.as_str(),
            };
            format!("{factor} {}", became.as_str())
        });
        let told: Vec<String> = told.collect();
        let with = match self.by {
            Some(By::Pass) => " with a temporary access pass",
            Some(By::Desk) => " by somebody who looks after sign-in",
            None => "",
        };
        let told = told.join(", ");
        format!("what you sign in with has changed: {told}{with}")
    }

    /// In words: `passkey:added by-pass`.
    pub(crate) fn words(&self) -> String {
        let event = self.event.map(|event| event.as_str().to_owned());
        let changes = self.changes.iter();
        let changes =
            changes.map(|(factor, became)| format!("{}:{}", factor.as_str(), became.as_str()));
        let by = self.by.map(|by| by.as_str().to_owned());
        let all: Vec<String> = event.into_iter().chain(changes).chain(by).collect();
        all.join(" ")
    }

    /// The same, found among other words; `None` where nothing is told.
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut said = Self::default();
        for word in text.split(' ') {
            if let Some((factor, became)) = word.split_once(':') {
                let factor = FACTORS.into_iter().find(|one| one.as_str() == factor)?;
                let became = Became::ALL.into_iter().find(|one| one.as_str() == became)?;
                said.changes.push((factor, became));
            }
            let event = Happening::ALL.into_iter().find(|one| one.as_str() == word);
            said.event = said.event.or(event);
            let by = By::ALL.into_iter().find(|one| one.as_str() == word);
            said.by = said.by.or(by);
        }
        (said.event.is_some() || !said.changes.is_empty()).then_some(said)
    }

    /// One of everything that can be told.
    #[cfg(test)]
    pub(super) fn all() -> Vec<Self> {
        let mut all: Vec<Self> = Happening::ALL.into_iter().map(Self::of).collect();
        for by in [None, Some(By::Pass), Some(By::Desk)] {
            for factor in FACTORS {
                for became in Became::ALL {
                    let changes = vec![(factor, became)];
                    all.push(Self {
                        event: None,
                        changes,
                        by,
                    });
                }
            }
        }
        all
    }

    /// The messages that it needs.
    #[cfg(test)]
    pub(super) fn keys(&self) -> Vec<&'static str> {
        let changes = self.changes.iter();
        let changes = changes.flat_map(|(factor, became)| [factor.as_str(), became.as_str()]);
        let event = self.event.map_or("change", Happening::as_str);
        changes
            .chain([event])
            .chain(self.by.map(By::as_str))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_read_back_from_among_other_words() {
        for said in Said::all() {
            let about = format!("sub_1 crd_1 made {} 0 now", said.words());
            assert_eq!(Said::read(&about), Some(said), "{about}");
        }
        let both = Said::changes(
            |f| f == Factor::Totp,
            |f| f != Factor::Upstream,
            Some(By::Desk),
        );
        assert_eq!(Said::read(&both.words()), Some(both));
        // As notices were about it before there were words.
        assert_eq!(Said::read("sub_1 crd_1 made 0 now"), None);
        assert_eq!(Said::read("sub_1 crd_1 made smoke:added 0 now"), None);
    }
}
