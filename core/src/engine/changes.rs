//! What has changed, told to those who listen: by class, so that nobody looks again at what
//! is as it was.

use crate::domain::capability::Class;
use std::collections::{BTreeMap, BTreeSet};
use tokio::sync::watch;

/// How often each thing has changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Changes {
    /// Anything at all.
    pub any: u64,
    /// What may be anything: settings, another process's writes.
    unknown: u64,
    /// What is in the vault.
    vault: u64,
    classes: BTreeMap<Class, u64>,
}

/// What somebody listens to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Watched {
    /// Anything at all.
    Any,
    /// Documents of these classes.
    Of(&'static [Class]),
    /// What one writes for oneself.
    Vault,
}

impl Changes {
    /// A number that is another one whenever what is watched may be another.
    pub(crate) fn of(&self, watched: Watched) -> u64 {
        match watched {
            Watched::Any => self.any,
            Watched::Vault => self.unknown + self.vault,
            // What concerns the pair concerns every view.
            Watched::Of(classes) => {
                let of = |class: &Class| self.classes.get(class).copied().unwrap_or(0);
                self.unknown + of(&Class::Pair) + classes.iter().map(of).sum::<u64>()
            }
        }
    }
}

/// What is told, and what has changed since it was told last.
#[derive(Default)]
pub(super) struct Told {
    changes: watch::Sender<Changes>,
    touched: BTreeSet<Class>,
    all: bool,
}

impl Told {
    pub(super) fn watch(&self) -> watch::Receiver<Changes> {
        self.changes.subscribe()
    }

    pub(super) fn now(&self) -> Changes {
        self.changes.borrow().clone()
    }

    /// Takes note of a document that was touched; what it is about may not be known.
    pub(super) fn touch(&mut self, class: Option<Class>) {
        match class {
            Some(class) => {
                self.touched.insert(class);
            }
            None => self.all = true,
        }
    }

    /// Whether anything was touched that is not told yet.
    pub(super) fn is_touched(&self) -> bool {
        self.all || !self.touched.is_empty()
    }

    /// What was touched never was: its transaction was taken back.
    pub(super) fn take_back(&mut self) {
        self.touched.clear();
        self.all = false;
    }

    /// Tells what was touched, and that something happened where nothing was.
    pub(super) fn tell(&mut self) {
        let touched = std::mem::take(&mut self.touched);
        let all = std::mem::take(&mut self.all);
        self.changes.send_modify(|changes| {
            changes.any += 1;
            changes.unknown += u64::from(all);
            for class in touched {
                *changes.classes.entry(class).or_default() += 1;
            }
        });
    }

    /// Tells that the vault has changed: nobody else learns of it.
    pub(super) fn tell_vault(&mut self) {
        self.changes.send_modify(|changes| changes.vault += 1);
    }

    /// Tells that anything may have changed.
    pub(super) fn tell_all(&mut self) {
        self.all = true;
        self.tell();
    }
}
