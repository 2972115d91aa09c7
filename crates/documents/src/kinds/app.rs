//! `App`.

use std::collections::{BTreeMap, BTreeSet};

use model::TargetName;
use rules::{Mapping, Type, closest};

use crate::kinds::handoff;
use crate::kinds::lingering::lingering;
use crate::kinds::manual::manual;
use crate::kinds::missing::{self, Valued};
use crate::kinds::unique::{self, USER_NAME};
use crate::kinds::{self, NAME_FIX};
use crate::report::{self, Reporter};
use crate::tenant::{
    Account, App, Auth, ClientAuth, Group, Joiner, Limits, MANAGER_PATH, Mode, OnLeave, Privileged,
    Profile, Reach, Scim, Tenant,
};
use crate::wire::{
    self, AccountSpec, AppSpec, AuthSpec, ManagerSpec, MappedSpec, ProfileSpec, ScimSpec,
};
use crate::yaml::Part;

const SPEC: Part<'static> = Part::Key("spec");
/// Hours between two looks at an app.
const ONCE_A_DAY: u8 = 24;

pub(crate) fn app(
    name: &str,
    spec: &AppSpec,
    tenant: &Tenant,
    reporter: &mut Reporter<'_, '_>,
) -> Option<App> {
    let reach = reach(spec, reporter);
    let account = account(&spec.account, tenant, reporter);
    if let (Some(Reach::HandOff(handoff)), Some(account)) = (&reach, &account) {
        handoff::check(spec, handoff, account, reporter);
    }
    let often = match &reach {
        Some(Reach::HandOff(_)) => handoff::ONCE_A_WEEK,
        _ => ONCE_A_DAY,
    };
    let groups = groups(spec, reporter);
    let privileged = privileged(spec, reporter);
    let manual = manual(&spec.leaver, reporter);
    let lingers = lingering(&spec.leaver, &manual, reporter);
    Some(App {
        name: TargetName(name.to_owned()),
        reach: reach?,
        mode: match spec.mode {
            wire::Mode::Observe => Mode::Observe,
            wire::Mode::Confirm => Mode::Confirm,
            wire::Mode::Enforce => Mode::Enforce,
        },
        account: account?,
        groups,
        joiner: spec.joiner.as_ref().map(|joiner| Joiner {
            days_before: joiner.days_before,
            active: joiner.active,
        }),
        leave: match spec.leave {
            wire::OnLeave::Keep => OnLeave::Keep,
            wire::OnLeave::Disable => OnLeave::Disable,
        },
        delete_after_days: spec.leaver.delete_after_days,
        manual,
        seats: spec.seats,
        lingers,
        limits: Limits {
            requests_per_second: spec.limits.requests_per_second,
            concurrency: spec.limits.concurrency,
        },
        observe_every_hours: spec.observe_every_hours.unwrap_or(often),
        privileged,
    })
}

/// Exactly one way to reach it.
fn reach(spec: &AppSpec, reporter: &mut Reporter<'_, '_>) -> Option<Reach> {
    match (&spec.scim, &spec.handoff) {
        (Some(found), None) => Some(Reach::Scim(scim(found, reporter))),
        (None, Some(found)) => Some(Reach::HandOff(Box::new(handoff::handoff(found, reporter)))),
        (None, None) => {
            let problem = "nothing says how the app is reached";
            let fix = "write `scim:`, or `handoff:` where only its own people can";
            reporter.at(report::MISSING_FIELD, &[SPEC], problem, fix);
            None
        }
        (Some(_), Some(_)) => {
            let path = [SPEC, Part::Key("handoff")];
            let problem = "an app is reached by SCIM or by hand, not both";
            reporter.at(report::CONFLICT, &path, problem, "remove one of them");
            None
        }
    }
}

/// An empty name would protect nothing, and nobody would notice.
fn privileged(spec: &AppSpec, reporter: &mut Reporter<'_, '_>) -> Privileged {
    let lists = [
        ("groups", &spec.privileged.groups),
        ("names", &spec.privileged.names),
    ];
    for (list, names) in lists {
        for (index, name) in names.iter().enumerate() {
            if name.trim().is_empty() {
                let path = [SPEC, Part::Key("privileged"), Part::Key(list)];
                let path = [path[0], path[1], path[2], Part::Index(index)];
                reporter.at(report::VALUE, &path, "this is no name", "remove it");
            }
        }
    }
    let names = &spec.privileged.names;
    Privileged {
        groups: spec.privileged.groups.iter().cloned().collect(),
        names: names.iter().map(|n| n.to_ascii_lowercase()).collect(),
    }
}

