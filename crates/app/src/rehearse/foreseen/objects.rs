//! What will be in apps, and what of it will be ours.

use async_trait::async_trait;
use model::canonical::Digest;
use model::{Address, Completeness, Kind, RemoteId, Shadow, SubjectId, TargetName};
use ports::Clock;
use ports::store::{Link, LostName, MAX_PAGE, Objects, ObservationRow, Unread};

use super::{Foreseen, Read, refused};

port!(Objects {
    never links_page(&TargetName, Kind, Option<&str>, u32) -> Vec<Link>;
    own {
        async fn shadow(
            &self,
            target: &TargetName,
            kind: Kind,
            remote: &RemoteId,
        ) -> Read<Option<Shadow>> {
            let at = (target.clone(), kind, remote.clone());
            let known = self.moved().object(&at);
            let shadow = match known {
                Some(shadow) => shadow,
                None => self.now.shadow(target, kind, remote).await?,
            };
            Ok(shadow.map(|mut shadow| {
                if let Some(members) = &mut shadow.record.members {
                    self.moved().members_of(target, remote, members);
                }
                shadow
            }))
        }

        async fn usable(&self, target: &TargetName) -> Read<u64> {
            let moved = self.moved().objects_after(target, Kind::Account, None);
            let remotes: Vec<RemoteId> = moved.keys().cloned().collect();
            let before = self.now.shadows(target, Kind::Account, &remotes).await?;
            let active = |shadows: &mut dyn Iterator<Item = &Shadow>| {
                shadows.filter(|shadow| shadow.record.active).count() as u64
            };
            let (was, will) = (
                active(&mut before.iter()),
                active(&mut moved.values().flatten()),
            );
            Ok((self.now.usable(target).await? + will).saturating_sub(was))
        }

        async fn usable_of(
            &self,
            target: &TargetName,
            remotes: &[RemoteId],
        ) -> Read<Vec<RemoteId>> {
            let (mut found, mut ask) = (Vec::new(), Vec::new());
            {
                let moved = self.moved();
                for remote in remotes {
                    match moved.object(&(target.clone(), Kind::Account, remote.clone())) {
                        Some(Some(shadow)) if shadow.record.active => found.push(remote.clone()),
                        Some(_) => {}
                        None => ask.push(remote.clone()),
                    }
                }
            }
            found.extend(self.now.usable_of(target, &ask).await?);
            Ok(found)
        }

        async fn shadows(
            &self,
            target: &TargetName,
            kind: Kind,
            remotes: &[RemoteId],
        ) -> Read<Vec<Shadow>> {
            let (mut found, mut ask) = (Vec::new(), Vec::new());
            {
                let moved = self.moved();
                for remote in remotes {
                    match moved.object(&(target.clone(), kind, remote.clone())) {
                        Some(shadow) => found.extend(shadow),
                        None => ask.push(remote.clone()),
                    }
                }
            }
            if !ask.is_empty() {
                found.extend(self.now.shadows(target, kind, &ask).await?);
            }
            Ok(found)
        }

        async fn unread(
            &self,
            target: &TargetName,
            kind: Kind,
            remotes: &[RemoteId],
        ) -> Read<Vec<Unread>> {
            let (mut found, mut ask) = (Vec::new(), Vec::new());
            {
                let moved = self.moved();
                for remote in remotes {
                    match moved.object(&(target.clone(), kind, remote.clone())) {
                        Some(Some(shadow)) => found.push(Unread::of(&shadow.record)?),
                        Some(None) => {}
                        None => ask.push(remote.clone()),
                    }
                }
            }
            if !ask.is_empty() {
                found.extend(self.now.unread(target, kind, &ask).await?);
            }
            Ok(found)
        }

        async fn shadows_page(
            &self,
            target: &TargetName,
            kind: Kind,
            after: Option<&RemoteId>,
            limit: u32,
        ) -> Read<Vec<Shadow>> {
            let most = if limit == 0 { MAX_PAGE } else { limit } as usize;
            let mut moved = self.moved().objects_after(target, kind, after);
            let mut last = after.cloned();
            let mut page = Vec::new();
            loop {
                let before = self.now.shadows_page(target, kind, last.as_ref(), limit);
                let before = before.await?;
                let end = before.last().map(|s| s.record.remote.clone());
                let more = before.len() == most;
                for shadow in before {
                    moved
                        .entry(shadow.record.remote.clone())
                        .or_insert(Some(shadow));
                }
                // Up to where the store has told of everything.
                let rest = match (&end, more) {
                    (Some(end), true) => moved.split_off(end),
                    _ => Default::default(),
                };
                page.extend(std::mem::replace(&mut moved, rest).into_values().flatten());
                if page.len() >= most || !more {
                    page.truncate(most);
                    return Ok(page);
                }
                last = end;
            }
        }

        async fn shadows_named(
            &self,
            target: &TargetName,
            kind: Kind,
            name: &str,
        ) -> Read<Vec<Shadow>> {
            let mut found = self.now.shadows_named(target, kind, name).await?;
            self.moved().named(target, kind, name, &mut found);
            Ok(found)
        }

        async fn lost_name(&self, target: &TargetName, name: Digest) -> Read<Option<LostName>> {
            let lost = self.moved().lost_name(target, name);
            match lost {
                Some(lost) => Ok(Some(lost)),
                None => self.now.lost_name(target, name).await,
            }
        }

        async fn members(&self, target: &TargetName, group: &RemoteId) -> Read<Vec<RemoteId>> {
            let mut members = self.now.members(target, group).await?;
            self.moved().members_of(target, group, &mut members);
            Ok(members)
        }

        async fn member_of(&self, target: &TargetName, member: &RemoteId) -> Read<Vec<RemoteId>> {
            let mut groups = self.now.member_of(target, member).await?;
            self.moved().groups_of(target, member, &mut groups);
            Ok(groups)
        }

        async fn memberships_of(
            &self,
            target: &TargetName,
            members: &[RemoteId],
        ) -> Read<Vec<(RemoteId, RemoteId)>> {
            let before = self.now.memberships_of(target, members).await?;
            let moved = self.moved();
            let mut found = Vec::new();
            for member in members {
                let mine = before.iter().filter(|(who, _)| who == member);
                let mut groups = mine.map(|(_, group)| group.clone()).collect();
                moved.groups_of(target, member, &mut groups);
                found.extend(groups.into_iter().map(|group| (member.clone(), group)));
            }
            found.sort();
            Ok(found)
        }

        async fn link(&self, address: &Address) -> Read<Option<Link>> {
            let known = self.moved().link(address);
            match known {
                Some(link) => Ok(link),
                None => self.now.link(address).await,
            }
        }

        async fn links(&self, addresses: &[Address]) -> Read<Vec<Link>> {
            let mut found = self.now.links(addresses).await?;
            let moved = self.moved();
            found.retain(|link| moved.link(&link.address).is_none());
            found.extend(addresses.iter().filter_map(|at| moved.link(at).flatten()));
            Ok(found)
        }

        async fn links_of(&self, subject: SubjectId) -> Read<Vec<Link>> {
            self.links_about(&[subject]).await
        }

        async fn links_about(&self, subjects: &[SubjectId]) -> Read<Vec<Link>> {
            let mut links = self.now.links_about(subjects).await?;
            let moved = self.moved();
            for subject in subjects {
                moved.links_of(*subject, &mut links);
            }
            links.sort_by(|a, b| a.address.cmp(&b.address));
            Ok(links)
        }

        async fn link_to(
            &self,
            target: &TargetName,
            kind: Kind,
            remote: &RemoteId,
        ) -> Read<Option<Link>> {
            let at = (target.clone(), kind, remote.clone());
            let known = self.moved().holder(&at);
            match known {
                Some(link) => Ok(link),
                None => self.now.link_to(target, kind, remote).await,
            }
        }

        async fn linked(&self, target: &TargetName, kind: Kind) -> Read<u64> {
            let before = self.now.linked(target, kind).await?;
            Ok(self.moved().linked(target, kind, before))
        }

        /// An app that was listed completely is taken to be listed again whenever that is asked for.
        async fn last_observation(
            &self,
            target: &TargetName,
            kind: Kind,
        ) -> Read<Option<ObservationRow>> {
            let row = self.now.last_observation(target, kind).await?;
            Ok(row.map(|mut row| {
                if row.run.completeness == Completeness::Full {
                    row.run.started = self.clock.now();
                    row.at = row.run.started;
                }
                row
            }))
        }
    }
});
