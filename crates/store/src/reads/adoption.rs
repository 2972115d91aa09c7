//! Reads of people's decisions about what was in an app before.

use async_trait::async_trait;
use model::{RemoteId, SubjectId, TargetName};
use ports::store::{Adoption, DecidedAccess, DecidedAccount, Decisions, RejectedMatch, StoreError};

use crate::TenureStore;
use crate::decode::{Fields, Select, page, text};

type Read<T> = Result<T, StoreError>;

static ACCOUNT: Select = Select {
    table: "account_decision",
    key: 2,
    columns: &["target", "remote", "at", "decided"],
    from: "account_decision",
};

static REJECTED: Select = Select {
    table: "not_same",
    key: 3,
    columns: &["target", "remote", "subject", "at", "rejected"],
    from: "not_same",
};

static ACCESS: Select = Select {
    table: "access_decision",
    key: 3,
    columns: &["target", "kind", "key", "at", "decided"],
    from: "access_decision",
};

fn account(row: &mut Fields) -> Read<DecidedAccount> {
    row.text()?;
    row.text()?;
    Ok(DecidedAccount {
        at: row.instant()?,
        decided: row.json()?,
    })
}

fn rejected(row: &mut Fields) -> Read<RejectedMatch> {
    row.text()?;
    row.text()?;
    row.text()?;
    Ok(RejectedMatch {
        at: row.instant()?,
        rejected: row.json()?,
    })
}

fn access(row: &mut Fields) -> Read<DecidedAccess> {
    row.text()?;
    row.text()?;
    row.text()?;
    Ok(DecidedAccess {
        at: row.instant()?,
        decided: row.json()?,
    })
}

#[async_trait]
impl Adoption for TenureStore {
    async fn decided_account(
        &self,
        target: &TargetName,
        remote: &RemoteId,
    ) -> Read<Option<DecidedAccount>> {
        let args = [text(target), text(remote)];
        ACCOUNT
            .one(
                self.db(),
                "WHERE target = $1 AND remote = $2",
                &args,
                account,
            )
            .await
    }

    async fn decided_accounts(
        &self,
        target: &TargetName,
        after: Option<&RemoteId>,
        limit: u32,
    ) -> Read<Vec<DecidedAccount>> {
        let mut args = vec![text(target)];
        let page = page("remote", after.map(ToString::to_string), limit, &mut args);
        ACCOUNT
            .all(
                self.db(),
                &format!("WHERE target = $1 {page}"),
                &args,
                account,
            )
            .await
    }

    async fn decisions_about(&self, subjects: &[SubjectId]) -> Read<Decisions> {
        let wanted: Vec<String> = subjects.iter().map(ToString::to_string).collect();
        let of = |column: &'static str| (column, wanted.clone());
        let (column, values) = of("subject");
        let mut accounts = ACCOUNT
            .all_in(self.db(), &[], column, values, "", account)
            .await?;
        accounts.sort_by(|a, b| {
            (&a.decided.target, &a.decided.remote).cmp(&(&b.decided.target, &b.decided.remote))
        });
        let (column, values) = of("subject");
        let mut pairs = REJECTED
            .all_in(self.db(), &[], column, values, "", rejected)
            .await?;
        pairs.sort_by(|a, b| {
            let key = |r: &RejectedMatch| {
                let e = &r.rejected;
                (e.target.clone(), e.remote.clone(), e.subject)
            };
            key(a).cmp(&key(b))
        });
        let (column, values) = of("subject");
        let mut stated = ACCESS
            .all_in(self.db(), &[], column, values, "", access)
            .await?;
        stated.sort_by(|a, b| a.decided.address.cmp(&b.decided.address));
        Ok(Decisions {
            accounts,
            rejected: pairs,
            access: stated,
        })
    }
}
