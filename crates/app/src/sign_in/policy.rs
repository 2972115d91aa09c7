//! What somebody has to prove to get in, by the policy of the documents in force.

use std::collections::BTreeSet;

use documents::{MaySignIn, RelyingParty};
use lifecycle::assign::Worker;
use model::event::{Origin, SignInAnswer, SignInBasis, SignInDecided};
use model::sign_in::FactorUse;
use model::{Address, AuthorizationId, Event, Kind, Personal, SessionId, SubjectId, TargetName};
use rules::sign_on::{Decision, Demand, SignOn, SignOnFacts, Signal, Strength, evaluate};

use super::break_glass::break_glass;
use super::name::no_policy;
use super::{From, Vouched};
use crate::tenant::Loaded;
use crate::{App, AppError, Known};

/// Under which name rules speak of Tenure's own pages.
const PORTAL: &str = "tenure";

/// What is asked: to what somebody wants in, and with what.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The relying party; `None`: Tenure's own pages.
    pub relying_party: Option<&'a RelyingParty>,
    /// What they proved, in any order.
    pub factors: &'a [FactorUse],
    /// From where.
    pub from: &'a From,
}

/// The answer, and what it followed from.
#[derive(Debug, Clone)]
pub struct Judged {
    /// The answer.
    pub answer: SignOn,
    /// Why not, in words that name nobody; empty where it is yes.
    pub reason: String,
    /// The documents by which it was judged.
    revision: u64,
    relying_party: String,
    basis: SignInBasis,
}

impl App {
    /// Judges an attempt. Whatever cannot be told is never to anybody's advantage.
    ///
    /// # Errors
    /// `Missing` without a policy; when the store does not answer.
    pub(crate) async fn judge(&self, known: &Known, asked: Asked<'_>) -> Result<Judged, AppError> {
        let loaded = self.loaded().await?;
        let sign_on = loaded.tenant.sign_on.as_ref().ok_or_else(no_policy)?;
        let now = self.clock.now();
        let groups = groups_of(&loaded, known.worker());
        let administers = match &groups {
            Ok(groups) => groups.iter().any(|g| sign_on.administrators.contains(g)),
            // Whoever may be an administrator is asked for what one is.
            Err(_) => !sign_on.administrators.is_empty(),
        };
        let app = asked
            .relying_party
            .map_or(PORTAL, |party| party.name.as_str());
        let ruled = asked
            .relying_party
            .map_or(PORTAL, RelyingParty::named_by_rules);
        let facts = SignOnFacts {
            app: ruled.to_owned(),
            groups: match &groups {
                Ok(groups) => Signal::Known {
                    value: groups.clone(),
                    source: "directory".to_owned(),
                    at: now,
                },
                Err(why) => Signal::Unknown { why: why.clone() },
            },
            network: Signal::Known {
                value: asked.from.network.to_canonical(),
                source: "connection".to_owned(),
                at: now,
            },
            administers,
            factors: asked.factors.to_vec(),
            now,
        };
        // For break-glass accounts one rule is asked, whatever the others say or cannot say.
        let glass = break_glass(&loaded, &known.person);
        let policy = glass.map_or(&sign_on.policy, |glass| &glass.policy);
        let decision = evaluate(policy, &facts);
        let assigned = match asked.relying_party {
            None => Ok(()),
            Some(party) => self.assigned(&loaded, known, party, &groups).await?,
        };
        let origin = self.origin(asked.from).await?;
        Ok(self.weighed(&loaded, app, decision, assigned, origin))
    }

    fn weighed(
        &self,
        loaded: &Loaded,
        app: &str,
        decision: Decision,
        assigned: Result<(), String>,
        origin: Origin,
    ) -> Judged {
        let (answer, reason) = match (&assigned, decision.answer) {
            // Whoever has no business there is told so only after they have proved who they are.
            (Err(why), SignOn::Allowed) => {
                (SignOn::Denied(rules::sign_on::Denial::NoRule), why.clone())
            }
            (_, SignOn::Allowed) => (SignOn::Allowed, String::new()),
            (_, SignOn::StepUp(demand)) => (
                decision.answer,
                format!("{} is demanded", strength(demand.strength)),
            ),
            (_, SignOn::Denied(rules::sign_on::Denial::ByRule)) => {
                (decision.answer, "a rule says no".to_owned())
            }
            (_, SignOn::Denied(rules::sign_on::Denial::NoRule)) => {
                (decision.answer, "no rule speaks of them".to_owned())
            }
        };
        let decision = serde_json::json!({
            "policy": decision,
            "assigned": assigned.as_ref().map_or_else(String::as_str, |()| "yes"),
        });
        Judged {
            answer,
            reason,
            revision: loaded.row.revision,
            relying_party: app.to_owned(),
            basis: SignInBasis { origin, decision },
        }
    }

    /// Whether somebody is given a relying party now, whatever they prove; or why not.
    pub(crate) async fn is_assigned(
        &self,
        party: &RelyingParty,
        known: &Known,
    ) -> Result<Result<(), String>, AppError> {
        let loaded = self.loaded().await?;
        let groups = groups_of(&loaded, known.worker());
        self.assigned(&loaded, known, party, &groups).await
    }

