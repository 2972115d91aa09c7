//! What a scenario can do to a node. Each verb gives its output as lines.

use app::{AppError, DeliveryReport};
use model::{Actor, Secret, TargetName, Timestamp};

use super::file::{self, Bytes};
use super::order::Order;
use super::render;
use super::script::Deed;
use super::stage::Stage;

/// Who plans, applies and delivers, if nobody is named.
const AUTHOR: &str = "ana";
/// An output, or what is wrong with the scenario itself.
pub(super) type Output = Result<Vec<String>, String>;

impl Stage {
    /// Does one thing.
    ///
    /// # Errors
    /// When the scenario is wrong, or the node breaks. What the node refuses is output.
    pub async fn deed(&mut self, deed: &Deed) -> Output {
        let order = Order::parse(&deed.verb)?;
        let takes_lines = matches!(
            order.verb.as_str(),
            "import" | "documents" | "preload" | "confirm" | "extract"
        );
        if !deed.body.is_empty() && !takes_lines {
            return Err(format!("`{}` is given no lines", order.verb));
        }
        if order.verb == "at" {
            return self.at(&order).await;
        }
        if !self.begun {
            return Err("a scenario begins with `at TIME ZONE`".to_owned());
        }
        match order.verb.as_str() {
            "documents" => self.documents(order, &deed.body).await,
            "import" => self.import(order, &deed.body).await,
            "plan" => self.plan(order).await,
            "apply" => self.apply(&order).await,
            "release" | "refuse" => self.decide(order).await,
            "undo" => self.undo(&order).await,
            "terminate" | "lift" => self.terminate(&order).await,
            "match" | "separate" => self.match_worker(order).await,
            "observe" => self.observe(&order).await,
            "why" => self.why(&order).await,
            "state" => self.state(&order),
            "adopt" => self.adopt(&order).await,
            "tasks" => self.tasks().await,
            "done" => self.done(&order).await,
            "lines" => self.open_lines(&order).await,
            "sheet" => self.sheet(&order).await,
            "confirm" => self.confirm(order, &deed.body).await,
            "extract" => self.extract(order, &deed.body).await,
            "waves" => self.open_waves().await,
            "findings" => self.open_findings().await,
            "notices" => self.notices().await,
            "acknowledge" => self.acknowledge(&order).await,
            "channel" => self.channel(&order),
            "preload" => self.preload(&order, &deed.body),
            "faults" => self.faults(&order),
            "refuses" => self.refuses(&order, false),
            "accepts" => self.refuses(&order, true),
            "answers" => self.answers(&order),
            "shows" => self.shows(&order),
            "secret" => self.secret(order).await,
            "token" => self.token(order).await,
            "stop" => self.stop(&order).await,
            "digest" => self.digest(order).await,
            "leavers" => self.leavers(order).await,
            "drill" => self.drill(&order).await,
            "drills" => self.drills().await,
            "rehearse" => self.rehearse(&order).await,
            "retry" => self.retry(order).await,
            "by-hand" => self.by_hand(&order),
            other => Err(format!("there is no verb `{other}`")),
        }
    }

    /// `at 2026-04-02T17:00 Australia/Melbourne`, or an instant that ends with `Z`.
    async fn at(&mut self, order: &Order) -> Output {
        let (time, zone) = match order.words.as_slice() {
            [time] => (time, None),
            [time, zone] => (time, Some(zone.clone())),
            _ => return Err("write `at 2026-04-02T17:00 Australia/Melbourne`".to_owned()),
        };
        if let Some(zone) = zone {
            self.zone = zone;
        }
        let until = if time.ends_with('Z') {
            time.parse::<Timestamp>()?
        } else {
            let civil = time.parse().map_err(|e| format!("`{time}`: {e}"))?;
            Timestamp::in_zone(civil, &self.zone)?
        };
        if !self.begun {
            self.begun = true;
            self.node.clock.advance_to(until);
            return Ok(Vec::new());
        }
        if until < self.node.app.now() {
            let now = self.clock_on_the_wall(self.node.app.now());
            return Err(format!("the clock does not go back; it is {now}"));
        }
        let mut lines = self.pass_until(until).await?;
        if lines.is_empty() {
            lines.push("nothing happens".to_owned());
        }
        Ok(lines)
    }

