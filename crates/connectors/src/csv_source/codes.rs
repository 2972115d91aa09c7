//! The stable codes of what can be wrong with an HR file.

use model::Code;

/// The file is larger than 256 MiB.
pub const TOO_LARGE: Code = Code("TNR-CSV-0001");
/// The bytes are not in the declared encoding.
pub const ENCODING: Code = Code("TNR-CSV-0002");
/// A NUL byte is in the file.
pub const NUL: Code = Code("TNR-CSV-0003");
/// The file is empty.
pub const EMPTY: Code = Code("TNR-CSV-0004");
/// A mapped column is not in the header.
pub const COLUMN_MISSING: Code = Code("TNR-CSV-0005");
/// A column is in the header twice.
pub const COLUMN_DOUBLE: Code = Code("TNR-CSV-0006");
/// The header is not the declared one.
pub const HEADER_CHANGED: Code = Code("TNR-CSV-0007");
/// Two rows have the same key.
pub const KEY_DOUBLE: Code = Code("TNR-CSV-0008");
/// The trailer is missing or says another count.
pub const TRAILER: Code = Code("TNR-CSV-0009");
/// There are fewer or more rows than the declared bounds.
pub const HEADCOUNT: Code = Code("TNR-CSV-0010");
/// The file ends in the middle of a row.
pub const TRUNCATED: Code = Code("TNR-CSV-0011");
/// A value is longer than 64 KiB.
pub const FIELD_TOO_LONG: Code = Code("TNR-CSV-0012");
/// There are more than 2,000,000 rows.
pub const TOO_MANY_ROWS: Code = Code("TNR-CSV-0013");

/// A row has another number of values than the header.
pub const FIELD_COUNT: Code = Code("TNR-CSV-0021");
/// Text follows a closing quote.
pub const QUOTES: Code = Code("TNR-CSV-0022");
/// The key is missing or cannot be one.
pub const KEY: Code = Code("TNR-CSV-0023");
/// A required value is missing.
pub const REQUIRED: Code = Code("TNR-CSV-0024");
/// A value is not of its type.
pub const TYPE: Code = Code("TNR-CSV-0025");
/// A date is impossible or written in another format.
pub const DATE: Code = Code("TNR-CSV-0026");
/// A zone is missing or not in the IANA database.
pub const ZONE: Code = Code("TNR-CSV-0027");
/// Work ends before it begins.
pub const ORDER: Code = Code("TNR-CSV-0028");
/// A value has a control character or line break in it.
pub const CONTROL: Code = Code("TNR-CSV-0029");
/// A leave ends before it begins, or has no first day.
pub const LEAVE: Code = Code("TNR-CSV-0030");

/// Every code with one sentence about it.
pub const CODES: [(Code, &str); 23] = [
    (
        TOO_LARGE,
        "The file is larger than 256 MiB and was refused whole.",
    ),
    (
        ENCODING,
        "The file's bytes are not in the encoding that its Source document declares; it was refused whole.",
    ),
    (
        NUL,
        "The file has a NUL byte, so it is damaged or no text file; it was refused whole.",
    ),
    (
        EMPTY,
        "The file has not even a header; it was refused whole.",
    ),
    (
        COLUMN_MISSING,
        "A column that the Source document uses is not in the header; the file was refused whole.",
    ),
    (
        COLUMN_DOUBLE,
        "Two columns have the same header; the file was refused whole.",
    ),
    (
        HEADER_CHANGED,
        "The header is not the one that the Source document declares; the file was refused whole.",
    ),
    (
        KEY_DOUBLE,
        "Several rows have the same key, so it is unclear who is who; the file was refused whole.",
    ),
    (
        TRAILER,
        "The last record does not say how many rows there are, or says another number; the file was refused whole.",
    ),
    (
        HEADCOUNT,
        "The file has fewer or more rows than the Source document allows; it was refused whole.",
    ),
    (
        TRUNCATED,
        "The file ends in the middle of a row or of a quoted value; it was refused whole.",
    ),
    (
        FIELD_TOO_LONG,
        "A value is longer than 64 KiB, usually because of a quote that is never closed; the file was refused whole.",
    ),
    (
        TOO_MANY_ROWS,
        "The file has more than 2,000,000 rows; it was refused whole.",
    ),
    (
        FIELD_COUNT,
        "A row has more or fewer values than the header; the row is not read, and absences from this file prove nothing.",
    ),
    (
        QUOTES,
        "Text follows a closing quote; the row is not read, and absences from this file prove nothing.",
    ),
    (
        KEY,
        "A row has no key, or one that is too long or has control characters; the row is not read.",
    ),
    (
        REQUIRED,
        "A value that the Source document requires is empty; the row is not read.",
    ),
    (
        TYPE,
        "A value is not of the type that the Source document declares; the row is not read.",
    ),
    (
        DATE,
        "A date does not exist or is written in another format; the row is not read.",
    ),
    (
        ZONE,
        "No zone follows from the row, or it is not in the IANA database; the row is not read.",
    ),
    (
        ORDER,
        "The last day of work is before the first; the row is not read.",
    ),
    (
        CONTROL,
        "A value has a control character or a line break in it; the row is not read.",
    ),
    (
        LEAVE,
        "A leave ends before it begins, or has a last day and no first; the row is not read.",
    ),
];
