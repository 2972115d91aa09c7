//! The people to whom the story happens: the same in every company, whatever its seed.

use super::Department::{self, Design, Engineering, Finance, Legal, Operations, Sales, Support};

/// Heads of departments, in the order of [`Department::ALL`]; nobody is above them.
pub const HEADS: [&str; 8] = [
    "NW1001", "NW1002", "NW1003", "NW1004", "NW1005", "NW1006", "NW1007", "NW1008",
];
/// Takes over Sales from their head.
pub const NEW_HEAD_OF_SALES: &str = "NW1009";
/// Leaves on a Saturday in the Azores.
pub const AZORES: &str = "NW1010";
/// Leaves at 17:00 in Melbourne.
pub const MELBOURNE: &str = "NW1011";
/// Leaves on the day on which clocks go back half an hour.
pub const LORD_HOWE: &str = "NW1012";
/// Leaves while nothing may be written to the chat.
pub const KATHMANDU: &str = "NW1013";
/// Leaves, has a namesake hired later, and an account that somebody opens again by hand.
pub const NAMESAKE: &str = "NW1014";
/// Leaves, and comes back under a new number.
pub const RETURNING: &str = "NW1015";
/// Are terminated for cause.
pub const FOR_CAUSE: [&str; 3] = ["NW1016", "NW1017", "NW1018"];
/// Is on leave for a while.
pub const ON_LEAVE: &str = "NW1019";
/// Moves, and keeps what they had for a fortnight.
pub const MOVER: &str = "NW1020";
/// Is moved by mistake.
pub const MISTAKEN: &str = "NW1021";
/// Has a row with a day that no calendar has.
pub const UNREADABLE: &str = "NW1022";
/// Leave on the night of the false leavers, each by their own clock.
pub const ANNOUNCED: [&str; 6] = ["NW1023", "NW1024", "NW1025", "NW1026", "NW1027", "NW1028"];
/// Hired: a namesake of somebody who left.
pub const NEW_NAMESAKE: &str = "NW2001";
/// Hired with a first day to come.
pub const AHEAD: &str = "NW2002";
/// Hired, and taken back before the first day.
pub const RESCINDED: &str = "NW2003";
/// Hired in the file that was sent again.
pub const SENT_AGAIN: [&str; 2] = ["NW2004", "NW2005"];
/// Hired when an app has no licence left.
pub const NO_SEAT: [&str; 3] = ["NW2006", "NW2007", "NW2008"];
/// Comes back: the same person as [`RETURNING`].
pub const RETURNED: &str = "NW2009";
/// Is not in HR: the name of their document.
pub const CONTRACTOR: &str = "audit-2026";

