//! `Source`.

mod correlation;

use std::collections::BTreeSet;

use model::Timestamp;
use model::source as csv;
use rules::{MANAGER, MANAGER_CHAIN, Type, WORKER_KEY, ZONE};

use crate::report::{self, Reporter};
use crate::tenant::{Source, Tenant};
use crate::wire::{self, AttributeSpec, AttributeType, SourceSpec};
use crate::yaml::Part;

const SPEC: Part<'static> = Part::Key("spec");

/// Checks a source, and adds its attributes to the tenant's schema.
pub(crate) fn source(
    name: &str,
    spec: &SourceSpec,
    tenant: &mut Tenant,
    reporter: &mut Reporter<'_, '_>,
) -> Source {
    let mut attributes = std::collections::BTreeMap::new();
    for (attribute, field) in &spec.attributes {
        let path = [SPEC, Part::Key("attributes"), Part::Key(attribute)];
        check_attribute_name(attribute, &path, reporter);
        let shape = shape(field, spec, &path, reporter);
        declare(attribute, field, &shape, tenant, &path, reporter);
        attributes.insert(
            attribute.clone(),
            csv::Field {
                column: field.column.clone(),
                shape,
                required: field.required,
                self_editable: field.self_editable,
            },
        );
    }
    let mapping = csv::CsvMapping {
        source: name.to_owned(),
        delimiter: delimiter(spec.delimiter),
        encoding: encoding(spec.encoding),
        key: spec.key.clone(),
        attributes,
        starts: spec.starts.as_ref().map(|starts| csv::DayField {
            column: starts.column.clone(),
            format: date_format(starts.format),
        }),
        ends: spec.ends.as_ref().map(|ends| ends_field(ends, reporter)),
        leave: leave(spec, reporter),
        zone: zone(spec, reporter),
        delivery: extent(spec.delivery),
        expect: expect_of(&spec.expect, &[SPEC, Part::Key("expect")], reporter),
    };
    check_columns(&mapping, reporter);
    correlation::check(spec, reporter);
    let own = |(name, field): (&String, &AttributeSpec)| Some((name.clone(), field.precedence?));
    Source {
        name: name.to_owned(),
        csv: mapping,
        precedence: spec.precedence,
        attribute_precedence: spec.attributes.iter().filter_map(own).collect(),
        engages: spec.engages,
        expect_every_hours: spec.expect_every_hours,
        correlate: spec.correlate.clone(),
    }
}

pub(super) fn encoding(encoding: wire::Encoding) -> csv::Encoding {
    match encoding {
        wire::Encoding::Utf8 => csv::Encoding::Utf8,
        wire::Encoding::Windows1252 => csv::Encoding::Windows1252,
    }
}

pub(super) fn extent(delivery: wire::Delivery) -> csv::Extent {
    match delivery {
        wire::Delivery::Full => csv::Extent::Full,
        wire::Delivery::Changes => csv::Extent::Changes,
    }
}

pub(super) fn delimiter(delimiter: wire::Delimiter) -> char {
    match delimiter {
        wire::Delimiter::Comma => ',',
        wire::Delimiter::Semicolon => ';',
        wire::Delimiter::Pipe => '|',
        wire::Delimiter::Tab => '\t',
    }
}

fn date_format(format: wire::DateFormat) -> csv::DateFormat {
    match format {
        wire::DateFormat::Iso => csv::DateFormat::Iso,
        wire::DateFormat::Compact => csv::DateFormat::Compact,
        wire::DateFormat::DayDots => csv::DateFormat::DayDots,
        wire::DateFormat::DaySlashes => csv::DateFormat::DaySlashes,
        wire::DateFormat::DayDashes => csv::DateFormat::DayDashes,
        wire::DateFormat::MonthSlashes => csv::DateFormat::MonthSlashes,
        wire::DateFormat::YearSlashes => csv::DateFormat::YearSlashes,
    }
}

