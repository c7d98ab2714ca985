//! What came back after a loss, and what waits for its owner's yes.

use super::Space;
use crate::engine::{Engine, SetAside};
use crate::error::Error;

#[cfg_attr(feature = "uniffi", amends_face::exported(recovery))]
impl Space {
    /// What was set aside when this phone got back words that it had lost: written
    /// here in between, and never delivered.
    ///
    /// # Errors
    /// As [`Space::status`].
    pub async fn set_aside(&self) -> Result<Vec<SetAside>, Error> {
        self.ask(Engine::asides).await
    }

    /// Says again what was set aside under this number, as of now.
    ///
    /// # Errors
    /// What the rules say of it now; `StaleView` for what needs the text of now before
    /// one's eyes; `NotFound`, `PairLeft`, or as [`Space::status`].
    pub async fn say_again(&self, number: u64) -> Result<(), Error> {
        self.write(move |engine| engine.say_again(number)).await
    }

    /// Lets go of what was set aside under this number. There is no way back.
    ///
    /// # Errors
    /// `NotFound`, or as [`Space::status`].
    pub async fn let_go(&self, number: u64) -> Result<(), Error> {
        self.write(move |engine| engine.let_go(number)).await
    }
}
