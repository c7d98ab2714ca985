//! x
use crate::terminal::{Failure, Terminal};
/// x
pub async fn run_file(_f: &std::path::Path, _p: bool, _t: &mut Terminal) -> Result<(), Failure> {
    Ok(())
}
