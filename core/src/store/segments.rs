//! A run of entries in one row, without what follows from the others in it: heads are computed
//! from the first one on, and of each past only what grew since the entry before is written.

use super::rows::{EntryRow, past_from_value, past_view};
use crate::cbor::View;
use crate::id::{Head, LogId};
use crate::log::next_head;
use crate::time::Moment;

/// The bytes of a run.
pub(super) fn pack(entries: &[EntryRow]) -> Vec<u8> {
    grown(entries).unwrap_or_else(|| whole(entries))
}

/// What [`pack`] gave; `None` for anything else.
pub(super) fn unpack(bytes: &[u8]) -> Option<Vec<EntryRow>> {
    let view = View::read(bytes).ok()?;
    let rows = view.get("rows")?.array()?;
    let Some(logs) = view.get("logs") else {
        return rows.iter().map(|row| EntryRow::read(row.bytes()?)).collect();
    };
    let logs: Vec<LogId> =
        logs.array()?.iter().map(|log| LogId::from_slice(log.bytes()?)).collect::<Option<_>>()?;
    let mut head = None;
    let mut past = past_from_value(view.get("past")?)?;
    let mut unpacked = Vec::with_capacity(rows.len());
    for row in rows {
        let [bytes, tag, received, grown] = row.array()? else { return None };
        let bytes = bytes.bytes()?.to_vec();
        let after = match head {
            Some(before) => next_head(before, &bytes),
            None => Head::from_slice(view.get("head")?.bytes()?)?,
        };
        head = Some(after);
        for pair in grown.array()?.chunks(2) {
            let [log, length] = pair else { return None };
            past.raise(*logs.get(usize::try_from(log.uint()?).ok()?)?, length.uint()?);
        }
        unpacked.push(EntryRow {
            bytes,
            head: after,
            tag: tag.bytes()?.try_into().ok()?,
            past: past.clone(),
            received: Moment(received.int()?),
        });
    }
    Some(unpacked)
}

/// `None` where an entry does not follow the one before it.
fn grown(entries: &[EntryRow]) -> Option<Vec<u8>> {
    let first = entries.first()?;
    let mut logs: Vec<LogId> = Vec::new();
    let (mut head, mut past) = (first.head, &first.past);
    let mut rows = Vec::with_capacity(entries.len());
    for (at, entry) in entries.iter().enumerate() {
        if at > 0 {
            head = next_head(head, &entry.bytes);
        }
        if entry.head != head
            || past.0.iter().any(|(log, length)| entry.past.length(*log) < *length)
        {
            return None;
        }
        let mut grown = Vec::new();
        for (log, length) in &entry.past.0 {
            if past.0.get(log) != Some(length) {
                let known = logs.iter().position(|one| one == log).unwrap_or_else(|| {
                    logs.push(*log);
                    logs.len() - 1
                });
                grown.extend([View::from(known as u64), View::from(*length)]);
            }
        }
        past = &entry.past;
        rows.push(View::Array(vec![
            View::Bytes(&entry.bytes),
            View::Bytes(&entry.tag),
            View::Int(entry.received.0),
            View::Array(grown),
        ]));
    }
    let logs = View::Array(logs.iter().map(|log| View::Bytes(log.as_bytes())).collect());
    let fields = [
        ("head", View::Bytes(first.head.as_bytes())),
        ("past", past_view(&first.past)),
        ("logs", logs),
        ("rows", View::Array(rows)),
    ];
    Some(View::fields(fields).encode())
}

/// Every entry as it would stand alone: as runs were written before, and as those are whose
/// entries do not follow each other.
fn whole(entries: &[EntryRow]) -> Vec<u8> {
    let rows: Vec<Vec<u8>> = entries.iter().map(|entry| entry.view().encode()).collect();
    let rows = View::Array(rows.iter().map(|row| View::Bytes(row)).collect());
    View::fields([("rows", rows)]).encode()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use crate::id::Past;
    use proptest::prelude::*;

    /// Entries of one log that follow each other, of a log that pins another one.
    fn run(pins: &[u64]) -> Vec<EntryRow> {
        let (mut head, mut past) = (Head([9; 32]), Past::default());
        let mut entry = |(at, pin): (usize, &u64)| {
            let bytes = vec![at as u8; 3];
            head = next_head(head, &bytes);
            past.raise(LogId([1; 16]), 40 + at as u64);
            past.raise(LogId([2; 16]), *pin);
            let tag = [at as u8; 16];
            EntryRow { bytes, head, tag, past: past.clone(), received: Moment(at as i64 - 2) }
        };
        pins.iter().enumerate().map(&mut entry).collect()
    }

    proptest! {
        #[test]
        fn a_run_reads_back_as_it_was(pins in prop::collection::vec(0..9_u64, 1..40)) {
            let rows = run(&pins);
            prop_assert!(grown(&rows).is_some());
            prop_assert_eq!(unpack(&pack(&rows)), Some(rows));
        }
    }

    #[test]
    fn what_follows_from_the_rest_is_not_written() {
        let rows = run(&[0; 100]);
        assert!(pack(&rows).len() + 100 * 90 < whole(&rows).len(), "90 bytes less for each");
    }

    #[test]
    fn what_does_not_follow_is_kept_whole_and_what_was_written_before_is_read() {
        let rows = run(&[3, 3, 5]);
        assert_eq!(unpack(&whole(&rows)), Some(rows.clone()));
        let mut other = rows.clone();
        other[1].head = Head([7; 32]);
        let mut back = rows.clone();
        back[2].past = Past::default();
        for odd in [other, back] {
            assert_eq!(grown(&odd), None);
            assert_eq!(unpack(&pack(&odd)), Some(odd));
        }
    }

    #[test]
    fn bytes_that_are_no_run_are_refused() {
        let bytes = pack(&run(&[1, 2]));
        assert_eq!(unpack(&bytes[1..]), None);
        let row = |grown: Vec<View<'static>>| {
            let row =
                vec![View::Bytes(&[1]), View::Bytes(&[0; 16]), View::Int(0), View::Array(grown)];
            let fields = [
                ("head", View::Bytes(&[9; 32])),
                ("past", View::Array(vec![])),
                ("logs", View::Array(vec![View::Bytes(&[1; 16])])),
                ("rows", View::Array(vec![View::Array(row)])),
            ];
            unpack(&View::fields(fields).encode())
        };
        let number = |number: u64| View::from(number);
        assert!(row(vec![number(0), number(5)]).is_some());
        assert_eq!(row(vec![number(1), number(5)]), None, "a log that is not named");
        assert_eq!(row(vec![number(0)]), None, "no length");
    }
}
