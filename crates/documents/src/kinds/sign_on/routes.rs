//! `routes` of a `SignOnPolicy`: who signs in here, and who elsewhere.

use std::collections::BTreeSet;

use model::WorkerRef;

use crate::kinds::{Directory, beside, group};
use crate::report::{self, Reporter};
use crate::tenant::{SignInRoute, Tenant};
use crate::wire::sign_on::RouteSpec;
use crate::yaml::Part;

/// The most routes.
const MOST: usize = 20;
/// The most people of one route; more than that are a group.
const MOST_PEOPLE: usize = 100;

const HERE: [Part<'static>; 2] = [Part::Key("spec"), Part::Key("routes")];

pub(super) fn read(
    spec: &[RouteSpec],
    tenant: &Tenant,
    directory: &Directory,
    reporter: &mut Reporter<'_, '_>,
) -> Vec<SignInRoute> {
    if spec.len() > MOST {
        let fix = format!("write at most {MOST}");
        reporter.at(report::VALUE, &HERE, format!("{} routes", spec.len()), fix);
    }
    let mut routes = Vec::new();
    // Whether one before holds for everybody.
    let mut closed = false;
    for (index, route) in spec.iter().enumerate() {
        let path = [HERE[0], HERE[1], Part::Index(index)];
        if closed {
            let problem = "this route is never asked: one before it is for everybody";
            reporter.at(report::VALUE, &path, problem, "move it before that one");
        }
        if let Some(name) = &route.identity_provider {
            let path = [&path[..], &[Part::Key("identity_provider")]].concat();
            directory.identity_provider(name, &path, reporter);
        }
        let groups = [&path[..], &[Part::Key("groups")]].concat();
        let groups = group::named(&route.groups, &groups, tenant, reporter);
        let people = people(route, &path, directory, reporter);
        closed |= route.groups.is_empty() && route.people.is_empty();
        routes.push(SignInRoute {
            groups,
            people,
            at: route.identity_provider.clone(),
        });
    }
    routes
}

fn people(
    route: &RouteSpec,
    path: &[Part<'_>],
    directory: &Directory,
    reporter: &mut Reporter<'_, '_>,
) -> BTreeSet<WorkerRef> {
    let path = [path, &[Part::Key("people")]].concat();
    if route.people.len() > MOST_PEOPLE {
        let problem = format!("{} people", route.people.len());
        let fix = format!("name at most {MOST_PEOPLE}, or a group of people");
        reporter.at(report::VALUE, &path, problem, fix);
    }
    let mut people = BTreeSet::new();
    for (index, worker) in route.people.iter().enumerate() {
        let path = [&path[..], &[Part::Index(index)]].concat();
        people.extend(beside::worker(worker, &path, directory, reporter));
    }
    people
}
