//! Who is told, of what, and what administrators see of it.

use super::*;

/// Back-Channel Logout 1.0 §2.4: what a token says, to each as it knows the person; and who has no address
/// or was given nothing is not told.
#[tokio::test]
async fn each_is_told_once_as_it_knows_the_person() {
    for world in worlds().await {
        let (browser, given) = signed_in(&world, &["wiki", "other", "robot"]).await;
        let mut again = browser.clone();
        world.code("wiki", &mut again).await;
        let (stranger, _) = (world.enrolled("w001", "p1@acme.example").await, ());
        world.nodes[0]
            .sign_out(browser.session.as_deref().unwrap())
            .await
            .unwrap();
        both(&tellers(&world)).await;
        let came = world.relying.heard();
        assert_eq!(uris(&came), [OTHER, WIKI], "each once, and nobody else");
        assert!(came.iter().all(|came| !came.private));
        for (uri, client, alg, id_token) in [
            (WIKI, "wiki", "ES256", &given[0]),
            (OTHER, "other", "RS256", &given[1]),
        ] {
            let token = &came.iter().find(|came| came.uri == uri).unwrap().token;
            let head = header(token);
            assert_eq!(
                (&head["typ"], &head["alg"]),
                (&json!("logout+jwt"), &json!(alg))
            );
            assert!(verified(&world, token, client).await.is_some());
            let (said, known) = (claims(token), claims(id_token));
            let names: Vec<_> = said.as_object().unwrap().keys().cloned().collect();
            let mut want = ["aud", "events", "exp", "iat", "iss", "jti", "sid", "sub"];
            want.sort_unstable();
            let names: BTreeSet<_> = names.iter().map(String::as_str).collect();
            assert_eq!(
                names.into_iter().collect::<Vec<_>>(),
                want,
                "no nonce, for one"
            );
            assert_eq!(said["events"], json!({ EVENT: {} }));
            for same in ["iss", "sub", "sid", "aud"] {
                assert_eq!(said[same], known[same], "{same}");
            }
            let life = said["exp"].as_i64().unwrap() - said["iat"].as_i64().unwrap();
            assert!((1..=120).contains(&life), "{life}");
        }
        let subs: BTreeSet<_> = came
            .iter()
            .map(|c| claims(&c.token)["sub"].to_string())
            .collect();
        assert_eq!(subs.len(), 2, "one of them is called otherwise");
        let told = farewells(&world, &browser).await;
        assert!(
            told.iter()
                .all(|party| party.status == FarewellStatus::Told)
        );
        assert!(farewells(&world, &stranger).await.is_empty());
        both(&tellers(&world)).await;
        assert_eq!(world.relying.heard(), []);
    }
}

/// However a session ends, those who were given anything in it are told; of the one that began in its place
/// they are not.
#[tokio::test]
async fn it_does_not_matter_how_a_session_ends() {
    for world in worlds().await {
        let tellers = tellers(&world);
        let (admin, app) = (actor("admin"), &world.nodes[0]);
        let (_, _) = signed_in(&world, &["wiki"]).await;
        app.end_sessions(&admin, "w002", "T-1").await.unwrap();
        both(&tellers).await;
        assert_eq!(uris(&world.relying.heard()), [WIKI], "an administrator");

        let (browser, given) = signed_in(&world, &["wiki", "other"]).await;
        let query = format!("id_token_hint={}", given[0]);
        let out = app.logout(query.as_bytes(), browser.asker()).await.unwrap();
        assert_eq!(out, LoggedOut::Done(None));
        both(&tellers).await;
        assert_eq!(
            uris(&world.relying.heard()),
            [OTHER, WIKI],
            "a relying party"
        );

        let (browser, _) = signed_in(&world, &["wiki"]).await;
        world.clock.advance(Duration::from_secs(3_600));
        let opened = app
            .session_of(browser.session.as_deref().unwrap())
            .await
            .unwrap();
        assert!(opened.is_none());
        both(&tellers).await;
        assert_eq!(
            world.relying.heard(),
            [],
            "it was idle, and nobody ended it"
        );

        let (_, _) = signed_in(&world, &["wiki"]).await;
        app.restored(&admin, 1, Timestamp::EPOCH).await.unwrap();
        both(&tellers).await;
        assert_eq!(uris(&world.relying.heard()), [WIKI], "a restore");
    }
}

/// Whoever has left uses no session any more, and the apps hear of it all the same.
#[tokio::test]
async fn whoever_has_left_is_signed_out_everywhere_without_a_request_of_theirs() {
    for mut world in worlds().await {
        let tellers = tellers(&world);
        both(&tellers).await;
        let (browser, _) = signed_in(&world, &["wiki", "other"]).await;
        both(&tellers).await;
        assert_eq!(world.relying.heard(), []);
        let ana = actor("ana");
        let terminated = world.nodes[0].terminate(&ana, "w002", "theft", false);
        terminated.await.unwrap();
        both(&tellers).await;
        assert_eq!(uris(&world.relying.heard()), [OTHER, WIKI]);
        let row = world
            .store
            .session(session(&browser))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(row.state.ended.unwrap().reason, "they were terminated");

        // The last day of another one comes while nobody does anything.
        let mut browser = world.enrolled("w004", "p4@acme.example").await;
        world.code("wiki", &mut browser).await;
        let today = world.nodes[0].now().to_string();
        let today = &today[..10];
        world.rows[3] = world.rows[3].replace("2020-01-01,,", &format!("2020-01-01,{today},"));
        world.hears().await;
        both(&tellers).await;
        assert_eq!(world.relying.heard(), [], "until 17:00 in their zone");
        world
            .clock
            .advance_to(format!("{today}T16:00:00Z").parse().unwrap());
        both(&tellers).await;
        assert_eq!(uris(&world.relying.heard()), [WIKI]);
        // A node that was away for all of that finds them as well.
        let mut browser = world.enrolled("w001", "p1@acme.example").await;
        world.code("wiki", &mut browser).await;
        let ana = actor("ana");
        let terminated = world.nodes[0].terminate(&ana, "w001", "theft", false);
        terminated.await.unwrap();
        let late = Teller::new(Arc::new(world.nodes[1].clone()));
        late.pass().await.unwrap();
        assert_eq!(uris(&world.relying.heard()), [WIKI]);
    }
}

