//! x
use crate::terminal::{Failure, Terminal};
/// x
pub async fn run(_f: bool, _t: &mut Terminal) -> Result<(), Failure> {
    Ok(())
}
