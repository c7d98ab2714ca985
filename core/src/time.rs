//! Moments and stated times.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::sync::OnceLock;

/// A moment, in whole seconds since 1970-01-01T00:00:00Z.
///
/// Serialised for people and JSON as RFC 3339 in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Moment(pub i64);

/// Seconds in a day of 24 hours.
pub const DAY: i64 = 24 * 60 * 60;

impl Moment {
    /// This moment and `seconds` more.
    pub fn plus(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds))
    }

    /// Seconds from `earlier` to this moment.
    pub fn since(self, earlier: Moment) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Reads RFC 3339, for example `2026-03-02T18:30:00+01:00`.
    pub fn parse(text: &str) -> Option<Self> {
        text.parse::<jiff::Timestamp>().ok().map(|t| Self(t.as_second()))
    }

    /// The moment in `zone` as a date and a time of day, `2026-03-02 18:30`; in
    /// UTC where the zone is not known here.
    pub fn local(self, zone: &str) -> String {
        let zone = self::zone(zone).unwrap_or(jiff::tz::TimeZone::UTC);
        match jiff::Timestamp::from_second(self.0) {
            Ok(moment) => moment.to_zoned(zone).strftime("%Y-%m-%d %H:%M").to_string(),
            Err(_) => self.to_string(),
        }
    }
}

/// The local date of a moment in a zone; in UTC where the zone is not known.
pub fn local_date(at: Moment, zone_name: &str) -> jiff::civil::Date {
    let zone = zone(zone_name).unwrap_or(jiff::tz::TimeZone::UTC);
    jiff::Timestamp::from_second(at.0).unwrap_or_default().to_zoned(zone).date()
}

/// The zone of this IANA name, from the database that comes with the library:
/// both phones must read a rule the same way, whatever their systems hold.
/// `None` for a zone that does not exist.
pub fn zone(name: &str) -> Option<jiff::tz::TimeZone> {
    static ZONES: OnceLock<jiff::tz::TimeZoneDatabase> = OnceLock::new();
    if name == "UTC" {
        return Some(jiff::tz::TimeZone::UTC);
    }
    ZONES.get_or_init(jiff::tz::TimeZoneDatabase::bundled).get(name).ok()
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_second(self.0) {
            Ok(moment) => moment.fmt(f),
            Err(_) => write!(f, "{} s after 1970", self.0),
        }
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("expected an RFC 3339 time"))
    }
}

/// The time that a record's author states: a moment and the IANA zone it was
/// lived in. It breaks ties for display and decides deadlines; it never decides
/// consent or ending (RULES.md, times and causal order).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stated {
    /// The moment.
    pub moment: Moment,
    /// IANA time zone name, for example `Europe/Berlin`; at most 64 bytes.
    pub zone: String,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn moments_read_and_print_rfc_3339() {
        let moment = Moment::parse("2026-03-02T18:30:00+01:00").unwrap();
        assert_eq!(moment.to_string(), "2026-03-02T17:30:00Z");
        assert_eq!(moment.local("Europe/Berlin"), "2026-03-02 18:30");
        assert_eq!(moment.local("Nowhere/Atall"), "2026-03-02 17:30");
        assert_eq!(Moment::parse("yesterday"), None);
        assert_eq!(Moment(i64::MAX).plus(1), Moment(i64::MAX));
    }
}