fn scim(spec: &ScimSpec, reporter: &mut Reporter<'_, '_>) -> Scim {
    let path = [SPEC, Part::Key("scim"), Part::Key("url")];
    let url = url(&spec.url, spec.allow_private, &path, reporter);
    let auth = match &spec.auth {
        AuthSpec::Bearer(bearer) => {
            secret_name(&bearer.secret, "bearer", reporter);
            Auth::Bearer {
                secret: bearer.secret.clone(),
            }
        }
        AuthSpec::ClientCredentials(client) => {
            secret_name(&client.secret, "client_credentials", reporter);
            let path = [
                path[0],
                path[1],
                Part::Key("auth"),
                Part::Key("client_credentials"),
            ];
            let path = [path[0], path[1], path[2], path[3], Part::Key("token_url")];
            Auth::ClientCredentials {
                token_url: self::url(&client.token_url, spec.allow_private, &path, reporter),
                client_id: client.client_id.clone(),
                secret: client.secret.clone(),
                scope: client.scope.clone(),
                method: match client.method {
                    wire::ClientAuth::Basic => ClientAuth::Basic,
                    wire::ClientAuth::Post => ClientAuth::Post,
                },
            }
        }
    };
    let (preset, overrides) = match &spec.profile {
        None => (None, serde_json::Map::new()),
        Some(ProfileSpec::Preset(preset)) => (Some(preset.clone()), serde_json::Map::new()),
        Some(ProfileSpec::Custom(custom)) => (custom.preset.clone(), custom.overrides.clone()),
    };
    let profile = Profile {
        preset: preset.unwrap_or_else(|| "rfc".to_owned()),
        overrides,
    };
    Scim {
        url,
        auth,
        profile,
        allow_private: spec.allow_private,
    }
}

fn secret_name(name: &str, auth: &'static str, reporter: &mut Reporter<'_, '_>) {
    let path = ["spec", "scim", "auth", auth, "secret"].map(Part::Key);
    kinds::secret_name(name, &path, reporter);
}