    /// `documents FOLDER …`, in which later folders replace files of earlier ones, and other or more
    /// files under `replacing FILE` or `adding FILE`. Without a folder those in force are changed.
    async fn documents(&mut self, mut order: Order, body: &[String]) -> Output {
        let replacing = order.option("replacing")?;
        let adding = order.option("adding")?;
        if !order.words.is_empty() {
            self.documents.clear();
        }
        for folder in &order.words {
            self.documents
                .extend(read_documents(&self.folder.join(folder))?);
        }
        let mut text = body.join("\n");
        text.push('\n');
        match (replacing, adding, body.is_empty()) {
            (None, None, true) => {}
            (Some(name), None, false) if self.documents.contains_key(&name) => {
                self.documents.insert(name, text);
            }
            (None, Some(name), false) if !self.documents.contains_key(&name) => {
                self.documents.insert(name, text);
            }
            _ => {
                return Err(
                    "lines go under `replacing` a file that is there, or `adding` one".to_owned(),
                );
            }
        }
        let files: Vec<(String, String)> = self.documents.clone().into_iter().collect();
        if let Ok(tenant) = documents::load(&files) {
            self.set_secrets(&tenant).await?;
        }
        let who = actor(&order, AUTHOR);
        let report = match self.node.app.accept_documents(&who, files, false).await {
            Ok(report) => report,
            Err(error) => return self.refused(&error),
        };
        let (sources, apps, rules) = report.counts;
        let mut lines = vec![format!(
            "documents r{}: {}, {}, {}",
            report.revision,
            render::count(sources as u64, "source", "sources"),
            render::count(apps as u64, "app", "apps"),
            render::count(rules as u64, "rule", "rules"),
        )];
        if let Some(people) = &report.people {
            let label = format!("people of documents r{}", report.revision);
            self.names
                .deliveries
                .entry(people.delivery)
                .or_insert(label);
            lines.extend(people_changed(&people.changes));
        }
        lines.extend(self.settle().await?);
        Ok(lines)
    }

    async fn set_secrets(&self, tenant: &documents::Tenant) -> Result<(), String> {
        for app in tenant.apps.values() {
            let Some(scim) = app.scim() else {
                continue;
            };
            let host = scim.url.split('/').nth(2).unwrap_or("");
            let secret = scim.auth.secret();
            let (by, value) = (Actor::named(AUTHOR), Secret::new("s3cret"));
            let set = self
                .node
                .app
                .set_secret(&by, secret, app.name.as_str(), host, &value);
            set.await.map_err(|e| e.to_string())?;
        }
        for channel in tenant.channels.values() {
            let Some(secret) = channel.secret() else {
                continue;
            };
            let host = match &channel.by {
                documents::By::Smtp(smtp) => smtp.place(),
                documents::By::Slack { host, .. } => host.clone(),
                documents::By::Webhook { url, .. } => {
                    url.split('/').nth(2).unwrap_or("").to_owned()
                }
            };
            let (by, value) = (Actor::named(AUTHOR), Secret::new("s3cret"));
            let bound = format!("channel/{}", channel.name);
            let set = self.node.app.set_secret(&by, secret, &bound, &host, &value);
            set.await.map_err(|e| e.to_string())?;
        }
        Ok(())
    }

    /// `import hr.csv`, from source `hr` unless `from` names another.
    async fn import(&mut self, mut order: Order, body: &[String]) -> Output {
        let source = order.option("from")?.unwrap_or_else(|| "hr".to_owned());
        let (again, dry_run) = (order.flag("again"), order.flag("dry-run"));
        let how = Bytes {
            bom: order.flag("bom"),
            windows_1252: order.flag("windows-1252"),
            crlf: order.flag("crlf"),
            cut: order.flag("cut"),
        };
        let [name] = order.exactly(["FILE"])?;
        let bytes = match (again, self.files.get(name)) {
            (true, Some(last)) if body.is_empty() => last.clone(),
            (true, _) => {
                return Err(format!(
                    "`{name}` was not imported before, or is given anew"
                ));
            }
            (false, _) => file::bytes(body, how)?,
        };
        self.files.insert(name.to_owned(), bytes.clone());
        let who = actor(&order, AUTHOR);
        let report = match self
            .node
            .app
            .deliver(&who, &source, name, &bytes, dry_run)
            .await
        {
            Ok(report) => report,
            Err(error) => return self.refused(&error),
        };
        let n = self.names.deliveries.len() + 1;
        let label = || format!("delivery {n}");
        self.names
            .deliveries
            .entry(report.delivery)
            .or_insert_with(label);
        let mut lines = self.delivered(&report);
        lines.extend(self.settle().await?);
        Ok(lines)
    }

