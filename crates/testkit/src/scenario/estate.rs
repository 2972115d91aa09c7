//! The apps of a scenario: in memory, made when first asked for, and what was asked of them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use app::Connect;
use async_trait::async_trait;
use model::{RemoteId, Secret, TargetName};
use ports::Target;
use ports::target::Operation;

use crate::Memory;
use crate::memory::Object;

/// The apps, by name.
#[derive(Default)]
pub struct Estate {
    targets: Mutex<BTreeMap<TargetName, Arc<Memory>>>,
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
}
