//! Giving a service provider its response.

use documents::{AttributeSet, NameIdRule, Saml, SamlSigns};
use model::{Authorization, AuthorizationId, Value};
use ports::SignerError;
use ports::store::{Append, AppendError, AuthorizationRow, SessionRow};
use protocol::oauth::Response;
use protocol::saml::authn::RequestedContext;
use protocol::saml::response::{
    Attribute, NameFormat, Sealing, SignIn, Signs, Success, WriteError, success,
};
use protocol::saml::{MessageId, NameId, Status, StatusDetail};
use rules::Mapped;
use rules::sign_on::Strength;

use super::asked::{REQUEST, SamlAsk, shown};
use super::lasting::is_missing;
use super::provider::{encryption_key, format};
use super::signing::credential;
use super::{LIFE, SKEW, context};
use crate::oidc::{Answer, acr, amr, authorization_changed, authorization_stream, proved_at};
use crate::sign_in::{Judged, SignedIn, proved};
use crate::{App, AppError, ErrorKind, Known};

/// What is said of somebody there.
struct Said {
    name_id: NameId,
    class: &'static str,
    attributes: Vec<(String, Vec<String>)>,
}

impl App {
    /// Lets somebody in to a service provider: the decision, what was given and, where it has just begun, the
    /// session, in one append that uses the request up.
    pub(crate) async fn saml_give(
        &self,
        ask: &SamlAsk,
        known: Known,
        session: SessionRow,
        judged: Judged,
        begun: Option<(SignedIn, Append)>,
    ) -> Result<Answer, AppError> {
        let subject = known.person.subject;
        let actor = model::Actor::named(&subject.to_string());
        let (signed_in, mut append) = match begun {
            Some((signed_in, append)) => (Some(signed_in), append),
            None => (None, Append::of(actor, Vec::new())),
        };
        append.consume.extend(ask.uses_up());
        // Whoever proved who they are is signed in here, whether or not there is something to say there.
        let id = AuthorizationId::new(self.now(), ports::clock::draw(&*self.entropy));
        let response = match self.said((ask, id), &known, &session)? {
            Ok(said) => {
                let row = self.saml_row((ask, id), &session, &said);
                let answer = self.written(ask, &said, (&known, &session), row.id).await?;
                append.events.push(authorization_changed(&row));
                append
                    .events
                    .push(judged.event(subject, Some(session.id), Some(row.id)));
                append = append.on(authorization_stream(row.id), None);
                answer
            }
            Err(status) => {
                append
                    .events
                    .push(judged.event(subject, Some(session.id), None));
                self.saml_refuse(ask, &status).await?
            }
        };
        match self.store.append(append).await {
            Ok(_) => {}
            Err(AppendError::AlreadyUsed(space)) if space == REQUEST => {
                return Ok(shown(
                    "the request was answered before, and counts once: start again from the app",
                ));
            }
            Err(error) => return Err(error.into()),
        }
        Ok(match response {
            Answer::Send { response, .. } => Answer::Send {
                response,
                signed_in,
            },
            other => other,
        })
    }

    /// What is written down of it.
    fn saml_row(
        &self,
        (ask, id): (&SamlAsk, AuthorizationId),
        session: &SessionRow,
        said: &Said,
    ) -> AuthorizationRow {
        let (now, factors) = (self.now(), &session.state.factors);
        AuthorizationRow {
            id,
            head: None,
            state: Authorization {
                subject: session.state.subject,
                session: session.id,
                relying_party: ask.party().name.clone(),
                client: ask.reply_to.provider().as_str().to_owned(),
                redirect_uri: ask.reply_to.location().as_str().to_owned(),
                scopes: Vec::new(),
                challenge: self.name_told(id, &said.name_id).unwrap_or_default(),
                nonce: ask.reply_to.in_response_to().map(str::to_owned),
                auth_time: proved_at(factors).unwrap_or(now),
                amr: amr(factors)
                    .iter()
                    .map(|amr| amr.name().to_owned())
                    .collect(),
                acr: acr(factors, now).to_owned(),
                code_ends: now,
                redeemed: Some(now),
                refreshed: 0,
                refresh_ends: None,
                jkt: None,
                asked: model::AskedClaims::default(),
                ended: None,
            },
        }
    }