/// An app may go on from a session that ran out: of a leaver's it hears, for a day.
#[tokio::test]
async fn of_a_leavers_session_that_ran_out_apps_are_told_for_a_day() {
    for world in worlds().await {
        let tellers = tellers(&world);
        let (early, _) = signed_in(&world, &["wiki"]).await;
        world.clock.advance(Duration::from_secs(30 * 3_600));
        let (late, _) = signed_in(&world, &["other"]).await;
        world.clock.advance(Duration::from_secs(5 * 3_600));
        both(&tellers).await;
        assert_eq!(world.relying.heard(), []);
        let ana = actor("ana");
        let terminated = world.nodes[0].terminate(&ana, "w002", "theft", false);
        terminated.await.unwrap();
        both(&tellers).await;
        assert_eq!(uris(&world.relying.heard()), [OTHER]);
        assert!(!farewells(&world, &late).await.is_empty());
        assert!(farewells(&world, &early).await.is_empty());
    }
}

/// What administrators see of each session: who knows of its end, and until when an API may not.
#[tokio::test]
async fn of_each_session_it_is_told_who_knows_of_its_end() {
    for world in worlds().await {
        let [teller, _] = tellers(&world);
        world.relying.does(OTHER, Manner::Fails);
        let (browser, _) = signed_in(&world, &["wiki", "other", "robot"]).await;
        let mut same = browser.clone();
        world.code("probe", &mut same).await;
        let stand = |ended| {
            let app = &world.nodes[1];
            async move {
                let told = app.sessions_told("w002", ended).await.unwrap();
                let given = told.into_iter().flat_map(|session| session.given);
                given
                    .map(|given| (given.relying_party, given.status, given.exposed_until))
                    .collect::<Vec<_>>()
            }
        };
        let all = |other, wiki, robot, until: Option<Timestamp>| {
            [
                ("other".to_owned(), other, until),
                ("probe".to_owned(), robot, None),
                ("robot".to_owned(), robot, until),
                ("wiki".to_owned(), wiki, until),
            ]
        };
        let open = all("signed_in", "signed_in", "signed_in", None);
        assert_eq!(stand(false).await, open);
        let cookie = browser.session.as_deref().unwrap();
        world.nodes[0].sign_out(cookie).await.unwrap();
        let until = Some(world.nodes[0].now().plus(Duration::from_secs(600)));
        assert_eq!(stand(false).await, []);
        let not_yet = stand(true).await;
        assert!(not_yet.iter().all(|(_, status, _)| *status == "waiting"));
        teller.pass().await.unwrap();
        let ended = all("waiting", "told", "not_told", until);
        assert_eq!(stand(true).await, ended);
    }
}

/// A token that tells of an end opens nothing, and nothing else is taken for one (§2.4, §2.6).
#[tokio::test]
async fn o19_a_logout_token_is_no_other_and_no_other_is_one() {
    for world in worlds().await {
        let mut browser = world.enrolled("w002", "p2@acme.example").await;
        let code = world.code("wiki", &mut browser).await;
        let given: Object = world.token(0, 0, &redeems(&code)).await.unwrap();
        let text = |name: &str| given[name].as_str().unwrap().to_owned();
        for other in [text("id_token"), text("access_token")] {
            assert!(verified(&world, &other, "wiki").await.is_none());
        }
        world.nodes[0]
            .sign_out(browser.session.as_deref().unwrap())
            .await
            .unwrap();
        Teller::new(Arc::new(world.nodes[0].clone()))
            .pass()
            .await
            .unwrap();
        let token = world.relying.heard().swap_remove(0).token;
        assert!(verified(&world, &token, "wiki").await.is_some());
        assert!(verified(&world, &token, "other").await.is_none());
        assert!(!world.counts(1, &token).await, "no access token");
        assert_eq!(world.introspected(0, &token).await["active"], false);
        let refreshed = world.token(0, 0, &refreshes(&token)).await;
        assert_eq!(refreshed, Err("invalid_grant".into()));

        // As a hint it is none: the person is asked, and nobody is signed in by it without a page.
        let mut browser = world.enrolled("w001", "p1@acme.example").await;
        world.code("wiki", &mut browser).await;
        let query = format!("id_token_hint={token}");
        let out = world.nodes[0]
            .logout(query.as_bytes(), browser.asker())
            .await;
        assert_eq!(out.unwrap(), LoggedOut::Ask);
        let query = format!("{}&prompt=none&id_token_hint={token}", request("wiki"));
        let asked = world.nodes[0].authorize(query.as_bytes(), browser.asker());
        let answer = asked.await.unwrap();
        assert_eq!(error_of(&answer).as_deref(), Some("login_required"));
    }
}
