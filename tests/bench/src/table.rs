//! The figures, for people and as JSON.

use crate::Figures;
use serde_json::{Value, json};

type Rows = [(Figures, Option<Figures>)];
type Column = (&'static str, &'static str, f64, fn(&Figures) -> f64);

const COLUMNS: [Column; 16] = [
    ("one live action", "ms", 1e3, |f| f.live),
    ("one live action, slower than 95 of 100", "ms", 1e3, |f| f.live_slow),
    ("one action alone", "ms", 1e3, |f| f.local),
    ("written for it", "B", 1.0, |f| f.local_written),
    ("streaming, each", "ms", 1e3, |f| f.stream),
    ("written by both, each", "B", 1.0, |f| f.written),
    ("on the wire, each", "B", 1.0, |f| f.wire),
    ("reconnect without news", "ms", 1e3, |f| f.reconnect),
    ("reconnect without news", "B", 1.0, |f| f.reconnect_bytes),
    ("catch-up of an empty phone", "s", 1.0, |f| f.catch_up),
    ("catch-up to the first view", "s", 1.0, |f| f.catch_up + f.first_view),
    ("longest wait for a view while it catches up", "ms", 1e3, |f| f.view_meanwhile),
    ("cold open to first view", "ms", 1e3, |f| f.open),
    ("resident memory then", "MB", 1e-6, |f| f.memory),
    ("on disk", "MB", 1e-6, |f| f.disk),
    ("", "", 1.0, |f| f.records as f64),
];

pub fn print(floor: &Figures, rows: &Rows) {
    for (name, unit, factor, of) in COLUMNS.iter().filter(|column| !column.0.is_empty()) {
        println!("{name} ({unit})");
        let mut ours = Vec::new();
        for (mine, theirs) in rows {
            let value = of(mine) * factor;
            ours.push(of(mine));
            // Samod has no view that could wait.
            let beside = theirs.as_ref().filter(|theirs| of(theirs) > 0.0).map(|theirs| {
                let other = of(theirs) * factor;
                format!("   samod {other:>12.3}   ratio {:>8.2}", other / value)
            });
            let beside = beside.unwrap_or_default();
            let least = of(floor);
            let least = (least > 0.0).then(|| {
                format!("   floor {:>12.3}   times {:>8.2}", least * factor, of(mine) / least)
            });
            let least = least.unwrap_or_default();
            println!("  {:>7}   amends {value:>12.3}{least}{beside}", mine.records);
        }
        if let [first, .., last] = ours.as_slice() {
            println!("  grows by {:.2}", last / first);
        }
    }
}

/// The figures that are not there.
pub fn missing(figures: &Figures) -> Vec<&'static str> {
    COLUMNS.iter().filter(|(.., of)| of(figures) <= 0.0).map(|(name, ..)| *name).collect()
}

pub fn json(floor: &Figures, rows: &Rows) -> String {
    let one = |figures: &Figures| -> Value {
        let fields = COLUMNS.iter().filter(|column| !column.0.is_empty());
        let fields = fields.map(|(name, unit, factor, of)| {
            // What was not measured is not nothing.
            let value = Some(of(figures) * factor).filter(|value| *value > 0.0);
            (format!("{name} ({unit})"), json!(value))
        });
        fields.collect::<serde_json::Map<String, Value>>().into()
    };
    let all: Vec<Value> = rows
        .iter()
        .map(|(ours, theirs)| {
            json!({
                "records": ours.records,
                "amends": one(ours),
                "floor": one(floor),
                "samod": theirs.as_ref().map(&one),
            })
        })
        .collect();
    format!("{:#}\n", json!(all))
}
