//! API tokens: shown once, stored as a hash, scoped, expiring, optionally bound to networks.

use std::net::IpAddr;
use std::time::Duration;

use model::canonical::Digest;
use model::event::{TokenIssued, TokenRevoked};
use model::{Actor, Event, Scope, Secret, TokenId};

use crate::{App, AppError, ErrorKind};

/// What every token's secret starts with, so that scanners find leaked ones.
pub(crate) const PREFIX: &str = "tnr_";

/// The longest life of a token.
const LONGEST: Duration = Duration::from_secs(366 * 24 * 3600);

/// An authenticated caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Who.
    pub actor: Actor,
    /// What the token may do.
    pub scopes: Vec<Scope>,
}

impl App {
    /// Makes a token. `by` is the session that asks: it must hold every scope that the new token
    /// is to have; `None` only for host-only commands.
    ///
    /// # Errors
    /// `Denied` when the new token would exceed the one that asks for it; `Invalid` for no
    /// scopes, an unreadable network or a life of more than 366 days.
    pub async fn issue_token(
        &self,
        by: Option<&Session>,
        actor: &Actor,
        principal: &str,
        scopes: &[Scope],
        life: Duration,
        networks: &[String],
    ) -> Result<(TokenId, Secret), AppError> {
        let invalid = |problem: &str, fix: &str| {
            AppError::new(ErrorKind::Invalid, "TNR-APP-0030", problem, fix)
        };
        if scopes.is_empty() || principal.is_empty() || principal.len() > 200 {
            return Err(invalid(
                "a token needs a principal and at least one scope",
                "name them",
            ));
        }
        if life.is_zero() || life > LONGEST {
            return Err(invalid(
                "a token lives between 1 second and 366 days",
                "ask for less",
            ));
        }
        if let Some(wrong) = networks.iter().find(|n| parse_network(n).is_none()) {
            let problem = format!("`{wrong:.60}` is not a network in CIDR form");
            return Err(invalid(&problem, "write it as 10.0.0.0/8 or 2001:db8::/32"));
        }
        if let Some(by) = by {
            if let Some(scope) = scopes.iter().find(|s| !by.scopes.contains(s)) {
                return Err(AppError::new(
                    ErrorKind::Denied,
                    "TNR-APP-0031",
                    format!(
                        "a token may not give `{}`, which it does not have",
                        scope.as_str()
                    ),
                    "ask someone who has that scope",
                ));
            }
            // Whoever could speak as somebody else could cause a change under one name and
            // release it under the other.
            let decides = |s: &Scope| matches!(s, Scope::Plan | Scope::Approve);
            if principal != by.actor.principal && scopes.iter().any(decides) {
                return Err(AppError::new(
                    ErrorKind::Denied,
                    "TNR-APP-0032",
                    "a token with `plan` or `approve` for another principal is only made on the host",
                    "run `tenure token create --on-host` on the host; on SQLite while the server is stopped",
                ));
            }
        }
        let now = self.clock.now();
        let token = TokenId::new(now, ports::clock::draw(&*self.entropy));
        let random: [u8; 32] = ports::clock::draw(&*self.entropy);
        let secret = format!("{PREFIX}{}", Digest(random));
        let mut scopes = scopes.to_vec();
        scopes.sort_unstable();
        scopes.dedup();
        let event = Event::TokenIssued(TokenIssued {
            token,
            principal: principal.to_owned(),
            secret: Digest::of(secret.as_bytes()),
            scopes,
            expires: now.plus(life),
            networks: networks.to_vec(),
        });
        self.append(actor, vec![event]).await?;
        Ok((token, Secret::new(secret)))
    }

    /// Ends a token.
    ///
    /// # Errors
    /// `Missing` when there is none with this id.
    pub async fn revoke_token(
        &self,
        actor: &Actor,
        token: TokenId,
        reason: &str,
    ) -> Result<(), AppError> {
        if !self
            .store
            .tokens(10_000)
            .await?
            .iter()
            .any(|t| t.token == token)
        {
            return Err(AppError::missing("token", &token.to_string()));
        }
        let event = Event::TokenRevoked(TokenRevoked {
            token,
            reason: reason.to_owned(),
        });
        self.append(actor, vec![event]).await?;
        Ok(())
    }

    /// Who speaks with this secret, from this address. The answer is the same for every way in
    /// which a token is not good.
    ///
    /// # Errors
    /// `Denied` for an unknown, expired or revoked token, or a network it is not bound to.
    pub async fn authenticate(&self, secret: &str, remote: IpAddr) -> Result<Session, AppError> {
        let denied = || {
            AppError::new(
                ErrorKind::Denied,
                "TNR-APP-0033",
                "this token is not accepted",
                "it may be mistyped, expired, revoked, or bound to another network",
            )
        };
        if !secret.starts_with(PREFIX) || secret.len() != PREFIX.len() + 64 {
            return Err(denied());
        }
        // Looked up by hash: nothing secret is compared byte by byte.
        let row = self
            .store
            .token_by_secret(Digest::of(secret.as_bytes()))
            .await?
            .ok_or_else(denied)?;
        if row.revoked.is_some() || row.expires <= self.clock.now() {
            return Err(denied());
        }
        let near = |n: &String| parse_network(n).is_some_and(|net| contains(net, remote));
        if !row.networks.is_empty() && !row.networks.iter().any(near) {
            return Err(denied());
        }
        let actor = Actor {
            principal: row.principal,
            token: Some(row.token),
        };
        Ok(Session {
            actor,
            scopes: row.scopes,
        })
    }
}

fn parse_network(text: &str) -> Option<(IpAddr, u8)> {
    let (address, bits) = text.split_once('/')?;
    let address: IpAddr = address.parse().ok()?;
    let bits: u8 = bits.parse().ok()?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    (bits <= most).then_some((address, bits))
}

fn contains((network, bits): (IpAddr, u8), remote: IpAddr) -> bool {
    // An IPv4 caller on a dual-stack listener arrives as ::ffff:a.b.c.d.
    match (network, remote.to_canonical()) {
        (IpAddr::V4(n), IpAddr::V4(r)) => {
            let shift = 32 - u32::from(bits);
            shift == 32 || n.to_bits() >> shift == r.to_bits() >> shift
        }
        (IpAddr::V6(n), IpAddr::V6(r)) => {
            let shift = 128 - u32::from(bits);
            shift == 128 || n.to_bits() >> shift == r.to_bits() >> shift
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn networks_contain_what_they_say() {
        let inside =
            |net: &str, ip: &str| contains(parse_network(net).unwrap(), ip.parse().unwrap());
        assert!(inside("10.0.0.0/8", "10.200.1.1"));
        assert!(inside("10.0.0.0/8", "::ffff:10.1.2.3"));
        assert!(!inside("10.0.0.0/8", "11.0.0.1"));
        assert!(inside("0.0.0.0/0", "203.0.113.9"));
        assert!(!inside("0.0.0.0/0", "2001:db8::1"));
        assert!(inside("2001:db8::/32", "2001:db8:1::1"));
        assert!(parse_network("10.0.0.0/33").is_none());
        assert!(parse_network("10.0.0.0").is_none());
    }
}
