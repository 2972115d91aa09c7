//! Until they know: failures, several nodes, and nodes that die.

use super::*;

/// One that fails is told again, holds up nobody, and is a finding once it was given up, until it is told
/// of something.
#[tokio::test]
async fn one_that_fails_is_told_again_and_given_up_after_an_hour() {
    for world in worlds().await {
        let tellers = tellers(&world);
        world.relying.does(WIKI, Manner::Fails);
        let (browser, _) = signed_in(&world, &["wiki", "other"]).await;
        world.nodes[0]
            .sign_out(browser.session.as_deref().unwrap())
            .await
            .unwrap();
        let began = world.nodes[0].now();
        both(&tellers).await;
        let first = world.relying.heard();
        assert_eq!(uris(&first), [OTHER, WIKI], "the other one is told at once");
        let mut tokens = BTreeSet::new();
        let mut jtis = BTreeSet::new();
        let mut requests = 1;
        while let Some(next) = farewells(&world, &browser)
            .await
            .iter()
            .find_map(|p| p.next)
        {
            assert_eq!(findings(&world).await, Vec::<String>::new());
            world.clock.advance_to(next.minus(Duration::from_secs(1)));
            both(&tellers).await;
            assert_eq!(world.relying.heard(), [], "not before its time");
            world.clock.advance_to(next);
            both(&tellers).await;
            for came in world.relying.heard() {
                assert_eq!(came.uri, WIKI);
                assert!(verified(&world, &came.token, "wiki").await.is_some());
                jtis.insert(claims(&came.token)["jti"].to_string());
                tokens.insert(came.token);
                requests += 1;
            }
        }
        assert_eq!(
            (requests, tokens.len(), jtis.len()),
            (8, 7, 1),
            "signed anew, named the same"
        );
        let hour = world.nodes[0].now().since(began).as_secs();
        assert!((3_000..4_000).contains(&hour), "{hour}");
        let told = farewells(&world, &browser).await;
        let wiki = told
            .iter()
            .find(|party| party.relying_party == "wiki")
            .unwrap();
        assert_eq!((wiki.status, wiki.attempts), (FarewellStatus::GivenUp, 8));
        let found = findings(&world).await;
        assert!(
            found[0].contains("`wiki` was not told in 8 attempts"),
            "{found:?}"
        );

        world.relying.does(WIKI, Manner::Takes);
        world.clock.advance(Duration::from_secs(60));
        let (browser, _) = signed_in(&world, &["wiki"]).await;
        world.nodes[1]
            .sign_out(browser.session.as_deref().unwrap())
            .await
            .unwrap();
        both(&tellers).await;
        assert_eq!(uris(&world.relying.heard()), [WIKI]);
        assert_eq!(findings(&world).await, Vec::<String>::new());
    }
}

/// A refusal is told and not repeated; what a relying party's document no longer says is not done.
#[tokio::test]
async fn a_refusal_is_a_finding_and_a_document_that_says_no_longer_where_ends_it() {
    for world in worlds().await {
        let tellers = tellers(&world);
        world.relying.does(WIKI, Manner::Refuses);
        world.relying.does(OTHER, Manner::Loses);
        let (browser, _) = signed_in(&world, &["wiki", "other"]).await;
        world.nodes[0]
            .sign_out(browser.session.as_deref().unwrap())
            .await
            .unwrap();
        both(&tellers).await;
        assert_eq!(uris(&world.relying.heard()), [OTHER, WIKI]);
        let found = findings(&world).await;
        assert_eq!(
            found,
            ["`wiki` refused to end somebody's session: answered 400"]
        );
        world.documents("any-factor").await;
        world.clock.advance(Duration::from_secs(60));
        both(&tellers).await;
        assert_eq!(world.relying.heard(), []);
        let stand: Vec<_> = farewells(&world, &browser).await;
        let stand: Vec<_> = stand
            .iter()
            .map(|party| (party.status, party.unsure))
            .collect();
        assert_eq!(
            stand,
            [
                (FarewellStatus::Dropped, true),
                (FarewellStatus::Refused, false)
            ]
        );
    }
}

