//! The words of `Source`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

/// An HR source.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SourceSpec {
    /// The format of its files.
    #[allow(dead_code, reason = "there is one format so far")]
    pub format: Format,
    /// The character between fields; `,` if not given.
    #[serde(default)]
    pub delimiter: Delimiter,
    /// How bytes spell characters; `utf-8` if not given.
    #[serde(default)]
    pub encoding: Encoding,
    /// The column with the worker's key, unique in the file.
    pub key: String,
    /// Attribute → the column it comes from.
    pub attributes: BTreeMap<String, AttributeSpec>,
    /// The first day of work.
    #[serde(default)]
    pub starts: Option<StartsSpec>,
    /// The last day of work.
    #[serde(default)]
    pub ends: Option<EndsSpec>,
    /// A leave of absence.
    #[serde(default)]
    pub leave: Option<LeaveSpec>,
    /// The worker's time zone.
    pub zone: ZoneSpec,
    /// Whether a file has everyone, so that absence means having left, or only what changed.
    pub delivery: Delivery,
    /// What a sound file looks like.
    #[serde(default)]
    pub expect: ExpectSpec,
    /// It delivers at least once in so many hours; never expected if not given. An `Alarm` about
    /// `stale-source` tells when it does not.
    #[serde(default)]
    #[schemars(range(min = 1, max = 8760))]
    pub expect_every_hours: Option<u32>,
    /// How much its word counts where several sources tell of one person: the smaller, the more;
    /// 100 if not given.
    #[serde(default = "precedence")]
    #[schemars(range(min = 1, max = 1000))]
    pub precedence: u32,
    /// Whether a row says that somebody works here; `true` if not given. A source that only adds
    /// attributes to people of other sources, a telephone directory for example, says `false`.
    #[serde(default = "yes")]
    pub engages: bool,
    /// How a worker who is new in this source is found among the people who are known: sets of
    /// attributes, of which all in one set must be equal. Without it everyone is new.
    #[serde(default)]
    pub correlate: Vec<Vec<String>>,
}

fn precedence() -> u32 {
    100
}

fn yes() -> bool {
    true
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Format {
    Csv,
}

#[derive(Clone, Copy, Default, Deserialize, JsonSchema)]
pub(crate) enum Delimiter {
    #[default]
    #[serde(rename = ",")]
    Comma,
    #[serde(rename = ";")]
    Semicolon,
    #[serde(rename = "|")]
    Pipe,
    #[serde(rename = "tab")]
    Tab,
}

#[derive(Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Encoding {
    #[default]
    #[serde(rename = "utf-8")]
    Utf8,
    #[serde(rename = "windows-1252")]
    Windows1252,
}

/// One attribute and the column it comes from.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AttributeSpec {
    /// The column's header.
    pub column: String,
    /// What its values are; `text` if not given.
    #[serde(default, rename = "type")]
    pub of: AttributeType,
    /// For dates: how they are written; needed for `type: date`.
    #[serde(default)]
    pub format: Option<DateFormat>,
    /// For lists: the character between items; needed for `type: list`.
    #[serde(default)]
    pub separator: Option<String>,
    /// People can change it themselves, so rules that grant may not look at it.
    #[serde(default)]
    pub self_editable: bool,
    /// An empty field makes the row unreadable.
    #[serde(default)]
    pub required: bool,
    /// The precedence that counts for this attribute instead of the source's.
    #[serde(default)]
    #[schemars(range(min = 1, max = 1000))]
    pub precedence: Option<u32>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum AttributeType {
    #[default]
    Text,
    Bool,
    Int,
    Date,
    List,
}

#[derive(Clone, Copy, Deserialize, JsonSchema)]
pub(crate) enum DateFormat {
    #[serde(rename = "iso")]
    Iso,
    #[serde(rename = "yyyymmdd")]
    Compact,
    #[serde(rename = "dd.mm.yyyy")]
    DayDots,
    #[serde(rename = "dd/mm/yyyy")]
    DaySlashes,
    #[serde(rename = "dd-mm-yyyy")]
    DayDashes,
    #[serde(rename = "mm/dd/yyyy")]
    MonthSlashes,
    #[serde(rename = "yyyy/mm/dd")]
    YearSlashes,
}

/// The first day of work.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StartsSpec {
    /// The column's header.
    pub column: String,
    /// How the day is written.
    pub format: DateFormat,
}

/// The last day of work.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EndsSpec {
    /// The column's header.
    pub column: String,
    /// How the day is written.
    pub format: DateFormat,
    /// The time on that day at which work ends, `17:00`; the midnight after it if not given.
    #[serde(default)]
    pub at: Option<String>,
}

/// A leave of absence: from its first day to its last, each a whole day.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LeaveSpec {
    /// The first day. Empty: there is no leave.
    pub from: LeaveDaySpec,
    /// The last day. Empty: nobody knows yet.
    pub to: LeaveDaySpec,
}

/// A day of a leave.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LeaveDaySpec {
    /// The column's header.
    pub column: String,
    /// How the day is written.
    pub format: DateFormat,
}

/// The worker's time zone: `column`, else `by`, else `default`. At least one is needed.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ZoneSpec {
    /// A column with IANA names.
    #[serde(default)]
    pub column: Option<String>,
    /// The zone of a location.
    #[serde(default)]
    pub by: Option<ZoneBySpec>,
    /// The zone of all others, an IANA name.
    #[serde(default)]
    pub default: Option<String>,
}

/// Zones by location.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ZoneBySpec {
    /// The column with the location.
    pub column: String,
    /// Location → IANA name.
    pub map: BTreeMap<String, String>,
}

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Delivery {
    Full,
    Changes,
}

/// What a sound file looks like.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExpectSpec {
    /// Fewer rows refuse the file.
    #[serde(default)]
    pub min_rows: Option<u64>,
    /// More rows refuse the file.
    #[serde(default)]
    pub max_rows: Option<u64>,
    /// The exact header.
    #[serde(default)]
    pub header: Option<Vec<String>>,
    /// The last record says how many rows there are.
    #[serde(default)]
    pub trailer: Option<TrailerSpec>,
}

/// A last record that says how many rows there are.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TrailerSpec {
    /// What its first field says.
    pub mark: String,
    /// The number of the field with the count, from 1.
    #[schemars(range(min = 1, max = 1000))]
    pub count_field: u32,
}
