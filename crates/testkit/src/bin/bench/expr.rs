//! One compiled condition, for one person.

use std::hint::black_box;
use std::time::Instant;

use model::{Facts, Value};
use rules::{Condition, Schema, Type, compile_condition};

use crate::estate::CONDITIONS;
use crate::{Failure, Figure};

/// People for whom each condition is asked.
const PEOPLE: usize = 1_000;
/// How often everyone is gone over.
const ROUNDS: usize = 200;

/// `expr_ns`: the mean over the eight conditions of the other benches, each asked for a thousand
/// different people; beside it, reading one attribute of the same people.
///
/// # Errors
/// When a condition does not compile or has no answer.
pub fn expr_ns() -> Result<Vec<Figure>, Failure> {
    let names = [
        "email",
        "department",
        "location",
        "employee_type",
        "cost_center",
        "title",
        "division",
        "phone",
    ];
    let schema = Schema {
        attributes: names.map(|name| (name.to_owned(), Type::Text)).into(),
        ..Schema::default()
    };
    let compiled: Result<Vec<Condition>, _> = CONDITIONS
        .iter()
        .map(|source| compile_condition(source, &schema))
        .collect();
    let compiled = compiled.map_err(|errors| format!("{errors:?}"))?;
    let people: Vec<Facts> = (0..PEOPLE).map(|i| person(&names, i)).collect();
    let begun = Instant::now();
    let mut held = 0_usize;
    for _ in 0..ROUNDS {
        for facts in &people {
            for condition in &compiled {
                held += usize::from(condition.test(black_box(facts), "w1")?);
            }
        }
    }
    let asked = (ROUNDS * PEOPLE * compiled.len()) as f64;
    let each = begun.elapsed().as_nanos() as f64 / asked;
    if !(PEOPLE * ROUNDS..PEOPLE * ROUNDS * compiled.len()).contains(&black_box(held)) {
        return Err(format!("the conditions hold {held} times").into());
    }
    let begun = Instant::now();
    for _ in 0..ROUNDS * compiled.len() {
        for facts in &people {
            black_box(black_box(facts).attributes.get("title"));
        }
    }
    let look = begun.elapsed().as_nanos() as f64 / asked;
    Ok(vec![Figure {
        name: "expr_ns".to_owned(),
        value: each,
        unit: "ns",
        bound: "looking up one attribute".to_owned(),
        bound_value: Some(look),
    }])
}

fn person(names: &[&str], i: usize) -> Facts {
    let value = |name: &&str| {
        let text = match *name {
            "email" => format!("p{i}@acme.example"),
            "department" => format!("dep{:02}", i % 40),
            "location" => ["Berlin", "Boston", "Oslo"][i % 3].to_owned(),
            "employee_type" => ["employee", "contractor"][i % 2].to_owned(),
            "cost_center" => format!("CC{:03}", i % 200),
            "title" => format!("Title {}", i % 300),
            "division" => format!("div{}", i % 6),
            _ => format!("+49 30 {i:06}"),
        };
        ((*name).to_owned(), Value::Text(text))
    };
    Facts {
        attributes: names.iter().map(value).collect(),
        starts: None,
        ends: None,
        zone: "Etc/UTC".to_owned(),
        leave: None,
    }
}
