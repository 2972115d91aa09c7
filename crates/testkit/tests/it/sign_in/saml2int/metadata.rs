//! What service providers are told of us.

use super::super::provider::METADATA;
use super::{names, refused, value, worlds};

#[tokio::test]
async fn sdp_idp14_domains_of_lasting_names_stand_in_the_metadata() {
    for (world, _) in worlds().await {
        let metadata = world.nodes[0].saml_metadata().await.unwrap();
        let all: Vec<&str> = metadata.split("<shibmd:Scope ").skip(1).collect();
        assert_eq!(all.len(), 1, "each once: {metadata}");
        assert_eq!(value(all[0], "regexp"), "false");
        assert!(
            all[0].contains(">acme.example</shibmd:Scope>"),
            "{}",
            all[0]
        );
        // Those of a name that is given somewhere stand there too.
        let other = super::strict().replace(
            "person.given_name, scope: acme.example",
            "person.given_name, scope: people.acme.example",
        );
        super::declare(&world, &other).await;
        let metadata = world.nodes[1].saml_metadata().await.unwrap();
        assert!(
            metadata.contains(">people.acme.example</shibmd:Scope>"),
            "{metadata}"
        );
    }
}

#[tokio::test]
async fn sdp_idp33_the_metadata_hold_what_they_have_to() {
    for (world, _) in worlds().await {
        let metadata = world.nodes[0].saml_metadata().await.unwrap();
        let (_, role) = metadata.split_once("<md:IDPSSODescriptor ").unwrap();
        assert_eq!(value(role, "errorURL"), "https://help.acme.example/sign-in");
        for held in [
            "<md:SingleSignOnService ",
            "<md:SingleLogoutService ",
            "<md:KeyDescriptor use=\"signing\">",
            "<mdui:DisplayName xml:lang=\"en\">Acme</mdui:DisplayName>",
            "<mdui:Logo height=\"60\" width=\"80\">https://id.acme.example/logo.png</mdui:Logo>",
            "<shibmd:Scope ",
            "<md:ContactPerson contactType=\"technical\">",
            "<md:EmailAddress>mailto:identity@acme.example</md:EmailAddress>",
        ] {
            assert!(metadata.contains(held), "{held}: {metadata}");
        }
        // Nobody is held to the profile while nothing says who we are.
        let told = refused(&world, &format!("{METADATA}---\n"), "").await;
        names(&told, "profile", "SDP-IDP33");
    }
}
