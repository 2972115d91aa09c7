//! Reads of what was seen in targets and what of it is ours.

use std::collections::BTreeMap;

use async_trait::async_trait;
use model::{Address, Digest, Key, Kind, RemoteId, Shadow, SubjectId, TargetName, Timestamp};
use ports::store::{Link, LostName, Objects, ObservationRow, StoreError, Unread};

use crate::TenureStore;
use crate::decode::{Fields, Select, page, text};
use crate::rows;
use crate::table::Cell;

type Read<T> = Result<T, StoreError>;

static SHADOW: Select = Select {
    table: "shadow",
    key: 3,
    columns: &["target", "kind", "remote", "record", "seen_at"],
    from: "shadow",
};

static WRITTEN: Select = Select {
    table: "shadow",
    key: 1,
    columns: &["remote", "record"],
    from: "shadow",
};

static USABLE: Select = Select {
    table: "shadow",
    key: 1,
    columns: &["remote", "active"],
    from: "shadow",
};

static LINK: Select = Select {
    table: "link",
    key: 3,
    columns: &["target", "kind", "key", "remote", "ownership", "because"],
    from: "link",
};

static MEMBER: Select = Select {
    table: "membership",
    key: 1,
    columns: &["member"],
    from: "membership",
};

static GROUP: Select = Select {
    table: "membership",
    key: 1,
    columns: &["grp"],
    from: "membership",
};

static MEMBERSHIP: Select = Select {
    table: "membership",
    key: 2,
    columns: &["member", "grp"],
    from: "membership",
};

static LOST_NAME: Select = Select {
    table: "lost_name",
    key: 2,
    columns: &["target", "name", "at"],
    from: "lost_name",
};

static LOST_NAME_OF: Select = Select {
    table: "lost_name_of",
    key: 2,
    columns: &["target", "name", "subject"],
    from: "lost_name_of",
};

static OBSERVATION: Select = Select {
    table: "observation",
    key: 2,
    columns: &["target", "kind", "at", "run"],
    from: "observation",
};

fn shadow(row: &mut Fields) -> Read<Shadow> {
    row.text()?;
    row.text()?;
    row.text()?;
    Ok(Shadow {
        record: row.json()?,
        seen_at: row.instant()?,
    })
}

fn unread(row: &mut Fields) -> Read<Unread> {
    row.behind_key();
    let written = row.text()?;
    row.key_at_last();
    Ok(Unread::new(RemoteId(row.text()?), written))
}

fn link(row: &mut Fields) -> Read<Link> {
    row.behind_key();
    let (remote, ownership, because) = (row.text()?, row.word()?, row.text()?);
    row.key_at_last();
    let address = Address {
        target: TargetName(row.text()?),
        kind: row.parsed()?,
        key: Key(row.text()?),
    };
    Ok(Link {
        address,
        remote: RemoteId(remote),
        ownership,
        because,
    })
}

fn observation(row: &mut Fields) -> Read<ObservationRow> {
    row.text()?;
    row.text()?;
    Ok(ObservationRow {
        at: row.instant()?,
        run: row.json()?,
    })
}

fn lost_at(row: &mut Fields) -> Read<Timestamp> {
    row.text()?;
    row.text()?;
    row.instant()
}

fn lost_by(row: &mut Fields) -> Read<SubjectId> {
    row.text()?;
    row.text()?;
    row.parsed()
}

/// The remote id after the target's name, which holds no `/`.
fn remote(row: &mut Fields) -> Read<RemoteId> {
    let place = row.text()?;
    match place.split_once('/') {
        Some((_, remote)) => Ok(RemoteId::from(remote)),
        None => Err(row.damaged("it does not name a target")),
    }
}

fn within(target: &TargetName, kind: Kind) -> Vec<Cell> {
    vec![text(target), text(kind.as_str())]
}

