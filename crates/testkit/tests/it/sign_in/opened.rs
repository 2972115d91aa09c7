//! Addresses of apps that browsers open: to end their own session there, and to begin one.

use app::LoggedOut;
use testkit::node::actor;

use super::provider::encoded;
use super::world::{Browser, SIGN_ON, World, redeems};

const ISSUER: &str = "https%3A%2F%2Fid.acme.example";
const BYE: &str = "https://wiki.acme.example/bye";

/// The wiki is told by frames, and so is the other one, which begins sign-ins as well.
fn parties() -> String {
    let wiki = "redirect_uris: [\"https://wiki.acme.example/cb\"]";
    let other = "redirect_uris: [\"https://other.acme.example/cb\"]";
    let framed = format!(
        "{wiki}\n    post_logout_redirect_uris: [\"{BYE}\"]\n    \
         frontchannel_logout_uri: \"https://wiki.acme.example/out?of=wiki\""
    );
    let begins = format!(
        "{other}\n    frontchannel_logout_uri: \"https://other.acme.example/out\"\n    \
         initiate_login_uri: \"https://other.acme.example/login\""
    );
    SIGN_ON.replace(wiki, &framed).replace(other, &begins)
}

/// Somebody who is signed in to the wiki, and its ID token.
async fn signed_in(world: &World) -> (Browser, String) {
    world.documents_with("any-factor", &parties()).await;
    let mut browser = world.enrolled("w001", "p1@acme.example").await;
    let code = world.code("wiki", &mut browser).await;
    let given = world.token(0, 0, &redeems(&code)).await.unwrap();
    let id_token = given["id_token"].as_str().unwrap().to_owned();
    (browser, id_token)
}

fn sid(browser: &Browser) -> &str {
    let cookie = browser.session.as_deref().unwrap();
    cookie.split('.').next().unwrap()
}

async fn details(world: &World) -> Vec<(String, &'static str, String)> {
    let sessions = world.nodes[1].sessions_told("w001", true).await.unwrap();
    let given = sessions.into_iter().flat_map(|session| session.given);
    given
        .map(|given| (given.relying_party, given.status, given.detail))
        .collect()
}

/// Who was given anything in the session is in a frame, by that session and no other; and is not told, for all that
/// anybody knows.
#[tokio::test]
async fn the_browser_tells_the_apps_of_the_session_that_it_ends() {
    for world in World::each("any-factor").await {
        let (browser, id_token) = signed_in(&world).await;
        let frame = format!(
            "https://wiki.acme.example/out?of=wiki&iss={ISSUER}&sid={}",
            sid(&browser)
        );
        let query = format!(
            "id_token_hint={id_token}&post_logout_redirect_uri={}&state=s%261",
            encoded(BYE)
        );
        let told = world.nodes[1]
            .logout(query.as_bytes(), browser.asker())
            .await;
        let place = format!("{BYE}?state=s%261");
        assert_eq!(told.unwrap(), LoggedOut::Framed(vec![frame], Some(place)));
        let what = "its page stood in a frame of the browser, which proves nothing";
        let want = ("wiki".to_owned(), "not_told", what.to_owned());
        assert_eq!(details(&world).await, [want]);
        // The session is over: there is nobody to be told again.
        let again = world.nodes[0]
            .logout(query.as_bytes(), browser.asker())
            .await;
        assert!(matches!(again.unwrap(), LoggedOut::Done(Some(_))));
        let cookie = browser.session.as_deref().unwrap();
        assert!(
            world.nodes[0]
                .sign_out_here(cookie)
                .await
                .unwrap()
                .is_empty()
        );
        let forged = world.nodes[0].sign_out_here("ses_x.y").await.unwrap();
        assert!(forged.is_empty());
    }
}

/// By their own page the person signs out of several, in one go.
#[tokio::test]
async fn a_person_signs_out_of_every_app_that_has_a_frame() {
    for world in World::each("any-factor").await {
        let (mut browser, _) = signed_in(&world).await;
        world.code("other", &mut browser).await;
        world.code("robot", &mut browser).await;
        let cookie = browser.session.as_deref().unwrap();
        let frames = world.nodes[0].sign_out_here(cookie).await.unwrap();
        let hosts: Vec<&str> = frames.iter().map(|frame| &frame[..27]).collect();
        assert_eq!(
            hosts,
            ["https://other.acme.example/", "https://wiki.acme.example/o"]
        );
        assert!(frames.iter().all(|frame| frame.contains(sid(&browser))));
    }
}

/// Nobody's browser is there when an administrator ends a session, and that is what is said.
#[tokio::test]
async fn whoever_has_no_browser_there_is_told_by_no_frame() {
    for world in World::each("any-factor").await {
        let (_browser, _) = signed_in(&world).await;
        let ended = world.nodes[0]
            .end_sessions(&actor("desk"), "w001", "a lost laptop")
            .await;
        ended.unwrap();
        let what = "only the browser tells it, and none was there";
        let want = ("wiki".to_owned(), "not_told", what.to_owned());
        assert_eq!(details(&world).await, [want]);
    }
}

/// A tile begins at the app, which is told who asks and not for whom (OpenID Connect Core §4).
#[tokio::test]
async fn a_tile_begins_a_sign_in_at_the_app() {
    for world in World::each("any-factor").await {
        let (browser, _) = signed_in(&world).await;
        let portal = world.nodes[0]
            .portal(browser.asker())
            .await
            .unwrap()
            .unwrap();
        let other = portal
            .tiles
            .iter()
            .find(|tile| tile.title == "other")
            .unwrap();
        let want = format!("https://other.acme.example/login?iss={ISSUER}");
        assert_eq!(other.start_url.as_deref(), Some(&*want));
        let wiki = portal
            .tiles
            .iter()
            .find(|tile| tile.title == "wiki")
            .unwrap();
        assert_eq!(wiki.start_url, None);
    }
}
