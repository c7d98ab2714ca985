//! Every table and every column of the two files.
//!
//! There is one shape of table: look-up columns that tell nothing, and one column `sealed`
//! with everything else, XChaCha20-Poly1305 under the file's data key, bound to its table and
//! row. A `lookup` is a keyed hash (of a name, of a document's id): it finds a row and says
//! nothing of it; such rows are read and written in one place (`keyed.rs`). `log` is a log's
//! number in this file: even for one's own, odd for the partner's, in the order of
//! generations. `place` is the index of an entry in its log, `record` the place of a record
//! in its entry.
//!
//! | table | a row is | look-up columns | sealed |
//! |---|---|---|---|
//! | `store` | the file itself, once | `id`: random, says where its keys are kept | |
//! | `setting` | a [setting](super::Setting) | `lookup`: of its name | its value |
//! | `log` | a log as it stands | `number`: see above | owner, generation, checkpoint, pins, past, latest stated time, how many documents of each class it has begun, whether frozen or kept |
//! | `tail` | one of the newest entries | `number`: in which order they were written; `log`, `place`; `docs`: look-ups of the documents that it touches, 16 bytes each | bytes, head, own tag, causal past, when it came; apart from it, in `words`, the words of its records |
//! | `segment` | a run of entries, instead of one row each | `log`, `first` and `count`: its entries | the same of each, but for what follows from the others |
//! | `words` | the words of the records of 32 entries that stand in runs | `log`, `block`: the first of them by 32 | of each: state, until when, since when, bytes |
//! | | or of one record, longer than 512 bytes | `log`, `block`: 2^62 and more, from its place and record | bytes |
//! | `missing` | a body that may be asked for | `log`, `place`, `record` | |
//! | `expiring` | a body that ends, of an entry that stands in a run | `log`, `place`, `record` | until when, since when |
//! | `live` | a document that entries touch and views look at | `lookup`: of its id | id, first kind and entry, when it was begun, size of its snapshot, its number among those of its class |
//! | `document` | one that no view looks at | `lookup`: of its id | the same |
//! | `touch_run` | entries of one run that touch a document | `lookup`, `log`, `first`; `places`: steps from there, four bytes each | |
//! | `unsettled` | a document that is long over and still to be counted | `lookup`: of its id | |
//! | `settled` | a document that is long over and counted | `lookup`: of its id | what it was counted as |
//! | `year` | what such documents came to in a year | `lookup`: of the year and their class | the class, the sum |
//! | `snapshot` | a document as derived | `lookup`: of its id | deriving rule, bytes |
//! | `outbox` | what opens a seal | `lookup`: of the seal's position | template, period, seal, opening, whether taken back |
//! | `arrived` | entries that are stored and not read yet | `number`: in which order they came; `log`, `first`, `count`: its entries | the bodies that came with them |
//! | `aside` | a record that stands in another past | `number`: to name it by | record, body |
//! | `item` (`vault.db`) | something private | `id`: random, or a keyed hash of a name | kind, value; padded in steps |
//!
//! A migration is added at the end and never changed; `user_version` counts them. `entry`, `body`
//! and `touch` are what earlier layouts had in place of `tail` and `words`, one row for each entry,
//! body and touch; what stands there is [moved](super::moved) when the file is opened.

use super::database::Layout;

/// `pair.db`.
pub(super) const PAIR: Layout = Layout {
    file: "pair.db",
    migrations: &[
        "
        CREATE TABLE store(id BLOB NOT NULL) STRICT;
        CREATE TABLE setting(lookup BLOB PRIMARY KEY, sealed BLOB NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE log(number INTEGER PRIMARY KEY, sealed BLOB NOT NULL) STRICT;
        CREATE TABLE entry(log INTEGER NOT NULL, place INTEGER NOT NULL, sealed BLOB NOT NULL,
            PRIMARY KEY (log, place)) STRICT, WITHOUT ROWID;
        CREATE TABLE body(log INTEGER NOT NULL, place INTEGER NOT NULL, record INTEGER NOT NULL,
            sealed BLOB NOT NULL, PRIMARY KEY (log, place, record)) STRICT, WITHOUT ROWID;
        CREATE TABLE document(lookup BLOB PRIMARY KEY, sealed BLOB NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE touch(lookup BLOB NOT NULL, log INTEGER NOT NULL, place INTEGER NOT NULL,
            PRIMARY KEY (lookup, log, place)) STRICT, WITHOUT ROWID;
        CREATE TABLE snapshot(lookup BLOB PRIMARY KEY, sealed BLOB NOT NULL) STRICT, WITHOUT ROWID;
    ",
        "
        CREATE TABLE live(lookup BLOB PRIMARY KEY, sealed BLOB NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE missing(log INTEGER NOT NULL, place INTEGER NOT NULL, record INTEGER NOT NULL,
            PRIMARY KEY (log, place, record)) STRICT, WITHOUT ROWID;
        CREATE TABLE expiring(log INTEGER NOT NULL, place INTEGER NOT NULL, record INTEGER NOT NULL,
            sealed BLOB NOT NULL, PRIMARY KEY (log, place, record)) STRICT, WITHOUT ROWID;
        CREATE TABLE outbox(lookup BLOB PRIMARY KEY, sealed BLOB NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE segment(log INTEGER NOT NULL, first INTEGER NOT NULL, count INTEGER NOT NULL,
            sealed BLOB NOT NULL, PRIMARY KEY (log, first)) STRICT, WITHOUT ROWID;
        CREATE TABLE touch_run(lookup BLOB NOT NULL, log INTEGER NOT NULL, first INTEGER NOT NULL,
            places BLOB NOT NULL, PRIMARY KEY (lookup, log, first)) STRICT, WITHOUT ROWID;
    ",
        "
        CREATE TABLE arrived(number INTEGER PRIMARY KEY, log INTEGER NOT NULL,
            first INTEGER NOT NULL, count INTEGER NOT NULL, sealed BLOB NOT NULL,
            UNIQUE (log, first)) STRICT;
        CREATE TABLE aside(number INTEGER PRIMARY KEY AUTOINCREMENT, sealed BLOB NOT NULL) STRICT;
    ",
        "
        CREATE TABLE unsettled(lookup BLOB PRIMARY KEY) STRICT, WITHOUT ROWID;
        CREATE TABLE settled(lookup BLOB PRIMARY KEY, sealed BLOB NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE year(lookup BLOB PRIMARY KEY, sealed BLOB NOT NULL) STRICT, WITHOUT ROWID;
    ",
        "
        CREATE TABLE tail(number INTEGER PRIMARY KEY, log INTEGER NOT NULL, place INTEGER NOT NULL,
            docs BLOB NOT NULL, sealed BLOB NOT NULL, words BLOB) STRICT;
        CREATE TABLE words(log INTEGER NOT NULL, block INTEGER NOT NULL, sealed BLOB NOT NULL,
            PRIMARY KEY (log, block)) STRICT, WITHOUT ROWID;
    ",
    ],
};

/// `vault.db`.
pub(super) const VAULT: Layout = Layout {
    file: "vault.db",
    migrations: &["
        CREATE TABLE store(id BLOB NOT NULL) STRICT;
        CREATE TABLE item(id BLOB PRIMARY KEY, sealed BLOB NOT NULL) STRICT, WITHOUT ROWID;
    "],
};