fn url(text: &str, http: bool, path: &[Part<'_>], reporter: &mut Reporter<'_, '_>) -> String {
    check_url(text, http, path, reporter);
    text.trim_end_matches('/').to_owned()
}

/// Reports a URL that requests may not go to; `http`: it may be plain.
pub(super) fn check_url(
    text: &str,
    http: bool,
    path: &[Part<'_>],
    reporter: &mut Reporter<'_, '_>,
) {
    let problem = match url::Url::parse(text) {
        Err(error) => Some((
            format!("this is no URL: {error}"),
            "write https://host/path",
        )),
        Ok(url) if !url.username().is_empty() || url.password().is_some() => Some((
            "credentials may not stand in a URL".to_owned(),
            "use `auth` and the name of a secret",
        )),
        Ok(url) if url.query().is_some() || url.fragment().is_some() => Some((
            "a URL here has no query or fragment".to_owned(),
            "remove it",
        )),
        Ok(url) if url.scheme() == "http" && !http => Some((
            "the connection would not be encrypted".to_owned(),
            "write https, or `allow_private: true` for a server of your own network",
        )),
        Ok(url) if !matches!(url.scheme(), "http" | "https") || url.host().is_none() => Some((
            "this is no web address".to_owned(),
            "write https://host/path",
        )),
        Ok(_) => None,
    };
    if let Some((problem, fix)) = problem {
        reporter.at(report::URL, path, problem, fix);
    }
}

fn account(
    spec: &AccountSpec,
    tenant: &Tenant,
    reporter: &mut Reporter<'_, '_>,
) -> Option<Account> {
    let account = [SPEC, Part::Key("account")];
    let mut attributes = BTreeMap::new();
    let mut clears = BTreeSet::new();
    let mut unique = None;
    let mut sound = true;
    for (name, value) in &spec.attributes {
        let path = [
            account[0],
            account[1],
            Part::Key("attributes"),
            Part::Key(name),
        ];
        check_path(name, &path, reporter);
        let valued = match value {
            MappedSpec::Expression(source) => Valued::from(source),
            MappedSpec::Valued(spec) => Valued::from(spec),
            MappedSpec::Unique(value) => {
                unique = unique::unique(name, value, &path, spec, tenant, reporter);
                sound &= unique.is_some();
                continue;
            }
        };
        let needed = name == USER_NAME || spec.matching.contains(name);
        match missing::mapping(&valued, needed, tenant, &path, reporter) {
            Some((mapping, clear)) => {
                clears.extend(clear.then(|| name.clone()));
                attributes.insert(name.clone(), mapping);
            }
            None => sound = false,
        }
    }
    if !spec.attributes.contains_key(USER_NAME) {
        let path = [account[0], account[1], Part::Key("attributes")];
        let problem = "`userName` is missing; SCIM needs it (RFC 7643 §4.1.1)";
        reporter.at(
            report::MISSING_FIELD,
            &path,
            problem,
            "write `userName: \"person.email\"`",
        );
    }
    check_matching(spec, &attributes, sound, tenant, reporter);
    let manager = match &spec.manager {
        None => None,
        Some(spec) => {
            let (manager, clear) = manager(spec, tenant, reporter)?;
            clears.extend(clear.then(|| MANAGER_PATH.to_owned()));
            Some(manager)
        }
    };
    sound.then(|| Account {
        matching: spec.matching.clone(),
        attributes,
        clears,
        unique,
        manager,
    })
}

/// What gives the manager's worker key, and whether the reference is emptied where it gives none.
fn manager(
    spec: &ManagerSpec,
    tenant: &Tenant,
    reporter: &mut Reporter<'_, '_>,
) -> Option<(Mapping, bool)> {
    let path = [SPEC, Part::Key("account"), Part::Key("manager")];
    let valued = match spec {
        ManagerSpec::Expression(source) => Valued::from(source),
        ManagerSpec::Valued(spec) => Valued::from(spec),
    };
    let (manager, clear) = missing::mapping(&valued, false, tenant, &path, reporter)?;
    text_only(&manager, "a manager's worker key", &path, reporter);
    Some((manager, clear))
}

pub(super) fn mapping(
    source: &str,
    tenant: &Tenant,
    path: &[Part<'_>],
    reporter: &mut Reporter<'_, '_>,
) -> Option<Mapping> {
    rules::compile_mapping(source, &tenant.schema)
        .map_err(|errors| reporter.expression(path, &errors))
        .ok()
}

pub(super) fn text_only(
    mapping: &Mapping,
    what: &str,
    path: &[Part<'_>],
    reporter: &mut Reporter<'_, '_>,
) {
    if mapping.gives() != Type::Text {
        let problem = format!("{what} is text, but this is {}", mapping.gives());
        reporter.at(report::TYPE, path, problem, "");
    }
}

fn check_matching(
    spec: &AccountSpec,
    attributes: &BTreeMap<String, Mapping>,
    sound: bool,
    tenant: &Tenant,
    reporter: &mut Reporter<'_, '_>,
) {
    let path = [SPEC, Part::Key("account"), Part::Key("match")];
    if spec.matching.is_empty() {
        let problem = "nothing recognises an account that exists";
        reporter.at(report::VALUE, &path, problem, "write `match: [userName]`");
    }
    for (index, name) in spec.matching.iter().enumerate() {
        let path = [path[0], path[1], path[2], Part::Index(index)];
        if matches!(spec.attributes.get(name), Some(MappedSpec::Unique(_))) {
            // Refused where the name itself is checked.
            continue;
        }
        let Some(mapping) = attributes.get(name) else {
            if sound || !spec.attributes.contains_key(name) {
                let names = spec.attributes.keys().map(String::as_str);
                let fix = match closest(name, names) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => "match only by what `attributes` sets".to_owned(),
                };
                let problem = format!("`{name:.80}` is not in `attributes`");
                reporter.at(report::REFERENCE, &path, problem, fix);
            }
            continue;
        };
        text_only(mapping, "what accounts are matched by", &path, reporter);
        for attribute in mapping.attributes() {
            if tenant.self_editable.contains(attribute) {
                let problem = format!(
                    "`person.{attribute}` can be changed by the people themselves, so it proves \
                     nobody's account"
                );
                let fix = "match by an attribute that only HR sets";
                reporter.at(report::SELF_EDITABLE, &path, problem, fix);
            }
        }
    }
}

fn check_path(name: &str, path: &[Part<'_>], reporter: &mut Reporter<'_, '_>) {
    let problem = match name {
        "active" => Some("whether the account may be used follows from the person's standing"),
        "password" => Some("Tenure sets no passwords"),
        "id" | "meta" | "schemas" => Some("the target or the protocol sets this"),
        "externalId" => Some("Tenure keeps its own key there"),
        "groups" => Some("memberships follow from rules"),
        _ if is_manager(name) => Some("a manager is another person's account"),
        _ if name.is_empty() || name.len() > 200 || name.chars().any(char::is_control) => {
            Some("this is no attribute path")
        }
        _ => None,
    };
    if let Some(problem) = problem {
        let fix = if is_manager(name) {
            "use `manager:` beside `attributes:`"
        } else {
            "remove it"
        };
        reporter.at(report::VALUE, path, problem, fix);
    }
}

/// The reference to a manager, or a part of it.
fn is_manager(path: &str) -> bool {
    path == "manager" || path.starts_with(MANAGER_PATH)
}

fn groups(spec: &AppSpec, reporter: &mut Reporter<'_, '_>) -> BTreeMap<String, Group> {
    let mut displays: BTreeMap<&str, &str> = BTreeMap::new();
    for (name, group) in &spec.groups {
        let path = [SPEC, Part::Key("groups"), Part::Key(name)];
        if let Some(problem) = kinds::bad_name(name) {
            reporter.at(report::NAME, &path, problem, NAME_FIX);
        }
        if group.display.trim().is_empty() {
            reporter.at(
                report::VALUE,
                &path,
                "the group has no name in the app",
                "write `display:`",
            );
        }
        if let Some(other) = displays.insert(group.display.trim(), name) {
            let problem = format!("the group `{other}` has the same name in the app");
            reporter.at(
                report::DUPLICATE,
                &path,
                problem,
                "two groups need two names",
            );
        }
    }
    let made = |(name, group): (&String, &wire::GroupSpec)| {
        (
            name.clone(),
            Group {
                display: group.display.clone(),
            },
        )
    };
    spec.groups.iter().map(made).collect()
}
