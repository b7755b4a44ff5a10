//! How the API's description names what requests are refused with: problem documents, one response for each status.

use std::collections::BTreeMap;

use foray_protocol::{Problem, ProblemKind};
use serde_json::json;
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::{ContentBuilder, Ref, RefOr};
use utoipa::{IntoResponses, ToSchema};

pub(crate) const PROBLEM: &str = "application/problem+json";

/// Defines a name for each status, to stand among the `responses` of an operation; and [`all`].
macro_rules! refusals {
    ($($name:ident: $kind:ident, $description:literal;)*) => {
        $(
            #[doc = $description]
            pub(crate) enum $name {}

            impl IntoResponses for $name {
                fn responses() -> BTreeMap<String, RefOr<Response>> {
                    let status = ProblemKind::$kind.status().to_string();
                    BTreeMap::from([(status, Ref::from_response_name(stringify!($name)).into())])
                }
            }
        )*

        /// All of them by their names, for the description's components.
        pub(crate) fn all() -> impl Iterator<Item = (&'static str, Response)> {
            [$((stringify!($name), response(ProblemKind::$kind, $description))),*].into_iter()
        }
    };
}

refusals! {
    BadRequest: BadRequest, "The request itself is wrong: its fields, query or body.";
    Unauthorized: Unauthorized, "A token is needed, or the token or password given is wrong; or another site's page asks.";
    Forbidden: Forbidden, "Whoever asks has not the role for this.";
    NotFound: NotFound, "No such photo, file, saved search or address.";
    Conflict: Busy, "The library is at this very work already, or holds vectors of another model.";
    TooLarge: TooLarge, "More was sent than the server takes in one request.";
    TooSlow: TooSlow, "The body came too slowly, and the connection is closed.";
    UnsupportedMedia: UnsupportedMedia, "A body of another kind, or packed in another way, than the address takes.";
    UnreadableImage: UnreadableImage, "The picture cannot be decoded, or is larger than the server decodes.";
    TooManyAttempts: TooManyAttempts, "Wrong tokens came too often from this address; ask again in some seconds.";
    Internal: Internal, "The fault is the server's.";
    Preparing: Preparing, "The answer takes long to prepare, which goes on; ask again after `Retry-After` seconds.";
    Overloaded: Overloaded, "Others take all that the server has to give; ask again after `Retry-After` seconds.";
    DiskFull: DiskFull, "The disk is full or nearly so.";
}

fn response(kind: ProblemKind, description: &str) -> Response {
    let example = Problem::new(kind, "what was got, what was expected, and the way out");
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name(Problem::name())))
        .example(Some(json!(example)))
        .build();
    ResponseBuilder::new().description(description).content(PROBLEM, content).build()
}