/// A node that is killed while a relying party has not answered: the other one takes it up, once nobody can
/// be at it, with a token of the same name. Ending the session waits for none of that.
#[tokio::test]
async fn what_a_killed_node_has_begun_is_taken_up_by_the_other() {
    for world in worlds().await {
        let [one, two] = tellers(&world);
        world.relying.does(WIKI, Manner::Hangs);
        let (browser, _) = signed_in(&world, &["wiki", "other"]).await;
        world.nodes[0]
            .sign_out(browser.session.as_deref().unwrap())
            .await
            .unwrap();
        let killed = tokio::spawn(async move { one.pass().await });
        let mut came = Vec::new();
        while came.len() < 2 {
            world.relying.hears().await;
            came.extend(world.relying.heard());
        }
        // What has answered is written down although another one has not.
        let other_is_told = || async {
            let told = farewells(&world, &browser).await;
            told.iter()
                .any(|party| party.status == FarewellStatus::Told)
        };
        while !other_is_told().await {
            tokio::task::yield_now().await;
        }
        killed.abort();
        assert!(killed.await.unwrap_err().is_cancelled());
        two.pass().await.unwrap();
        assert_eq!(world.relying.heard(), [], "the first one may be at it");
        world.relying.does(WIKI, Manner::Takes);
        world.clock.advance(Duration::from_secs(20));
        two.pass().await.unwrap();
        let again = world.relying.heard();
        assert_eq!(uris(&again), [WIKI]);
        let first = came.iter().find(|came| came.uri == WIKI).unwrap();
        assert_eq!(claims(&again[0].token)["jti"], claims(&first.token)["jti"]);
        let told = farewells(&world, &browser).await;
        assert!(
            told.iter()
                .all(|party| party.status == FarewellStatus::Told)
        );
        assert_eq!(told.iter().filter(|party| party.unsure).count(), 1);
    }
}

/// Many sessions end at once, and both nodes are at it: each app is told of each once.
#[tokio::test]
async fn of_many_ends_two_nodes_tell_each_once() {
    for world in worlds().await {
        let tellers = tellers(&world);
        for _ in 0..4 {
            for (person, name) in [("w001", "p1"), ("w002", "p2"), ("w004", "p4")] {
                let mut browser = world
                    .enrolled(person, &format!("{name}@acme.example"))
                    .await;
                world.code("wiki", &mut browser).await;
                world.code("other", &mut browser).await;
            }
        }
        let admin = actor("admin");
        for person in ["w001", "w002", "w004"] {
            let ended = world.nodes[1].end_sessions(&admin, person, "T-1").await;
            assert_eq!(ended.unwrap(), 4);
        }
        for _ in 0..3 {
            both(&tellers).await;
        }
        let came = world.relying.heard();
        let jtis: BTreeSet<_> = came
            .iter()
            .map(|came| claims(&came.token)["jti"].to_string())
            .collect();
        assert_eq!((came.len(), jtis.len()), (24, 24));
    }
}

/// Within two seconds of the end of a session, on nodes that run: also on the one that did not end it, and
/// while another relying party hangs.
#[tokio::test]
async fn a_running_node_tells_within_two_seconds() {
    for world in worlds().await {
        let (browser, _) = signed_in(&world, &["wiki", "other"]).await;
        world.relying.does(OTHER, Manner::Hangs);
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let [_, two] = tellers(&world);
        let runs = tokio::spawn(async move { two.run(stopped).await });
        // What runs looks at the log from here on.
        tokio::time::sleep(Duration::from_millis(700)).await;
        let began = std::time::Instant::now();
        let ana = actor("ana");
        let terminated = world.nodes[0].terminate(&ana, "w002", "theft", false);
        terminated.await.unwrap();
        let mut came = Vec::new();
        while !uris(&came).contains(&WIKI) {
            world.relying.hears().await;
            came.extend(world.relying.heard());
        }
        let took = began.elapsed();
        assert!(took < Duration::from_secs(2), "{took:?}");
        assert!(!farewells(&world, &browser).await.is_empty());
        runs.abort();
        drop(stop);
    }
}

/// Whoever was erased is told of no more, and nothing of them comes back with an outcome.
#[tokio::test]
async fn nothing_of_a_person_comes_back_with_an_outcome_after_their_erasure() {
    for mut world in worlds().await {
        let [one, two] = tellers(&world);
        world.relying.does(WIKI, Manner::Fails);
        let (browser, _) = signed_in(&world, &["wiki"]).await;
        let yesterday = world.nodes[0]
            .now()
            .minus(Duration::from_secs(2 * 24 * 3_600));
        let day = &yesterday.to_string()[..10];
        world.rows[1] = world.rows[1].replace("2020-01-01,,", &format!("2020-01-01,{day},"));
        world.hears().await;
        one.pass().await.unwrap();
        assert_eq!(uris(&world.relying.heard()), [WIKI]);
        let ana = actor("ana");
        let erased = world.nodes[0].erase(&ana, "w002", "asked");
        erased.await.unwrap();
        world.clock.advance(Duration::from_secs(60));
        two.pass().await.unwrap();
        assert_eq!(world.relying.heard(), []);
        assert!(
            world
                .store
                .logout(session(&browser))
                .await
                .unwrap()
                .is_none()
        );
    }
}
