//! When a sign-on rule holds.

use std::collections::BTreeSet;

use ipnet::IpNet;
use rules::sign_on::{MAX_LISTED, When};

use crate::kinds::{Directory, group};
use crate::report::{self, Reporter};
use crate::tenant::Tenant;
use crate::wire::sign_on::WhenSpec;
use crate::yaml::Part;

/// The conditions of the rule at `path`.
pub(super) fn when(
    spec: &WhenSpec,
    path: &[Part<'_>],
    tenant: &Tenant,
    directory: &Directory,
    reporter: &mut Reporter<'_, '_>,
) -> When {
    let at = |key| [path, &[Part::Key("when"), Part::Key(key)]].concat();
    // In none of no groups is everybody: such a list says as much as none.
    let outside = |list: &Vec<String>| (!list.is_empty()).then(|| list.clone());
    let lists = [
        ("groups", spec.groups.clone()),
        ("outside_groups", outside(&spec.outside_groups)),
        ("relying_parties", spec.relying_parties.clone()),
        ("networks", spec.networks.clone()),
        ("outside_networks", outside(&spec.outside_networks)),
    ];
    for (key, list) in &lists {
        let length = list.as_ref().map_or(1, Vec::len);
        if !(1..=MAX_LISTED).contains(&length) {
            let problem = match length {
                0 => "a rule with an empty list holds for nobody".to_owned(),
                _ => format!("{length} entries"),
            };
            let fix = format!("write 1 to {MAX_LISTED}, or leave the list out");
            reporter.at(report::VALUE, &at(key), problem, fix);
        }
    }
    let [groups, outside_groups, apps, networks, outside_networks] = lists;
    let mut people = |(key, list): (&'static str, Option<Vec<String>>)| {
        list.map(|names| group::named(&names, &at(key), tenant, reporter))
    };
    let (groups, outside_groups) = (people(groups), people(outside_groups));
    let apps = apps
        .1
        .map(|names| parties(&names, &at(apps.0), directory, reporter));
    let mut nets = |(key, list): (&'static str, Option<Vec<String>>)| {
        list.map(|texts| self::networks(&texts, &at(key), reporter))
    };
    When {
        groups,
        outside_groups,
        apps,
        networks: nets(networks),
        outside_networks: nets(outside_networks),
    }
}

fn parties(
    names: &[String],
    path: &[Part<'_>],
    directory: &Directory,
    reporter: &mut Reporter<'_, '_>,
) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (index, name) in names.iter().enumerate() {
        let path = [path, &[Part::Index(index)]].concat();
        directory.relying_party(name, &path, reporter);
        if !found.insert(name.clone()) {
            let problem = format!("`{name:.63}` stands here twice");
            reporter.at(report::DUPLICATE, &path, problem, "remove one of them");
        }
    }
    found
}

fn networks(
    texts: &[String],
    path: &[Part<'_>],
    reporter: &mut Reporter<'_, '_>,
) -> BTreeSet<IpNet> {
    let mut found = BTreeSet::new();
    for (index, text) in texts.iter().enumerate() {
        let path = [path, &[Part::Index(index)]].concat();
        match network(text) {
            Ok(network) if found.insert(network) => {}
            Ok(network) => {
                let problem = format!("`{network}` stands here twice");
                reporter.at(report::DUPLICATE, &path, problem, "remove one of them");
            }
            Err((problem, fix)) => reporter.at(report::VALUE, &path, problem, fix),
        }
    }
    found
}

/// A network in CIDR notation, with nothing behind its prefix: whoever writes `10.1.2.3/8` meant either the
/// address or the network, and which one nobody can tell.
fn network(text: &str) -> Result<IpNet, (String, String)> {
    let Ok(network) = text.parse::<IpNet>() else {
        let problem = format!("`{text:.80}` is no network");
        let fix = match text.parse::<std::net::IpAddr>() {
            Ok(ip) => format!("write `{}`", IpNet::from(ip)),
            Err(_) => "write it as in `10.0.0.0/8` or `2001:db8::/32`".to_owned(),
        };
        return Err((problem, fix));
    };
    if network.trunc() != network {
        let problem = format!("`{text:.80}` has an address behind its prefix");
        let one = IpNet::from(network.addr());
        let fix = format!(
            "write the network `{}`, or the address `{one}`",
            network.trunc()
        );
        return Err((problem, fix));
    }
    if let IpNet::V6(v6) = network
        && v6.addr().to_ipv4_mapped().is_some()
    {
        // Addresses that come so are held against IPv4 networks.
        let problem = format!("`{text:.80}` is of IPv4 in the clothes of IPv6, and never met");
        return Err((problem, "write it as in `10.0.0.0/8`".to_owned()));
    }
    Ok(network)
}
