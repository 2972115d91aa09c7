//! Whether modules notice a server that is wrong: somebody between changes what is asked or answered, and the
//! module that is about it has to fail.

use crate::meddle::{Mutant, answers, asks, located, resigned, sent};
use crate::plans::PLANS;
use crate::play;
use crate::wire::{Meddler, Request};
use crate::world::World;

const CONFIG: usize = 0;
const BASIC: usize = 1;
const FORM: usize = 2;
const LOGOUT: usize = 3;
const BACK_CHANNEL: usize = 4;
const FRONT_CHANNEL: usize = 5;
const INITIATED: usize = 6;
const FAPI: usize = 7;
const SIGNED: usize = 8;
const DYNAMIC: usize = 9;

const MUTANTS: &[Mutant] = &[
    answers(
        "drops the query of a redirect URI",
        (DYNAMIC, "oidcc-redirect-uri-query-OK"),
        |_, answer| {
            located(answer, |fields| fields.retain(|(name, _)| name != "foo"));
        },
    ),
    answers(
        "registers a fragment",
        (DYNAMIC, "oidcc-redirect-uri-regfrag"),
        |_, answer| answer.status = 201,
    ),
    answers(
        "goes on for whoever says no",
        (
            FAPI,
            "fapi2-security-profile-final-user-rejects-authentication",
        ),
        |_, answer| {
            located(answer, |fields| {
                fields.retain(|(name, _)| name != "error");
            });
        },
    ),
    answers(
        "publishes a private key",
        (CONFIG, "oidcc-discovery-endpoint-verification"),
        |_, answer| {
            answer.body = answer.body.replace("\"kty\":", "\"d\":\"AA\",\"kty\":");
        },
    ),
    answers(
        "says another issuer",
        (CONFIG, "oidcc-discovery-endpoint-verification"),
        |_, answer| {
            answer.body = answer
                .body
                .replace("\"issuer\":\"https://id.", "\"issuer\":\"https://other.");
        },
    ),
    answers("leaves iss out", (BASIC, "oidcc-server"), |_, answer| {
        located(answer, |fields| fields.retain(|(name, _)| name != "iss"));
    }),
    answers("changes the state", (BASIC, "oidcc-server"), |_, answer| {
        located(answer, |fields| {
            for (name, value) in fields.iter_mut().filter(|(name, _)| name == "state") {
                value.push_str(name);
            }
        });
    }),
    asks("tells another nonce", (BASIC, "oidcc-server"), |request| {
        sent(request, |(name, value)| {
            if name == "nonce" {
                value.push('x');
            }
            true
        });
    }),
    answers("signs wrongly", (BASIC, "oidcc-server"), |_, answer| {
        resigned(answer, |parts| {
            let other = if parts[2].starts_with('A') { "B" } else { "A" };
            parts[2].replace_range(0..1, other);
        });
    }),
    answers(
        "does not sign",
        (BASIC, "oidcc-idtoken-signature"),
        |_, answer| {
            resigned(answer, |parts| {
                "eyJhbGciOiJub25lIn0".clone_into(&mut parts[0]);
                parts[2].clear();
            });
        },
    ),
    answers(
        "lets tokens be kept",
        (BASIC, "oidcc-server"),
        |_, answer| {
            answer.headers.retain(|(name, _)| name != "cache-control");
        },
    ),
    answers(
        "tells of somebody else",
        (BASIC, "oidcc-userinfo-get"),
        |request, answer| {
            if request.url.contains("userinfo") {
                answer.body = answer.body.replace("\"sub\":\"", "\"sub\":\"x");
            }
        },
    ),
    answers(
        "tells what was not asked for",
        (BASIC, "oidcc-scope-email"),
        |request, answer| {
            if request.url.contains("userinfo") {
                answer.body = answer
                    .body
                    .replace("\"sub\":", "\"phone_number\":\"+49\",\"sub\":");
            }
        },
    ),
    asks(
        "overlooks claims that are asked for",
        (BASIC, "oidcc-claims-essential"),
        |request| sent(request, |(name, _)| name != "claims"),
    ),
    asks(
        "overlooks prompt=login",
        (BASIC, "oidcc-prompt-login"),
        |request| {
            sent(request, |(name, _)| name != "prompt");
        },
    ),
    asks(
        "shows a page for prompt=none",
        (BASIC, "oidcc-prompt-none-not-logged-in"),
        |request| {
            sent(request, |(name, _)| name != "prompt");
        },
    ),
    asks("overlooks max_age", (BASIC, "oidcc-max-age-1"), |request| {
        sent(request, |(name, _)| name != "max_age");
    }),
    asks(
        "forgets who is signed in",
        (BASIC, "oidcc-max-age-10000"),
        |request| {
            if request.url.contains("max_age=10000") {
                request.headers.retain(|(name, _)| *name != "cookie");
            }
        },
    ),
    asks(
        "takes any redirect URI",
        (BASIC, "oidcc-ensure-registered-redirect-uri"),
        |request| {
            sent(request, |(name, value)| {
                if name == "redirect_uri" {
                    "https://basic.rp.example/cb".clone_into(value);
                }
                true
            });
        },
    ),
    answers(
        "refuses a code in other words",
        (BASIC, "oidcc-codereuse"),
        |_, answer| {
            answer.body = answer.body.replace("invalid_grant", "invalid_request");
        },
    ),
    answers(
        "gives another type of token",
        (BASIC, "oidcc-refresh-token"),
        |request, answer| {
            if request.body.contains("grant_type=refresh_token") {
                answer.body = answer.body.replace("\"Bearer\"", "\"mac\"");
            }
        },
    ),
    asks("answers in the query", (FORM, "oidcc-server"), |request| {
        sent(request, |(name, _)| name != "response_mode");
    }),
    answers(
        "leaves iss out of the form",
        (FORM, "oidcc-server"),
        |_, answer| {
            answer.body = answer.body.replace("name=\"iss\"", "name=\"other\"");
        },
    ),
    answers(
        "loses the state at the end",
        (LOGOUT, "oidcc-rp-initiated-logout"),
        |request, answer| {
            if request.url.contains("post_logout") {
                located(answer, |fields| fields.clear());
            }
        },
    ),
    Mutant {
        name: "ends no session",
        plan: LOGOUT,
        module: "oidcc-rp-initiated-logout",
        meddler: Meddler {
            request: without_cookie,
            answer: |request, answer| {
                if request.url.contains("post_logout") {
                    answer.headers.retain(|(name, _)| name != "set-cookie");
                }
            },
        },
    },
    asks(
        "believes a hint that nobody signed",
        (LOGOUT, "oidcc-rp-initiated-logout-no-id-token-hint"),
        |request| {
            if request.url.contains("post_logout") {
                request.url.push_str("&client_id=leaving");
            }
            without_cookie(request);
        },
    ),
    answers(
        "tells of another session in a frame",
        (FRONT_CHANNEL, "oidcc-frontchannel-rp-initiated-logout"),
        |_, answer| answer.body = answer.body.replace("sid=", "sid=x"),
    ),
    answers(
        "lets any frame be loaded",
        (FRONT_CHANNEL, "oidcc-frontchannel-rp-initiated-logout"),
        |_, answer| {
            for (_, policy) in answer
                .headers
                .iter_mut()
                .filter(|(name, _)| name == "content-security-policy")
            {
                policy.push_str(" https:");
            }
        },
    ),
    answers(
        "does not say who asks for a sign-in",
        (INITIATED, "oidcc-3rd_party-init-login"),
        |_, answer| answer.body = answer.body.replace("login?iss=", "login?other="),
    ),
    asks(
        "takes a request that was not pushed",
        (
            FAPI,
            "fapi2-security-profile-final-ensure-unsigned-authorization-request-without-using-par-fails",
        ),
        |request| {
            request.url = request
                .url
                .replace("client_id=fapi&", "client_id=basic&")
                .replace("https%3A%2F%2Ffapi.rp", "https%3A%2F%2Fbasic.rp")
        },
    ),
    answers(
        "gives tokens that are not bound",
        (FAPI, "fapi2-security-profile-final-happy-flow"),
        |_, answer| answer.body = answer.body.replace("\"DPoP\"", "\"Bearer\""),
    ),
    answers(
        "turns refresh tokens",
        (FAPI, "fapi2-security-profile-final-refresh-token"),
        |request, answer| {
            if request.body.contains("grant_type=refresh_token") {
                answer.body = answer
                    .body
                    .replace("\"refresh_token\":\"", "\"refresh_token\":\"x");
            }
        },
    ),
    answers(
        "gives tokens to whoever proves no key",
        (
            FAPI,
            "fapi2-security-profile-final-ensure-holder-of-key-required",
        ),
        |request, answer| {
            if request.body.contains("grant_type=authorization_code") {
                answer.status = 200;
            }
        },
    ),
    answers(
        "answers with a state that was not signed",
        (
            SIGNED,
            "fapi2-security-profile-final-state-only-outside-request-object-not-used",
        ),
        |_, answer| {
            located(answer, |fields| {
                if fields.iter().any(|(name, _)| name == "code") {
                    fields.push(("state".to_owned(), "another".to_owned()));
                }
            });
        },
    ),
    answers(
        "takes a request that nobody signed",
        (
            SIGNED,
            "fapi2-security-profile-final-ensure-request-object-signature-algorithm-is-not-none",
        ),
        |request, answer| {
            if request.url.contains("/par") {
                answer.status = 201;
            }
        },
    ),
    asks(
        "tells nobody",
        (BACK_CHANNEL, "oidcc-backchannel-rp-initiated-logout"),
        without_cookie,
    ),
];

/// Asks to be signed out without the cookie: nobody is, and the browser is sent back all the same.
fn without_cookie(request: &mut Request) {
    if request.url.contains("post_logout") {
        request.headers.retain(|(name, _)| *name != "cookie");
    }
}

/// Plays each of them; those that nobody noticed.
pub fn hunt(world: &World) -> Vec<String> {
    let mut unnoticed = Vec::new();
    for mutant in MUTANTS {
        let plan = &PLANS[mutant.plan];
        let module = plan.modules.iter().find(|(name, _)| *name == mutant.module);
        let Some((name, case)) = module else {
            unnoticed.push(format!(
                "{}: there is no module {}",
                mutant.name, mutant.module
            ));
            continue;
        };
        match play::one(world, plan.way, *case, Some(mutant.meddler)) {
            Err(failed) => println!(
                "  {:<34} {name}: {}, {}",
                mutant.name, failed.clause, failed.came
            ),
            Ok(outcome) => unnoticed.push(format!("{}: {name} says {outcome:?}", mutant.name)),
        }
    }
    println!(
        "{} wrong servers, {} unnoticed",
        MUTANTS.len(),
        unnoticed.len()
    );
    unnoticed
}
