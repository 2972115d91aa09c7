//! `recover_by_mail` of a `SignOnPolicy`: a way in again for people who have lost what they sign in with.

use crate::kinds::app;
use crate::report::{self, Reporter};
use crate::tenant::{RecoverByMail, Tenant};
use crate::wire::sign_on::SignOnPolicySpec;
use crate::yaml::Part;

/// How long what is mailed counts where the document does not say: mail servers may let it wait.
const MINUTES: u16 = 30;

const HERE: [Part<'static>; 2] = [Part::Key("spec"), Part::Key("recover_by_mail")];

pub(super) fn read(
    policy: &SignOnPolicySpec,
    tenant: &Tenant,
    reporter: &mut Reporter<'_, '_>,
) -> Option<RecoverByMail> {
    let spec = policy.recover_by_mail.as_ref()?;
    if policy.tell_people.is_none() {
        let problem = "nobody would hear that somebody asked for it in their name";
        let fix = "write `tell_people`: its channel sends these mails too";
        reporter.at(report::REFERENCE, &HERE, problem, fix);
    }
    if policy.administrators.is_empty() {
        let problem = "nobody can tell who may not use it: administrators may not";
        let fix = "write `administrators`, with the groups of those who administer Tenure";
        reporter.at(report::REFERENCE, &HERE, problem, fix);
    }
    let path = [HERE[0], HERE[1], Part::Key("address")];
    let address = app::mapping(&spec.address, tenant, &path, reporter)?;
    app::text_only(&address, "a mail address", &path, reporter);
    let own = |attribute: &&str| tenant.self_editable.contains(*attribute);
    for attribute in address.attributes().into_iter().filter(own) {
        let problem = format!(
            "`person.{attribute}` can be changed by the people themselves, and by whoever sits at \
             their desk"
        );
        let fix = "use an attribute that only HR sets";
        reporter.at(report::SELF_EDITABLE, &path, problem, fix);
    }
    Some(RecoverByMail {
        address,
        minutes: spec.minutes.unwrap_or(MINUTES),
    })
}
