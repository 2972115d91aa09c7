//! Reads of people signing in.

use async_trait::async_trait;
use model::sign_in::SigningKey;
use model::{AuthorizationId, CredentialId, Digest, PassId, SessionId, SubjectId, Timestamp};
use ports::store::{
    AuthorizationRow, CredentialRow, DeviceRow, LogoutRow, OneTime, PassRow, SessionRow, SignIn,
    StoreError,
};

use crate::TenureStore;
use crate::decode::{Fields, Select, limit, page, text};
use crate::remembered::remembered;
use crate::table::Cell;

type Read<T> = Result<T, StoreError>;

static LOGIN: Select = Select {
    table: "login",
    key: 1,
    columns: &["l.subject", "l.login"],
    from: "login l",
};

static CREDENTIAL: Select = Select {
    table: "credential",
    key: 1,
    columns: &["c.credential", "h.head", "c.state", "c.verifier"],
    from: "credential c LEFT JOIN stream h ON h.name = 'credential/' || c.credential",
};

static ACCESS_PASS: Select = Select {
    table: "access_pass",
    key: 1,
    columns: &["p.pass", "p.subject", "p.secret", "p.expires"],
    from: "access_pass p",
};

static SESSION: Select = Select {
    table: "session",
    key: 1,
    columns: &["s.session", "h.head", "s.state"],
    from: "session s LEFT JOIN stream h ON h.name = 'session/' || s.session",
};

static LOGOUT: Select = Select {
    table: "logout",
    key: 1,
    columns: &["l.session", "l.subject", "h.head", "l.state"],
    from: "logout l LEFT JOIN stream h ON h.name = 'logout/' || l.session",
};

static AUTHORIZATION: Select = Select {
    table: "authorization_of",
    key: 1,
    columns: &["a.id", "h.head", "a.state"],
    from: "authorization_of a LEFT JOIN stream h ON h.name = 'authorization/' || a.id",
};

static DEVICE: Select = Select {
    table: "device",
    key: 1,
    columns: &["d.device", "d.code", "d.until", "d.asked"],
    from: "device d",
};

static SIGNING_KEY: Select = Select {
    table: "signing_key",
    key: 1,
    columns: &["k.kid", "k.state"],
    from: "signing_key k",
};

fn blob(digest: Digest) -> Cell {
    Cell::Blob(digest.0.to_vec())
}

fn credential(row: &mut Fields) -> Read<CredentialRow> {
    Ok(CredentialRow {
        id: row.parsed()?,
        head: row.opt_number()?,
        state: row.json()?,
        verifier: row.json()?,
    })
}

fn pass(row: &mut Fields) -> Read<PassRow> {
    Ok(PassRow {
        id: row.parsed()?,
        subject: row.parsed()?,
        secret: row.digest()?,
        expires: row.instant()?,
    })
}

fn session(row: &mut Fields) -> Read<SessionRow> {
    Ok(SessionRow {
        id: row.parsed()?,
        head: row.opt_number()?,
        state: row.json()?,
    })
}

fn logout(row: &mut Fields) -> Read<LogoutRow> {
    Ok(LogoutRow {
        session: row.parsed()?,
        subject: row.parsed()?,
        head: row.opt_number()?,
        state: row.opt_json()?,
    })
}

fn authorization(row: &mut Fields) -> Read<AuthorizationRow> {
    Ok(AuthorizationRow {
        id: row.parsed()?,
        head: row.opt_number()?,
        state: row.json()?,
    })
}

fn device(row: &mut Fields) -> Read<DeviceRow> {
    Ok(DeviceRow {
        id: row.parsed()?,
        code: row.digest()?,
        until: row.instant()?,
        asked: row.text()?,
    })
}

fn key(row: &mut Fields) -> Read<SigningKey> {
    row.text()?;
    row.json()
}

#[async_trait]
impl SignIn for TenureStore {
    async fn subjects_with_login(&self, login: Digest) -> Read<Vec<SubjectId>> {
        let rest = "WHERE l.login = $1 ORDER BY l.subject LIMIT 2";
        LOGIN
            .all(self.db(), rest, &[blob(login)], Fields::parsed)
            .await
    }

