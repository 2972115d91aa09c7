//! Verbs that look at the node, and verbs that change an app behind its back.

use std::time::Duration;

use app::rows::WaveFilter;
use model::attributes::Attributes;
use model::{Kind, RemoteId, TargetName, Value};

use super::order::Order;
use super::render;
use super::stage::Stage;
use super::verbs::Output;
use crate::Fault;
use crate::memory::Object;

/// Accounts of an app that are listed one by one; more are counted.
const LISTED: usize = 20;

impl Stage {
    /// `state APP [NAME …]`: what is in an app.
    pub(super) fn state(&self, order: &Order) -> Output {
        let (app, only) = order
            .words
            .split_first()
            .ok_or("write `state APP [NAME …]`")?;
        let objects = self.estate.app(app).objects();
        let target = TargetName::from(app.as_str());
        let mut accounts: Vec<(String, &RemoteId, &Object)> = objects
            .iter()
            .filter(|(_, o)| o.kind == Kind::Account)
            .map(|(r, o)| (text(o, "userName"), r, o))
            .filter(|(name, _, _)| only.is_empty() || only.contains(name))
            .collect();
        accounts.sort_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));
        if let Some(missing) = only.iter().find(|n| !accounts.iter().any(|a| a.0 == **n)) {
            return Ok(vec![format!("{missing}: not there")]);
        }
        if accounts.len() > LISTED {
            let active = accounts.iter().filter(|(_, _, o)| o.active).count() as u64;
            let disabled: Vec<String> = accounts
                .iter()
                .filter(|(_, _, o)| !o.active)
                .map(|a| a.0.clone())
                .collect();
            let mut lines = vec![format!("{} accounts are active", render::thousands(active))];
            if !disabled.is_empty() {
                let n = render::thousands(disabled.len() as u64);
                lines.push(format!("{n} are disabled: {}", render::list(&disabled)));
            }
            return Ok(lines);
        }
        let line = |(name, remote, object): &(String, &RemoteId, &Object)| {
            let mut parts = vec![if object.active { "active" } else { "disabled" }.to_owned()];
            let shown = object
                .attributes
                .iter()
                .filter(|(path, _)| *path != "userName");
            parts.extend(shown.map(|(path, value)| {
                let path = path.rsplit(':').next().unwrap_or(path);
                format!("{path}={}", self.names.value(&target, value))
            }));
            let mut groups: Vec<String> = objects
                .values()
                .filter(|o| o.members.contains(*remote))
                .map(|o| text(o, "displayName"))
                .collect();
            groups.sort();
            if !groups.is_empty() {
                parts.push(format!("in {}", groups.join(" and ")));
            }
            format!("{name}: {}", parts.join(", "))
        };
        Ok(accounts.iter().map(line).collect())
    }

    /// `why PERSON APP`, perhaps `as-of INSTANT` and `known-at INSTANT`: what the node answers. A
    /// person's name may have several words.
    pub(super) async fn why(&self, order: &Order) -> Output {
        let mut order = order.clone();
        let (as_of, known_at) = (order.option("as-of")?, order.option("known-at")?);
        let when = app::When {
            as_of: as_of.as_deref(),
            known_at: known_at.as_deref(),
        };
        let (app, person) = order.words.split_last().ok_or("write `why PERSON APP`")?;
        let (app, person) = (app.as_str(), person.join(" "));
        let why = match when == app::When::default() {
            true => self.node.app.why_access(&person, app).await,
            false => self.node.app.why_access_at(&person, app, when).await,
        };
        let why = match why {
            Ok(why) => why,
            Err(error) => return self.refused(&error),
        };
        let standing = why
            .standing
            .map_or("unknown", model::facts::Standing::as_str);
        let mut lines = vec![format!(
            "{} ({}): {}",
            why.name,
            why.key,
            standing.replace('_', " ")
        )];
        let reason = |r: &model::Reason| {
            let facts: Vec<String> = r
                .facts
                .iter()
                .map(|(name, value)| {
                    let value = value
                        .as_ref()
                        .map_or("not stated".to_owned(), ToString::to_string);
                    format!("{name} = {value}")
                })
                .collect();
            let facts = if facts.is_empty() {
                String::new()
            } else {
                format!(" [{}]", facts.join(", "))
            };
            self.names.scrub(&format!("  {}: {}{facts}", r.by, r.text))
        };
        for item in &why.items {
            let what = match item.address.kind {
                Kind::Grant => item.address.key.granted_group().unwrap_or("").to_owned(),
                kind => kind.as_str().to_owned(),
            };
            let owner = item.ownership.map_or("nobody's", |o| o.as_str());
            lines.push(format!(
                "{what}: wanted {}, seen {}, {owner}",
                item.wanted, item.seen
            ));
            lines.extend(item.because.iter().map(reason));
        }
        for why in &why.not_given {
            lines.push("not given:".to_owned());
            lines.push(reason(why));
        }
        for gap in why.told.iter().flat_map(|told| &told.not_known) {
            lines.push(self.names.scrub(&format!("not known: {gap}")));
        }
        Ok(lines)
    }

    /// `adopt APP`: whose each account is, and what nobody has explained.
    pub(super) async fn adopt(&self, order: &Order) -> Output {
        let [app] = order.exactly(["APP"])?;
        let estate = match self.node.app.estate(app).await {
            Ok(estate) => estate,
            Err(error) => return self.refused(&error),
        };
        let line = |account: &app::EstateAccount| {
            let people: Vec<String> = account.people.iter().map(|w| w.key.clone()).collect();
            let people = match people.is_empty() {
                true => String::new(),
                false => format!(" {}", people.join(", ")),
            };
            let decided = account.decided.as_ref();
            let decided =
                decided.map_or_else(String::new, |d| format!(" (by {}: {})", d.by, d.reason));
            let class = account.class.as_str();
            format!("{}: {class}{people}{decided}", account.name)
        };
        let mut lines: Vec<String> = estate.accounts.iter().map(line).collect();
        lines.sort();
        let left = self.node.app.unexplained(app).await;
        for row in left.map_err(|e| e.to_string())?.rows {
            let what = row.group.map_or_else(String::new, |g| format!(" in {g}"));
            lines.push(format!("unexplained {}{what}: {}", row.name, row.why));
        }
        Ok(lines)
    }

    /// `waves`: those that wait for someone or are under way.
    pub(super) async fn open_waves(&self) -> Output {
        let filter = WaveFilter {
            open: true,
            decided_after: None,
            proposed_after: None,
            proposed_until: None,
            limit: 1_000,
        };
        let rows = self.node.app.store().waves(filter).await;
        let mut lines: Vec<String> = rows
            .map_err(|e| e.to_string())?
            .iter()
            .map(|row| {
                format!(
                    "{} is {}",
                    self.names.scrub(&row.wave.to_string()),
                    row.status().as_str()
                )
            })
            .collect();
        lines.sort();
        if lines.is_empty() {
            lines.push("no wave is open".to_owned());
        }
        Ok(lines)
    }

    /// `findings`: those that are open.
    pub(super) async fn open_findings(&self) -> Output {
        let rows = self.node.app.store().open_findings(1_000).await;
        let mut lines: Vec<String> = rows
            .map_err(|e| e.to_string())?
            .into_iter()
            .map(|row| {
                let finding = row.opened.finding;
                let who = finding
                    .subject
                    .map_or(String::new(), |s| format!(" ({})", self.names.person(s)));
                format!(
                    "{}: {}{who}",
                    finding.code,
                    self.names.scrub(&finding.problem)
                )
            })
            .collect();
        lines.sort();
        if lines.is_empty() {
            lines.push("no finding is open".to_owned());
        }
        Ok(lines)
    }

    /// `preload APP`, with lines `account NAME [disabled] [path=value; …]` and
    /// `group NAME: MEMBER, …`: what was there before Tenure.
    pub(super) fn preload(&mut self, order: &Order, body: &[String]) -> Output {
        let [app] = order.exactly(["APP"])?;
        let memory = self.estate.app(app);
        for line in body {
            if let Some(rest) = line.strip_prefix("account ") {
                let (name, rest) = rest.split_once(' ').unwrap_or((rest, ""));
                let values = rest.strip_prefix("disabled");
                let mut attributes = attributes(values.unwrap_or(rest))?;
                attributes.insert("userName".to_owned(), Value::from(name));
                memory.plant(Kind::Account, values.is_none(), attributes);
            } else if let Some(rest) = line.strip_prefix("group ") {
                let (name, members) = rest.split_once(':').unwrap_or((rest, ""));
                let display = [("displayName".to_owned(), Value::from(name))];
                let group = memory.plant(Kind::Group, true, display.into_iter().collect());
                for member in members.split(',').map(str::trim).filter(|m| !m.is_empty()) {
                    let member = self.account(app, member)?;
                    memory.tamper(&group, |g| {
                        g.members.insert(member);
                    });
                }
            } else {
                return Err(format!(
                    "`{line}` is no `account NAME` and no `group NAME: MEMBER`"
                ));
            }
        }
        Ok(Vec::new())
    }

    /// `by-hand APP disable NAME`, `enable`, `delete`, or `set NAME path=value; …`: someone works
    /// in the app itself.
    pub(super) fn by_hand(&mut self, order: &Order) -> Output {
        let [app, act, name, rest @ ..] = order.words.as_slice() else {
            return Err("write `by-hand APP disable NAME`".to_owned());
        };
        let remote = self.account(app, name)?;
        let memory = self.estate.app(app);
        match act.as_str() {
            "disable" => memory.tamper(&remote, |o| o.active = false),
            "enable" => memory.tamper(&remote, |o| o.active = true),
            "delete" => memory.remove(&remote),
            "set" => {
                let values = attributes(&rest.join(" "))?;
                memory.tamper(&remote, |o| o.attributes.extend(values));
            }
            other => return Err(format!("`{other}` is not disable, enable, delete or set")),
        }
        Ok(Vec::new())
    }

    /// `faults APP lost-answer busy truncated …`: what goes wrong with the next requests.
    pub(super) fn faults(&mut self, order: &Order) -> Output {
        let (app, faults) = order
            .words
            .split_first()
            .ok_or("write `faults APP FAULT …`")?;
        let mut ordered = Vec::new();
        for fault in faults {
            ordered.push(match fault.as_str() {
                "lost-answer" => Fault::LostAnswer,
                "lost-request" => Fault::LostRequest,
                "busy" => Fault::Busy(Duration::from_secs(30)),
                "lie" => Fault::Lie,
                "twice" => Fault::Twice,
                "truncated" => Fault::Truncated,
                "broken" => Fault::Broken,
                "opens" => Fault::Opens,
                other => return Err(format!("there is no fault `{other}`")),
            });
        }
        self.estate.app(app).order(ordered);
        Ok(Vec::new())
    }

    /// `refuses APP PATH VALUE`: the app takes no account with this value from here on; `accepts`
    /// takes that back.
    pub(super) fn refuses(&self, order: &Order, taken: bool) -> Output {
        let [app, path, value] = order.exactly(["APP", "PATH", "VALUE"])?;
        self.estate.app(app).refuse(path, value, taken);
        Ok(Vec::new())
    }

    fn account(&self, app: &str, name: &str) -> Result<RemoteId, String> {
        let objects = self.estate.app(app).objects();
        let found = objects
            .iter()
            .find(|(_, o)| o.kind == Kind::Account && text(o, "userName") == name);
        found
            .map(|(remote, _)| remote.clone())
            .ok_or_else(|| format!("`{app}` has no account `{name}`"))
    }
}

fn text(object: &Object, path: &str) -> String {
    object
        .attributes
        .get(path)
        .map(ToString::to_string)
        .unwrap_or_default()
}

fn attributes(text: &str) -> Result<Attributes, String> {
    let pairs = text
        .split(';')
        .map(str::trim)
        .filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (path, value) = pair
                .split_once('=')
                .ok_or_else(|| format!("`{pair}` is no path=value"))?;
            Ok((path.to_owned(), Value::from(value)))
        })
        .collect()
}
