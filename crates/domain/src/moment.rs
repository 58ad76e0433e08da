//! Moments and dates: whole seconds in UTC, and dates as precise as they are known.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use time::{Date, Month, OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339};

/// The text isn't a moment or a date.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMoment {
    /// Not RFC 3339.
    #[error("`{0}` isn't a moment: write it as 2018-09-07T10:00:00Z (RFC 3339)")]
    Timestamp(String),
    /// Not an ISO 8601 calendar date.
    #[error("`{0}` isn't a date: write it as 2018-09-07, or 2018-09 when only the month is known (ISO 8601)")]
    Date(String),
}

/// A moment in UTC, to the second (RFC 3339, years 0 to 9999).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Timestamp(OffsetDateTime);

impl Timestamp {
    /// From seconds since 1970; `None` outside the years 0 to 9999.
    pub fn from_unix(seconds: i64) -> Option<Self> {
        let moment = OffsetDateTime::from_unix_timestamp(seconds).ok()?;
        (0..=9999).contains(&moment.year()).then_some(Self(moment))
    }

    /// Seconds since 1970.
    pub fn unix(self) -> i64 {
        self.0.unix_timestamp()
    }

    /// The same moment with its seconds cut off: how the acts of citizens are dated.
    pub fn to_minute(self) -> Self {
        Self(self.0 - time::Duration::seconds(self.unix().rem_euclid(60)))
    }

    /// So many days later; `None` beyond the year 9999.
    pub fn plus_days(self, days: u16) -> Option<Self> {
        Self::from_unix(self.unix().checked_add(i64::from(days).checked_mul(86_400)?)?)
    }

    /// The day in UTC.
    pub fn day(self) -> CalendarDate {
        CalendarDate { date: self.0.date(), month_only: false }
    }
}

impl FromStr for Timestamp {
    type Err = InvalidMoment;
    fn from_str(text: &str) -> Result<Self, InvalidMoment> {
        let invalid = || InvalidMoment::Timestamp(text.chars().take(40).collect());
        let moment = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| invalid())?;
        Self::from_unix(moment.to_offset(UtcOffset::UTC).unix_timestamp()).ok_or_else(invalid)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let t = self.0;
        let (year, month, day) = (t.year(), u8::from(t.month()), t.day());
        let (hour, minute, second) = (t.hour(), t.minute(), t.second());
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }
}

/// A calendar date, or a month when the day isn't known (ISO 8601: `2018-09-07`, `2018-09`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CalendarDate {
    date: Date,
    month_only: bool,
}

impl CalendarDate {
    /// The first moment of the day or month, in UTC.
    pub fn start(self) -> Option<Timestamp> {
        Timestamp::from_unix(self.date.midnight().assume_utc().unix_timestamp())
    }

    /// The day, or the last one of the month when only that is known.
    pub fn last_day(self) -> Date {
        let length = self.date.month().length(self.date.year());
        if self.month_only { self.date.replace_day(length).unwrap_or(self.date) } else { self.date }
    }

    /// Whether only the month is known.
    pub fn is_month(self) -> bool {
        self.month_only
    }

    /// The day (the first of the month when only that is known).
    pub fn date(self) -> Date {
        self.date
    }
}

impl FromStr for CalendarDate {
    type Err = InvalidMoment;
    fn from_str(text: &str) -> Result<Self, InvalidMoment> {
        let invalid = || InvalidMoment::Date(text.chars().take(40).collect());
        let digits = |range: std::ops::Range<usize>| {
            let part = text.get(range).filter(|p| p.bytes().all(|b| b.is_ascii_digit()));
            part.and_then(|p| p.parse::<u16>().ok()).ok_or_else(invalid)
        };
        let month_only = match (text.len(), text.as_bytes()) {
            (7, [.., b'-', _, _]) => true,
            (10, [_, _, _, _, b'-', _, _, b'-', _, _]) => false,
            _ => return Err(invalid()),
        };
        let month = u8::try_from(digits(5..7)?).ok().and_then(|m| Month::try_from(m).ok());
        let day = if month_only { 1 } else { u8::try_from(digits(8..10)?).map_err(|_| invalid())? };
        let date = Date::from_calendar_date(digits(0..4)?.into(), month.ok_or_else(invalid)?, day);
        Ok(Self { date: date.map_err(|_| invalid())?, month_only })
    }
}

impl fmt::Display for CalendarDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.date.year(), u8::from(self.date.month()))?;
        if self.month_only { Ok(()) } else { write!(f, "-{:02}", self.date.day()) }
    }
}

macro_rules! as_text {
    ($type:ty) => {
        impl TryFrom<String> for $type {
            type Error = InvalidMoment;
            fn try_from(text: String) -> Result<Self, InvalidMoment> {
                text.parse()
            }
        }
        impl From<$type> for String {
            fn from(moment: $type) -> Self {
                moment.to_string()
            }
        }
    };
}
as_text!(Timestamp);
as_text!(CalendarDate);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_in_utc_to_the_second() {
        let moment: Timestamp = "2018-09-07T12:00:59.9+02:00".parse().unwrap();
        assert_eq!(moment.to_string(), "2018-09-07T10:00:59Z");
        assert_eq!(moment.to_minute().to_string(), "2018-09-07T10:00:00Z");
        assert_eq!(moment.day().to_string(), "2018-09-07");
    }

    #[test]
    fn a_date_keeps_the_precision_it_was_given() {
        for text in ["2018-09", "2018-09-07"] {
            assert_eq!(text.parse::<CalendarDate>().unwrap().to_string(), text);
        }
        for text in ["", "2018", "2018-13", "2018-02-30", "2018-9-7", "18-09-07", "2018/09/07", "éé18-09"] {
            assert!(text.parse::<CalendarDate>().is_err(), "{text}");
        }
    }
}
