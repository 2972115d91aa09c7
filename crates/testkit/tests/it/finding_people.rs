//! Naming one person among many.

use app::ErrorKind;

use crate::company::{GUARD, stage, workers};

#[tokio::test]
async fn a_key_is_found_however_many_others_contain_it() {
    let stage = stage(GUARD).await;
    let mut rows = workers(99);
    rows.push(rows[0].replacen("w001", "w0", 1).replace("p1@", "zero@"));
    stage.deliver(&rows).await;
    let app = &stage.node.app;
    let key = app.one_person("w0").await.unwrap();
    assert_eq!(key.identity.key, "w0");
    let mail = app.one_person("zero@acme.example").await.unwrap();
    assert_eq!(mail.person.subject, key.person.subject);
    // Of many who are meant by a part of a key, none is.
    let several = app.one_person("w00").await.unwrap_err();
    assert_eq!(several.kind(), ErrorKind::Conflict);
    let nobody = app.one_person("w1000").await.unwrap_err();
    assert_eq!(nobody.kind(), ErrorKind::Missing);
}
