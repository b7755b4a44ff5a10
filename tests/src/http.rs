//! Plain HTTP requests to the server under test.

use serde_json::Value;
use ureq::http::{HeaderMap, Request, Response};
use ureq::{Agent, Body};

/// A server's answer.
#[derive(Debug)]
pub struct Reply {
    /// Status code.
    pub status: u16,
    /// Media type.
    pub media: String,
    /// All headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

impl Reply {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Checks for a problem document of this status whose explanation contains `words`.
    #[track_caller]
    pub fn is_problem(&self, status: u16, words: &str) {
        assert_eq!((self.status, self.media.as_str()), (status, "application/problem+json"), "{self:?}");
        let problem = self.json();
        assert_eq!(problem["status"], status);
        assert!(problem["type"].as_str().unwrap().starts_with("/problems/"), "{problem}");
        assert!(problem["detail"].as_str().unwrap().contains(words), "{problem}");
    }
}

impl From<Response<Body>> for Reply {
    fn from(response: Response<Body>) -> Self {
        Self::whole(response).unwrap()
    }
}

impl Reply {
    /// The answer if it comes whole, which that of a server that is killed does not.
    pub fn whole(mut response: Response<Body>) -> Option<Self> {
        let media = response.headers().get("content-type").map(|value| value.to_str().unwrap().to_owned());
        let headers = response.headers().clone();
        let body = response.body_mut().with_config().limit(1 << 30).read_to_vec().ok()?;
        Some(Self { status: response.status().as_u16(), media: media.unwrap_or_default(), headers, body })
    }
}

fn agent() -> Agent {
    Agent::config_builder().http_status_as_error(false).build().into()
}

/// GET.
pub fn get(url: &str) -> Reply {
    agent().get(url).call().unwrap().into()
}

/// POST of a JSON document.
pub fn post_json(url: &str, body: &Value) -> Reply {
    post_bytes(url, "application/json", body.to_string().as_bytes())
}

/// POST of bytes.
pub fn post_bytes(url: &str, media: &str, body: &[u8]) -> Reply {
    agent().post(url).content_type(media).send(body).unwrap().into()
}

/// POST of bytes with a token.
pub fn post_bytes_as(token: &str, url: &str, media: &str, body: &[u8]) -> Reply {
    agent().post(url).header("authorization", format!("Bearer {token}")).content_type(media).send(body).unwrap().into()
}

/// GET with one more header.
pub fn get_with(url: &str, header: &str, value: &str) -> Reply {
    agent().get(url).header(header, value).call().unwrap().into()
}

/// A request by any method with a token and, unless it is null, a body of JSON.
pub fn send_as(token: &str, method: &str, url: &str, body: &Value) -> Reply {
    let request = Request::builder().method(method).uri(url).header("authorization", format!("Bearer {token}"));
    let request = match body {
        Value::Null => request.body(vec![]),
        body => request.header("content-type", "application/json").body(body.to_string().into_bytes()),
    };
    let agent = Agent::config_builder().http_status_as_error(false).allow_non_standard_methods(true).build();
    Agent::from(agent).run(request.unwrap()).unwrap().into()
}

/// POST without a body, with one more header.
pub fn post_with(url: &str, header: &str, value: &str) -> Reply {
    agent().post(url).header(header, value).send_empty().unwrap().into()
}
