//! Whether everything is still measured: a life of some weeks, and what a partner costs.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::process::Command;

#[test]
fn a_life_of_some_weeks_gives_every_figure() {
    let output = Command::new(env!("CARGO_BIN_EXE_amends-bench")).arg("--smoke").output().unwrap();
    let (said, failed) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}{failed}");
    assert!(said.contains("one live action (ms)") && said.contains("floor"), "{said}");
}

#[test]
fn what_a_partner_costs_is_measured_for_each_kind() {
    let bench = env!("CARGO_BIN_EXE_amends-bench");
    let output = Command::new(bench).args(["--volume", "200"]).output().unwrap();
    let (said, failed) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}{failed}");
    assert_eq!(said.lines().filter(|line| line.ends_with(" MB")).count(), 7, "{said}");
}
