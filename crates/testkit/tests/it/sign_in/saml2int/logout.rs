//! Single Logout.

use app::LoggedOut;
use protocol::oauth::Response;

use super::super::provider::{encoded, query};
use super::super::slo::{Leave, goes, key, leaves, read};
use super::super::tour;
use super::super::world::{Browser, World};
use super::{declare, names, refused, strict, worlds};

const DONE: &str = "https://strict.acme.example/slo/done";

/// Word of logout of somebody who was just signed in there.
async fn leaving(world: &World, id: &str, browser: &Browser) -> Leave {
    let told = goes(world, "strict", &format!("{id}_in"), browser).await;
    let mut leave = leaves("strict", id, &told);
    leave.format = " Format=\"urn:oasis:names:tc:SAML:2.0:nameid-format:transient\"".to_owned();
    leave
}

#[tokio::test]
async fn sdp_idp21_single_logout_is_supported() {
    for (world, browser) in worlds().await {
        let leave = leaving(&world, "_out", &browser).await;
        assert!(world.is_in(&browser).await);
        let answer = world.slo(0, &leave.signed(&world), &browser).await;
        assert!(matches!(answer, LoggedOut::Answered(_, true)), "{answer:?}");
        assert!(!world.is_in(&browser).await);
    }
}

#[tokio::test]
async fn sdp_idp25_logout_requests_come_by_redirect() {
    for (world, browser) in worlds().await {
        let leave = leaving(&world, "_out", &browser).await;
        let sent = leave.signed(&world);
        assert!(sent.starts_with("SAMLRequest="), "{sent}");
        let answer = world.slo(1, &sent, &browser).await;
        assert!(matches!(answer, LoggedOut::Answered(..)), "{answer:?}");
    }
}

#[tokio::test]
async fn sdp_idp26_a_logout_request_is_signed_or_ends_nothing() {
    for (world, browser) in worlds().await {
        let leave = leaving(&world, "_out", &browser).await;
        let bare = query(&leave.xml(&world), "back");
        let answer = world.slo(0, &bare, &browser).await;
        assert!(matches!(answer, LoggedOut::Refused(_)), "{answer:?}");
        assert!(world.is_in(&browser).await);
    }
}

#[tokio::test]
async fn sdp_idp27_the_name_in_a_logout_request_is_in_the_clear() {
    for (world, browser) in worlds().await {
        let leave = leaving(&world, "_out", &browser).await;
        let xml = leave.xml(&world);
        let sealed = xml
            .replace("<saml:NameID ", "<saml:EncryptedID ")
            .replace("</saml:NameID>", "</saml:EncryptedID>");
        let sent = super::signed(&query(&sealed, "back"));
        let answer = world.slo(0, &sent, &browser).await;
        assert!(matches!(answer, LoggedOut::Refused(_)), "{answer:?}");
        assert!(world.is_in(&browser).await);
    }
}

#[tokio::test]
async fn sdp_idp28_logout_responses_go_by_redirect() {
    for (world, browser) in worlds().await {
        let leave = leaving(&world, "_out", &browser).await;
        let answer = world.slo(0, &leave.signed(&world), &browser).await;
        let LoggedOut::Answered(Response::Redirect { location }, _) = &answer else {
            panic!("{answer:?}");
        };
        assert!(
            location.starts_with(&format!("{DONE}?SAMLResponse=")),
            "{location}"
        );
        let to = "slo/done\", binding: post}";
        let told = refused(&world, "slo/done\"}", to).await;
        names(&told, "slo", "SDP-IDP28");
    }
}

#[tokio::test]
async fn sdp_idp30_logout_responses_are_signed() {
    for (world, browser) in worlds().await {
        let key = key(&world).await;
        let leave = leaving(&world, "_out", &browser).await;
        let answer = world.slo(0, &leave.signed(&world), &browser).await;
        let LoggedOut::Answered(Response::Redirect { location }, _) = &answer else {
            panic!("{answer:?}");
        };
        let sha256 = encoded("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256");
        assert!(
            location.contains(&format!("&SigAlg={sha256}&Signature=")),
            "{location}"
        );
        // Whoever reads it verifies it first.
        assert_eq!(read(&key, &world, &answer, (DONE, "_out")), (true, false));
    }
}

#[tokio::test]
async fn sdp_idp31_the_status_says_whether_the_session_ended() {
    for (world, browser) in worlds().await {
        let key = key(&world).await;
        let leave = leaving(&world, "_out", &browser).await;
        let mut other = leave.clone();
        other.name = "somebody".to_owned();
        let answer = world.slo(0, &other.signed(&world), &browser).await;
        assert_eq!(read(&key, &world, &answer, (DONE, "_out")), (false, false));
        assert!(world.is_in(&browser).await);
        let answer = world.slo(0, &leave.signed(&world), &browser).await;
        assert_eq!(read(&key, &world, &answer, (DONE, "_out")), (true, false));
        assert!(!world.is_in(&browser).await);
    }
}

#[tokio::test]
async fn sdp_idp32_each_of_several_certificates_counts() {
    for (world, browser) in worlds().await {
        let own = super::super::provider::certificate();
        let other = super::super::provider::other_certificate();
        let line = |all: &str| format!("    certificates: [{all}]\n    slo");
        let old = line(&format!("'{own}'"));
        assert!(strict().contains(&old));
        let with = |all: &str| strict().replacen(&old, &line(all), 1);
        let signed = |id: &str| super::asks("strict", id).signed(&world);
        for (n, all) in [format!("'{other}', '{own}'"), format!("'{own}', '{other}'")]
            .into_iter()
            .enumerate()
        {
            declare(&world, &with(&all)).await;
            let answer = world.sso(0, &signed(&format!("_{n}")), &browser).await;
            assert!(super::response(&answer).is_some(), "{answer:?}");
        }
        declare(&world, &with(&format!("'{other}'"))).await;
        let answer = world.sso(0, &signed("_x"), &browser).await;
        assert!(super::is_shown(&answer), "{answer:?}");
    }
}

#[tokio::test]
async fn sdp_idp24_sdp_idp29_apps_are_told_and_answer_by_redirect() {
    for (world, browser) in worlds().await {
        let key = key(&world).await;
        goes(&world, "strict", "_1", &browser).await;
        let cookie = browser.session.as_deref().unwrap();
        let out = world.nodes[0].signs_out(cookie, None).await.unwrap();
        assert!(matches!(
            &out,
            LoggedOut::Toured {
                response: Response::Redirect { .. },
                ..
            }
        ));
        let told = tour::sent(&world, &key, out);
        assert_eq!(told.to, "https://strict.acme.example/slo");
        let answer = tour::good("strict", &told.id).signed(&world);
        let told = tour::brings(&world, 1, &answer, Some(&told.tour)).await;
        assert_eq!(told, LoggedOut::Over(None));
    }
}