    async fn login_of(&self, subject: SubjectId) -> Read<Option<Digest>> {
        let decode = |row: &mut Fields| {
            row.text()?;
            row.digest()
        };
        LOGIN
            .one(self.db(), "WHERE l.subject = $1", &[text(subject)], decode)
            .await
    }

    async fn live_credentials(&self, subject: SubjectId, rows: u32) -> Read<Vec<CredentialRow>> {
        let rest = "WHERE c.subject = $1 AND c.live = 1 ORDER BY c.credential LIMIT $2";
        let args = [text(subject), limit(rows)];
        CREDENTIAL.few(self.db(), rest, &args, credential).await
    }

    async fn credentials_of(&self, subject: SubjectId, rows: u32) -> Read<Vec<CredentialRow>> {
        let rest = "WHERE c.subject = $1 ORDER BY c.credential DESC LIMIT $2";
        let args = [text(subject), limit(rows)];
        CREDENTIAL.few(self.db(), rest, &args, credential).await
    }

    async fn credential(&self, id: CredentialId) -> Read<Option<CredentialRow>> {
        CREDENTIAL
            .one(
                self.db(),
                "WHERE c.credential = $1",
                &[text(id)],
                credential,
            )
            .await
    }

    async fn credential_by_handle(&self, handle: Digest) -> Read<Option<CredentialRow>> {
        let rest = "WHERE c.handle = $1 ORDER BY c.live DESC, c.credential LIMIT 1";
        CREDENTIAL
            .one(self.db(), rest, &[blob(handle)], credential)
            .await
    }

    async fn passes_of(&self, subject: SubjectId, now: Timestamp, rows: u32) -> Read<Vec<PassRow>> {
        let rest = "WHERE p.subject = $1 AND p.expires > $2 ORDER BY p.pass LIMIT $3";
        let args = [text(subject), Cell::Int(now.as_micros()), limit(rows)];
        ACCESS_PASS.few(self.db(), rest, &args, pass).await
    }

    async fn open_passes(
        &self,
        now: Timestamp,
        after: Option<PassId>,
        rows: u32,
    ) -> Read<Vec<PassRow>> {
        let mut args = vec![Cell::Int(now.as_micros())];
        let after = after.map(|id| id.to_string());
        let page = page("p.pass", after, rows, &mut args);
        let rest = format!("WHERE p.expires > $1 {page}");
        ACCESS_PASS.all(self.db(), &rest, &args, pass).await
    }

    async fn session(&self, id: SessionId) -> Read<Option<SessionRow>> {
        let args = [text(id)];
        let row = SESSION.one(self.db(), "WHERE s.session = $1", &args, session);
        remembered(self.shelf(|all| &all.sessions), id, row).await
    }

    async fn sessions_of(
        &self,
        subject: SubjectId,
        now: Timestamp,
        rows: u32,
    ) -> Read<Vec<SessionRow>> {
        let rest = "WHERE s.subject = $1 AND s.open_until > $2 ORDER BY s.session DESC LIMIT $3";
        let args = [text(subject), Cell::Int(now.as_micros()), limit(rows)];
        SESSION.few(self.db(), rest, &args, session).await
    }

    async fn open_sessions(
        &self,
        now: Timestamp,
        after: Option<SessionId>,
        rows: u32,
    ) -> Read<Vec<SessionRow>> {
        let mut args = vec![Cell::Int(now.as_micros())];
        let after = after.map(|id| id.to_string());
        let page = page("s.session", after, rows, &mut args);
        let rest = format!("WHERE s.open_until > $1 {page}");
        SESSION.all(self.db(), &rest, &args, session).await
    }

    async fn authorization(&self, id: AuthorizationId) -> Read<Option<AuthorizationRow>> {
        let args = [text(id)];
        let row = AUTHORIZATION.one(self.db(), "WHERE a.id = $1", &args, authorization);
        remembered(self.shelf(|all| &all.authorizations), id, row).await
    }

    async fn ended_sessions_of(&self, subject: SubjectId, rows: u32) -> Read<Vec<SessionRow>> {
        let rest = "WHERE s.subject = $1 AND s.open_until IS NULL ORDER BY s.session DESC LIMIT $2";
        let args = [text(subject), limit(rows)];
        SESSION.few(self.db(), rest, &args, session).await
    }

