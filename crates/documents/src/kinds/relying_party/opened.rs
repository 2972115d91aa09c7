//! Addresses of a client that browsers open, and to which Tenure adds something.

use url::Url;

use super::address;
use super::oidc::at;
use crate::report::{self, Reporter};
use crate::wire::relying_party::OidcSpec;

pub(super) fn by_browsers(spec: &OidcSpec, reporter: &mut Reporter<'_, '_>) {
    if let Some(text) = &spec.frontchannel_logout_uri {
        match address::page(text) {
            Ok(()) if !is_of_its_own(text, &spec.redirect_uris) => {
                let problem = "no redirect URI is of this scheme, host and port";
                let fix = "write an address of the app itself (Front-Channel Logout 1.0 §2)";
                reporter.at(report::URL, &at("frontchannel_logout_uri"), problem, fix);
            }
            Ok(()) if text.contains("://[") => {
                let problem = "no page can say that it loads a frame of this host alone";
                let fix = "write a name or an IPv4 address (CSP 3 §2.3.1)";
                reporter.at(report::URL, &at("frontchannel_logout_uri"), problem, fix);
            }
            Ok(()) => {}
            Err((problem, fix)) => {
                reporter.at(report::URL, &at("frontchannel_logout_uri"), problem, fix);
            }
        }
    }
    if let Some(text) = &spec.initiate_login_uri {
        match address::page(text) {
            Ok(()) if text.starts_with("https://") => {}
            Ok(()) => {
                let problem = "this is not https, which OpenID Connect Core §4 demands";
                let fix = "write https, or `start_url` in place of it for trying things out";
                reporter.at(report::URL, &at("initiate_login_uri"), problem, fix);
            }
            Err((problem, fix)) => {
                reporter.at(report::URL, &at("initiate_login_uri"), problem, fix);
            }
        }
    }
}

/// Whether an address has the origin of one of these.
fn is_of_its_own(text: &str, others: &[String]) -> bool {
    let origin = |text: &str| Url::parse(text).ok().map(|url| url.origin());
    let own = origin(text);
    own.is_some() && others.iter().any(|other| origin(other) == own)
}