#[async_trait]
impl Objects for TenureStore {
    async fn shadow(
        &self,
        target: &TargetName,
        kind: Kind,
        remote: &RemoteId,
    ) -> Read<Option<Shadow>> {
        let mut args = within(target, kind);
        args.push(text(remote));
        let rest = "WHERE target = $1 AND kind = $2 AND remote = $3";
        let mut found = SHADOW.one(self.db(), rest, &args, shadow).await?;
        if let Some(shadow) = &mut found
            && kind == Kind::Group
        {
            shadow.record.members = Some(self.members(target, remote).await?);
        }
        Ok(found)
    }

    async fn shadows(
        &self,
        target: &TargetName,
        kind: Kind,
        remotes: &[RemoteId],
    ) -> Read<Vec<Shadow>> {
        let fixed = [("target", text(target)), ("kind", text(kind.as_str()))];
        let wanted = remotes.iter().map(|remote| remote.0.clone()).collect();
        SHADOW
            .all_in(self.db(), &fixed, "remote", wanted, "", shadow)
            .await
    }

    async fn unread(
        &self,
        target: &TargetName,
        kind: Kind,
        remotes: &[RemoteId],
    ) -> Read<Vec<Unread>> {
        let fixed = [("target", text(target)), ("kind", text(kind.as_str()))];
        let wanted = remotes.iter().map(|remote| remote.0.clone()).collect();
        WRITTEN
            .all_in(self.db(), &fixed, "remote", wanted, "", unread)
            .await
    }

    async fn shadows_page(
        &self,
        target: &TargetName,
        kind: Kind,
        after: Option<&RemoteId>,
        limit: u32,
    ) -> Read<Vec<Shadow>> {
        let mut args = within(target, kind);
        let page = page("remote", after.map(ToString::to_string), limit, &mut args);
        let rest = format!("WHERE target = $1 AND kind = $2 {page}");
        SHADOW.all(self.db(), &rest, &args, shadow).await
    }

    async fn shadows_named(
        &self,
        target: &TargetName,
        kind: Kind,
        name: &str,
    ) -> Read<Vec<Shadow>> {
        let mut args = within(target, kind);
        args.push(Cell::Text(name.to_ascii_lowercase()));
        let rest = "WHERE target = $1 AND kind = $2 AND folded = $3 ORDER BY remote";
        SHADOW.all(self.db(), rest, &args, shadow).await
    }

    async fn usable(&self, target: &TargetName) -> Read<u64> {
        let sql = "SELECT COUNT(*) FROM shadow WHERE target = $1 AND kind = $2 AND active = 1";
        let args = within(target, Kind::Account);
        let found = self.db().query(sql, &args).await?;
        found
            .first()
            .map_or(Ok(0), |row| rows::count(row, 0, "shadow"))
    }

    async fn usable_of(&self, target: &TargetName, remotes: &[RemoteId]) -> Read<Vec<RemoteId>> {
        let fixed = [
            ("target", text(target)),
            ("kind", text(Kind::Account.as_str())),
        ];
        let wanted = remotes.iter().map(|remote| remote.0.clone()).collect();
        // Asked for by their keys alone: there is an index of what is usable, too, and it would look through that.
        let usable = |row: &mut Fields| Ok((RemoteId(row.text()?), row.int()? == 1));
        let found = USABLE.all_in(self.db(), &fixed, "remote", wanted, "", usable);
        let usable = found.await?.into_iter().filter(|(_, usable)| *usable);
        Ok(usable.map(|(remote, _)| remote).collect())
    }

    async fn lost_name(&self, target: &TargetName, name: Digest) -> Read<Option<LostName>> {
        let args = [text(target), text(name)];
        let rest = "WHERE target = $1 AND name = $2";
        let Some(at) = LOST_NAME.one(self.db(), rest, &args, lost_at).await? else {
            return Ok(None);
        };
        let of = LOST_NAME_OF.one(self.db(), rest, &args, lost_by).await?;
        Ok(Some(LostName { at, of }))
    }

    async fn members(&self, target: &TargetName, group: &RemoteId) -> Read<Vec<RemoteId>> {
        let args = [Cell::Text(format!("{target}/{group}"))];
        MEMBER
            .all(self.db(), "WHERE grp = $1 ORDER BY member", &args, remote)
            .await
    }

