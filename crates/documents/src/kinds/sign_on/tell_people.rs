//! `tell_people` of a `SignOnPolicy`: where people hear that what they sign in with has changed.

use crate::kinds::{Directory, app};
use crate::report::{self, Reporter};
use crate::tenant::{By, TellPeople, Tenant};
use crate::wire::sign_on::{MailLanguage, TellPeopleSpec};
use crate::yaml::Part;

/// The most addresses of one person.
const MOST: usize = 3;

fn at(key: &'static str) -> [Part<'static>; 3] {
    ["spec", "tell_people", key].map(Part::Key)
}

pub(super) fn read(
    spec: &TellPeopleSpec,
    tenant: &Tenant,
    directory: &Directory,
    reporter: &mut Reporter<'_, '_>,
) -> Option<TellPeople> {
    let path = at("channel");
    directory.channel(&spec.channel, &path, reporter);
    let channel = tenant.channels.get(&spec.channel);
    if channel.is_some_and(|channel| !matches!(channel.by, By::Smtp(_))) {
        let problem = format!("`{}` is no channel by mail", spec.channel);
        let fix = "name one with `smtp`: each person is told at an address of their own";
        reporter.at(report::REFERENCE, &path, problem, fix);
    }
    let path = at("addresses");
    if !(1..=MOST).contains(&spec.addresses.len()) {
        let problem = format!("{} addresses", spec.addresses.len());
        let fix = format!("write 1 to {MOST} expressions: [person.email]");
        reporter.at(report::VALUE, &path, problem, fix);
        return None;
    }
    let mut addresses = Vec::new();
    for (index, source) in spec.addresses.iter().enumerate() {
        let path = [path[0], path[1], path[2], Part::Index(index)];
        let address = app::mapping(source, tenant, &path, reporter)?;
        app::text_only(&address, "a mail address", &path, reporter);
        addresses.push(address);
    }
    let language = match &spec.language {
        None => None,
        Some(source) => {
            let path = at("language");
            let language = app::mapping(source, tenant, &path, reporter)?;
            app::text_only(&language, "a language", &path, reporter);
            Some(language)
        }
    };
    Some(TellPeople {
        channel: spec.channel.clone(),
        addresses,
        language,
        default_language: match spec.default_language {
            None | Some(MailLanguage::En) => "en",
            Some(MailLanguage::De) => "de",
            Some(MailLanguage::Es) => "es",
            Some(MailLanguage::Fr) => "fr",
            Some(MailLanguage::Ja) => "ja",
        },
    })
}