    /// What is to be said; or what the service provider is told where it asked for what is not so.
    fn said(
        &self,
        (ask, id): (&SamlAsk, AuthorizationId),
        known: &Known,
        session: &SessionRow,
    ) -> Result<Result<Said, Status>, AppError> {
        let Some(saml) = ask.saml() else {
            return Err(undeclared());
        };
        let wanted = ask.request.as_ref();
        let reached = proved(&session.state.factors, self.now()).unwrap_or(Strength::AnyFactor);
        let context: Option<&RequestedContext> = wanted.and_then(|one| one.context.as_ref());
        let Some(class) = context::told(context, reached) else {
            let problem = "the person has not signed in in any of the ways that are asked for";
            return Ok(Err(Status::responder(
                StatusDetail::NoAuthnContext,
                problem,
            )));
        };
        let to = (ask.reply_to.provider().as_str(), id);
        let Some(name_id) = self.saml_name(to, saml, known) else {
            let problem = "the person has no name of the kind that this service provider is given";
            let detail = StatusDetail::UnknownPrincipal;
            return Ok(Err(Status::responder(detail, problem)));
        };
        let asked_for = wanted.and_then(|one| one.subject.as_ref());
        if asked_for.is_some_and(|asked| asked.value != name_id.value) {
            let problem = "somebody else is signed in than the one who is asked for";
            let detail = StatusDetail::UnknownPrincipal;
            return Ok(Err(Status::responder(detail, problem)));
        }
        let set = set(saml, wanted.and_then(|one| one.attribute_service));
        let mut attributes = attributes(saml, set, known);
        attributes.extend(self.lasting_names(saml, known));
        if is_missing(saml, &attributes) {
            let problem = "the person has no lasting name, which this service provider demands";
            let detail = StatusDetail::UnknownPrincipal;
            return Ok(Err(Status::responder(detail, problem)));
        }
        Ok(Ok(Said {
            name_id,
            class,
            attributes,
        }))
    }

    /// What a person is called there by what they are given; `None` where the document's expression gives nothing. A
    /// transient name is another one for each sign-in, and to nobody but us the same as anything: by our key we know
    /// it again when the service provider has to be told of its end.
    pub(super) fn saml_name(
        &self,
        (entity_id, id): (&str, AuthorizationId),
        saml: &Saml,
        known: &Known,
    ) -> Option<NameId> {
        let value = match &saml.name_id {
            NameIdRule::Pairwise => self.pairwise("saml/name-id", entity_id, known),
            NameIdRule::Transient => {
                let named = id.to_string();
                let digest = self
                    .keyring
                    .keyed_digest("saml/transient", named.as_bytes());
                digest.to_string()
            }
            NameIdRule::Given(_, mapping) => {
                let given = mapping.apply(&known.identity.facts, &known.identity.key);
                match given {
                    Ok(Mapped::Value(Value::Text(text))) if !text.is_empty() => text,
                    _ => return None,
                }
            }
        };
        Some(NameId::new(format(&saml.name_id), value))
    }

