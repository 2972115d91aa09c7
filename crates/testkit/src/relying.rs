//! Relying parties that are told of the end of sessions, in memory, with faults on order.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use model::Secret;
use ports::{BackChannel, LogoutAnswer};

/// What one of them does with the next tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Manner {
    /// It takes them.
    #[default]
    Takes,
    /// It answers 400.
    Refuses,
    /// It answers 503.
    Fails,
    /// It takes them, and its answer is lost.
    Loses,
    /// It takes them, and never answers.
    Hangs,
}

/// A token that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Came {
    /// To which address.
    pub uri: String,
    /// The token.
    pub token: String,
    /// Whether the way was one to private addresses.
    pub private: bool,
}

/// Relying parties, by address.
#[derive(Debug, Default)]
pub struct Relying {
    manners: Mutex<BTreeMap<String, Manner>>,
    /// What service providers of SAML are called, by their addresses.
    providers: Mutex<BTreeMap<String, String>>,
    came: Mutex<Vec<Came>>,
    bell: tokio::sync::Notify,
}

impl Relying {
    /// From now on the one at this address does so.
    pub fn does(&self, uri: &str, manner: Manner) {
        let mut manners = self.manners.lock().unwrap_or_else(PoisonError::into_inner);
        manners.insert(uri.to_owned(), manner);
    }

    /// A service provider of SAML of that name is called at this address.
    pub fn is_called(&self, uri: &str, entity_id: &str) {
        let mut all = self
            .providers
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        all.insert(uri.to_owned(), entity_id.to_owned());
    }

    /// What came since the last look, in order.
    #[must_use]
    pub fn heard(&self) -> Vec<Came> {
        let mut came = self.came.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *came)
    }

    /// Waits until something has come since the last look.
    pub async fn hears(&self) {
        loop {
            let rings = self.bell.notified();
            if !self.is_silent() {
                return;
            }
            rings.await;
        }
    }

    fn is_silent(&self) -> bool {
        let came = self.came.lock().unwrap_or_else(PoisonError::into_inner);
        came.is_empty()
    }

    /// A way to them.
    #[must_use]
    pub fn way(self: &Arc<Self>, private: bool) -> Arc<dyn BackChannel> {
        let relying = Arc::clone(self);
        Arc::new(Way { relying, private })
    }
}

struct Way {
    relying: Arc<Relying>,
    private: bool,
}

#[async_trait]
impl BackChannel for Way {
    async fn tell(&self, uri: &str, token: &Secret, _deadline: Duration) -> LogoutAnswer {
        match self.comes(uri, token) {
            Manner::Takes => LogoutAnswer::Taken,
            Manner::Refuses => LogoutAnswer::Refused,
            Manner::Fails => LogoutAnswer::Failed {
                detail: "answered 503".to_owned(),
                wait: None,
            },
            Manner::Loses => LogoutAnswer::Lost {
                detail: "nothing within 5000 ms".to_owned(),
            },
            Manner::Hangs => std::future::pending().await,
        }
    }

    async fn call(
        &self,
        uri: &str,
        envelope: &Secret,
        _deadline: Duration,
    ) -> Result<Vec<u8>, LogoutAnswer> {
        let status = match self.comes(uri, envelope) {
            Manner::Takes => "Success",
            Manner::Refuses => "Responder",
            Manner::Fails => {
                return Err(LogoutAnswer::Failed {
                    detail: "answered 503".to_owned(),
                    wait: None,
                });
            }
            Manner::Loses => {
                return Err(LogoutAnswer::Lost {
                    detail: "nothing within 3000 ms".to_owned(),
                });
            }
            Manner::Hangs => std::future::pending().await,
        };
        let providers = self.relying.providers.lock();
        let providers = providers.unwrap_or_else(PoisonError::into_inner);
        let own = providers.get(uri).cloned().unwrap_or_default();
        Ok(response(envelope.expose(), &own, status).into_bytes())
    }
}

impl Way {
    /// Something came: how it is taken.
    fn comes(&self, uri: &str, token: &Secret) -> Manner {
        let manner = {
            let manners = self.relying.manners.lock();
            let manners = manners.unwrap_or_else(PoisonError::into_inner);
            manners.get(uri).copied().unwrap_or_default()
        };
        {
            let came = self.relying.came.lock();
            came.unwrap_or_else(PoisonError::into_inner).push(Came {
                uri: uri.to_owned(),
                token: token.expose().to_owned(),
                private: self.private,
            });
        }
        self.relying.bell.notify_one();
        manner
    }
}

/// What a service provider answers to a request in an envelope (SAML Core §3.7.2).
fn response(envelope: &str, own: &str, status: &str) -> String {
    let attribute = |name: &str| {
        let (_, rest) = envelope
            .split_once(&format!(" {name}=\""))
            .unwrap_or_default();
        rest.split('"').next().unwrap_or_default().to_owned()
    };
    let (id, at) = (attribute("ID"), attribute("IssueInstant"));
    format!(
        "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body><p:LogoutResponse \
         xmlns:p=\"urn:oasis:names:tc:SAML:2.0:protocol\" ID=\"_answer\" InResponseTo=\"{id}\" \
         IssueInstant=\"{at}\" Version=\"2.0\"><a:Issuer \
         xmlns:a=\"urn:oasis:names:tc:SAML:2.0:assertion\">{own}</a:Issuer><p:Status><p:StatusCode \
         Value=\"urn:oasis:names:tc:SAML:2.0:status:{status}\"/></p:Status></p:LogoutResponse></s:Body>\
         </s:Envelope>"
    )
}