    async fn authorizations_in(
        &self,
        session: SessionId,
        after: Option<AuthorizationId>,
        rows: u32,
    ) -> Read<Vec<AuthorizationRow>> {
        let mut args = vec![text(session)];
        let after = after.map(|id| id.to_string());
        let page = page("a.id", after, rows, &mut args);
        let rest = format!("WHERE a.session = $1 {page}");
        AUTHORIZATION
            .all(self.db(), &rest, &args, authorization)
            .await
    }

    async fn logouts_due(&self, now: Timestamp, rows: u32) -> Read<Vec<LogoutRow>> {
        let rest = "WHERE l.due <= $1 ORDER BY l.due LIMIT $2";
        let args = [Cell::Int(now.as_micros()), limit(rows)];
        LOGOUT.all(self.db(), rest, &args, logout).await
    }

    async fn logout(&self, id: SessionId) -> Read<Option<LogoutRow>> {
        LOGOUT
            .one(self.db(), "WHERE l.session = $1", &[text(id)], logout)
            .await
    }

    async fn live_authorizations(
        &self,
        after: Option<AuthorizationId>,
        rows: u32,
    ) -> Read<Vec<AuthorizationRow>> {
        let mut args = Vec::new();
        let after = after.map(|id| id.to_string());
        let page = page("a.id", after, rows, &mut args);
        let rest = format!("WHERE a.live = 1 {page}");
        AUTHORIZATION
            .all(self.db(), &rest, &args, authorization)
            .await
    }

    async fn signing_keys(&self) -> Read<Vec<SigningKey>> {
        let rest = "WHERE k.shown = 1 ORDER BY k.kid";
        SIGNING_KEY.all(self.db(), rest, &[], key).await
    }

    async fn spend(&self, one: OneTime, until: Timestamp, now: Timestamp) -> Read<bool> {
        // Each time or nobody forgets; one of 64 values does, so that it costs little.
        if one.value.0[0] < 4 {
            let sql = "DELETE FROM spent WHERE until < $1";
            self.db()
                .execute(sql, &[Cell::Int(now.as_micros())])
                .await?;
        }
        // The key of the table decides: of two at once the second waits for the first.
        let sql = "INSERT INTO spent (space, value, until) VALUES ($1, $2, $3) \
                   ON CONFLICT (space, value) DO NOTHING RETURNING until";
        let args = [
            text(one.space),
            blob(one.value),
            Cell::Int(until.as_micros()),
        ];
        let (_, first) = self.db().execute_returning(sql, &args).await?;
        Ok(!first.is_empty())
    }

    async fn put_device(&self, row: DeviceRow, now: Timestamp) -> Read<()> {
        let over = "DELETE FROM device WHERE until < $1";
        self.db()
            .execute(over, &[Cell::Int(now.as_micros())])
            .await?;
        let sql =
            "INSERT INTO device (device, code, until, polled, asked) VALUES ($1, $2, $3, $4, $5)";
        let args = [
            text(row.id),
            blob(row.code),
            Cell::Int(row.until.as_micros()),
            Cell::Int(now.as_micros()),
            Cell::Text(row.asked),
        ];
        self.db().execute(sql, &args).await.map(drop)
    }

    async fn device(&self, id: AuthorizationId) -> Read<Option<DeviceRow>> {
        DEVICE
            .one(self.db(), "WHERE d.device = $1", &[text(id)], device)
            .await
    }

    async fn devices_with_code(&self, code: Digest, now: Timestamp) -> Read<Vec<DeviceRow>> {
        let rest = "WHERE d.code = $1 AND d.until > $2 ORDER BY d.device LIMIT 2";
        let args = [blob(code), Cell::Int(now.as_micros())];
        DEVICE.all(self.db(), rest, &args, device).await
    }

    async fn device_asks(
        &self,
        id: AuthorizationId,
        since: Timestamp,
        now: Timestamp,
    ) -> Read<bool> {
        let sql = "UPDATE device SET polled = $3 WHERE device = $1 AND polled <= $2";
        let args = [
            text(id),
            Cell::Int(since.as_micros()),
            Cell::Int(now.as_micros()),
        ];
        Ok(self.db().execute(sql, &args).await? > 0)
    }
}
