//! The example messages of RFC 7643 and RFC 7644, where the folder with them is present.

use std::path::Path;

use model::Kind;
use protocol::scim::json::{Limits, parse_object};
use protocol::scim::{PatchOp, Resource, ScimError, ServiceProviderConfig};

#[test]
fn the_examples_of_the_rfcs_are_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/data/scim/scim2-models-samples");
    let Ok(files) = std::fs::read_dir(&folder) else {
        println!("skipped: the folder of example messages is not here");
        return;
    };
    let mut read = 0;
    for file in files {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let bytes = std::fs::read(&path).unwrap();
        let body = parse_object(&bytes, &Limits::ANSWER).unwrap_or_else(|e| panic!("{name}: {e}"));
        let known = if name.contains("patch_op") {
            PatchOp::read(&bytes, &Limits::ANSWER)
                .map(|_| ())
                .map_err(|e| e.to_string())
        } else if name.contains("8.1-user") || name.contains("8.2-user") || name.contains("8.3-") {
            let record = Resource::read(Kind::Account, body).and_then(|r| r.to_record(None));
            record
                .map(|r| assert!(!r.attributes.is_empty()))
                .map_err(|e| e.to_string())
        } else if name.contains("8.4-group") {
            let group = Resource::read(Kind::Group, body).map_err(|e| e.to_string());
            group.map(|group| assert_eq!(group.members.map(|m| m.len()), Some(2)))
        } else if name.contains("8.5-") {
            let config = ServiceProviderConfig::read(&bytes, &Limits::ANSWER);
            config
                .map(|c| assert!(c.patch && c.filter))
                .map_err(|e| e.to_string())
        } else if name.contains("3.12-error") || name.contains("3.6-error") {
            ScimError::read(&bytes)
                .map(|_| ())
                .ok_or_else(|| "is an error".to_owned())
        } else {
            continue;
        };
        known.unwrap_or_else(|e| panic!("{name}: {e}"));
        read += 1;
    }
    assert!(read > 12, "only {read} examples were recognised");
}