    /// Whether somebody is given a relying party: by a usable account of theirs in its app, or by a
    /// group; or why not, in words that name nobody.
    async fn assigned(
        &self,
        loaded: &Loaded,
        known: &Known,
        party: &RelyingParty,
        groups: &Result<BTreeSet<String>, String>,
    ) -> Result<Result<(), String>, AppError> {
        let glass = break_glass(loaded, &known.person);
        if glass.is_some_and(|glass| glass.relying_parties.contains(party.named_by_rules())) {
            return Ok(Ok(()));
        }
        match &party.who {
            MaySignIn::Groups(wanted) => Ok(match groups {
                Ok(groups) if wanted.iter().any(|group| groups.contains(group)) => Ok(()),
                Ok(_) => Err("they are in none of its groups".to_owned()),
                Err(why) => Err(why.clone()),
            }),
            MaySignIn::App(app) => self.has_account(loaded, known.person.subject, app).await,
        }
    }

    /// Whether somebody's account in an app was last seen usable, and is theirs by our own link.
    async fn has_account(
        &self,
        loaded: &Loaded,
        subject: SubjectId,
        app: &TargetName,
    ) -> Result<Result<(), String>, AppError> {
        if !loaded.tenant.apps.contains_key(app) {
            return Ok(Err(format!("no document declares the app `{app}`")));
        }
        let address = Address::account(app, subject);
        let links = self.store.links_of(subject).await?;
        let Some(link) = links.into_iter().find(|link| link.address == address) else {
            return Ok(Err(format!("they have no account in `{app}`")));
        };
        let shadow = self.store.shadow(app, Kind::Account, &link.remote).await?;
        Ok(match shadow {
            Some(shadow) if shadow.record.active => Ok(()),
            Some(_) => Err(format!("their account in `{app}` is disabled")),
            None => Err(format!("their account in `{app}` was not seen")),
        })
    }
}

impl Judged {
    /// The same, where somebody else demands so much beside the policy: whoever was let in by that alone is
    /// asked for more, and whoever is asked for something, for as much as both demand.
    pub(crate) fn demanding(mut self, least: Option<Strength>, proved: Option<Strength>) -> Self {
        let Some(least) = least.filter(|least| proved < Some(*least)) else {
            return self;
        };
        let demand = match self.answer {
            SignOn::Allowed => Demand {
                strength: least,
                age_s: None,
            },
            SignOn::StepUp(demand) => Demand {
                strength: demand.strength.max(least),
                ..demand
            },
            SignOn::Denied(_) => return self,
        };
        self.answer = SignOn::StepUp(demand);
        self.reason = format!("the app demands {}", strength(least));
        self
    }

    /// The same, with what another identity provider said of them in the record.
    pub(crate) fn vouched(mut self, vouched: Option<&Vouched>) -> Self {
        if let (Some(vouched), Some(decision)) = (vouched, self.basis.decision.as_object_mut()) {
            decision.insert("upstream".to_owned(), serde_json::json!(vouched));
        }
        self
    }

    /// The same, for somebody who is to prove who they are elsewhere, whatever they proved here.
    pub(crate) fn elsewhere(mut self, provider: &str) -> Self {
        self.answer = SignOn::StepUp(Demand {
            strength: Strength::AnyFactor,
            age_s: None,
        });
        self.reason = format!("they sign in at `{provider}`");
        self
    }

    /// The same, for somebody who is to prove who they are here, whatever they proved elsewhere.
    pub(crate) fn here(mut self) -> Self {
        self.answer = SignOn::StepUp(Demand {
            strength: Strength::AnyFactor,
            age_s: None,
        });
        "they sign in here".clone_into(&mut self.reason);
        self
    }

    /// The record of it.
    pub(crate) fn event(
        self,
        subject: SubjectId,
        session: Option<SessionId>,
        authorization: Option<AuthorizationId>,
    ) -> Event {
        let answer = match self.answer {
            SignOn::Allowed => SignInAnswer::Granted,
            SignOn::StepUp(_) => SignInAnswer::More,
            SignOn::Denied(_) => SignInAnswer::Denied,
        };
        Event::SignInDecided(SignInDecided {
            subject,
            session,
            relying_party: self.relying_party,
            answer,
            reason: self.reason,
            authorization,
            revision: self.revision,
            personal: Personal::Known(self.basis),
        })
    }
}

/// The groups of people whom somebody is in; an error in one condition leaves all unknown.
pub(crate) fn groups_of(loaded: &Loaded, worker: Worker<'_>) -> Result<BTreeSet<String>, String> {
    let mut groups = BTreeSet::new();
    for (name, member) in &loaded.members {
        match member.test(worker.facts, worker.key) {
            Ok(true) => {
                groups.insert(name.clone());
            }
            Ok(false) => {}
            Err(error) => return Err(format!("the group `{name}` has no answer: {error}")),
        }
    }
    Ok(groups)
}

/// A strength in words.
pub(crate) const fn strength(strength: rules::sign_on::Strength) -> &'static str {
    use rules::sign_on::Strength;
    match strength {
        Strength::AnyFactor => "any-factor",
        Strength::MultiFactor => "multi-factor",
        Strength::PhishingResistant => "phishing-resistant",
    }
}
