//! The settings of `pair.db`: each by name, with when it must be there. Their values are
//! sealed, and found by a keyed hash of the name: that somebody leaves tells something.

/// When a setting must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Due {
    /// From the first moment on.
    Always,
    /// Once there is a pair.
    Paired,
    /// Where it was set.
    Sometimes,
}

macro_rules! settings {
    ($($(#[$doc:meta])* $setting:ident = $name:literal, $due:ident;)*) => {
        /// A setting of `pair.db`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Setting { $($(#[$doc])* $setting,)* }

        impl Setting {
            /// Every setting.
            pub(crate) const ALL: &'static [Setting] = &[$(Setting::$setting,)*];

            /// The name under which it is kept.
            pub fn name(self) -> &'static str {
                match self { $(Setting::$setting => $name,)* }
            }

            /// When it must be there.
            pub(crate) fn due(self) -> Due {
                match self { $(Setting::$setting => Due::$due,)* }
            }
        }
    };
}

settings! {
    /// The name that this phone's person chose.
    Name = "name", Always;
    /// What links this phone to the other one, with its secrets.
    Link = "link", Paired;
    /// The link to a phone that replaces the partner's, until it is proved.
    NextLink = "next-link", Sometimes;
    /// The logs that a replaced phone is to get back.
    Awaited = "awaited", Sometimes;
    /// One's own log had two pasts, and has not gone on since.
    Forked = "forked", Sometimes;
    /// Words came back in another order than they were written in: the lists that depend on
    /// it are to be made anew.
    OutOfOrder = "out-of-order", Sometimes;
    /// How often a log of one's own was cut.
    Cuts = "cuts", Sometimes;
    /// The latest time that the clock has shown.
    Clock = "clock", Sometimes;
    /// Whether all exchange is held.
    Held = "held", Sometimes;
    /// Until when an announced leave is delivered.
    Leaving = "leaving", Sometimes;
    /// Everything in force waits for its owner (R32).
    Reconfirm = "reconfirm", Sometimes;
    /// Something was paused for its owner.
    Paused = "paused", Sometimes;
    /// The partner's phone says that it holds more of this phone's words than this phone.
    PartnerHoldsMore = "partner-holds-more", Sometimes;
    /// The version of the look-up lists.
    Index = "index", Always;
    /// How much of one's own logs the partner's phone holds.
    Delivered = "delivered", Sometimes;
    /// How much of one's own logs was put into the mailbox.
    Mailed = "mailed", Sometimes;
    /// The next object to be read from the mailbox.
    MailboxRead = "mailbox-read", Sometimes;
    /// The next object to be written to the mailbox.
    MailboxWritten = "mailbox-written", Sometimes;
    /// When something was first seen to have expired.
    ExpiredSeen = "expired-seen", Sometimes;
    /// When what is long over was last taken off the lists.
    Retired = "retired", Sometimes;
}
