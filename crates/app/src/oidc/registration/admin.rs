//! What an administrator does with clients that register themselves: lets them, looks at them, and ends them.

use std::time::Duration;

use model::event::RegistrationChanged;
use model::registration::{InitialAccess, RegistrationAct};
use model::{Actor, RegistrationId, Secret, Timestamp};

use super::TURNS;
use crate::sign_in::{Bearer, ended};
use crate::{App, AppError, ErrorKind};

/// The longest that a token counts with which clients may register.
const LONGEST: Duration = Duration::from_secs(30 * 24 * 3600);
/// The most clients that may register with one.
const USES: u16 = 100;
/// The most such tokens at once.
const MOST: usize = 50;

/// A token with which clients may register, as it is shown, once.
#[derive(Debug)]
pub struct GivenInitialAccess {
    /// Its name.
    pub id: RegistrationId,
    /// The token.
    pub secret: Secret,
    /// Until when it counts.
    pub ends: Timestamp,
}

/// A client that has registered itself, or a token with which one may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToldRegistration {
    /// Its name: `client_id`, or the token's.
    pub id: RegistrationId,
    /// The name of the document that allows it.
    pub by: String,
    /// What people see it called; `None`: it is a token.
    pub title: Option<String>,
    /// Where answers go.
    pub redirect_uris: Vec<String>,
    /// How many clients may still register with it.
    pub uses: Option<u16>,
    /// It counts until then.
    pub ends: Timestamp,
}

impl App {
    /// Whether such a token may be made, and until when it would count.
    ///
    /// # Errors
    /// `Missing` where no document of that name lets clients register; `Invalid` for numbers out of bounds.
    pub async fn check_initial_access(
        &self,
        registration: &str,
        uses: u16,
        life: Duration,
    ) -> Result<Timestamp, AppError> {
        let loaded = self.loaded().await?;
        if !loaded
            .tenant
            .client_registrations
            .contains_key(registration)
        {
            return Err(AppError::missing(
                "ClientRegistration document",
                registration,
            ));
        }
        if !(1..=USES).contains(&uses) || life.is_zero() || life > LONGEST {
            return Err(AppError::new(
                ErrorKind::Invalid,
                "TNR-SIGN-0022",
                format!("such a token is for 1 to {USES} clients, and counts for 1 to 720 hours"),
                "ask for less",
            ));
        }
        Ok(self.now().plus(life))
    }

    /// Makes a token with which so many clients may register, and nothing else can be done.
    ///
    /// # Errors
    /// As [`App::check_initial_access`]; `Conflict` where there are as many as there may be.
    pub async fn make_initial_access(
        &self,
        actor: &Actor,
        registration: &str,
        (uses, life): (u16, Duration),
        reason: &str,
    ) -> Result<GivenInitialAccess, AppError> {
        let ends = self.check_initial_access(registration, uses, life).await?;
        let id = RegistrationId::new(self.now(), ports::clock::draw(&*self.entropy));
        for _ in 0..TURNS {
            let held = self.register().await?;
            let mut register = held.register.clone();
            register.access.retain(|known| known.ends > self.now());
            if register.access.len() >= MOST {
                return Err(AppError::new(
                    ErrorKind::Conflict,
                    "TNR-SIGN-0023",
                    format!("{MOST} tokens with which clients may register are not used up yet"),
                    "end some of them with `tenure client-registration end ID`",
                ));
            }
            register.access.push(InitialAccess {
                id,
                by: registration.to_owned(),
                uses,
                ends,
            });
            let change = RegistrationChanged {
                act: RegistrationAct::AccessMade,
                access: Some(id),
                client: None,
                register,
                reason: reason.to_owned(),
            };
            if self.registers(actor, &held, change).await? {
                let secret = Bearer::INITIAL_ACCESS.write(&*self.keyring, id, 0);
                let secret = Secret::new(secret);
                return Ok(GivenInitialAccess { id, secret, ends });
            }
        }
        Err(others())
    }

    /// The clients that have registered themselves, and the tokens with which more may; by age.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn registrations(&self) -> Result<Vec<ToldRegistration>, AppError> {
        let (register, now) = (self.register().await?.register, self.now());
        let mut told = Vec::new();
        for entry in register
            .clients
            .into_iter()
            .filter(|entry| entry.ends > now)
        {
            let Some(client) = self.registered_client(entry.id).await? else {
                continue;
            };
            let text = |member: &str| client.metadata.get(member).cloned();
            let name = text("client_name").and_then(|name| name.as_str().map(str::to_owned));
            let uris = text("redirect_uris").unwrap_or_default();
            let uris = uris.as_array().into_iter().flatten();
            told.push(ToldRegistration {
                id: client.id,
                by: client.by,
                title: Some(name.unwrap_or_default()),
                redirect_uris: uris
                    .filter_map(|uri| uri.as_str().map(str::to_owned))
                    .collect(),
                uses: None,
                ends: client.ends,
            });
        }
        let access = register
            .access
            .into_iter()
            .filter(|access| access.ends > now);
        told.extend(access.map(|access| ToldRegistration {
            id: access.id,
            by: access.by,
            title: None,
            redirect_uris: Vec::new(),
            uses: Some(access.uses),
            ends: access.ends,
        }));
        told.sort_by_key(|one| one.id);
        Ok(told)
    }

    /// Ends a client that has registered itself, or a token with which one may. Without `write` only looks whether it
    /// is there.
    ///
    /// # Errors
    /// `Missing` where there is none of that name that counts.
    pub async fn end_registration(
        &self,
        actor: &Actor,
        id: &str,
        write: bool,
        reason: &str,
    ) -> Result<ToldRegistration, AppError> {
        let missing = || AppError::missing("registered client or token", id);
        for _ in 0..TURNS {
            let held = self.register().await?;
            let all = self.registrations().await?;
            let told = all.into_iter().find(|one| one.id.to_string() == id);
            let told = told.ok_or_else(missing)?;
            if !write {
                return Ok(told);
            }
            let mut register = held.register.clone();
            register.clients.retain(|known| known.id != told.id);
            register.access.retain(|known| known.id != told.id);
            let mut client = match told.uses {
                Some(_) => None,
                None => self.registered_client(told.id).await?,
            };
            if let Some(client) = &mut client {
                client.ended = Some(ended(self.now(), reason));
            }
            let change = RegistrationChanged {
                act: match client {
                    Some(_) => RegistrationAct::Ended,
                    None => RegistrationAct::AccessEnded,
                },
                access: told.uses.map(|_| told.id),
                client,
                register,
                reason: reason.to_owned(),
            };
            if self.registers(actor, &held, change).await? {
                return Ok(told);
            }
        }
        Err(others())
    }
}

fn others() -> AppError {
    AppError::new(
        ErrorKind::Busy(Duration::from_secs(1)),
        "TNR-SIGN-0023",
        "others change the register of clients at the same time",
        "try again",
    )
}