fn check_attribute_name(name: &str, path: &[Part<'_>], reporter: &mut Reporter<'_, '_>) {
    // CEL's reserved words would be attributes that no expression can name.
    const RESERVED: [&str; 24] = [
        "as",
        "break",
        "const",
        "continue",
        "else",
        "false",
        "for",
        "function",
        "if",
        "import",
        "in",
        "let",
        "loop",
        "namespace",
        "null",
        "package",
        "return",
        "true",
        "var",
        "void",
        "while",
        WORKER_KEY,
        ZONE,
        MANAGER_CHAIN,
    ];
    let sound = name.len() <= 63
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if !sound {
        let fix = "use lower-case letters, digits and `_`, at most 63, a letter first";
        reporter.at(
            report::NAME,
            path,
            format!("`{name:.80}` is no attribute name"),
            fix,
        );
    } else if RESERVED.contains(&name) {
        let problem = format!("`{name}` is reserved");
        reporter.at(report::NAME, path, problem, "choose another name");
    }
}

fn shape(
    field: &AttributeSpec,
    spec: &SourceSpec,
    path: &[Part<'_>; 3],
    reporter: &mut Reporter<'_, '_>,
) -> csv::Shape {
    let part = |key| [path[0], path[1], path[2], Part::Key(key)];
    if field.format.is_some() && field.of != AttributeType::Date {
        let problem = "only dates have a format";
        reporter.at(
            report::VALUE,
            &part("format"),
            problem,
            "write `type: date` or remove it",
        );
    }
    if field.separator.is_some() && field.of != AttributeType::List {
        let problem = "only lists have a separator";
        reporter.at(
            report::VALUE,
            &part("separator"),
            problem,
            "write `type: list` or remove it",
        );
    }
    match field.of {
        AttributeType::Text => csv::Shape::Text,
        AttributeType::Bool => csv::Shape::Bool,
        AttributeType::Int => csv::Shape::Int,
        AttributeType::Date => match field.format {
            Some(format) => csv::Shape::Date(date_format(format)),
            None => {
                let names = csv::DateFormat::ALL.map(csv::DateFormat::as_str).join(", ");
                let fix = format!("write `format:` and one of {names}");
                reporter.at(report::MISSING_FIELD, path, "a date needs a format", fix);
                csv::Shape::Text
            }
        },
        AttributeType::List => {
            let mut letters = field.separator.as_deref().unwrap_or_default().chars();
            match (letters.next(), letters.next()) {
                (Some(one), None) if one != delimiter(spec.delimiter) && one != '"' => {
                    csv::Shape::List(one)
                }
                _ => {
                    let problem = "a list needs one character between its items";
                    let fix = "write `separator: \";\"`, and not the file's delimiter";
                    reporter.at(report::VALUE, path, problem, fix);
                    csv::Shape::Text
                }
            }
        }
    }
}

fn declare(
    attribute: &str,
    field: &AttributeSpec,
    shape: &csv::Shape,
    tenant: &mut Tenant,
    path: &[Part<'_>],
    reporter: &mut Reporter<'_, '_>,
) {
    let of = match shape {
        csv::Shape::Text | csv::Shape::Date(_) => Type::Text,
        csv::Shape::Bool => Type::Bool,
        csv::Shape::Int => Type::Int,
        csv::Shape::List(_) => Type::List,
    };
    let known = tenant
        .schema
        .attributes
        .entry(attribute.to_owned())
        .or_insert(of);
    if *known != of {
        let problem = format!("another source declares `{attribute}` as {known}, this one as {of}");
        reporter.at(
            report::CONFLICT,
            path,
            problem,
            "give both the same type, or two names",
        );
    }
    // Self-editable in one source is self-editable: the value may come from there.
    if field.self_editable {
        tenant.self_editable.insert(attribute.to_owned());
        if attribute == MANAGER {
            tenant.self_editable.insert(MANAGER_CHAIN.to_owned());
        }
    }
}

fn ends_field(ends: &wire::EndsSpec, reporter: &mut Reporter<'_, '_>) -> csv::EndField {
    let at = ends.at.as_deref().and_then(csv::parse_time);
    if let (Some(text), None) = (&ends.at, at) {
        let problem = format!("`{text:.80}` is no time of day");
        let path = [SPEC, Part::Key("ends"), Part::Key("at")];
        reporter.at(
            report::VALUE,
            &path,
            problem,
            "write hours and minutes: \"17:00\"",
        );
    }
    csv::EndField {
        column: ends.column.clone(),
        format: date_format(ends.format),
        at,
    }
}

/// A source that engages nobody cannot say that they are away: its dates count for nothing.
fn leave(spec: &SourceSpec, reporter: &mut Reporter<'_, '_>) -> Option<csv::LeaveField> {
    let leave = spec.leave.as_ref()?;
    if !spec.engages {
        let path = [SPEC, Part::Key("leave")];
        let problem = "a source that engages nobody tells of no leave";
        let fix = "remove it, or say it in the source that engages them";
        reporter.at(report::UNSUPPORTED, &path, problem, fix);
    }
    let day = |day: &wire::LeaveDaySpec| csv::DayField {
        column: day.column.clone(),
        format: date_format(day.format),
    };
    Some(csv::LeaveField {
        from: day(&leave.from),
        to: day(&leave.to),
    })
}

fn zone(spec: &SourceSpec, reporter: &mut Reporter<'_, '_>) -> csv::ZoneRule {
    let path = [SPEC, Part::Key("zone")];
    let zone = &spec.zone;
    if zone.column.is_none() && zone.by.is_none() && zone.default.is_none() {
        let fix = "write `default: Europe/Berlin`, or a `column`, or `by`";
        reporter.at(report::MISSING_FIELD, &path, "no zone is given", fix);
    }
    if let Some(name) = &zone.default {
        check_zone(name, &[path[0], path[1], Part::Key("default")], reporter);
    }
    for (location, name) in zone.by.iter().flat_map(|by| &by.map) {
        let path = [
            path[0],
            path[1],
            Part::Key("by"),
            Part::Key("map"),
            Part::Key(location),
        ];
        check_zone(name, &path, reporter);
    }
    csv::ZoneRule {
        column: zone.column.clone(),
        by: zone.by.as_ref().map(|by| csv::ZoneBy {
            column: by.column.clone(),
            map: by.map.clone(),
        }),
        default: zone.default.clone(),
    }
}

fn check_zone(name: &str, path: &[Part<'_>], reporter: &mut Reporter<'_, '_>) {
    let noon = model::time::DateTime::constant(2026, 1, 1, 12, 0, 0, 0);
    if Timestamp::in_zone(noon, name).is_err() {
        let problem = format!("`{name:.80}` is no zone of the IANA database");
        reporter.at(
            report::ZONE,
            path,
            problem,
            "write it as in `Europe/Berlin`",
        );
    }
}

/// What a sound file looks like; `path` leads to it.
pub(super) fn expect_of(
    expect: &wire::ExpectSpec,
    path: &[Part<'_>],
    reporter: &mut Reporter<'_, '_>,
) -> csv::Expect {
    if let (Some(least), Some(most)) = (expect.min_rows, expect.max_rows)
        && least > most
    {
        let problem = format!("at least {least} and at most {most} rows is impossible");
        reporter.at(report::VALUE, path, problem, "swap min_rows and max_rows");
    }
    if let Some(trailer) = &expect.trailer
        && (trailer.mark.trim().is_empty() || trailer.count_field < 2)
    {
        let path = [path, &[Part::Key("trailer")]].concat();
        let problem = "the mark is the first field, so the count is a later one";
        reporter.at(
            report::VALUE,
            &path,
            problem,
            "write a mark, and a count_field from 2",
        );
    }
    csv::Expect {
        min_rows: expect.min_rows,
        max_rows: expect.max_rows,
        header: expect.header.clone(),
        trailer: expect.trailer.as_ref().map(|trailer| csv::Trailer {
            mark: trailer.mark.clone(),
            count_field: trailer.count_field,
        }),
    }
}

/// A mapping that names a column which its own `expect.header` lacks can never read a file.
fn check_columns(mapping: &csv::CsvMapping, reporter: &mut Reporter<'_, '_>) {
    let Some(header) = &mapping.expect.header else {
        return;
    };
    let there: BTreeSet<&str> = header.iter().map(|column| column.trim()).collect();
    for column in mapping.columns() {
        if !there.contains(column) {
            let path = [SPEC, Part::Key("expect"), Part::Key("header")];
            let problem = format!("the column `{column:.80}` is used but not in the header");
            reporter.at(
                report::REFERENCE,
                &path,
                problem,
                "add it, or correct the mapping",
            );
        }
    }
}
