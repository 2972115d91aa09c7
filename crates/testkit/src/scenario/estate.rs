//! The apps and channels of a scenario: in memory, made when first asked for, and what was asked of
//! them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use app::Connect;
use async_trait::async_trait;
use connectors::handoff::Paper;
use model::notice::Answer;
use model::{RemoteId, Secret, TargetName};
use ports::handoff::Paperwork;
use ports::target::Operation;
use ports::{Channel, Letter, Target};

use crate::Memory;
use crate::memory::Object;

/// The apps, by name.
#[derive(Default)]
pub struct Estate {
    targets: Mutex<BTreeMap<TargetName, Arc<Memory>>>,
    post: Arc<Mutex<Post>>,
}

/// What went out on channels.
#[derive(Default)]
struct Post {
    /// Channels that take nothing.
    down: BTreeSet<String>,
    /// Channel and letter, in order.
    letters: Vec<(String, Letter)>,
}

/// One channel.
struct Letterbox {
    name: String,
    post: Arc<Mutex<Post>>,
}

#[async_trait]
impl Channel for Letterbox {
    async fn tell(&self, letter: &Letter, _deadline: Duration) -> Answer {
        let mut post = self.post.lock().unwrap_or_else(PoisonError::into_inner);
        if post.down.contains(&self.name) {
            return Answer::Failed {
                detail: "down".to_owned(),
                wait: None,
            };
        }
        post.letters.push((self.name.clone(), letter.clone()));
        Answer::Delivered {
            detail: String::new(),
        }
    }
}

impl Estate {
    fn targets(&self) -> MutexGuard<'_, BTreeMap<TargetName, Arc<Memory>>> {
        self.targets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The app of this name; empty if it was never heard of.
    #[must_use]
    pub fn app(&self, name: &str) -> Arc<Memory> {
        let mut targets = self.targets();
        Arc::clone(targets.entry(TargetName::from(name)).or_default())
    }

    /// What was asked of each app since the last call: requests that change something, in order.
    #[must_use]
    pub fn asked(&self) -> Vec<(TargetName, Vec<Operation>)> {
        let asked = |(name, memory): (&TargetName, &Arc<Memory>)| {
            let asked = memory.journal();
            memory.clear_journal();
            (!asked.is_empty()).then(|| (name.clone(), asked))
        };
        self.targets().iter().filter_map(asked).collect()
    }

    fn post(&self) -> MutexGuard<'_, Post> {
        self.post.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What channels took since the last call, in order.
    #[must_use]
    pub fn letters(&self) -> Vec<(String, Letter)> {
        std::mem::take(&mut self.post().letters)
    }

    /// Whether a channel takes something from now on.
    pub fn set_channel(&self, name: &str, up: bool) {
        if up {
            self.post().down.remove(name);
        } else {
            self.post().down.insert(name.to_owned());
        }
    }

    /// Everything that is there, app by app.
    #[must_use]
    pub fn objects(&self) -> BTreeMap<TargetName, BTreeMap<RemoteId, Object>> {
        let objects =
            |(name, memory): (&TargetName, &Arc<Memory>)| (name.clone(), memory.objects());
        self.targets().iter().map(objects).collect()
    }
}

#[async_trait]
impl Connect for Estate {
    async fn connect(
        &self,
        app: &documents::App,
        _secret: Option<Secret>,
    ) -> Result<Arc<dyn Target>, String> {
        Ok(self.app(app.name.as_str()))
    }

    fn channel(
        &self,
        channel: &documents::Channel,
        _secret: Option<Secret>,
    ) -> Result<Arc<dyn Channel>, String> {
        let (name, post) = (channel.name.clone(), Arc::clone(&self.post));
        Ok(Arc::new(Letterbox { name, post }))
    }

    fn paperwork(&self) -> Option<Arc<dyn Paperwork>> {
        Some(Arc::new(Paper))
    }
}
