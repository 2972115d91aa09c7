//! Relying parties as clients: who they are, and how they prove it.

use std::collections::BTreeMap;
use std::sync::Arc;

use documents::{ClientAuth as Sends, Oidc, OidcClient, RelyingParty, Require};
use model::{Actor, Digest, RegistrationId, Secret};
use ports::store::SecretRow;
use protocol::jose::Algorithm;
use protocol::oauth::token::{Assertion, AuthMethod, Refusal};
use protocol::oauth::{
    ApplicationType, Bound, ClientAuth, ClientView, GrantType, PkcePolicy, RegisteredRedirect,
    Scopes,
};

use super::certificate::Door;
use crate::sign_in::{Bearer, same};
use crate::tenant::Loaded;
use crate::{App, AppError, ErrorKind};

/// A client that documents declare, or that has registered itself as they allow.
pub(crate) struct Client {
    /// The documents, and whoever has registered.
    pub loaded: Arc<Loaded>,
    made: Arc<Made>,
}

/// The clients of some documents by `client_id`, as requests are held to them: made once, not for each request.
pub(crate) type Clients = BTreeMap<String, Arc<Made>>;

/// What documents say of one client, as requests are held to it.
pub(crate) struct Made {
    /// The name of its relying party.
    name: String,
    oidc: Oidc,
    redirects: Vec<RegisteredRedirect>,
    scopes: Scopes,
    grants: Vec<GrantType>,
}

/// A client secret as it is shown, once.
#[derive(Debug)]
pub struct GivenClientSecret {
    /// `client_id`.
    pub client_id: String,
    /// The secret.
    pub secret: Secret,
}

/// The clients among these. Of two with one `client_id`, which documents are refused for, the first counts.
pub(crate) fn clients_of<'a>(parties: impl Iterator<Item = &'a RelyingParty>) -> Clients {
    let mut clients = Clients::new();
    for made in parties.filter_map(Made::of) {
        let client_id = made.oidc.client_id.clone();
        clients.entry(client_id).or_insert_with(|| Arc::new(made));
    }
    clients
}

impl Made {
    fn of(party: &RelyingParty) -> Option<Self> {
        let oidc = party.oidc()?;
        let public = oidc.client == OidcClient::Public;
        let redirects = oidc.redirect_uris.iter();
        let redirects = redirects
            .filter_map(|uri| registered(uri, public))
            .collect();
        let scopes: Vec<&str> = oidc.scopes.iter().map(String::as_str).collect();
        let grants = oidc.grants.iter().map(|grant| match grant {
            documents::GrantType::AuthorizationCode => GrantType::AuthorizationCode,
            documents::GrantType::RefreshToken => GrantType::RefreshToken,
            documents::GrantType::ClientCredentials => GrantType::ClientCredentials,
            documents::GrantType::DeviceCode => GrantType::DeviceCode,
            documents::GrantType::TokenExchange => GrantType::TokenExchange,
        });
        Some(Self {
            redirects,
            scopes: Scopes::parse(&scopes.join(" ")).unwrap_or_default(),
            grants: grants.collect(),
            name: party.name.clone(),
            oidc: oidc.clone(),
        })
    }
}

impl Client {
    /// Its document.
    pub(crate) fn party(&self) -> &RelyingParty {
        &self.loaded.tenant.relying_parties[&self.made.name]
    }

    /// What of it concerns tokens.
    pub(crate) fn oidc(&self) -> &Oidc {
        &self.made.oidc
    }

    /// What it may ask for.
    pub(crate) fn scopes(&self) -> &Scopes {
        &self.made.scopes
    }

    /// Those of them that are about nobody: what it may have for itself.
    pub(crate) fn own_scopes(&self) -> Scopes {
        self.made.scopes.besides(&documents::PERSONAL_SCOPES)
    }

    /// Whether it may come to tokens this way.
    pub(crate) fn may(&self, grant: GrantType) -> bool {
        self.made.grants.contains(&grant)
    }

    /// Whether it proves nothing of who it is.
    pub(crate) fn is_public(&self) -> bool {
        self.oidc().client == OidcClient::Public
    }

    /// Whether its document says that it has to.
    pub(crate) fn requires(&self, what: Require) -> bool {
        self.oidc().require.contains(&what)
    }

    /// Whether it is held to the FAPI 2.0 Security Profile.
    pub(crate) fn is_fapi(&self) -> bool {
        self.oidc().profile == Some(documents::OidcProfile::Fapi2)
    }