    /// The response, signed.
    async fn written(
        &self,
        ask: &SamlAsk,
        said: &Said,
        (known, session): (&Known, &SessionRow),
        id: AuthorizationId,
    ) -> Result<Answer, AppError> {
        let saml = ask.saml().ok_or_else(undeclared)?;
        let keys = self.keys(&[]).await?;
        let now = self.now();
        let index = self.session_index(id);
        let values = said.attributes.iter().map(|(_, values)| values);
        let values: Vec<Vec<&str>> = values
            .map(|values| values.iter().map(String::as_str).collect())
            .collect();
        let named = said.attributes.iter().zip(&values);
        let attributes: Vec<Attribute<'_>> = named
            .map(|((name, _), values)| Attribute {
                name,
                format: name_format(name),
                friendly_name: None,
                values,
            })
            .collect();
        let (issuer, response_id, assertion_id) =
            (self.entity_id()?, self.message_id(), self.message_id());
        // Where it is to be encrypted and cannot be, it is not sent.
        let key = encryption_key(saml).transpose();
        let key = key.map_err(|_| unwritten(&WriteError::Encrypt))?;
        let chance = ports::clock::draw(&*self.entropy);
        let sealing = key.as_ref().map(|key| Sealing {
            key,
            chance: &chance,
        });
        let success_of = Success {
            issuer: &issuer,
            response_id: &response_id,
            assertion_id: &assertion_id,
            now,
            skew: SKEW,
            life: LIFE,
            sign_in: SignIn {
                name_id: &said.name_id,
                session_index: &index,
                authenticated_at: proved_at(&session.state.factors).unwrap_or(now),
                context_class: said.class,
                session_ends_at: Some(session.state.ends),
                attributes: &attributes,
            },
            signs: match saml.sign {
                SamlSigns::Both => Signs::Both,
                SamlSigns::Response => Signs::Response,
                SamlSigns::Assertion => Signs::Assertion,
            },
            sealing,
        };
        let credential = credential(&keys, ask.loaded(), saml, Some(known))?;
        let form = success(&ask.reply_to, &success_of, credential);
        let form = form.map_err(|why| unwritten(&why))?;
        Ok(Answer::Send {
            response: Response::FormPost {
                action: form.action,
                fields: form.fields,
            },
            signed_in: None,
        })
    }

    /// A new name of a message.
    pub(crate) fn message_id(&self) -> MessageId {
        MessageId::from_chance(ports::clock::draw(&*self.entropy))
    }
}

/// The set of attributes that a request names; the first where it names none. `None`: all. A number that no set has was
/// refused with the request.
fn set(saml: &Saml, named: Option<u16>) -> Option<&AttributeSet> {
    let mut all = saml.attribute_sets.iter();
    match named {
        Some(index) => all.find(|set| set.index == index),
        None => all.next(),
    }
}

/// What the document's expressions give. What has no value is left out, and so is what has no answer: an
/// attribute that is missing denies, one that is wrong does not.
fn attributes(
    saml: &Saml,
    set: Option<&AttributeSet>,
    known: &Known,
) -> Vec<(String, Vec<String>)> {
    let (facts, key) = (&known.identity.facts, &known.identity.key);
    let mut told = Vec::new();
    let in_it = |name: &String| set.is_none_or(|set| set.attributes.contains(name));
    for (name, mapping) in saml.attributes.iter().filter(|(name, _)| in_it(name)) {
        if let Ok(Mapped::Value(value)) = mapping.apply(facts, key) {
            let values = match value {
                Value::Text(text) => vec![text],
                Value::Bool(truth) => vec![truth.to_string()],
                Value::Int(number) => vec![number.to_string()],
                Value::List(list) => list,
                Value::Subject { subject } => vec![subject.to_string()],
            };
            told.push((name.clone(), values));
        }
    }
    told
}

/// A name with a colon is a URI (`urn:oid:…`, `https://…`), every other a plain name.
fn name_format(name: &str) -> NameFormat {
    match name.contains(':') {
        true => NameFormat::Uri,
        false => NameFormat::Basic,
    }
}

fn undeclared() -> AppError {
    AppError::new(
        ErrorKind::Missing,
        "TNR-SIGN-0010",
        "nobody signs in there: the relying party is no service provider of SAML any more",
        "start again from the app",
    )
}

pub(crate) fn unwritten(why: &WriteError) -> AppError {
    if matches!(why, WriteError::NotSigned(_)) {
        return crate::oidc::not_there(&SignerError::Silent(why.to_string()));
    }
    AppError::new(
        ErrorKind::Broken,
        "TNR-SIGN-0020",
        format!("a SAML response was not written: {why}"),
        "look at the attributes and the name of the relying party's document, and at who signs in",
    )
}
