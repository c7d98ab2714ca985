//! At rest: two SQLite files, every value in them sealed.
//!
//! - `pair.db` holds the two logs with their bodies, the snapshots of documents,
//!   and what links the two phones. See [`PairDb`].
//! - `vault.db` holds what is private: drafts, the journal, one's own answers. The code that
//!   talks to the partner has no type that could name it (R9). See [`VaultDb`].
//!
//! Both run in WAL mode with `synchronous=FULL` and `secure_delete=ON`; the
//! settings are read back, and the library refuses to run otherwise. Each has a
//! data key of its own, kept by the host's [`SecretStore`](crate::host::SecretStore)
//! under names that begin with a random store id, and written there before
//! anything is sealed under it. The associated data of each sealed value binds
//! it to its store, table and row.

mod arrived;
mod aside;
mod bodies;
mod database;
mod documents;
mod entries;
mod keyed;
mod keys;
mod moved;
mod pair_db;
mod rows;
mod schema;
mod secrets;
mod segments;
mod settings;
mod settled;
mod tail;
mod vault_db;
mod words;

pub use arrived::{ArrivedBodies, ArrivedRun};
pub use aside::AsideRow;
pub use bodies::Expiring;
pub use database::{StorageError, identity};
pub use documents::DocumentRow;
pub use keys::{Keys, KeysError};
pub use pair_db::{PairDb, PairFile};
pub use rows::{BodyRow, EntryRow, LogRow};
#[cfg(feature = "net")]
pub(crate) use rows::{past_from_value, past_view};
pub use secrets::{KeyFile, PassphraseFile};
pub(crate) use settings::Due;
pub use settings::Setting;
pub use tail::NewEntry;
pub use vault_db::{VaultDb, VaultItem};
pub use words::Bodies;
