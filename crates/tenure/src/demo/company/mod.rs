//! A company drawn from a seed: who works there, where, and in what.

pub mod cast;
mod file;
pub mod hr;
mod meant;
pub mod names;

use std::collections::BTreeSet;
use std::fmt;

use model::time::Date;

pub use names::Site;
use names::{Name, SITES, site_named};

/// Where somebody works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Department {
    /// Builds.
    Engineering,
    /// Helps customers.
    Support,
    /// Sells.
    Sales,
    /// Runs things.
    Operations,
    /// Counts.
    Finance,
    /// Hires.
    People,
    /// Writes contracts.
    Legal,
    /// Draws.
    Design,
}

impl Department {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Engineering,
        Self::Support,
        Self::Sales,
        Self::Operations,
        Self::Finance,
        Self::People,
        Self::Legal,
        Self::Design,
    ];

    /// How many of a hundred people work there.
    const fn share(self) -> usize {
        match self {
            Self::Engineering => 30,
            Self::Support => 20,
            Self::Sales => 15,
            Self::Operations => 12,
            Self::Finance => 8,
            Self::People => 6,
            Self::Legal => 4,
            Self::Design => 5,
        }
    }

    /// The worker key of its head on the first day.
    pub fn head(self) -> &'static str {
        let mut all = Self::ALL.iter().zip(cast::HEADS);
        all.find(|(one, _)| **one == self)
            .map_or("", |(_, head)| head)
    }
}

impl fmt::Display for Department {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// One worker as HR knows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worker {
    /// The worker's key.
    pub key: String,
    /// Who they are for life, whatever their worker key.
    pub person: String,
    /// Given name, or their only one.
    pub given: String,
    /// Family name; empty where they have none.
    pub family: String,
    /// Their whole name in Latin letters.
    pub latin: String,
    /// Their mail address.
    pub email: String,
    /// What they work in.
    pub department: Department,
    /// The manager's worker key; empty for heads.
    pub manager: String,
    /// Where they work.
    pub site: &'static Site,
    /// `employee` or `contractor`.
    pub contract: &'static str,
    /// First day of work.
    pub starts: Date,
    /// Last day of work.
    pub ends: Option<Date>,
    /// First and last day of a leave.
    pub leave: Option<(Date, Date)>,
}

/// SplitMix64: the same seed draws the same company everywhere. Not for secrets.
pub struct Dice(u64);

impl Dice {
    /// Dice from a seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `n`, which is not 0.
    pub fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let n = u64::try_from(n).unwrap_or(1).max(1);
        usize::try_from((z ^ (z >> 31)) % n).unwrap_or(0)
    }

    /// One of these, which are not none.
    fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

/// Draws workers. No two have the same key or address; several have the same name.
pub struct Hiring {
    dice: Dice,
    next: u32,
    addresses: BTreeSet<String>,
}

impl Hiring {
    /// From a seed, with keys from this number on.
    pub fn new(seed: u64) -> Self {
        Self {
            dice: Dice::new(seed),
            next: 3001,
            addresses: BTreeSet::new(),
        }
    }

    /// The dice that are used up with it.
    pub const fn dice(&mut self) -> &mut Dice {
        &mut self.dice
    }

    /// Somebody of the story.
    pub fn cast(&mut self, member: &cast::Member, starts: Date) -> Worker {
        let (given, family, latin) = member.names;
        let manager = match member.department.head() {
            head if head == member.key => "",
            head => head,
        };
        Worker {
            key: member.key.to_owned(),
            person: format!("P{}", &member.key[2..]),
            given: given.to_owned(),
            family: family.to_owned(),
            latin: latin.to_owned(),
            email: self.address(latin),
            department: member.department,
            manager: manager.to_owned(),
            site: site_named(member.site),
            contract: "employee",
            starts,
            ends: None,
            leave: None,
        }
    }

