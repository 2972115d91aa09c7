//! Wrong versions of the engine, for the simulation to catch.
//!
//! Each is one safety rule that is not kept. Without the feature `mutants` none of them exists:
//! [`on`] is the constant `false`. With it, a mutant is switched on for the current thread, so
//! that sound and wrong engines can run side by side in one process.

/// A safety rule that is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutant {
    /// Requests are sent whose intent is not in the log.
    SkippedIntent,
    /// What a listing does not show is gone, however incomplete the listing is.
    IgnoredCompleteness,
    /// A lease that was lost still counts.
    IgnoredFence,
    /// After a lost answer the request is sent again without a look.
    DoubledRetry,
    /// The first account of a search is taken, whether it matches or not.
    TrustedFilter,
    /// After a crash between intent and outcome, the step counts as done.
    LostOutcome,
    /// What a target says counts; it is not read back.
    NoReadBack,
    /// A plan is carried out although what it was made from has changed.
    StaleBase,
    /// Missing rows are let go unasked, however many.
    UnguardedMissing,
    /// The kill switch is not asked.
    IgnoredSwitch,
    /// An undo goes on after new word of leaving.
    PinsOutlive,
    /// A leaver is left alone where the target was not listed completely.
    LeaverNeedsListing,
    /// Memberships that are not ours are taken away.
    ForeignRevoked,
    /// A row that cannot be read counts as missing.
    UnreadableIsMissing,
    /// A termination for cause counts no more than what HR says.
    TerminationOutranked,
    /// People are passed over although the log has news of them.
    PassedOverNews,
    /// Accounts are made and enabled although every seat of the app is taken.
    IgnoredSeats,
    /// People are passed over although the log has news of somebody above them. Hunted by the law
    /// `passed_over` alone: in the simulation's company nothing follows from that.
    PassedOverBelow,
}

impl Mutant {
    /// All that the simulation hunts.
    pub const ALL: [Self; 17] = [
        Self::SkippedIntent,
        Self::IgnoredCompleteness,
        Self::IgnoredFence,
        Self::DoubledRetry,
        Self::TrustedFilter,
        Self::LostOutcome,
        Self::NoReadBack,
        Self::StaleBase,
        Self::UnguardedMissing,
        Self::IgnoredSwitch,
        Self::PinsOutlive,
        Self::LeaverNeedsListing,
        Self::ForeignRevoked,
        Self::UnreadableIsMissing,
        Self::TerminationOutranked,
        Self::PassedOverNews,
        Self::IgnoredSeats,
    ];
}

#[cfg(feature = "mutants")]
std::thread_local! {
    static ON: std::cell::Cell<Option<Mutant>> = const { std::cell::Cell::new(None) };
}

/// Switches a mutant on for this thread, or all off.
#[cfg(feature = "mutants")]
pub fn switch(mutant: Option<Mutant>) {
    ON.with(|on| on.set(mutant));
}

/// Whether this mutant is on.
#[cfg(feature = "mutants")]
#[must_use]
pub fn on(mutant: Mutant) -> bool {
    ON.with(|on| on.get() == Some(mutant))
}

/// Whether this mutant is on: never.
#[cfg(not(feature = "mutants"))]
#[must_use]
pub const fn on(_mutant: Mutant) -> bool {
    false
}
