//! The conformance suite, once for every kind of provider.

use emulate::{MemberRemovalByFilter, Temperament};
use ports::conformance::target;
use protocol::scim::ScimProfile;
use protocol::scim::profile::{MemberRemoval, PatchStyle};

use crate::bench::Emulated;

async fn conforms(temperament: Temperament, profile: ScimProfile) {
    let bench = Emulated::new(temperament, profile).await;
    target::all(&bench, 1000).await;
}

fn small_pages() -> ScimProfile {
    ScimProfile {
        page_size: 7,
        ..ScimProfile::rfc()
    }
}

#[tokio::test]
async fn the_rfcs_word() {
    conforms(
        Temperament::default(),
        ScimProfile {
            versions: true,
            ..small_pages()
        },
    )
    .await;
}

#[tokio::test]
async fn without_versions() {
    conforms(Temperament::default(), small_pages()).await;
}

#[tokio::test]
async fn scim_quirk_21_put_only() {
    let profile = ScimProfile {
        patch: PatchStyle::Put,
        versions: true,
        ..small_pages()
    };
    conforms(Temperament::put_only(), profile).await;
}

#[tokio::test]
async fn scim_quirk_04_pathless_patch() {
    let temperament = Temperament {
        patch: true,
        ..Temperament::named("pathless")
    };
    let profile = ScimProfile {
        patch: PatchStyle::Pathless,
        ..small_pages()
    };
    conforms(temperament, profile).await;
}

#[tokio::test]
async fn scim_quirk_01_03_07_the_dialect_of_entra() {
    let profile = ScimProfile {
        capital_verbs: true,
        member_removal: MemberRemoval::Values,
        ..small_pages()
    };
    conforms(Temperament::entra(), profile).await;
}

#[tokio::test]
async fn canaille() {
    conforms(Temperament::canaille(), ScimProfile::canaille()).await;
}

#[tokio::test]
async fn scim_quirk_59_filters_are_ignored() {
    let temperament = Temperament {
        ignores_filter: true,
        ..Temperament::named("no filter")
    };
    conforms(temperament, small_pages()).await;
}

#[tokio::test]
async fn filters_are_refused() {
    let temperament = Temperament {
        refuses_filter: true,
        ..Temperament::named("no filter")
    };
    conforms(temperament, small_pages()).await;
}

#[tokio::test]
async fn paging_is_ignored() {
    let temperament = Temperament {
        ignores_paging: true,
        ..Temperament::named("one page")
    };
    conforms(temperament, small_pages()).await;
}

#[tokio::test]
async fn scim_quirk_02_active_as_text() {
    let temperament = Temperament {
        active_as_text: true,
        ..Temperament::named("text")
    };
    conforms(temperament, small_pages()).await;
}

#[tokio::test]
async fn scim_quirk_32_removal_of_one_who_is_no_member_is_refused() {
    let remove_by_filter = MemberRemovalByFilter::RefusesAbsent;
    let temperament = Temperament {
        remove_by_filter,
        ..Temperament::named("noTarget")
    };
    conforms(temperament, small_pages()).await;
}

#[tokio::test]
async fn patch_answers_with_the_object_and_groups_are_unique() {
    let temperament = Temperament {
        patch_answers: true,
        unique_groups: true,
        create_on_absent: true,
        ..Temperament::named("talkative")
    };
    conforms(temperament, small_pages()).await;
}

#[tokio::test]
async fn members_are_added_and_removed_in_requests_of_their_own() {
    conforms(
        Temperament::default(),
        ScimProfile {
            mixed_members: false,
            ..small_pages()
        },
    )
    .await;
}
