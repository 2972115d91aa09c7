//! What a provider says that it can do (RFC 7643 §5).

use serde_json::Value;

use super::Object;
use super::evaluate::field;
use crate::json::{Limits, Unreadable, parse_object, type_name};

/// The parts of `ServiceProviderConfig` that Tenure acts on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServiceProviderConfig {
    /// PATCH is supported.
    pub patch: bool,
    /// Filters are supported.
    pub filter: bool,
    /// Most objects in one answer, where it is said and not 0.
    pub max_results: Option<usize>,
    /// Versions (ETags) are supported.
    pub etag: bool,
}

impl ServiceProviderConfig {
    /// Reads the message.
    ///
    /// # Errors
    /// When a field has a wrong type. A missing one means not supported.
    pub fn read(bytes: &[u8], limits: &Limits) -> Result<Self, Unreadable> {
        let body = parse_object(bytes, limits)?;
        Ok(Self {
            patch: supported(&body, "patch")?,
            filter: supported(&body, "filter")?,
            max_results: most(&body)?,
            etag: supported(&body, "etag")?,
        })
    }
}

fn part<'a>(body: &'a Object, name: &str) -> Result<Option<&'a Object>, Unreadable> {
    match field(body, name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(fields)) => Ok(Some(fields)),
        Some(other) => {
            let problem = format!("must be an object, not {}", type_name(other));
            Err(Unreadable::new(name, problem))
        }
    }
}

fn supported(body: &Object, name: &str) -> Result<bool, Unreadable> {
    match part(body, name)?.and_then(|fields| field(fields, "supported")) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(other) => {
            let problem = format!("must be true or false, not {}", type_name(other));
            Err(Unreadable::new(format!("{name}.supported"), problem))
        }
    }
}

fn most(body: &Object) -> Result<Option<usize>, Unreadable> {
    match part(body, "filter")?.and_then(|fields| field(fields, "maxResults")) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Number(number)) => match number.as_u64() {
            Some(0) => Ok(None),
            Some(most) => Ok(usize::try_from(most).ok()),
            None => Err(Unreadable::new("filter.maxResults", "must be zero or more")),
        },
        Some(other) => {
            let problem = format!("must be a number, not {}", type_name(other));
            Err(Unreadable::new("filter.maxResults", problem))
        }
    }
}