/// One of them, before anything happens.
pub struct Member {
    /// The worker's key.
    pub key: &'static str,
    /// Their names, and the spelling in Latin letters.
    pub names: (&'static str, &'static str, &'static str),
    /// Where they work.
    pub site: &'static str,
    /// In what.
    pub department: Department,
}

const fn member(
    key: &'static str,
    names: (&'static str, &'static str, &'static str),
    site: &'static str,
    department: Department,
) -> Member {
    Member {
        key,
        names,
        site,
        department,
    }
}

/// Those who are there from the first day, heads first.
pub const AT_FIRST: [Member; 28] = [
    member(
        "NW1001",
        ("Ana", "Sommer", "Ana Sommer"),
        "Berlin",
        Engineering,
    ),
    member("NW1002", ("Jörg", "Weiß", "Joerg Weiss"), "Berlin", Support),
    member(
        "NW1003",
        ("Aoife", "O'Neill", "Aoife O'Neill"),
        "Boston",
        Sales,
    ),
    member(
        "NW1004",
        (
            "Bożena",
            "Brzęczyszczykiewicz",
            "Bozena Brzeczyszczykiewicz",
        ),
        "Łódź",
        Operations,
    ),
    member(
        "NW1005",
        ("Beatriz", "Conceição", "Beatriz Conceicao"),
        "São Paulo",
        Finance,
    ),
    member(
        "NW1006",
        ("さくら", "東", "Sakura Higashi"),
        "Tokyo",
        Department::People,
    ),
    member(
        "NW1007",
        ("ليلى", "المصري", "Layla El-Masry"),
        "Cairo",
        Legal,
    ),
    member(
        "NW1008",
        ("Matilda", "Vasilakis", "Matilda Vasilakis"),
        "Melbourne",
        Design,
    ),
    member(
        "NW1009",
        ("Siobhán", "Fitzgerald", "Siobhan Fitzgerald"),
        "Boston",
        Sales,
    ),
    member(
        "NW1010",
        ("João", "Medeiros", "Joao Medeiros"),
        "Ponta Delgada",
        Support,
    ),
    member(
        "NW1011",
        ("Linh", "Nguyễn", "Linh Nguyen"),
        "Melbourne",
        Sales,
    ),
    member(
        "NW1012",
        ("Tāne", "Kāretu", "Tane Karetu"),
        "Lord Howe",
        Support,
    ),
    member(
        "NW1013",
        ("सीता", "गुरुङ", "Sita Gurung"),
        "Kathmandu",
        Engineering,
    ),
    member(
        "NW1014",
        ("Jan", "Novák", "Jan Novak"),
        "Berlin",
        Engineering,
    ),
    member(
        "NW1015",
        ("Łucja", "Wójcik", "Lucja Wojcik"),
        "Łódź",
        Engineering,
    ),
    member(
        "NW1016",
        ("Viktor", "Brandão", "Viktor Brandao"),
        "São Paulo",
        Finance,
    ),
    member(
        "NW1017",
        ("خالد", "منصور", "Khaled Mansour"),
        "Cairo",
        Sales,
    ),
    member(
        "NW1018",
        ("Keisha", "Washington", "Keisha Washington"),
        "Boston",
        Operations,
    ),
    member(
        "NW1019",
        ("Freyja", "Ólafsdóttir", "Freyja Olafsdottir"),
        "Reykjavík",
        Design,
    ),
    member(
        "NW1020",
        ("陽翔", "田中", "Haruto Tanaka"),
        "Tokyo",
        Engineering,
    ),
    member("NW1021", ("Suharto", "", "Suharto"), "Jakarta", Support),
    member(
        "NW1022",
        ("Özlem", "Yılmaz", "Oezlem Yilmaz"),
        "Berlin",
        Finance,
    ),
    member("NW1023", ("Grace", "Cohen", "Grace Cohen"), "Boston", Sales),
    member(
        "NW1024",
        ("健太", "渡辺", "Kenta Watanabe"),
        "Tokyo",
        Engineering,
    ),
    member(
        "NW1025",
        ("مريم", "عبد الرحمن", "Maryam Abdelrahman"),
        "Cairo",
        Support,
    ),
    member(
        "NW1026",
        (
            "Thaís",
            "Albuquerque de Vasconcelos e Sá",
            "Thais Albuquerque de Vasconcelos e Sa",
        ),
        "São Paulo",
        Legal,
    ),
    member(
        "NW1027",
        ("Ægir", "Þorsteinsson", "Aegir Thorsteinsson"),
        "Reykjavík",
        Operations,
    ),
    member(
        "NW1028",
        ("Dimitri", "Papadopoulos", "Dimitri Papadopoulos"),
        "Melbourne",
        Design,
    ),
];

/// Those who are hired later, and the first day of each.
pub const LATER: [(Member, &str); 9] = [
    (
        member(
            "NW2001",
            ("Jan", "Novak", "Jan Novak"),
            "Boston",
            Engineering,
        ),
        "2026-04-07",
    ),
    (
        member(
            "NW2002",
            ("Núbia", "Araújo", "Nubia Araujo"),
            "São Paulo",
            Support,
        ),
        "2026-03-30",
    ),
    (
        member(
            "NW2003",
            ("Ren", "Kobayashi", "Ren Kobayashi"),
            "Tokyo",
            Sales,
        ),
        "2026-04-13",
    ),
    (
        member(
            "NW2004",
            ("Żaneta", "Gałązka", "Zaneta Galazka"),
            "Łódź",
            Support,
        ),
        "2026-03-19",
    ),
    (
        member(
            "NW2005",
            ("Theo", "von der Heyde", "Theo von der Heyde"),
            "Berlin",
            Operations,
        ),
        "2026-03-19",
    ),
    (
        member(
            "NW2006",
            ("Harper", "D'Souza", "Harper D'Souza"),
            "Melbourne",
            Sales,
        ),
        "2026-04-14",
    ),
    (
        member("NW2007", ("José", "Peña", "Jose Pena"), "Boston", Sales),
        "2026-04-14",
    ),
    (
        member("NW2008", ("Zofia", "Nowak", "Zofia Nowak"), "Łódź", Sales),
        "2026-04-14",
    ),
    (
        member(
            "NW2009",
            ("Łucja", "Wójcik", "Lucja Wojcik"),
            "Łódź",
            Engineering,
        ),
        "2026-04-06",
    ),
];
