//! Laws: no text breaks the reader, and no order of files or documents changes the result.

use documents::load;
use proptest::prelude::*;

use super::relying_parties::PARTY;
use super::sign_on::{GROUPS, POLICY};
use super::{APP, GUARD, LIFECYCLE_TEST, MAPPING_TEST, RULE, SOURCE};

fn rules() -> Vec<String> {
    let mut all = vec![
        SOURCE.to_owned(),
        APP.to_owned(),
        GUARD.to_owned(),
        RULE.to_owned(),
    ];
    all.push(
        RULE.replace("name: engineers", "name: others")
            .replace("==", "!="),
    );
    all.push(
        APP.replace("name: wiki", "name: chat")
            .replace("person.email", "lower(person.email)"),
    );
    all.extend([MAPPING_TEST, LIFECYCLE_TEST, PARTY, POLICY, GROUPS].map(str::to_owned));
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn order_never_matters(
        order in Just((0..11).collect::<Vec<usize>>()).prop_shuffle(),
        cut in 0usize..11,
        broken in any::<bool>(),
    ) {
        let mut all = rules();
        if broken {
            all[4] = all[4].replace("department", "dept");
            all[5] = all[5].replace("observe", "look");
            all.push(PARTY.replace("name: handbook", "name: other"));
            all.push(POLICY.replace("name: everyone", "name: strangers"));
        }
        let fixed: Vec<(String, String)> =
            all.iter().enumerate().map(|(n, text)| (format!("f{n}"), text.clone())).collect();
        let shuffled: Vec<(String, String)> = order.iter().map(|n| fixed[*n].clone()).chain(fixed[11..].iter().cloned()).collect();
        prop_assert_eq!(format!("{:?}", load(&fixed)), format!("{:?}", load(&shuffled)));
        if !broken {
            // The same documents in two files instead of eleven.
            let join = |part: &[usize]| {
                part.iter().map(|n| all[*n].as_str()).collect::<Vec<_>>().join("\n---\n")
            };
            let (left, right) = order.split_at(cut);
            let joined = [("l", join(left)), ("r", join(right))];
            prop_assert_eq!(format!("{:?}", load(&fixed)), format!("{:?}", load(&joined)));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_text_breaks_the_reader(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = load(&[("x", String::from_utf8_lossy(&bytes).as_ref())]);
    }

    #[test]
    fn no_damage_to_a_document_breaks_the_reader(
        which in 0usize..8,
        at in 0usize..1100,
        length in 0usize..40,
        put in "[ -~\n]{0,12}",
    ) {
        let text = [SOURCE, APP, RULE, GUARD, MAPPING_TEST, LIFECYCLE_TEST, PARTY, POLICY][which];
        let start = at.min(text.len());
        let end = (start + length).min(text.len());
        let damaged = format!("{}{put}{}", &text[..start], &text[end..]);
        let files = [("a", SOURCE), ("b", APP), ("c", RULE), ("d", GROUPS), ("x", damaged.as_str())];
        if let Err(errors) = load(&files) {
            prop_assert!(!errors.is_empty());
            prop_assert!(errors.iter().all(|e| e.code.starts_with("TNR-DOC-") && !e.problem.is_empty()));
        }
    }
}