    fn delivered(&self, report: &DeliveryReport) -> Vec<String> {
        let rows = render::count(report.rows, "row", "rows");
        let name = &self.names.deliveries[&report.delivery];
        let mut lines = if report.refused {
            vec![format!("{name} is refused whole; no row of it counts")]
        } else {
            let completeness = format!("{:?}", report.completeness).to_lowercase();
            vec![format!(
                "{name} is accepted: {rows}, completeness {completeness}"
            )]
        };
        lines.extend(people_changed(&report.changes));
        if report.changes.is_empty() && !report.refused {
            lines.push("  nothing new".to_owned());
        }
        for worker in &report.undecided {
            let might: Vec<String> = worker
                .candidates
                .iter()
                .map(|s| self.names.person(*s))
                .collect();
            let might = if might.is_empty() {
                String::new()
            } else {
                format!("; might be {}", render::list(&might))
            };
            lines.push(format!(
                "  undecided {}: {}{might}",
                worker.key, worker.problem
            ));
        }
        lines.extend(render::diagnostics(&report.diagnostics, &self.names));
        lines
    }

    /// `plan`: for everyone.
    async fn plan(&mut self, order: Order) -> Output {
        order.exactly([])?;
        let waves = self.node.app.plan(&actor(&order, AUTHOR), false).await;
        match waves {
            Ok(waves) if waves.is_empty() => {
                let mut lines = vec!["nothing new to do".to_owned()];
                lines.extend(self.settle().await?);
                Ok(lines)
            }
            Ok(_) => self.settle().await,
            Err(error) => self.refused(&error),
        }
    }

    /// `apply WAVE …`: starts waves that the guard allows, and lets the node work.
    async fn apply(&mut self, order: &Order) -> Output {
        if order.words.is_empty() {
            return Err("write `apply WAVE …`".to_owned());
        }
        let reason = order.because.clone().unwrap_or_default();
        let mut lines = Vec::new();
        for name in &order.words {
            let wave = self.wave_named(name)?;
            let who = actor(order, AUTHOR);
            if let Err(error) = self.node.app.apply(&who, wave, &reason).await {
                lines.extend(self.refused(&error)?);
            }
        }
        lines.extend(self.settle().await?);
        Ok(lines)
    }

    /// `observe APP`.
    async fn observe(&mut self, order: &Order) -> Output {
        let [app] = order.exactly(["APP"])?;
        let target = TargetName::from(app);
        let runs = match self.node.app.observe(&actor(order, AUTHOR), &target).await {
            Ok(runs) => runs,
            Err(error) => return self.refused(&error),
        };
        let mut lines: Vec<String> = runs
            .iter()
            .map(|run| {
                let completeness = format!("{:?}", run.completeness).to_lowercase();
                let (kind, read) = (run.kind.as_str(), run.read);
                let (changed, vanished) = (run.changed, run.vanished);
                format!(
                    "{app} {kind}s: read {read}, changed {changed}, gone {vanished}, {completeness}"
                )
            })
            .collect();
        lines.extend(self.settle().await?);
        Ok(lines)
    }

    /// What the node refuses, as output.
    pub(super) fn refused(&self, error: &AppError) -> Output {
        let problem = self.names.scrub(&error.to_string());
        let mut lines = vec![format!("refused: {problem} [{}]", error.code())];
        lines.push(format!("  fix: {}", error.fix()));
        lines.extend(render::diagnostics(error.diagnostics(), &self.names));
        Ok(lines)
    }
}

/// Of whom something new is said, and what it means.
fn people_changed(changes: &[app::RowChange]) -> Vec<String> {
    let mut kinds = std::collections::BTreeMap::new();
    for change in changes {
        let who = format!("{} ({})", change.name, change.key);
        let kind: &mut Vec<String> = kinds.entry(change.change).or_default();
        kind.push(who);
    }
    let line = |(change, mut people): (model::Change, Vec<String>)| {
        people.sort();
        let number = render::thousands(people.len() as u64);
        format!("  {} {number}: {}", change.as_str(), render::list(&people))
    };
    kinds.into_iter().map(line).collect()
}

pub(super) fn actor(order: &Order, usual: &str) -> Actor {
    Actor::named(order.by.as_deref().unwrap_or(usual))
}

/// The YAML files of a folder.
fn read_documents(
    folder: &std::path::Path,
) -> Result<std::collections::BTreeMap<String, String>, String> {
    let broken = |e: std::io::Error| format!("{}: {e}", folder.display());
    let mut files = std::collections::BTreeMap::new();
    for entry in std::fs::read_dir(folder).map_err(broken)? {
        let path = entry.map_err(broken)?.path();
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned());
        if let Some(name) = name.filter(|n| n.ends_with(".yaml")) {
            files.insert(name, std::fs::read_to_string(&path).map_err(broken)?);
        }
    }
    Ok(files)
}
