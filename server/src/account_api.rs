//! Who else may use the server, for its admins: names and roles, and nothing that lets anybody in.

use actix_web::get;
use actix_web::web::{Data, Json};
use foray_protocol::Role;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::access::{Access, Key};

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_accounts);
}

/// Those who may come in, in the order of the configuration.
#[derive(Serialize, ToSchema)]
struct Accounts {
    /// People.
    accounts: Vec<Person>,
    /// Programs.
    tokens: Vec<Program>,
}

/// Somebody with a password.
#[derive(Serialize, ToSchema)]
struct Person {
    /// What the person logs in as.
    name: String,
    /// What the person may do.
    role: Role,
}

/// Whoever shows a token.
#[derive(Serialize, ToSchema)]
struct Program {
    /// What it may do.
    role: Role,
}

/// The people and tokens that the server knows
///
/// For admins. Both are kept in the configuration, and changed there. A server that asks for nothing knows none.
#[utoipa::path(tag = "server", responses((status = 200, description = "Names and roles", body = Accounts)))]
#[get("/accounts")]
async fn list_accounts(access: Data<Access>) -> Json<Accounts> {
    let keys = match &**access {
        Access::ThisMachine(_) => &[],
        Access::Guarded(guarded) => guarded.keys(),
    };
    let person = |key: &Key| Some(Person { name: key.user()?.to_owned(), role: key.role });
    let programs = keys.iter().filter(|key| key.user().is_none()).map(|key| Program { role: key.role });
    Json(Accounts { accounts: keys.iter().filter_map(person).collect(), tokens: programs.collect() })
}