    async fn member_of(&self, target: &TargetName, member: &RemoteId) -> Read<Vec<RemoteId>> {
        let args = [Cell::Text(format!("{target}/{member}"))];
        GROUP
            .all(self.db(), "WHERE member = $1 ORDER BY grp", &args, remote)
            .await
    }

    async fn memberships_of(
        &self,
        target: &TargetName,
        members: &[RemoteId],
    ) -> Read<Vec<(RemoteId, RemoteId)>> {
        let places = members.iter().map(|m| format!("{target}/{m}")).collect();
        let both = |row: &mut Fields| Ok((remote(row)?, remote(row)?));
        let mut found = MEMBERSHIP
            .all_in(self.db(), &[], "member", places, "", both)
            .await?;
        found.sort_unstable();
        Ok(found)
    }

    async fn link(&self, address: &Address) -> Read<Option<Link>> {
        let mut args = within(&address.target, address.kind);
        args.push(text(&address.key));
        let rest = "WHERE target = $1 AND kind = $2 AND key = $3";
        LINK.one(self.db(), rest, &args, link).await
    }

    async fn links(&self, addresses: &[Address]) -> Read<Vec<Link>> {
        let mut groups: BTreeMap<(&TargetName, Kind), Vec<String>> = BTreeMap::new();
        for address in addresses {
            let keys = groups.entry((&address.target, address.kind)).or_default();
            keys.push(address.key.0.clone());
        }
        let mut found = Vec::with_capacity(addresses.len());
        for ((target, kind), keys) in groups {
            let fixed = [("target", text(target)), ("kind", text(kind.as_str()))];
            found.extend(
                LINK.all_in(self.db(), &fixed, "key", keys, "", link)
                    .await?,
            );
        }
        Ok(found)
    }

    async fn links_of(&self, subject: SubjectId) -> Read<Vec<Link>> {
        let mut found = LINK
            .all(self.db(), "WHERE subject = $1", &[text(subject)], link)
            .await?;
        found.sort_by(|a, b| a.address.cmp(&b.address));
        Ok(found)
    }

    async fn links_about(&self, subjects: &[SubjectId]) -> Read<Vec<Link>> {
        let wanted = subjects.iter().map(ToString::to_string).collect();
        let mut found = LINK
            .all_in(self.db(), &[], "subject", wanted, "", link)
            .await?;
        found.sort_by(|a, b| a.address.cmp(&b.address));
        Ok(found)
    }

    async fn link_to(
        &self,
        target: &TargetName,
        kind: Kind,
        remote: &RemoteId,
    ) -> Read<Option<Link>> {
        // A grant's link holds its group's id, which would not tell one grant from another.
        if kind == Kind::Grant {
            return Ok(None);
        }
        let mut args = within(target, kind);
        args.push(text(remote));
        let rest = "WHERE target = $1 AND kind = $2 AND remote = $3 ORDER BY key LIMIT 1";
        LINK.one(self.db(), rest, &args, link).await
    }

    async fn links_page(
        &self,
        target: &TargetName,
        kind: Kind,
        after: Option<&str>,
        limit: u32,
    ) -> Read<Vec<Link>> {
        let mut args = within(target, kind);
        let page = page("key", after.map(str::to_owned), limit, &mut args);
        let rest = format!("WHERE target = $1 AND kind = $2 {page}");
        LINK.all(self.db(), &rest, &args, link).await
    }

    async fn linked(&self, target: &TargetName, kind: Kind) -> Read<u64> {
        let sql = "SELECT COUNT(*) FROM link WHERE target = $1 AND kind = $2";
        let found = self.db().query(sql, &within(target, kind)).await?;
        found
            .first()
            .map_or(Ok(0), |row| rows::count(row, 0, "link"))
    }

    async fn last_observation(
        &self,
        target: &TargetName,
        kind: Kind,
    ) -> Read<Option<ObservationRow>> {
        let args = within(target, kind);
        OBSERVATION
            .one(
                self.db(),
                "WHERE target = $1 AND kind = $2",
                &args,
                observation,
            )
            .await
    }
}