    /// What it may sign proofs of its keys with.
    pub(crate) fn proves_by(&self) -> &'static [Algorithm] {
        match self.is_fapi() {
            // FAPI 2.0 Security Profile §5.4.1.
            true => &[Algorithm::Es256, Algorithm::EdDsa, Algorithm::Ps256],
            false => &protocol::oauth::dpop::ALGORITHMS,
        }
    }

    /// As its authorization requests are held to it.
    pub(crate) fn view(&self) -> ClientView<'_> {
        ClientView {
            client_id: &self.oidc().client_id,
            redirects: &self.made.redirects,
            scopes: &self.made.scopes,
            grants: &self.made.grants,
            is_public: self.is_public(),
            pkce: PkcePolicy::Required,
        }
    }

    /// Where it may send browsers after people have signed out.
    pub(crate) fn after_logout(&self) -> Vec<RegisteredRedirect> {
        let uris = self.oidc().post_logout_redirect_uris.iter();
        let public = self.is_public();
        uris.filter_map(|uri| registered(uri, public)).collect()
    }

    fn method(&self) -> AuthMethod {
        method(&self.oidc().client)
    }

    /// Whether a token of its that is bound to this, or to nothing, counts: once the document demands that they be
    /// bound, others count no longer.
    pub(super) fn takes(&self, bound: Option<&Bound>) -> bool {
        let key = matches!(bound, Some(Bound::Key(_)));
        let certificate = bound.is_some_and(Bound::is_certificate);
        (key || !self.requires(Require::Dpop))
            && (certificate || !self.requires(Require::Certificate))
    }
}

/// How a client proves who it is, by the name that the protocol has for it.
pub(super) const fn method(client: &OidcClient) -> AuthMethod {
    match client {
        OidcClient::Public => AuthMethod::None,
        OidcClient::Secret { method, .. } => match method {
            Sends::Basic => AuthMethod::ClientSecretBasic,
            Sends::Post => AuthMethod::ClientSecretPost,
        },
        OidcClient::Keys { .. } => AuthMethod::PrivateKeyJwt,
        OidcClient::Issued { .. } => AuthMethod::TlsClientAuth,
        OidcClient::Certificates { .. } => AuthMethod::SelfSignedTlsClientAuth,
    }
}

/// A redirect URI as documents were checked to have it. Only what runs on somebody's device, and so keeps
/// no secret, may listen on whichever port it gets (RFC 8252 §7.3).
fn registered(uri: &str, public: bool) -> Option<RegisteredRedirect> {
    let application = match public && !uri.starts_with("https://") {
        true => ApplicationType::Native,
        false => ApplicationType::Web,
    };
    RegisteredRedirect::new(uri, application).ok()
}

impl App {
    /// The client of this name.
    pub(crate) async fn client(&self, client_id: &str) -> Result<Option<Client>, AppError> {
        let loaded = self.loaded().await?;
        let clients = loaded.clients();
        let Some(made) = clients.get(client_id).map(Arc::clone) else {
            return Ok(None);
        };
        let client = Client { loaded, made };
        let registered = client.party().registered.as_ref();
        let counts = registered.is_none_or(|registered| self.now() < registered.ends);
        Ok(counts.then_some(client))
    }

    /// The client that has proved who it is. One that is not known and one whose proof is not good are
    /// refused alike.
    pub(crate) async fn proven_client(
        &self,
        auth: &ClientAuth,
        door: Door<'_>,
    ) -> Result<Result<Client, Refusal>, AppError> {
        let refused = || Ok(Err(auth.refused()));
        let claimed = match auth {
            ClientAuth::Assertion {
                client_id: None,
                assertion,
            } => Assertion::claimed_client(assertion.expose()),
            _ => auth.client_id().map(str::to_owned),
        };
        let Some(client_id) = claimed else {
            return refused();
        };
        let Some(client) = self.client(&client_id).await? else {
            return refused();
        };
        if !auth.fits(client.method()) {
            return refused();
        }
        let sent = match auth {
            ClientAuth::Basic { secret, .. } | ClientAuth::Post { secret, .. } => secret,
            ClientAuth::None { .. } => {
                let proved = client.is_public() || self.is_certified(&client, door)?;
                return if proved { Ok(Ok(client)) } else { refused() };
            }
            ClientAuth::Assertion { assertion, .. } => {
                return Ok(match self.asserted(&client, assertion).await? {
                    Ok(()) => Ok(client),
                    Err(Some(error)) => Err(auth.refused_as(error)),
                    Err(None) => Err(auth.refused()),
                });
            }
        };
        if let Some(registered) = &client.party().registered {
            let read = Bearer::CLIENT_SECRET
                .read::<RegistrationId>(&*self.keyring, sent.expose())
                .filter(|(id, turn)| id.to_string() == client_id && *turn == registered.turn);
            return match read {
                Some(_) => Ok(Ok(client)),
                None => refused(),
            };
        }
        let Some(kept) = self.client_secret(client.party()).await? else {
            return refused();
        };
        match same(&*self.keyring, kept.expose(), sent.expose()) {
            true => Ok(Ok(client)),
            false => refused(),
        }
    }

