//! A server that is wrong, made of one that is right: ways to change what is asked and answered.

use crate::page::{decoded, encoded};
use crate::wire::{Answer, Meddler, Request};

/// A way in which a server may be wrong.
pub struct Mutant {
    /// What is wrong with it.
    pub name: &'static str,
    /// Which plan and module have to notice, by their number and name.
    pub plan: usize,
    pub module: &'static str,
    pub meddler: Meddler,
}

/// One that changes what is asked.
pub const fn asks(
    name: &'static str,
    (plan, module): (usize, &'static str),
    request: fn(&mut Request),
) -> Mutant {
    let answer = |_: &Request, _: &mut Answer| {};
    Mutant {
        name,
        plan,
        module,
        meddler: Meddler { request, answer },
    }
}

/// One that changes what is answered.
pub const fn answers(
    name: &'static str,
    (plan, module): (usize, &'static str),
    answer: fn(&Request, &mut Answer),
) -> Mutant {
    let request = |_: &mut Request| {};
    Mutant {
        name,
        plan,
        module,
        meddler: Meddler { request, answer },
    }
}

/// Changes the query of a redirect.
pub fn located(answer: &mut Answer, change: impl Fn(&mut Vec<(String, String)>)) {
    for (_, location) in answer
        .headers
        .iter_mut()
        .filter(|(name, _)| name == "location")
    {
        let Some((place, query)) = location.split_once('?') else {
            continue;
        };
        let mut fields = decoded(query).unwrap_or_default();
        change(&mut fields);
        *location = format!("{place}?{}", encoded(&fields));
    }
}

/// Changes the parameters of an authorization request, or leaves some out.
pub fn sent(request: &mut Request, mut keeps: impl FnMut(&mut (String, String)) -> bool) {
    let Some((place, query)) = request.url.split_once('?') else {
        return;
    };
    let mut fields = decoded(query).unwrap_or_default();
    fields.retain_mut(|field| keeps(field));
    request.url = format!("{place}?{}", encoded(&fields));
}

/// Changes the three parts of the ID token in an answer.
pub fn resigned(answer: &mut Answer, change: impl Fn(&mut [String; 3])) {
    let Ok(mut body) = serde_json::from_str::<serde_json::Value>(&answer.body) else {
        return;
    };
    let Some(token) = body["id_token"].as_str().map(str::to_owned) else {
        return;
    };
    let parts: Vec<String> = token.split('.').map(str::to_owned).collect();
    if let Ok(mut parts) = <[String; 3]>::try_from(parts) {
        change(&mut parts);
        body["id_token"] = parts.join(".").into();
        answer.body = body.to_string();
    }
}