    /// Anybody.
    pub fn anyone(&mut self, starts: Date) -> Worker {
        let shares = SITES.iter().map(|site| (site, site.share));
        let site = draw(&mut self.dice, shares).unwrap_or(&SITES[0]);
        // One in eight comes from somewhere else.
        let home = match self.dice.below(8) {
            0 => self.dice.of(&SITES),
            _ => site,
        };
        let shares = Department::ALL.iter().map(|one| (one, one.share()));
        let department = *draw(&mut self.dice, shares).unwrap_or(&Department::Support);
        let given = *self.dice.of(&home.given());
        let family = *self.dice.of(&home.family());
        let (given, family, latin) = whole(given, family);
        let number = self.next;
        self.next += 1;
        Worker {
            key: format!("NW{number}"),
            person: format!("P{number}"),
            email: self.address(&latin),
            given,
            family,
            latin,
            department,
            manager: department.head().to_owned(),
            site,
            contract: match self.dice.below(10) {
                0 => "contractor",
                _ => "employee",
            },
            starts,
            ends: None,
            leave: None,
        }
    }

    /// The first address of a name that nobody has.
    fn address(&mut self, latin: &str) -> String {
        let name = rules::text::slug(latin).unwrap_or_default();
        let name = name.replacen('-', ".", 1);
        let numbers = std::iter::once(String::new()).chain((2..).map(|n: u32| n.to_string()));
        let mut addresses = numbers.map(|n| format!("{name}{n}@northwind.example"));
        let free = addresses.find(|address| !self.addresses.contains(address));
        let free = free.unwrap_or_default();
        self.addresses.insert(free.clone());
        free
    }
}

/// Given name, family name, and both in Latin letters.
fn whole(given: Name, family: Name) -> (String, String, String) {
    let spaced = |text: &str| text.replace('~', " ");
    let latin = format!("{} {}", given.latin, family.latin);
    let latin = spaced(latin.trim());
    // The spelling of those who need no other one is their own, without its marks.
    let latin = rules::text::transliterate(&latin).unwrap_or(latin);
    (spaced(given.own), spaced(family.own), latin)
}

/// One of these, each as often as its share says.
fn draw<'a, T>(
    dice: &mut Dice,
    shares: impl Iterator<Item = (&'a T, usize)> + Clone,
) -> Option<&'a T> {
    let all: usize = shares.clone().map(|(_, share)| share).sum();
    let mut left = dice.below(all);
    for (one, share) in shares {
        if left < share {
            return Some(one);
        }
        left -= share;
    }
    None
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn many(seed: u64) -> Vec<Worker> {
        let mut hiring = Hiring::new(seed);
        let day: Date = "2020-01-01".parse().unwrap();
        let cast = cast::AT_FIRST.iter().map(|one| hiring.cast(one, day));
        let mut workers: Vec<Worker> = cast.collect();
        workers.extend((0..1000).map(|_| hiring.anyone(day)));
        workers
    }

    #[test]
    fn a_seed_draws_one_company_in_which_names_come_twice_and_addresses_do_not() {
        let workers = many(1);
        assert_eq!(workers, many(1));
        assert_ne!(workers, many(2));
        let different = |of: fn(&Worker) -> String| -> usize {
            workers.iter().map(of).collect::<BTreeSet<_>>().len()
        };
        assert_eq!(different(|w| w.key.clone()), workers.len());
        assert_eq!(different(|w| w.email.clone()), workers.len());
        assert!(different(|w| format!("{} {}", w.given, w.family)) < workers.len());
        assert_eq!(different(|w| w.site.name.to_owned()), SITES.len());
        assert_eq!(
            different(|w| w.department.to_string()),
            Department::ALL.len()
        );
        assert!(
            workers
                .iter()
                .all(|w| w.email.is_ascii() && w.latin.is_ascii())
        );
        assert!(
            workers.iter().any(|w| w.family.is_empty()),
            "one name is enough"
        );
        for (department, head) in Department::ALL.into_iter().zip(cast::HEADS) {
            let head = workers.iter().find(|w| w.key == head).unwrap();
            assert_eq!((head.department, head.manager.as_str()), (department, ""));
        }
    }
}