    async fn client_secret(&self, party: &RelyingParty) -> Result<Option<Secret>, AppError> {
        let Some(name) = party.oidc().and_then(|oidc| oidc.client.secret()) else {
            return Ok(None);
        };
        let bound = bound_to(&party.name);
        let row = self.store.secret(name).await?;
        let Some(row) = row.filter(|row| row.app == bound && row.host.is_empty()) else {
            return Ok(None);
        };
        let plain = self.keyring.open(&purpose(name, &bound), &row.sealed);
        let plain = plain.ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let text = plain.ok_or_else(|| {
            AppError::new(
                ErrorKind::Broken,
                "TNR-SIGN-0012",
                format!("the client secret `{name}` cannot be opened"),
                "make a new one with `tenure relying-party secret NAME`",
            )
        })?;
        Ok(Some(Secret::new(text)))
    }

    /// As whom a relying party authenticates, and the name of the secret that it has or may be given.
    ///
    /// # Errors
    /// As [`App::make_client_secret`].
    pub async fn check_client_secret(
        &self,
        relying_party: &str,
    ) -> Result<(String, String), AppError> {
        let loaded = self.loaded().await?;
        let party = loaded.tenant.relying_parties.get(relying_party);
        let party = party.ok_or_else(|| AppError::missing("relying party", relying_party))?;
        let keeps_none = || {
            let (what, fix) = match party.oidc().map(|oidc| &oidc.client) {
                _ if party.registered.is_some() => (
                    "a client that has registered itself",
                    "it changes its secret by itself (RFC 7592); end it with `tenure client-registration end`",
                ),
                Some(OidcClient::Keys { .. }) => (
                    "a client with keys of its own",
                    "write its public keys into its document",
                ),
                Some(OidcClient::Issued { .. } | OidcClient::Certificates { .. }) => (
                    "a client with a certificate",
                    "say in its document whose certificate counts",
                ),
                Some(_) => (
                    "a public client",
                    "write `client: {secret: NAME}` into its document if it can keep one",
                ),
                None => (
                    "a service provider of SAML",
                    "write its `certificates` into its document",
                ),
            };
            AppError::new(
                ErrorKind::Invalid,
                "TNR-SIGN-0013",
                format!("`{relying_party}` is {what} and keeps no secret"),
                fix,
            )
        };
        let oidc = party.oidc().ok_or_else(keeps_none)?;
        let declared = party.registered.is_none();
        let name = oidc.client.secret().filter(|_| declared);
        let name = name.ok_or_else(keeps_none)?;
        let before = self.store.secret(name).await?;
        if let Some(row) = before.filter(|row| !row.app.starts_with(PARTY)) {
            return Err(AppError::new(
                ErrorKind::Denied,
                "TNR-APP-0022",
                format!(
                    "the secret `{name}` is bound to `{}` and the host `{}`, not to a relying party",
                    row.app, row.host
                ),
                "give the client's secret another name in the relying party's document",
            ));
        }
        Ok((oidc.client_id.clone(), name.to_owned()))
    }

    /// Makes the secret that a relying party's document names, in the place of any before it.
    ///
    /// # Errors
    /// `Missing` for an unknown relying party; `Invalid` for one that keeps no secret; `Denied` where a
    /// secret of that name is something else's.
    pub async fn make_client_secret(
        &self,
        _actor: &Actor,
        relying_party: &str,
    ) -> Result<GivenClientSecret, AppError> {
        let (client_id, name) = self.check_client_secret(relying_party).await?;
        let random: [u8; 32] = ports::clock::draw(&*self.entropy);
        let secret = format!("tnc_{}", Digest(random));
        let bound = bound_to(relying_party);
        self.store
            .put_secret(SecretRow {
                sealed: self
                    .keyring
                    .seal(&purpose(&name, &bound), secret.as_bytes()),
                name,
                app: bound,
                host: String::new(),
                at: self.clock.now(),
                expires: None,
            })
            .await?;
        Ok(GivenClientSecret {
            client_id,
            secret: Secret::new(secret),
        })
    }
}

/// What stands before the name of a relying party where a secret is bound to one.
const PARTY: &str = "relying-party/";

/// What a client secret is bound to, in place of an app.
pub(super) fn bound_to(party: &str) -> String {
    format!("{PARTY}{party}")
}

fn purpose(name: &str, bound: &str) -> String {
    format!("secret/{name}/{bound}/")
}
